"""The page about the architecture is true: every place it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
PLACE = re.compile(r"`([a-z_0-9/]+\.py)(?:: (\w+))?`")


def test_every_place_is_there() -> None:
    places = PLACE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(places) > 40
    for file, name in places:
        path = ROOT / "segcli" / file
        text = (path if path.exists() else ROOT / file).read_text(encoding="utf-8")
        assert not name or re.search(rf"^\s*(def|class) {name}\b", text, re.MULTILINE), f"{file}: {name}"


def test_the_map_names_every_package_and_module_at_the_top() -> None:
    drawn = PAGE.read_text(encoding="utf-8").split("```")[1]
    there = {path.name for path in (ROOT / "segcli").glob("*.py")} - {"__init__.py", "__main__.py"}
    there |= {f"{path.parent.name}/" for path in (ROOT / "segcli").glob("*/__init__.py")}
    assert there <= set(drawn.split())


def test_the_map_names_modules_that_are_there() -> None:
    drawn = PAGE.read_text(encoding="utf-8").split("```")[1]
    lines = re.findall(r"^  (\w+)/ (.*)$", drawn, re.MULTILINE)
    assert len(lines) > 10
    for package, text in lines:
        folder = ROOT / "segcli" / package
        assert all((folder / name).exists() for name in re.findall(r"\w+\.py", text)), package
        assert all((folder / name).is_dir() for name in re.findall(r"(\w+)/", text)), package
