"""What the pages show is what their commands print; UPDATE_DOCS=1 writes the outputs anew, to be read before a commit.

A block that needs a program says so, as in ```console needs jq; where it is not installed, the block is left as it is.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^```console(?: needs (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
WITH_BLOCKS = [page for page in PAGES if CONSOLE.search(page.read_text(encoding="utf-8"))]  # not indented ones
SEARCHED = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.long
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=named)
def test_console_blocks_show_what_their_commands_print(page: Path, workplace: Path, shown: Callable[..., str]) -> None:
    missing: list[str] = []

    def anew(match: re.Match[str]) -> str:
        if match[1] and not shutil.which(match[1], path=SEARCHED):
            missing.append(match[1])
            return match[0]
        first_line = match[0].splitlines()[0]
        return f"{first_line}\n{shown(match[2], workplace)}```"

    text = page.read_text(encoding="utf-8")
    found = CONSOLE.sub(anew, text)
    if os.environ.get("UPDATE_DOCS") == "1":
        page.write_text(found, encoding="utf-8")
    assert found == text
    if missing:
        pytest.skip(f"blocks not run, for there is no {', '.join(sorted(set(missing)))}")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    for link, place in LINK.findall(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)):
        if "://" in link:
            continue
        target = (page.parent / link) if link else page
        assert target.exists(), link
        if place:
            assert place in headings(target), f"{link}#{place}"


def headings(page: Path) -> set[str]:
    """The places of a page that can be linked to."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def test_every_page_is_found_from_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {str(page.relative_to(ROOT / "docs")) for page in PAGES[1:]} - {"README.md"}
    assert {page for page in pages if not page.startswith("commands/") and f"]({page}" not in index} == set()
    assert "commands/README.md" in index
