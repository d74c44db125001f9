"""The tables of bases in the docs are made from the bases and their tests; UPDATE_DOCS=1 writes them anew."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from segcli.config.reference import dump_scalar
from segcli.config.rules import RulesSettings
from segcli.segment import bases

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "bases.md"
TABLE = re.compile(r"(<!-- bases: .*? -->\n).*?(<!-- /bases -->)", re.DOTALL)
GROUPS = (
    *("Demographic", "Geographic", "Psychographic", "Behavioural", "Needs", "Technographic", "Lifecycle"),
    *("Experience", "Value", "Combined"),
)
MARKED = re.compile(r"@pytest\.mark\.base\(([^)]*)\)\n(?:@.*\n(?:[ )\]].*\n)*)*def (test_\w+)")


def _told(name: str) -> tuple[str, str]:
    """The group of a base, and what it tells."""
    group, _, what = str(bases.load_base(name).__doc__).splitlines()[0].rstrip(".").partition(": ")
    return group, what


def _tests() -> dict[str, list[str]]:
    """The tests that hold each base against something else."""
    found: dict[str, list[str]] = {name: [] for name in bases.list_bases()}
    for path in sorted((ROOT / "tests" / "segment").rglob("test_*.py")):
        for listed, test in MARKED.findall(path.read_text(encoding="utf-8")):
            for name in re.findall(r'"(\w+)"', listed):
                found[name].append(f"`{path.name}::{test}`")
    return found


def _command(name: str) -> str:
    """The command line that runs a base, on the file it needs."""
    base = bases.load_base(name)
    file = "orders.csv" if "an order export" in base.NEEDS.partition(";")[0] else "customers.csv"
    return f"`segcli rules {file} --base {name}{' --table FILE' if bases.lookup_columns(name) else ''}`"


def _lines() -> Iterator[str]:
    tests = _tests()
    for group in GROUPS:
        yield f"### {group}\n"
        yield "| base and command line | definition | reads | adds | source | tests |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for name in (name for name in bases.list_bases() if _told(name)[0] == group):
            base = bases.load_base(name)
            adds = ", ".join([f"`{RulesSettings(base=name).segment_column}`", *(f"`{column}`" for column in base.ADDS)])
            decides = str(base.assign_segments.__doc__).split("\n\n", maxsplit=1)[0].strip()
            cells = [_command(name), f"{_told(name)[1]}. {decides}", base.NEEDS, adds, base.SOURCE]
            yield f"| {' | '.join(cells)} | {', '.join(tests[name])} |"
        yield ""
    yield "### Options and their defaults\n"
    yield "| base | options |"
    yield "| --- | --- |"
    for name in bases.list_bases():
        defaults = bases.parse_options(name, {}).dump_values()
        yield f"| `{name}` | {', '.join(f'`{option}: {dump_scalar(value)}`' for option, value in defaults.items())} |"


def test_the_tables_of_bases_are_made_from_the_bases() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = "\n".join(_lines())
    found = TABLE.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)
    if os.environ.get("UPDATE_DOCS") == "1":
        DOCS.write_text(found, encoding="utf-8")
    assert found == text


@pytest.mark.parametrize("name", bases.list_bases())
def test_every_base_belongs_to_a_group_and_has_a_test_of_its_own(name: str) -> None:
    assert _told(name)[0] in GROUPS
    assert _tests()[name]


def test_the_rules_in_the_docs_are_read() -> None:
    from segcli.config import load_settings, parse_yaml_layer
    from segcli.segment import rules

    block = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    settings = load_settings([parse_yaml_layer(block[1], "docs.yaml", ".")]).settings
    order = [one.column for one in rules.prepare_rule_sets(settings.rules)]
    assert order.index("target") > max(order.index("loyalty"), order.index("generation"))
