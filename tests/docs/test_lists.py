"""The lists of plug-ins on the pages are made from their files; UPDATE_DOCS=1 writes them anew."""

from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from segcli import columns, exporters
from segcli.ingest import event_presets, presets
from segcli.reports.check_result import list_codes
from segcli.segment import methods

DOCS = Path(__file__).parents[2] / "docs"
Kept = Callable[[Path, str, Iterable[str]], bool]


def first_line(thing: object) -> str:
    """What a module says it is, as a cell of a table."""
    return " ".join(str(thing.__doc__).split("\n\n", maxsplit=1)[0].split()).replace("|", "\\|")


def test_clustering_methods(kept: Kept) -> None:
    rows = [f"| `{name}` | {first_line(methods.load_method(name))} |" for name in methods.list_methods()]
    assert kept(DOCS / "clusters.md", "methods", ["| method | what it does |", "| --- | --- |", *rows])


def test_destinations(kept: Kept) -> None:
    made = {name: exporters.load_destination(name) for name in exporters.destination_names()}
    rows = [f"| {name} | {one.TITLE} | {one.SOURCE} |" for name, one in made.items()]
    head = ["| destination | file | documented at |", "| --- | --- | --- |"]
    assert kept(DOCS / "decisions.md", "destinations", [*head, *rows])


def test_presets(kept: Kept) -> None:
    made = {name: presets.load_preset(name) for name in presets.list_presets()}
    rows = [f"| `{name}` | {one.title} | {one.holds} |" for name, one in made.items()]
    assert kept(
        DOCS / "commands" / "ingest.md", "presets", ["| preset | export | holds |", "| --- | --- | --- |", *rows]
    )


def test_published_segment_definitions(kept: Kept) -> None:
    path = Path(__file__).parents[1] / "segment" / "expressions" / "published_segments.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    lines: list[str] = []
    for vendor in dict.fromkeys(source["vendor"] for source in document["sources"].values()):
        lines += [f"## {vendor}", "", "| segment | definition | rule |", "| --- | --- | --- |"]
        for item in document["definitions"]:
            source = document["sources"][item["source"]]
            if source["vendor"] == vendor:
                mark = "*contacts*: " if item.get("input") == "contacts" else ""
                rule = f"{mark}`{item['rule']}`" if "rule" in item else f"not as a rule: {item['reason']}"
                described = f"{item['description']} [{source['title']}]({source['url']})"
                lines.append(f"| {item['name']} | {described} | {rule} |")
        lines.append("")
    assert kept(DOCS / "segment-definitions.md", "definitions", lines)


def test_event_presets(kept: Kept) -> None:
    made = {name: event_presets.load_event_preset(name) for name in event_presets.list_event_presets()}
    rows = [f"| `{name}` | {one.title} | `{one.kind}` |" for name, one in made.items()]
    assert kept(DOCS / "events.md", "event-presets", ["| preset | export | kind |", "| --- | --- | --- |", *rows])


def test_measures_of_rfm(kept: Kept) -> None:
    names = ", ".join(f"`{name}`" for name in columns.RFM_MEASURES)
    assert kept(DOCS / "commands" / "rfm.md", "measures", [names])


def test_codes_of_findings(kept: Kept) -> None:
    rows = [f"| `{code}` | {meaning} |" for code, meaning in list_codes().items()]
    assert kept(DOCS / "ci.md", "codes", ["| code | meaning |", "| --- | --- |", *rows])
