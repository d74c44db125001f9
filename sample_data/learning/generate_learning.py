"""Write the sample school of online courses: enrolments.csv, learners.csv and the hidden truth.csv.

Every learner belongs to one of four archetypes (the table is in learning_archetypes.py) and draws from it a yearly
rate of enrolments ~ Gamma(rate), a dropout probability ~ Beta(dropout) and a main subject. Learners are numbered in
the order in which they join. After each enrolment, the first included, the learner leaves for good with the dropout
probability; otherwise the next one follows as a Poisson process with that rate, until the window of eighteen months
closes on 2026-06-30. January carries `january` times the average rate. Courses, discounts, devices, progress, scores
and answers depend on the archetype too; the country does not.

Usage: python sample_data/learning/generate_learning.py [FOLDER]     (default: the folder of this file)
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from learning_archetypes import (
    ARCHETYPES,
    CHANNELS,
    COUNTRIES,
    COUNTRY_SHARES,
    COURSES,
    DEVICES,
    OCCUPATIONS,
    SUBJECTS,
    SYSTEMS,
    Archetype,
)

SEED, LEARNERS = 20260602, 900
START, END = datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-06-30")
DAYS = (END - START).days + 1
BLANK_IDS, BLANK_YEARS, REFERRED, TESTED_FROM, RETIRED_FROM = 15, 8, 0.18, 0.1, 64
Row = list[str]
PRICES = {
    subject: {item.rsplit(" ", 1)[0]: float(item.rsplit(" ", 1)[1]) for item in items.split(",")}
    for subject, items in COURSES.items()
}
ENROLMENT_HEADER = "Enrolment,Learner,Enrolled at,Course,Subject,Price,Discount,Device,OS,Channel"
LEARNER_HEADER = (
    "learner_id,birth_year,country,occupation,progress,mean_score,hours,lessons_last_30_days,"
    + ",".join(f"interest_{subject}" for subject in SUBJECTS)
    + ",referred_by,email_consent,csat,ces,feedback_sentiment,"
    "support_talk_seconds,support_hold_seconds,support_wrap_seconds,support_contacts"
)
TRUTH_HEADER = "learner_id,archetype,enrolments_per_year,dropout,main_subject,active_until"

rng = np.random.default_rng(SEED)


@dataclass(frozen=True)
class Learner:
    """A learner with the hidden values drawn for them."""

    id: str
    kind: Archetype
    rate: float
    dropout: float
    subject: str
    days: tuple[float, ...]  # days of the enrolments since START
    dropped: bool


def pick(options: Sequence[str], weights: Sequence[float]) -> str:
    """One option, drawn by weight."""
    return options[int(rng.choice(len(options), p=np.array(weights) / sum(weights)))]


def yes(chance: float) -> bool:
    """Whether something of this chance happens."""
    return bool(rng.random() < chance)


def season(kind: Archetype, day: float) -> float:
    """How many times its yearly average the enrolment rate is on this day (the year averages to one)."""
    month = (START + timedelta(days=day)).month
    return kind.january if month == 1 else (12 - kind.january) / 11


def next_day(kind: Archetype, rate: float, day: float) -> float:
    """The next event of a seasonal Poisson process, by thinning a faster even one."""
    peak = max(kind.january, (12 - kind.january) / 11)
    while day < DAYS:
        day += float(rng.exponential(365.25 / (rate * peak)))
        if day < DAYS and rng.random() < season(kind, day) / peak:
            break
    return day


def enrolment_days(kind: Archetype, rate: float, dropout: float, day: float) -> tuple[tuple[float, ...], bool]:
    """The days of all enrolments from the first on, and whether the learner has left before the window closes."""
    days = []
    while day < DAYS:
        days.append(day)
        if yes(dropout):
            return tuple(days), True
        day = next_day(kind, rate, day)
    return tuple(days), False


def make_learner(number: int, first: float) -> Learner:
    """Draw the hidden values of a learner and the days of the enrolments."""
    kind = ARCHETYPES[int(rng.choice(len(ARCHETYPES), p=[kind.share for kind in ARCHETYPES]))]
    rate, dropout = float(rng.gamma(*kind.rate)), float(rng.beta(*kind.dropout))
    subject = pick(SUBJECTS, kind.subject)
    return Learner(f"L{number:04d}", kind, rate, dropout, subject, *enrolment_days(kind, rate, dropout, first))


def make_learners() -> list[Learner]:
    """Everybody, numbered by the day they joined: more joined early than late."""
    firsts = np.sort(DAYS * rng.beta(1.0, 1.4, LEARNERS)).tolist()
    return [make_learner(number, first) for number, first in enumerate(firsts, 1)]


def course(learner: Learner) -> tuple[str, str, float]:
    """Subject, name and list price: mostly the main subject, near the price the archetype aims at."""
    subject = learner.subject if yes(learner.kind.focus) else str(rng.choice(SUBJECTS))
    names, prices = tuple(PRICES[subject]), np.array(list(PRICES[subject].values()))
    name = pick(names, np.exp(-0.5 * (np.log(prices / learner.kind.price) / 0.5) ** 2).tolist())
    return subject, name, PRICES[subject][name]


def enrolment_row(learner: Learner, day: float) -> Row:
    """An enrolment, still without its number; the price is what was paid, the discount what was not."""
    subject, name, price = course(learner)
    off = round(price * float(rng.choice((0.3, 0.5))), 2) if yes(learner.kind.discount) else 0.0
    when = START + timedelta(days=int(day), seconds=int(3600 * rng.triangular(6, 20, 24)))
    device = pick(DEVICES, learner.kind.device)
    system = pick(*SYSTEMS[device])
    channel = pick(CHANNELS, learner.kind.channel)
    return [learner.id, str(when), name, subject, f"{price - off:.2f}", f"{off:.2f}", device, system, channel]


def enrolment_rows(learners: Sequence[Learner]) -> list[Row]:
    """All enrolments by time; BLANK_IDS of them lost their learner."""
    rows = [enrolment_row(learner, day) for learner in learners for day in learner.days]
    rows.sort(key=lambda row: (row[1], row[0]))
    times = Counter(row[0] for row in rows)
    frequent = [index for index, row in enumerate(rows) if times[row[0]] >= 10]  # so that nobody disappears
    for index in rng.choice(frequent, BLANK_IDS, replace=False):
        rows[index][0] = ""
    return [[f"E{number}", *row] for number, row in enumerate(rows, 10001)]


def answer(value: float, low: int, high: int, blank: float) -> str:
    """An answer on a scale, sometimes left blank."""
    return "" if yes(blank) else str(min(max(round(value), low), high))


def progress_of(kind: Archetype) -> float:
    """The share of lessons finished: none, all, or something between."""
    drawn = rng.random()
    if drawn < kind.untouched:
        return 0.0
    return 1.0 if drawn < kind.untouched + kind.finished else min(max(float(rng.beta(*kind.progress)), 0.01), 0.99)


def learning(learner: Learner) -> Row:
    """Progress, mean score, hours and lessons of late; who has hardly begun took no test."""
    kind, progress = learner.kind, round(progress_of(learner.kind), 2)
    score = min(max(float(rng.normal(*kind.score)), 0.0), 100.0)
    hours = kind.hours * len(learner.days) * progress * float(rng.lognormal(0.0, 0.25))
    lessons = 0 if learner.dropped or not progress else int(rng.poisson(kind.lessons))
    return [f"{progress:.2f}", f"{score:.1f}" if progress > TESTED_FROM else "", f"{hours:.1f}", str(lessons)]


def interests(learner: Learner) -> Row:
    """Ratings of the four subjects, the main one highest for most."""
    liking = [4.6 if subject == learner.subject else 2.4 for subject in SUBJECTS]
    return [answer(value + rng.normal(0, 0.7), 1, 5, 0.03) for value in liking]


def referrer(learner: Learner, earlier: Sequence[Learner]) -> str:
    """Who brought this learner: somebody who was there before, most often a completionist."""
    if not earlier or learner.kind.name == "trial and gone" or not yes(REFERRED):
        return ""
    return pick([other.id for other in earlier], [other.kind.referrals for other in earlier])


def feelings(kind: Archetype) -> Row:
    """csat, ces and the tone of a comment, all from one hidden satisfaction."""
    content, blank = float(rng.normal(kind.content, 0.8)), 1 - kind.answers
    mood = content + float(rng.normal(0, 0.4))
    tone = "positive" if mood > 0.5 else "negative" if mood < -0.5 else "neutral"
    return [
        answer(3.5 + 0.8 * content + rng.normal(0, 0.4), 1, 5, blank),
        answer(4.7 + 1.0 * content + rng.normal(0, 0.8), 1, 7, blank),
        tone if yes(kind.answers / 2) else "",
    ]


def support(kind: Archetype) -> Row:
    """Seconds of talk, hold and wrap-up over all contacts, and how many contacts there were."""
    contacts = int(rng.poisson(kind.contacts))
    seconds = [str(round(sum(rng.gamma(3.0, mean / 3, contacts)))) for mean in (280, 45, 70)]
    return [*seconds, str(contacts)]


def learner_row(learner: Learner, earlier: Sequence[Learner]) -> Row:
    """What the school knows of a learner, drawn from the archetype."""
    kind = learner.kind
    age = min(max(float(rng.normal(*kind.age)), 17.0), 78.0)
    return [
        learner.id,
        str(END.year - int(age)),
        pick(COUNTRIES, COUNTRY_SHARES),
        pick(OCCUPATIONS, kind.occupation) if age < RETIRED_FROM else "retired",
        *learning(learner),
        *interests(learner),
        referrer(learner, earlier),
        "yes" if yes(kind.consent) else "no",
        *feelings(kind),
        *support(kind),
    ]


def learner_rows(learners: Sequence[Learner]) -> list[Row]:
    """All learners; some did not tell their year of birth."""
    rows = [learner_row(learner, learners[:place]) for place, learner in enumerate(learners)]
    for index in rng.choice(len(rows), BLANK_YEARS, replace=False):
        rows[index][1] = ""
    return rows


def truth_row(learner: Learner) -> Row:
    """The hidden values of a learner."""
    return [
        learner.id,
        learner.kind.name,
        f"{learner.rate:.3f}",
        f"{learner.dropout:.4f}",
        learner.subject,
        str((START + timedelta(days=int(learner.days[-1]))).date()) if learner.dropped else "",
    ]


def write(path: Path, header: str, rows: Iterable[Row]) -> None:
    """Write one CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header.split(","), *rows])


def generate(folder: Path) -> None:
    """Write the three files; the random stream starts anew, so a second call writes the same bytes."""
    rng.bit_generator.state = np.random.default_rng(SEED).bit_generator.state
    learners = make_learners()
    write(folder / "enrolments.csv", ENROLMENT_HEADER, enrolment_rows(learners))
    write(folder / "learners.csv", LEARNER_HEADER, learner_rows(learners))
    write(folder / "truth.csv", TRUTH_HEADER, map(truth_row, learners))


def main() -> None:
    """Write the files to the folder asked for."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    generate(folder)


if __name__ == "__main__":
    main()
