"""Rules: segmentations by built-in bases or by rules that the user writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.counting import counted
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment import bases
from segcli.segment.bases import Decided
from segcli.segment.dimensions import require_customers
from segcli.segment.language import tree
from segcli.segment.language.check import check
from segcli.segment.language.evaluate import Table, evaluate
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.written import written
from segcli.segment.overlap import Members, overlap
from segcli.segment.profile import profile
from segcli.segment.provenance import provenance
from segcli.segment.ruled import Ruled, prepare

__all__ = ["Ruled", "members", "members_by_segment", "prepare", "segment"]


def segment(customers: Customers, wanted: Sequence[Ruled]) -> list[Segmentation]:
    """Make the segmentations, each upon the table that the ones before it have added to.

    Raises:
        ConfigProblems: a rule speaks of a column that is not there, or compares what cannot be compared.
        InputProblem: a base needs a column that the table lacks.
    """
    require_customers(customers)
    made: list[Segmentation] = []
    for one in wanted:
        base = replace(customers, table=made[-1].table) if made else customers
        made.append(_segmentation(base, one))
    return made


def _segmentation(customers: Customers, one: Ruled) -> Segmentation:
    decided = _by_base(customers, one) if one.settings.base else _by_rules(customers, one)
    labels = pd.Series(decided.labels, index=customers.table.index, dtype="str")
    rows = profile(customers.table, labels)
    order = {name: place for place, name in enumerate(decided.order)}
    return Segmentation(
        customers=customers,
        column=one.column,
        labels=labels,
        scores=_renamed(one, pd.DataFrame(index=customers.table.index) if decided.scores is None else decided.scores),
        profile=rows.sort_values(c.NAME, key=lambda names: names.map(order), ignore_index=True),
        method=_method(one),
        provenance=_provenance(customers, one),
        warnings=(*customers.warnings, *decided.warnings),
        notes=decided.notes,
        tables=decided.tables,
    )


def _renamed(one: Ruled, scores: pd.DataFrame) -> pd.DataFrame:
    """A base's further columns under the name that the user gave it: used twice, it would overwrite its own."""
    name, base = one.settings.name, one.settings.base
    if base is None or name in {None, base}:
        return scores
    return scores.rename(columns=lambda column: f"{name}_{str(column).removeprefix(f'{base}_')}")


def _provenance(customers: Customers, one: Ruled) -> Provenance:
    """How it was made, under the segmentation's own name; the base's own table is one of the inputs."""
    made = provenance(customers, "rules", one.settings, None)
    said: dict[str, object] = {"segments": [vars(segment) for segment in one.settings.segments]}
    if one.settings.base:
        options = bases.options(one.settings.base, one.settings.options).effective()
        said = {"base": one.settings.base, "table": one.settings.table, "options": options}
    said |= {"special_reason": one.settings.special_reason} if one.settings.special_reason else {}
    return replace(
        made,
        settings={f"rules.{one.column}.{key}": value for key, value in said.items()},
        inputs=(*made.inputs, *((one.lookup.read_from,) if one.lookup else ())),
    )


def _method(one: Ruled) -> Mapping[str, object]:
    if one.settings.base:
        return {
            "name": one.column.removesuffix(c.SEGMENT),
            "base": one.settings.base,
            "source": bases.load(one.settings.base).SOURCE,
        }
    return {
        "name": one.column,
        "rules": [{"segment": name, "when": written(rule)} for name, rule in one.rules],
        "otherwise": one.settings.otherwise,
    }


def _by_base(customers: Customers, one: Ruled) -> Decided:
    name = str(one.settings.base)
    lookup = (one.lookup,) if bases.lookup_columns(name) else ()
    return bases.load(name).decide(customers, bases.options(name, one.settings.options), *lookup)


def _by_rules(customers: Customers, one: Ruled) -> Decided:
    """The first rule that holds names the segment."""
    holds = members(customers, one)
    labels = np.full(len(customers.table), one.settings.otherwise, dtype=object)
    for (name, _), mask in zip(reversed(one.rules), reversed(holds), strict=True):
        labels[mask] = name
    segments = _unite(one, holds)
    order = (*segments, *([one.settings.otherwise] if one.settings.otherwise not in segments else []))
    notes = tuple(_noticed(segments))
    if one.settings.exclusive:
        return Decided(labels, order, notes)
    tables = {"Overlap": overlap(segments)}
    return Decided(labels, order, notes, scores=_memberships(one, segments, customers), tables=tables)


def _memberships(one: Ruled, segments: Members, customers: Customers) -> pd.DataFrame:
    """All segments whose rules hold for a customer, as one text in the order in which they are asked."""
    joined = np.full(len(customers.table), "", dtype=object)
    for name, mask in segments.items():
        joined[mask] = [f"{before}; {name}" if before else name for before in joined[mask]]
    return pd.DataFrame({f"{one.column}_all": pd.Series(joined, dtype="str")}, index=customers.table.index)


def members(customers: Customers, one: Ruled) -> list[npt.NDArray[np.bool_]]:
    """For whom each rule holds, whatever the rules before it say.

    Raises:
        ConfigProblems: every rule that cannot be evaluated on this table.
    """
    table = Table(customers.table, customers.as_of)
    problems, holds = [], []
    for say, (_, rule) in zip(one.said, one.rules, strict=True):
        try:
            check(rule, table.kinds)
            holds.append(evaluate(rule, table).true)
        except RuleProblem as problem:
            problems.append(add_remedy(f"{say(problem)}; the rule reads: {written(rule)}", customers, tree.names(rule)))
    if problems:
        raise ConfigProblems(problems)
    return holds


def members_by_segment(customers: Customers, one: Ruled) -> Members:
    """Return for whom any rule of each segment holds, in the order of the rules.

    Raises:
        ConfigProblems: every rule that cannot be evaluated on this table.
    """
    return _unite(one, members(customers, one))


def _unite(one: Ruled, holds: Sequence[npt.NDArray[np.bool_]]) -> Members:
    segments = {name: np.zeros(len(holds[0]), dtype=bool) for name, _ in one.rules}
    for (name, _), mask in zip(one.rules, holds, strict=True):
        segments[name] |= mask
    return segments


def _find_contended(segments: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """Find the customers of several segments that are not nested; tiers that contain each other do not count.

    Where a customer's segments, by size, each contain the one before, all of them are nested. So each is compared with
    one other only, and customers that are found already are skipped.
    """
    sizes = [int(mask.sum()) for mask in segments]
    contended = np.zeros(len(segments[0]), dtype=bool)
    previous = np.full(len(contended), -1)  # the next smaller segment of each customer
    for place in np.argsort(sizes, kind="stable"):
        mask = segments[place]
        waiting = mask & ~contended
        for smaller in np.unique(previous[waiting]):
            if smaller >= 0 and not mask[segments[smaller]].all():
                contended |= mask & (previous == smaller)
        previous[mask] = place
    return contended


def _noticed(segments: Members) -> Iterator[str]:
    several = int(_find_contended(list(segments.values())).sum())
    if several:
        yield f"rules of several segments hold for {counted(several, 'customer')}; the first in order names them"
    empty = [name for name, mask in segments.items() if not mask.any()]
    if empty:
        yield f"no customer is in: {', '.join(empty)}"
