"""Every test that docs/security.md names exists, and every row names at least one."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:: (\w+))?`")


def test_every_named_test_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 40
    missing = [
        (file, name)
        for file, name in named
        if not (ROOT / file).is_file()
        or (name and not re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))
    ]
    assert not missing


def test_every_family_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 15
    assert not [row.split("|")[1] for row in rows if not NAMED.search(row.split("|")[3])]
