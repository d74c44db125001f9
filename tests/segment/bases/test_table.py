"""The table of bases in the docs is made from the bases; UPDATE_DOCS=1 writes it anew."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from segcli.config.reference import scalar_text
from segcli.segment import bases

DOCS = Path(__file__).parents[3] / "docs" / "bases.md"
TABLE = re.compile(r"(<!-- bases: .*? -->\n).*?(<!-- /bases -->)", re.DOTALL)


def _rows() -> Iterator[str]:
    yield "| base | what it tells | options and their defaults | source |"
    yield "| --- | --- | --- | --- |"
    for name in bases.names():
        base = bases.load(name)
        told = str(base.__doc__).splitlines()[0].rstrip(".")
        defaults = bases.options(name, {}).effective()
        options = ", ".join(f"`{option}: {scalar_text(value)}`" for option, value in defaults.items())
        yield f"| `{name}` | {told} | {options} | {base.SOURCE} |"


def test_the_table_of_bases_is_made_from_the_bases() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = "\n".join(_rows())
    found = TABLE.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)
    if os.environ.get("UPDATE_DOCS") == "1":
        DOCS.write_text(found, encoding="utf-8")
    assert found == text


def test_the_rules_in_the_docs_are_read() -> None:
    from segcli.config import load, yaml_layer
    from segcli.segment import rules

    block = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    settings = load([yaml_layer(block[1], "docs.yaml", ".")]).settings
    order = [one.column for one in rules.prepare(settings.rules)]
    assert order.index("target") > max(order.index("loyalty"), order.index("generation"))
