"""Psychographic: the attitude that is strongest in a customer, of those that lie behind a battery of survey items."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.cores import one_thread_each
from segcli.counting import counted
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, numbers
from segcli.segment.battery import Factors, Matrix, cronbach_alpha, distinct, factors, kaiser, kmo, parallel, turned
from segcli.segment.battery import called as called_by

SOURCE = "factor analysis with varimax (Kaiser 1958), number of factors by parallel analysis (Horn 1965)"
NEEDS = "items of a battery, such as q1, q2, ..."
ADDS = ("attitude_1, attitude_2, ...",)
ITEM = re.compile(r"q_?\d+", re.IGNORECASE)
NONE = "no marked attitude"
FEWEST = 50  # complete answers below which factors are noise


class Options(Section):
    """Which items, on which scale, and how many attitudes."""

    items: list[str] = Field(default_factory=list, description="Columns of the items; default: all called q1, q2, ...")
    scale: list[float] = Field([1, 5], min_length=2, max_length=2, description="Lowest and highest answer.")
    reversed: list[str] = Field(default_factory=list, description="Items that ask the other way round.")
    factors: int | None = Field(None, ge=1, le=10, description="Number of attitudes; default: by parallel analysis.")
    names: list[str] = Field(default_factory=list, description="Names of the attitudes, strongest first.")
    centred: bool = Field(
        default=False,
        description="Whether each customer's own mean is taken off first: some people agree to everything.",
    )


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's strongest attitude, if it is above the average; who left an item out is unknown.

    On one thread: sums that are split over threads differ in their last bits.
    """
    with one_thread_each():
        return _decided(customers, options)


def _decided(customers: Customers, options: Options) -> Decided:
    names = _items(customers, options)
    answers = np.column_stack([numbers(customers.table[name]) for name in names])
    low, high = options.scale
    with np.errstate(invalid="ignore"):
        odd = (answers < low) | (answers > high)
    answers = turned(np.where(odd, np.nan, answers), [name in options.reversed for name in names], low, high)
    complete = ~np.isnan(answers).any(axis=1)
    items = answers[complete]
    if len(items) < FEWEST:
        raise InputProblem(
            f"{counted(len(items), 'customer')} answered all {len(names)} items; attitudes need {FEWEST}",
            source=customers.readings[0].input.name,
            remedy="Leave out items that few answered, with the option items",
        )
    if options.centred:
        items = items - items.mean(axis=1, keepdims=True)
    count = options.factors or max(parallel(items), 1)
    found = factors(items, count)
    called = [*options.names, *called_by(found.loadings, names)[len(options.names) :]][:count]
    standard = found.scores / found.scores.std(axis=0)
    strongest = np.where(standard.max(axis=1) > 0, np.array(called, dtype=object)[standard.argmax(axis=1)], NONE)
    labels = np.full(len(answers), UNKNOWN, dtype=object)
    labels[complete] = strongest
    scores = np.full((len(answers), count), np.nan)
    scores[complete] = standard
    columns = {f"{c.ATTITUDE}{place}": scores[:, place - 1] for place in range(1, count + 1)}
    notes = (*_notes(items, found, names, called), *_off_scale(int(odd.sum())))
    order = tuple(name for name in (*called, NONE, UNKNOWN) if (labels == name).any())
    attitudes = pd.DataFrame(columns, index=customers.table.index).round(6)
    return Decided(labels, order, notes, scores=attitudes, tables={"Loadings": _loadings(found, names, called)})


def _loadings(found: Factors, names: list[str], called: list[str]) -> pd.DataFrame:
    """One row per item: its loading on each attitude, and the share of its variance that they explain."""
    rows = pd.DataFrame(found.loadings.round(6), columns=pd.Index(distinct(called)))
    return (
        rows.assign(communality=(found.loadings**2).sum(axis=1).round(6))
        .assign(item=names)
        .iloc[:, [-1, *range(len(called) + 1)]]
    )


def _off_scale(count: int) -> Iterator[str]:
    if count:
        yield f"answers off the scale: {count:,}; they count as missing"


def _items(customers: Customers, options: Options) -> list[str]:
    names = options.items or [name for name in customers.table.columns if ITEM.fullmatch(str(name))]
    missing = [name for name in (*names, *options.reversed) if name not in customers.table.columns]
    if missing or not names:
        raise InputProblem(
            f"there is no column {' or '.join(missing) or 'of an item, such as q1'}",
            source=customers.readings[0].input.name,
            remedy="Name them: options: {items: [...]}",
        )
    if len(names) < 3:  # noqa: PLR2004 - two items have one correlation
        raise ConfigProblems(["rules: psychographic.items: a battery has at least 3 items; name more"])
    return names


def _notes(items: Matrix, found: Factors, names: list[str], called: list[str]) -> Iterator[str]:
    """Fit of the battery, then the loadings of each attitude and the agreement of the items that carry it."""
    fit = f"KMO {kmo(items):.2f}, eigenvalues above 1: {kaiser(items)}, above chance: {parallel(items)}"
    yield f"{len(items):,} customers answered all {len(names)} items; {fit}"
    owner = np.abs(found.loadings).argmax(axis=1)
    for place, name in enumerate(called):
        carried = [n for n in range(len(names)) if owner[n] == place]
        shown = ", ".join(f"{names[n]} {found.loadings[n, place]:.2f}" for n in carried)
        ways = np.sign(found.loadings[carried, place])
        told = f", alpha {cronbach_alpha(items[:, carried] * ways):.2f}" if len(carried) > 1 else ""
        yield f"{name}: {found.explained[place]:.0%} of variance{told}; {shown}"
