"""Customer tables as companies export them: ids, texts, dates, flags, amounts and outcomes, of any width."""

import csv
import io

import numpy as np
import numpy.typing as npt

NAMES = ("Smith", "Jones", "Meyer", "Nguyen", "Garcia", "Ivanov", "Li", "Dupont", "Rossi", "Novak")
REGIONS = ("North", "South", "East", "West")
PLANS = ("Basic", "Plus", "Premium")
LEVELS = ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied")


def render_table(seed: int) -> str:
    """Return a table of 120 to 400 customers with 10 to 300 columns, which depend on the seed, as a CSV file."""
    chance = np.random.default_rng(seed)
    size, width = int(chance.integers(120, 400)), int(np.linspace(10, 300, 20)[seed % 20])
    group = chance.integers(0, 3, size)
    makers = (_amount, _share, _count, _flag, _yes_no, _text, _scale, _date, _constant, _sentinel, _remark, _empty)
    columns: dict[str, list[str]] = {}
    if seed % 3:
        columns["Customer No" if seed % 2 else "id"] = [f"C{row:05}" for row in range(size)]
    if seed % 4 == 0:
        columns["Surname"] = [NAMES[row % len(NAMES)] for row in range(size)]
    while len(columns) < width - 1:
        number = len(columns)
        name, values = makers[int(chance.integers(0, len(makers)))](chance, group)
        columns[f"{name}_{number}"] = values
    columns[("Churn", "Exited", "y", "Attrition_Flag")[seed % 4]] = [str(int(value == 2)) for value in group]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";" if seed % 5 == 0 else ",")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue()


Chance = np.random.Generator
Group = npt.NDArray[np.int64]
Made = tuple[str, list[str]]


def _amount(chance: Chance, group: Group) -> Made:
    return "balance", [f"{value:.2f}" for value in np.exp(chance.normal(5 + group % 2, 1))]


def _share(chance: Chance, group: Group) -> Made:
    return "share", [f"{value:.4f}" for value in chance.beta(2, 2 + group)]


def _count(chance: Chance, group: Group) -> Made:
    return "visits_per_month", [str(value) for value in chance.poisson(2 + 3 * group)]


def _flag(chance: Chance, group: Group) -> Made:
    return "has_card", [str(int(value)) for value in chance.random(len(group)) < 0.3]


def _yes_no(chance: Chance, group: Group) -> Made:
    return "newsletter", ["Yes" if value else "No" for value in chance.random(len(group)) < 0.6]


def _text(chance: Chance, group: Group) -> Made:
    values = REGIONS if chance.random() < 0.5 else PLANS
    return "plan", [values[place] for place in chance.integers(0, len(values), len(group))]


def _scale(chance: Chance, group: Group) -> Made:
    return "service", [LEVELS[place] for place in chance.integers(0, len(LEVELS), len(group))]


def _date(chance: Chance, group: Group) -> Made:
    return "since", [
        f"20{10 + day % 15}-{1 + day % 12:02}-{1 + day % 28:02}" for day in chance.integers(0, 9999, len(group))
    ]


def _constant(_: Chance, group: Group) -> Made:
    return "currency", ["EUR"] * len(group)


def _sentinel(chance: Chance, group: Group) -> Made:
    values = chance.integers(18, 80, len(group))
    return "score", [str(999 if chance.random() < 0.05 else value) for value in values]


def _remark(chance: Chance, group: Group) -> Made:
    return "remark", [f"called on {value}, no answer" for value in chance.integers(0, 10**6, len(group))]


def _empty(_: Chance, group: Group) -> Made:
    return "legacy", [""] * len(group)


def render_bank(size: int = 600) -> str:
    """Return a table of bank customers with an outcome that depends on age and activity, as in public churn tables."""
    chance = np.random.default_rng(5)
    kind = np.arange(size) % 3
    age = np.round(chance.normal(34 + 9 * kind, 4)).astype(int)
    balance = np.where(kind == 0, 0, np.round(chance.normal(60_000 + 60_000 * (kind == 2), 8_000), 2))
    exited = chance.random(size) < np.where(age > 45, 0.5, 0.1)
    header = (
        "RowNumber,CustomerId,Surname,CreditScore,Geography,Gender,Age,Tenure,Balance,NumOfProducts,HasCrCard,"
        "IsActiveMember,EstimatedSalary,Exited"
    )
    countries, genders = ("France", "Spain", "Germany"), ("Male", "Female")
    rows = [
        ",".join(
            str(value)
            for value in (
                *(row + 1, 15_600_000 + row * 37, NAMES[row % 10], int(chance.normal(650, 90))),
                *(countries[int(chance.integers(0, 3))], genders[int(chance.integers(0, 2))]),
                *(age[row], int(chance.integers(0, 11)), balance[row], 1 + kind[row]),
                *(int(chance.integers(0, 2)), int(chance.integers(0, 2))),
                *(f"{chance.uniform(1000, 200_000):.2f}", int(exited[row])),
            )
        )
        for row in range(size)
    ]
    return "\n".join([header, *rows, ""])
