"""Found segments beside all customers in the features they were found by, and what marks each."""

from collections.abc import Iterator, Mapping
from typing import Any

from segcli import columns as c
from segcli.evidence.disclosure import WITHHELD
from segcli.model import Segmentation, Trait
from segcli.persona.markers import markers
from segcli.persona.traits import traits
from segcli.reports import numbers
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.report import Findings

TITLE = "Cluster profile"
NOTHING = "No clusters were asked for."
READ = "The clusters were read from the table, which does not say by which features they were found."
HOW_TO_READ = (
    "Bars are differences from all customers in standard deviations. What marks a segment is away from all customers "
    "by a quarter of the range of a feature or by half of the mean of all (Dolnicar, Grün and Leisch 2018)."
)


def blocks(findings: Findings) -> Iterator[Block]:
    """The segment profile plot of each clustering."""
    if not findings.clusters:
        yield Text([NOTHING])
    for one in findings.clusters:
        if not one.method.get("features"):
            yield Text([READ])
            continue
        yield Text([HOW_TO_READ])
        yield _chart(one, findings.privacy.fewest)


def _chart(one: Segmentation, smallest: int) -> Chart:
    features = list(dict.fromkeys(feature["name"] for feature in one.method["features"]))
    marked = markers(one)
    told = {
        name: {t.name: t for t in listed if t.level is None} for name, listed in traits(one, features, smallest).items()
    }
    shown = [name for name in one.segments if not name.startswith(WITHHELD)]
    sizes = one.profile.set_index(c.NAME)[c.SHARE]
    segments = [
        {
            "name": name,
            "told": numbers.share(sizes[name]),
            "bars": [_bar(told[name].get(feature), marks=marked.marks) for feature in features],
        }
        for name in shown
    ]
    data = {
        "features": [numbers.label(feature) for feature in features],
        "segments": segments,
        "marks": "marks the segment",
    }
    says = "; ".join(f"{one['name']} is marked by {_marks(one, data['features'])}" for one in segments)
    return Chart("profile", "Segments beside all customers", f"{says}.", data, [_table(told, shown, features)])


def _bar(trait: Trait | None, *, marks: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a function of a trait
    if trait is None:
        return {"difference": 0.0, "told": "", "marker": False}
    return {
        "difference": trait.difference,
        "told": numbers.of(trait.name, trait.value),
        "marker": bool(marks(trait)),
    }


def _marks(one: Mapping[str, Any], features: Any) -> str:  # noqa: ANN401 - names
    return ", ".join(name for name, bar in zip(features, one["bars"], strict=True) if bar["marker"]) or "nothing much"


def _table(told: Mapping[str, Mapping[str, Trait]], shown: list[str], features: list[str]) -> Table:
    """Features down: the mean of all customers, then that of each segment."""
    rows = []
    for feature in features:
        known = [told[name].get(feature) for name in shown]
        base = next((numbers.of(feature, one.base) for one in known if one), "")
        means = ["" if one is None else numbers.of(feature, one.value) for one in known]
        rows.append([numbers.label(feature), base, *means])
    return Table([Column("Feature", right=False), Column("All"), *(Column(name) for name in shown)], rows)
