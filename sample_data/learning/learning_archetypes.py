"""The planted truth of the sample school: four learner archetypes, and the courses it sells."""

from dataclasses import dataclass

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Archetype:
    """One row of the planted table; the order of each weight tuple is the order of the tuple named."""

    name: str
    share: float
    rate: tuple[float, float]  # Gamma shape, scale: enrolments per year
    dropout: tuple[float, float]  # Beta a, b: chance to leave after an enrolment
    subject: Weights  # SUBJECTS: which one is a learner's main subject
    focus: float  # share of enrolments in the main subject
    price: float  # list price in euros that enrolments aim at
    discount: float  # chance that a course is bought at 30 or 50 % off
    january: float  # enrolments in January against the average month
    device: Weights  # DEVICES
    channel: Weights  # CHANNELS
    age: tuple[float, float]  # mean, standard deviation at the end of the window
    occupation: Weights  # OCCUPATIONS; from 64 on retired
    untouched: float  # share who never opened a lesson
    finished: float  # share who finished every lesson
    progress: tuple[float, float]  # Beta a, b: progress of all others
    score: tuple[float, float]  # mean, standard deviation of test scores
    hours: float  # hours a finished course takes
    lessons: float  # Poisson mean of lessons in the last 30 days of who is still there
    referrals: float  # weight of being the one who referred somebody
    consent: float  # share who allow e-mail
    content: float  # mean satisfaction behind csat, ces and sentiment; sd 0.8
    answers: float  # share who answer csat and ces
    contacts: float  # Poisson mean of contacts with support


SUBJECTS = ("data", "design", "languages", "business")
DEVICES, CHANNELS = ("mobile", "desktop", "tablet"), ("search", "newsletter", "app", "partner")
SYSTEMS = {  # with their weights
    "mobile": (("Android", "iOS"), (0.62, 0.38)),
    "desktop": (("Windows", "macOS", "Linux"), (0.66, 0.26, 0.08)),
    "tablet": (("iPadOS", "Android"), (0.70, 0.30)),
}
OCCUPATIONS = ("student", "employee", "self-employed", "job seeker", "homemaker")
COUNTRIES, COUNTRY_SHARES = ("Germany", "Austria", "Switzerland", "Poland", "Spain"), (0.50, 0.15, 0.10, 0.13, 0.12)

ARCHETYPES = (
    Archetype(
        "career changer",
        0.20,
        rate=(5.0, 2.4),
        dropout=(1.5, 18.0),
        subject=(0.52, 0.13, 0.05, 0.30),
        focus=0.80,
        price=120,
        discount=0.20,
        january=1.3,
        device=(0.15, 0.78, 0.07),
        channel=(0.50, 0.15, 0.05, 0.30),
        age=(34, 5),
        occupation=(0.03, 0.50, 0.10, 0.35, 0.02),
        untouched=0.02,
        finished=0.06,
        progress=(6.0, 3.0),
        score=(76, 8),
        hours=20,
        lessons=16,
        referrals=2.0,
        consent=0.70,
        content=0.2,
        answers=0.55,
        contacts=2.2,
    ),
    Archetype(
        "casual learner",
        0.35,
        rate=(2.5, 1.7),
        dropout=(2.0, 10.0),
        subject=(0.06, 0.32, 0.52, 0.10),
        focus=0.65,
        price=35,
        discount=0.45,
        january=3.0,
        device=(0.66, 0.12, 0.22),
        channel=(0.15, 0.30, 0.45, 0.10),
        age=(47, 14),
        occupation=(0.03, 0.70, 0.12, 0.05, 0.10),
        untouched=0.08,
        finished=0.02,
        progress=(2.0, 5.0),
        score=(68, 10),
        hours=9,
        lessons=3,
        referrals=0.8,
        consent=0.55,
        content=0.3,
        answers=0.30,
        contacts=0.5,
    ),
    Archetype(
        "completionist",
        0.20,
        rate=(5.0, 1.9),
        dropout=(1.0, 24.0),
        subject=(0.25, 0.25, 0.25, 0.25),
        focus=0.45,
        price=65,
        discount=0.15,
        january=1.0,
        device=(0.30, 0.45, 0.25),
        channel=(0.15, 0.40, 0.40, 0.05),
        age=(38, 11),
        occupation=(0.16, 0.62, 0.16, 0.02, 0.04),
        untouched=0.00,
        finished=0.62,
        progress=(14.0, 1.5),
        score=(91, 5),
        hours=14,
        lessons=22,
        referrals=5.0,
        consent=0.85,
        content=1.1,
        answers=0.65,
        contacts=0.8,
    ),
    Archetype(
        "trial and gone",
        0.25,
        rate=(2.0, 1.0),
        dropout=(16.0, 2.0),
        subject=(0.30, 0.30, 0.20, 0.20),
        focus=0.60,
        price=22,
        discount=0.85,
        january=1.8,
        device=(0.80, 0.15, 0.05),
        channel=(0.25, 0.05, 0.20, 0.50),
        age=(29, 8),
        occupation=(0.38, 0.44, 0.06, 0.09, 0.03),
        untouched=0.48,
        finished=0.00,
        progress=(1.2, 12.0),
        score=(57, 12),
        hours=7,
        lessons=0,
        referrals=0.1,
        consent=0.30,
        content=-1.1,
        answers=0.15,
        contacts=0.9,
    ),
)

COURSES = {
    "data": "Charts for everyone 15.00,Spreadsheets from scratch 25.00,Statistics at work 49.00,"
    "Databases and SQL 79.00,Python for analysis 119.00,Machine learning 199.00",
    "design": "Sketching basics 15.00,Colour and type 29.00,Photo editing 45.00,"
    "Layout for print 69.00,Interface design 109.00,Design portfolio 189.00",
    "languages": "Spanish for travel 15.00,Polish first steps 25.00,French conversation 39.00,"
    "English at work 65.00,German B2 course 99.00,English C1 exam 169.00",
    "business": "Minutes and mails 15.00,Speaking in public 29.00,Bookkeeping basics 49.00,"
    "Project planning 75.00,Online marketing 115.00,Leading a team 195.00",
}
