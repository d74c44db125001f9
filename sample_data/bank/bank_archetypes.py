"""The planted truth of the sample bank: five customer archetypes, and the towns they live in."""

from dataclasses import dataclass

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Archetype:
    """One row of the planted table; the order of each weight tuple is the order of the tuple named."""

    name: str
    share: float
    rate: tuple[float, float]  # Gamma shape, scale: payments per year in this extract
    payment: tuple[float, float]  # lognormal: a customer's usual payment in euros, median and sigma
    leaves: float  # chance that the card falls out of use on some day of the year
    december: float  # payments in December against the average month
    category: Weights  # CATEGORIES
    channel: Weights  # CHANNELS
    phone: float  # share of payments by phone or watch where a card would do, or on the web by phone
    age: tuple[float, float]  # mean, standard deviation at the end of the window
    ages: tuple[float, float]  # youngest, oldest
    occupation: Weights  # OCCUPATIONS
    marital: Weights  # MARITAL
    children: float  # Poisson mean, cut at 4
    income: tuple[float, float]  # lognormal: median euros a year, sigma
    net_worth: tuple[float, float]  # lognormal: median euros, sigma
    distance: float  # how far from the middle of town, standard deviation in degrees
    appetite: float  # mean risk appetite; each customer varies with sd 0.6
    products: Weights  # chance of each of PRODUCTS; a current account has everyone
    tier: Weights  # TIERS
    logins: float  # mean per month
    visits: float  # mean per year
    content: float  # mean satisfaction behind nps; sd 0.8
    consent: float  # share who allow e-mail
    health: float  # share with a note on health, which nobody should segment on


CATEGORIES = ("groceries", "restaurants", "travel", "shopping", "fuel", "household", "leisure")
PRICE_LEVEL = (0.8, 0.7, 3.5, 1.2, 1.0, 1.5, 0.7)  # of CATEGORIES, against a customer's usual payment
CHANNELS, TIERS = ("pos", "online", "atm"), ("Basic", "Classic", "Premium")
OCCUPATIONS = ("student", "employee", "civil servant", "self-employed", "manager", "homemaker", "retired")
MARITAL = ("single", "married", "divorced", "widowed")
PRODUCTS = ("current_account", "savings", "credit_card", "mortgage", "fund", "insurance")

ARCHETYPES = (
    Archetype(
        "cautious saver",
        0.25,
        rate=(3.0, 2.2),
        payment=(42, 0.30),
        leaves=0.10,
        december=1.3,
        category=(0.45, 0.06, 0.04, 0.15, 0.14, 0.12, 0.04),
        channel=(0.62, 0.13, 0.25),
        phone=0.10,
        age=(48, 9),
        ages=(30, 64),
        occupation=(0.00, 0.55, 0.28, 0.07, 0.02, 0.08, 0.00),
        marital=(0.32, 0.45, 0.20, 0.03),
        children=0.6,
        income=(36_000, 0.22),
        net_worth=(85_000, 0.45),
        distance=0.06,
        appetite=-1.1,
        products=(1.00, 0.97, 0.25, 0.06, 0.05, 0.45),
        tier=(0.62, 0.36, 0.02),
        logins=6,
        visits=4.0,
        content=0.3,
        consent=0.45,
        health=0.06,
    ),
    Archetype(
        "young card user",
        0.25,
        rate=(4.0, 4.1),
        payment=(24, 0.30),
        leaves=0.18,
        december=1.4,
        category=(0.22, 0.28, 0.06, 0.22, 0.04, 0.03, 0.15),
        channel=(0.52, 0.44, 0.04),
        phone=0.75,
        age=(26, 4),
        ages=(18, 35),
        occupation=(0.38, 0.52, 0.02, 0.08, 0.00, 0.00, 0.00),
        marital=(0.88, 0.10, 0.02, 0.00),
        children=0.1,
        income=(23_000, 0.35),
        net_worth=(4_500, 0.80),
        distance=0.03,
        appetite=0.5,
        products=(1.00, 0.35, 0.88, 0.00, 0.12, 0.15),
        tier=(0.70, 0.29, 0.01),
        logins=26,
        visits=0.4,
        content=0.0,
        consent=0.75,
        health=0.04,
    ),
    Archetype(
        "affluent investor",
        0.15,
        rate=(4.0, 2.8),
        payment=(105, 0.35),
        leaves=0.05,
        december=1.3,
        category=(0.15, 0.24, 0.20, 0.18, 0.10, 0.06, 0.07),
        channel=(0.60, 0.35, 0.05),
        phone=0.40,
        age=(53, 8),
        ages=(35, 64),
        occupation=(0.00, 0.22, 0.05, 0.30, 0.42, 0.01, 0.00),
        marital=(0.15, 0.66, 0.17, 0.02),
        children=0.9,
        income=(112_000, 0.28),
        net_worth=(640_000, 0.50),
        distance=0.07,
        appetite=1.2,
        products=(1.00, 0.60, 0.92, 0.30, 0.95, 0.55),
        tier=(0.03, 0.27, 0.70),
        logins=14,
        visits=2.0,
        content=0.5,
        consent=0.55,
        health=0.05,
    ),
    Archetype(
        "family with mortgage",
        0.20,
        rate=(5.0, 2.2),
        payment=(62, 0.30),
        leaves=0.06,
        december=1.9,
        category=(0.38, 0.10, 0.06, 0.14, 0.14, 0.14, 0.04),
        channel=(0.66, 0.27, 0.07),
        phone=0.35,
        age=(40, 4),
        ages=(29, 52),
        occupation=(0.00, 0.58, 0.20, 0.10, 0.07, 0.05, 0.00),
        marital=(0.06, 0.86, 0.08, 0.00),
        children=2.2,
        income=(61_000, 0.22),
        net_worth=(135_000, 0.40),
        distance=0.12,
        appetite=-0.2,
        products=(1.00, 0.70, 0.55, 0.97, 0.22, 0.90),
        tier=(0.18, 0.72, 0.10),
        logins=12,
        visits=1.5,
        content=0.1,
        consent=0.50,
        health=0.05,
    ),
    Archetype(
        "retired",
        0.15,
        rate=(2.0, 2.2),
        payment=(48, 0.30),
        leaves=0.12,
        december=1.5,
        category=(0.52, 0.10, 0.06, 0.12, 0.08, 0.10, 0.02),
        channel=(0.46, 0.04, 0.50),
        phone=0.03,
        age=(73, 5),
        ages=(65, 92),
        occupation=(0.00, 0.00, 0.00, 0.02, 0.00, 0.02, 0.96),
        marital=(0.08, 0.54, 0.12, 0.26),
        children=0.0,
        income=(24_000, 0.25),
        net_worth=(190_000, 0.60),
        distance=0.08,
        appetite=-0.8,
        products=(1.00, 0.90, 0.20, 0.03, 0.18, 0.60),
        tier=(0.60, 0.38, 0.02),
        logins=2,
        visits=11.0,
        content=0.6,
        consent=0.25,
        health=0.22,
    ),
)

RISK_LOADINGS = (0.85, 0.75, -0.80, 0.70, -0.75, 0.80)  # risk_1 to risk_6; risk_3 and risk_5 are reversed
CITIES = {  # latitude, longitude, postcodes; some postcodes begin with a zero that must not be lost
    "Leipzig": (51.340, 12.375, "04103 04105 04107 04109 04129 04155 04177 04229 04275 04317"),
    "Dresden": (51.050, 13.738, "01067 01069 01097 01099 01127 01187 01219 01259 01307 01309"),
    "Chemnitz": (50.833, 12.920, "09111 09112 09113 09116 09120 09126 09130 09131"),
    "Halle": (51.482, 11.970, "06108 06110 06112 06114 06120 06124 06128 06130"),
    "Erfurt": (50.985, 11.030, "99084 99085 99086 99087 99089 99091 99096 99097"),
}
CITY_SHARES = (0.34, 0.28, 0.14, 0.13, 0.11)
CONDITIONS = (
    "hard of hearing",
    "weak sight",
    "uses a wheelchair",
    "bad knee",
    "heart trouble",
    "expects a child",
    "long ill",
    "back from hospital",
    "walks with a stick",
)
REMARKS = (
    "speak slowly",
    "offer a seat",
    "ring before a visit",
    "step-free desk",
    "told at the counter",
    "no calls before noon",
    "comes with a helper",
)
