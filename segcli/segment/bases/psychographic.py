"""Psychographic: strongest attitude of a customer, from a factor analysis of survey items."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.errors import ConfigProblems, InputProblem
from segcli.formatting import pluralize
from segcli.message import CustomerCount, count_message, join_messages, message
from segcli.model import Customers
from segcli.parallel import limit_blas_threads
from segcli.segment.bases import UNKNOWN, BaseResult, to_floats
from segcli.segment.factor_analysis import (
    FactorSolution,
    ItemMatrix,
    cronbach_alpha,
    fit_factors,
    kaiser_factor_count,
    kmo_measure,
    number_duplicates,
    parallel_factor_count,
    reverse_items,
)
from segcli.segment.factor_analysis import name_factors as called_by

SOURCE = "factor analysis with varimax (Kaiser 1958), number of factors by parallel analysis (Horn 1965)"
NEEDS = "survey items, such as q1, q2, ..."
ADDS = ("attitude_1, attitude_2, ...",)
ITEM_NAME = re.compile(r"q_?\d+", re.IGNORECASE)
NO_ATTITUDE = "no marked attitude"
MIN_COMPLETE_ANSWERS = 50  # with fewer complete answers, factors are noise


class Options(Section):
    """Survey items, their scale, and the number and names of attitudes."""

    items: list[str] = Field(default_factory=list, description="Item columns. Default: all columns named q1, q2, ...")
    scale: list[float] = Field(
        [1, 5], min_length=2, max_length=2, description="Lowest and highest answer on the scale."
    )
    reversed: list[str] = Field(default_factory=list, description="Items with a reversed scale.")
    factors: int | None = Field(None, ge=1, le=10, description="Number of attitudes. Default: from parallel analysis.")
    names: list[str] = Field(
        default_factory=list, description="Names of the attitudes, in the order of explained variance."
    )
    centred: bool = Field(
        default=False,
        description="Subtract each customer's mean answer first, to correct for people who agree with everything.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the strongest attitude, if it is above average. Customers with unanswered items are unknown.

    Runs on one thread, because the last bits of a sum depend on the number of threads.
    """
    with limit_blas_threads():
        return _assign_attitudes(customers, options)


def _assign_attitudes(customers: Customers, options: Options) -> BaseResult:
    names = _find_items(customers, options)
    answers = np.column_stack([to_floats(customers.table[name]) for name in names])
    low, high = options.scale
    with np.errstate(invalid="ignore"):
        is_off_scale = (answers < low) | (answers > high)
    answers = reverse_items(
        np.where(is_off_scale, np.nan, answers), [name in options.reversed for name in names], low, high
    )
    is_complete = ~np.isnan(answers).any(axis=1)
    items = answers[is_complete]
    if len(items) < MIN_COMPLETE_ANSWERS:
        raise InputProblem(
            f"{pluralize(len(items), 'customer')} answered all {len(names)} items; "
            f"attitudes need {MIN_COMPLETE_ANSWERS}",
            source=customers.input_reports[0].input.name,
            remedy="exclude items with few answers with the option items",
        )
    if options.centred:
        items = items - items.mean(axis=1, keepdims=True)
    factor_count = options.factors or max(parallel_factor_count(items), 1)
    factor_solution = fit_factors(items, factor_count)
    attitude_names = [*options.names, *called_by(factor_solution.loadings, names)[len(options.names) :]][:factor_count]
    standardised = factor_solution.scores / factor_solution.scores.std(axis=0)
    strongest = np.where(
        standardised.max(axis=1) > 0, np.array(attitude_names, dtype=object)[standardised.argmax(axis=1)], NO_ATTITUDE
    )
    labels = np.full(len(answers), UNKNOWN, dtype=object)
    labels[is_complete] = strongest
    scores = np.full((len(answers), factor_count), np.nan)
    scores[is_complete] = standardised
    attitude_columns = {
        f"{columns.ATTITUDE_PREFIX}{number}": scores[:, number - 1] for number in range(1, factor_count + 1)
    }
    notes = (
        *_describe_battery(items, factor_solution, names, attitude_names),
        *_warn_off_scale(int(is_off_scale.sum())),
    )
    order = tuple(name for name in (*attitude_names, NO_ATTITUDE, UNKNOWN) if (labels == name).any())
    attitudes = pd.DataFrame(attitude_columns, index=customers.table.index).round(6)
    return BaseResult(
        labels,
        order,
        notes,
        scores=attitudes,
        tables={message("Loadings"): _loadings_table(factor_solution, names, attitude_names)},
    )


def _loadings_table(factor_solution: FactorSolution, item_names: list[str], attitude_names: list[str]) -> pd.DataFrame:
    """Return one row per item: its loading on each attitude, and the share of its variance that they explain."""
    rows = pd.DataFrame(factor_solution.loadings.round(6), columns=pd.Index(number_duplicates(attitude_names)))
    return (
        rows.assign(communality=(factor_solution.loadings**2).sum(axis=1).round(6))
        .assign(item=item_names)
        .iloc[:, [-1, *range(len(attitude_names) + 1)]]
    )


def _warn_off_scale(off_scale_count: int) -> Iterator[str]:
    if off_scale_count:
        yield message("answers outside the scale: {count}; counted as missing", count=CustomerCount(off_scale_count))


def _find_items(customers: Customers, options: Options) -> list[str]:
    names = options.items or [name for name in customers.table.columns if ITEM_NAME.fullmatch(str(name))]
    missing_columns = [name for name in (*names, *options.reversed) if name not in customers.table.columns]
    if missing_columns or not names:
        raise InputProblem(
            f"no column {' or '.join(missing_columns) or 'of an item, such as q1'}",
            source=customers.input_reports[0].input.name,
            remedy="name them: options: {items: [...]}",
        )
    if len(names) < 3:  # noqa: PLR2004 - two items have a single correlation
        raise ConfigProblems(["rules: psychographic.items: a battery needs at least 3 items; add more"])
    return names


def _describe_battery(
    items: ItemMatrix, factor_solution: FactorSolution, item_names: list[str], attitude_names: list[str]
) -> Iterator[str]:
    """Yield the fit of the battery, then the loadings of each attitude and the reliability of its items."""
    yield count_message(
        "{count} customer answered all {items} items; KMO {kmo:.2f}, eigenvalues above 1: {kaiser}, "
        "above chance: {parallel}",
        "{count} customers answered all {items} items; KMO {kmo:.2f}, eigenvalues above 1: {kaiser}, "
        "above chance: {parallel}",
        CustomerCount(len(items)),
        items=len(item_names),
        kmo=kmo_measure(items),
        kaiser=kaiser_factor_count(items),
        parallel=parallel_factor_count(items),
    )
    attitude_by_item = np.abs(factor_solution.loadings).argmax(axis=1)
    for factor_number, name in enumerate(attitude_names):
        carried_items = [item for item in range(len(item_names)) if attitude_by_item[item] == factor_number]
        loadings = join_messages(
            ", ",
            [
                message(
                    "{item} {loading:.2f}",
                    item=item_names[item],
                    loading=factor_solution.loadings[item, factor_number],
                )
                for item in carried_items
            ],
        )
        values = {"name": name, "share": factor_solution.explained_variance[factor_number], "loadings": loadings}
        if len(carried_items) > 1:
            orientation = np.sign(factor_solution.loadings[carried_items, factor_number])
            alpha = cronbach_alpha(items[:, carried_items] * orientation)
            yield message("{name}: {share:.0%} of variance, alpha {alpha:.2f}; {loadings}", alpha=alpha, **values)
        else:
            yield message("{name}: {share:.0%} of variance; {loadings}", **values)
