"""Found segments as rules that people read: a shallow tree, its leaves as IF-THEN rules, and how far they are right.

Breiman, Friedman, Olshen and Stone, Classification and regression trees (1984). The rules are replayed in segcli's own
rule language, and what that gives is the fidelity that is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config import yaml
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.segment.eligible import MOST_LEVELS
from segcli.segment.language.evaluate import Table, evaluate
from segcli.segment.language.parse import KEYWORDS, parse
from segcli.segment.language.tree import Text
from segcli.segment.language.written import written

DEEPEST = 4
SMALLEST_LEAF = 0.01  # of customers
DIGITS = 7  # decimals tried for a threshold, from none on

Values = npt.NDArray[np.float64]
Bounds = dict[int, tuple[float, float]]  # by column of the tree: above the first, up to the second


@dataclass(frozen=True)
class Test:
    """One comparison of a rule: a column, a sign, and a number or a text."""

    column: str
    sign: str
    value: float | str

    def __str__(self) -> str:
        shown = self.column if self.column.isidentifier() and self.column not in KEYWORDS else f"`{self.column}`"
        value = _number(self.value) if isinstance(self.value, float) else written(Text(self.value))
        return f"{shown} {self.sign} {value}"


@dataclass(frozen=True)
class Told:
    """A segment's rule: the share of its customers that it holds for, and of those it holds for the share in it.

    `paths` are alternatives; all tests of one must hold.
    """

    segment: str
    paths: tuple[tuple[Test, ...], ...]
    coverage: float
    precision: float

    @property
    def rules(self) -> tuple[str, ...]:
        """The alternatives as expressions."""
        return tuple(" and ".join(map(str, path)) or "true" for path in self.paths)

    @property
    def when(self) -> str:
        """The rule as one expression."""
        return self.rules[0] if len(self.rules) == 1 else " or ".join(f"({rule})" for rule in self.rules)


@dataclass(frozen=True)
class Explanation:
    """The rule of each segment, the segment of customers for whom no rule holds, and the share told right."""

    told: tuple[Told, ...]
    otherwise: str
    fidelity: float


def explain(made: Segmentation, columns: Sequence[str]) -> Explanation:
    """Grow a tree on the columns and tell its leaves as rules.

    Raises:
        UsageProblem: there is no column to tell segments by.
    """
    asked = [one for name in columns if name in made.customers.table for one in _asked(made, name)]
    if not asked:
        raise UsageProblem("there is no column of numbers or kinds to explain segments by; give a table that has some")
    values = np.column_stack([values for _, _, values in asked])
    paths: dict[str, list[tuple[Test, ...]]] = {name: [] for name in made.segments}
    for segment, bounds in _leaves(values, made):
        paths[segment].append(tuple(_tests(bounds, [(name, level) for name, level, _ in asked])))
    return _judged(made, {name: tuple(found) for name, found in paths.items() if found})


def _asked(made: Segmentation, name: str) -> Iterator[tuple[str, str | None, Values]]:
    """What the tree can ask of a column: its number (the median where missing), or whether it is a text."""
    values = made.customers.table[name]
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        yield name, None, np.where(np.isnan(numbers), np.nanmedian(numbers), numbers)
    elif values.nunique() <= MOST_LEVELS and values.dtype.kind != "M" and name != c.CUSTOMER_ID:
        for level in sorted(values.dropna().astype("str").unique()):
            yield name, level, (values == level).to_numpy(dtype=np.float64)


def _leaves(values: Values, made: Segmentation) -> list[tuple[str, Bounds]]:
    """The segment of most customers of each leaf, and the bounds on the way to it."""
    from sklearn.tree import DecisionTreeClassifier

    smallest = max(int(SMALLEST_LEAF * len(values)), 1)
    grown = DecisionTreeClassifier(max_depth=DEEPEST, min_samples_leaf=smallest, random_state=0)
    tree = grown.fit(values, made.labels.to_numpy(dtype=object)).tree_

    def walk(node: int, bounds: Bounds) -> list[tuple[str, Bounds]]:
        if tree.children_left[node] == tree.children_right[node]:
            return [(str(grown.classes_[tree.value[node][0].argmax()]), bounds)]
        place = int(tree.feature[node])
        cut = _short(float(tree.threshold[node]), values[:, place])
        low, high = bounds.get(place, (-np.inf, np.inf))
        below = walk(tree.children_left[node], {**bounds, place: (low, min(high, cut))})
        above = walk(tree.children_right[node], {**bounds, place: (max(low, cut), high)})
        told = {segment for segment, _ in (*below, *above)}
        return [(told.pop(), bounds)] if len(told) == 1 else [*below, *above]  # a cut between the same tells nothing

    return walk(0, {})


def _short(threshold: float, values: Values) -> float:
    """The shortest number that parts the values as the threshold does: from the last below it to the first above."""
    below, above = values[values <= threshold].max(), values[values > threshold].min()
    for digits in range(DIGITS):
        short = round(threshold, digits)
        if below <= short < above:
            return short
    return float(below)


def _tests(bounds: Bounds, asked: Sequence[tuple[str, str | None]]) -> Iterator[Test]:
    """Bounds as comparisons, in the order of columns; of a text it is asked whether it is that one."""
    for place in sorted(bounds, key=lambda place: (asked[place][0], asked[place][1] or "")):
        (low, high), (name, level) = bounds[place], asked[place]
        if level is not None:
            yield Test(name, "==" if np.isfinite(low) else "!=", level)
            continue
        yield from (Test(name, sign, value) for sign, value in ((">", low), ("<=", high)) if np.isfinite(value))


def _number(value: float) -> str:
    return f"{value:.0f}" if value == round(value) else f"{value:.10f}".rstrip("0")


def _judged(made: Segmentation, paths: dict[str, tuple[tuple[Test, ...], ...]]) -> Explanation:
    """Replay the rules as rules are asked: the first that holds names the segment."""
    table = Table(made.customers.table, made.customers.as_of)
    otherwise = str(made.labels.value_counts(sort=False).sort_index().idxmax())
    replayed = np.full(len(made.labels), otherwise, dtype=object)
    told = []
    for segment, found in paths.items():
        draft = Told(segment, found, 0.0, 0.0)
        holds = np.any([evaluate(parse(rule), table).true for rule in draft.rules], axis=0)
        inside = (made.labels == segment).to_numpy()
        right = int((holds & inside).sum())
        told.append(Told(segment, found, right / max(int(inside.sum()), 1), right / max(int(holds.sum()), 1)))
        replayed[holds & (replayed == otherwise)] = segment
    return Explanation(tuple(told), otherwise, float((replayed == made.labels.to_numpy(dtype=object)).mean()))


def as_yaml(found: Explanation, name: str) -> str:
    """The explanation as a `rules:` section that gives the segments again."""
    segments = [{"segment": one.segment, "when": {"any": list(one.rules)}} for one in found.told]
    section = {"rules": [{"name": name, "otherwise": found.otherwise, "segments": segments}]}
    head = (
        f"# Rules that tell found segments again, right for {found.fidelity:.1%} of the customers they were found on.\n"
    )
    return head + yaml.text(section)


def why(made: Segmentation, found: Explanation, customer_id: str) -> Iterator[str]:
    """Why a customer is in a segment: its rule, how sure that is, and each feature beside the segment's own mean.

    Raises:
        UsageProblem: there is no such customer.
    """
    table = made.customers.table
    places = table.index[table[c.CUSTOMER_ID] == customer_id]
    if not len(places):
        raise UsageProblem(f"no customer '{customer_id}'; ids are those that segcli ingest writes")
    place = int(places[0])
    segment, scores = made.labels[place], made.scores.loc[place]
    yield f"{segment}   margin {scores[c.CLUSTER_MARGIN]:.2f}; otherwise {scores[c.CLUSTER_SECOND]}"
    row = Table(table, made.customers.as_of).row(place)
    for one in found.told:
        for rule in one.rules:
            if evaluate(parse(rule), row).true[0]:
                yield f"  by rule: {rule} -> {one.segment} (right for {one.precision:.0%})"
    members = table[made.labels == segment]
    for name in dict.fromkeys(feature["name"] for feature in made.method["features"]):
        if not pd.api.types.is_numeric_dtype(table[name]):
            yield f"  {name} {table.loc[place, name]} (segment {(members[name] == table.loc[place, name]).mean():.0%})"
            continue
        yield f"  {name} {table.loc[place, name]:g} (segment {members[name].mean():.4g}, all {table[name].mean():.4g})"
