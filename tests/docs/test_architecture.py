"""The page about the architecture is true: the imports are counted, and every place it names is there."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = (
    *("cli", "reports", "exporters", "persona", "evidence", "value", "segment", "customers", "ingest", "files"),
    *("model", "languages", "config"),
)
PLACE = re.compile(r"`([a-z_/]+\.py)(?:: (\w+))?`")


def imported(path: Path) -> Iterator[str]:
    """The rooms of other rooms' modules that a file imports, once for each module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("segcli"):
            parts = str(node.module).split(".")
            yield from [parts[1]] if len(parts) > 1 else [name.name for name in node.names]


def rows() -> Iterator[str]:
    """One row a room."""
    yield from ("| room | leads into |", "| --- | --- |")
    for room in ROOMS:
        place = ROOT / "segcli" / room
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        counted = Counter(other for file in files for other in imported(file) if other != room)
        yield f"| {room} | {', '.join(f'{other} {counted[other]}' for other in ROOMS if counted[other]) or '-'} |"


def test_the_imports_are_those_there_are(kept: Callable[[Path, str, Iterable[str]], bool]) -> None:
    assert kept(PAGE, "imports", rows())


def test_every_place_is_there() -> None:
    places = PLACE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(places) > 40
    for file, name in places:
        path = ROOT / "segcli" / file
        text = (path if path.exists() else ROOT / file).read_text(encoding="utf-8")
        assert not name or re.search(rf"^\s*(def|class) {name}\b", text, re.MULTILINE), f"{file}: {name}"
