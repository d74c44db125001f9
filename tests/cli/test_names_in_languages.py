"""Names from the user's data are the same in every language and format."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli import plugins

CONFIG = """
ingest: {customers: {path: customers.csv}}
rules:
  - {name: mine, otherwise: unknown, segments: [{segment: 5 orders, when: 'city == "Champions"'}]}
persona: {of: [mine], traits: 9}
"""


@pytest.mark.parametrize("layout", ["csv", "tsv", "ndjson", "json", "md", "html", "table"])
@pytest.mark.parametrize("code", plugins.list_language_codes())
def test_names_that_are_words_of_segcli_stay(segcli: Callable[..., Any], folder: Path, code: str, layout: str) -> None:
    """A rule segment "5 orders", a product "unknown" and a city "Champions", in cells and in trait sentences."""
    rows = [f"c{number},{number % 7 + 1},{10 * number + 5}," for number in range(80)]
    lines = [row + ("unknown,Champions" if number < 40 else "tea,Hanoi") for number, row in enumerate(rows)]
    header = "customer_id,orders,revenue,top_category,city"
    (folder / "customers.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(CONFIG, encoding="utf-8")
    done = segcli("persona", "-c", "mine.yaml", "-q", "-f", layout, "--lang", code)
    assert done.returncode == 0, done.stderr
    for name in ("5 orders", "unknown", "Champions"):
        assert name in done.stdout
    if layout in {"md", "html"}:
        assert "= unknown 100%" in done.stdout.replace("\u00a0", "").replace(": unknown", "= unknown")
