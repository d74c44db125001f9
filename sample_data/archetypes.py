"""The planted truth of the sample shop: five customer archetypes, and what the shop sells where."""

from dataclasses import dataclass

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Archetype:
    """One row of the planted table; the order of each weight tuple is the order of the tuple named."""

    name: str
    share: float
    rate: tuple[float, float]  # Gamma shape, scale: orders per year
    dropout: tuple[float, float]  # Beta a, b: chance to leave after an order
    value: tuple[float, float]  # lognormal: median order value in euros, sigma
    lines: float  # mean lines per order
    winter: float  # rate in November and December against the yearly average
    discount: float  # chance that a line is bought at 10 or 25 % off
    category: Weights  # CATEGORIES
    channel: Weights  # CHANNELS
    payment: Weights  # PAYMENTS
    device: Weights  # DEVICES
    age: tuple[float, float]  # mean, standard deviation at the end of the window
    female: float
    marital: Weights  # MARITAL
    children: float  # Poisson mean, cut at 4
    income: Weights  # INCOME
    education: Weights  # EDUCATION
    quality: float  # mean of "quality before price"; each customer varies with sd 0.6
    planning: float  # mean of "plans ahead"; sd 0.6
    content: float  # mean satisfaction behind nps, csat and ces; sd 0.8
    newsletter: float  # share who consent
    answers: float  # share who answer the questionnaire


CATEGORIES = ("home", "garden", "kitchen", "toys", "electronics", "fashion")
CHANNELS, PAYMENTS = ("web", "app", "store", "express"), ("card", "invoice", "paypal")
DEVICES, MARITAL = ("mobile", "desktop", "tablet"), ("single", "married", "divorced", "widowed")
INCOME, EDUCATION = ("low", "mid", "high"), ("secondary", "bachelor", "master", "doctorate")

ARCHETYPES = (
    Archetype(
        "loyal enthusiast",
        0.10,
        rate=(4.0, 3.2),
        dropout=(1.0, 24.0),
        value=(84, 0.35),
        lines=3.0,
        winter=1.2,
        discount=0.10,
        category=(0.25, 0.10, 0.30, 0.05, 0.10, 0.20),
        channel=(0.20, 0.60, 0.10, 0.10),
        payment=(0.60, 0.10, 0.30),
        device=(0.70, 0.20, 0.10),
        age=(38, 9),
        female=0.62,
        marital=(0.40, 0.45, 0.13, 0.02),
        children=0.8,
        income=(0.10, 0.45, 0.45),
        education=(0.15, 0.40, 0.37, 0.08),
        quality=0.9,
        planning=0.2,
        content=1.0,
        newsletter=0.85,
        answers=0.60,
    ),
    Archetype(
        "regular family",
        0.25,
        rate=(3.0, 2.6),
        dropout=(1.5, 10.0),
        value=(84, 0.35),
        lines=3.4,
        winter=1.5,
        discount=0.25,
        category=(0.20, 0.10, 0.20, 0.30, 0.05, 0.15),
        channel=(0.45, 0.30, 0.20, 0.05),
        payment=(0.35, 0.45, 0.20),
        device=(0.50, 0.30, 0.20),
        age=(41, 6),
        female=0.58,
        marital=(0.08, 0.80, 0.11, 0.01),
        children=2.1,
        income=(0.20, 0.60, 0.20),
        education=(0.30, 0.42, 0.24, 0.04),
        quality=0.1,
        planning=0.9,
        content=0.4,
        newsletter=0.60,
        answers=0.40,
    ),
    Archetype(
        "bargain hunter",
        0.25,
        rate=(2.0, 2.8),
        dropout=(2.0, 4.5),
        value=(38, 0.35),
        lines=2.4,
        winter=1.3,
        discount=0.85,
        category=(0.20, 0.08, 0.15, 0.10, 0.12, 0.35),
        channel=(0.30, 0.55, 0.13, 0.02),
        payment=(0.25, 0.15, 0.60),
        device=(0.80, 0.15, 0.05),
        age=(29, 8),
        female=0.50,
        marital=(0.70, 0.22, 0.07, 0.01),
        children=0.5,
        income=(0.60, 0.35, 0.05),
        education=(0.45, 0.38, 0.15, 0.02),
        quality=-1.1,
        planning=-0.3,
        content=-0.2,
        newsletter=0.70,
        answers=0.30,
    ),
    Archetype(
        "gift buyer",
        0.30,
        rate=(2.0, 0.7),
        dropout=(2.5, 2.5),
        value=(68, 0.40),
        lines=1.8,
        winter=4.0,
        discount=0.20,
        category=(0.20, 0.03, 0.12, 0.40, 0.10, 0.15),
        channel=(0.45, 0.15, 0.20, 0.20),
        payment=(0.50, 0.15, 0.35),
        device=(0.40, 0.40, 0.20),
        age=(55, 13),
        female=0.55,
        marital=(0.20, 0.50, 0.15, 0.15),
        children=1.2,
        income=(0.25, 0.50, 0.25),
        education=(0.40, 0.35, 0.20, 0.05),
        quality=0.3,
        planning=-0.8,
        content=0.0,
        newsletter=0.25,
        answers=0.25,
    ),
    Archetype(
        "big-ticket planner",
        0.10,
        rate=(3.0, 0.5),
        dropout=(1.5, 6.0),
        value=(330, 0.40),
        lines=1.6,
        winter=0.7,
        discount=0.15,
        category=(0.20, 0.25, 0.13, 0.02, 0.38, 0.02),
        channel=(0.60, 0.05, 0.33, 0.02),
        payment=(0.30, 0.60, 0.10),
        device=(0.20, 0.65, 0.15),
        age=(49, 9),
        female=0.38,
        marital=(0.18, 0.65, 0.14, 0.03),
        children=1.1,
        income=(0.05, 0.30, 0.65),
        education=(0.12, 0.30, 0.43, 0.15),
        quality=1.1,
        planning=1.1,
        content=0.3,
        newsletter=0.40,
        answers=0.40,
    ),
)

CATALOGUE = {
    "home": "Candle 6.90,Picture frame 12.90,Cushion 19.90,Throw blanket 34.90,Wall clock 39.90,"
    "Table lamp 59.90,Bed linen set 79.90,Mirror 119.00,Rug 229.00,Armchair 449.00",
    "garden": "Seed mix 3.90,Plant pot 11.90,Garden gloves 8.90,Watering can 18.90,Pruning shears 27.90,"
    "Bird house 32.90,Hose reel 64.90,Fire bowl 129.00,Lawn mower 349.00,Lounge set 799.00",
    "kitchen": "Tea towel 5.90,Mug 9.90,Spice rack 22.90,Cutting board 24.90,Chef knife 49.90,"
    "Frying pan 44.90,Kettle 54.90,Cookware set 149.00,Coffee machine 329.00,Stand mixer 459.00",
    "toys": "Card game 7.90,Soft rabbit 14.90,Puzzle 16.90,Picture book 12.50,Building bricks 39.90,"
    "Board game 32.50,Wooden train 48.90,Doll house 99.00,Balance bike 89.00,Play tower 379.00",
    "electronics": "Charging cable 9.50,Phone stand 14.50,Earphones 29.90,Power bank 34.50,Smart plug 19.50,"
    "Speaker 79.00,Headphones 159.00,Tablet 389.00,Camera 649.00,Television 899.00",
    "fashion": "Socks 4.90,T-shirt 14.90,Scarf 19.50,Belt 24.50,Pyjamas 36.90,"
    "Jeans 59.00,Sweater 49.00,Sneakers 84.90,Winter jacket 139.00,Leather bag 189.00",
}
FREE_PRODUCT = ("Gift pouch", "0.00", "home")
CITIES = {
    "Germany": ("Berlin", "Hamburg", "Leipzig", "Munich"),
    "France": ("Paris", "Lyon", "Nantes"),
    "Poland": ("Warsaw", "Krakow", "Poznan"),
    "Spain": ("Madrid", "Valencia", "Seville"),
    "Austria": ("Vienna", "Graz", "Linz"),
}
COUNTRY_SHARES = (0.45, 0.18, 0.15, 0.12, 0.10)
LOADINGS = (0.80, 0.75, 0.70, -0.75, 0.65, 0.80, 0.70, 0.75, -0.70, 0.65)  # q01-q05 quality, q06-q10 planning
