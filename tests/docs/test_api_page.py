"""The examples of docs/api.md are run in order, as one session."""

import doctest
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```pycon\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_examples_print_what_the_page_shows(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "segcli" / "demo" / "shop.yaml", workplace)
    monkeypatch.chdir(workplace)
    blocks = BLOCK.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    session = doctest.DocTestParser().get_doctest("".join(blocks), {}, "api.md", "docs/api.md", 0)
    assert len(session.examples) > 10
    printed: list[str] = []
    doctest.DocTestRunner(verbose=False).run(session, out=printed.append)
    assert not printed, "".join(printed)
