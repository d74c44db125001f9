"""A self-contained HTML file: no external requests, light and dark mode, readable on phones and on paper.

The template escapes all text from input files. The page's content security policy allows no script but the one in
page.js, identified by its digest.
"""

import base64
import contextlib
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from segcli import i18n
from segcli.formatting import escape_cell, escape_unprintable
from segcli.i18n.catalogue import Catalogue
from segcli.message import message
from segcli.reports import charts
from segcli.reports.blocks import Block, Card, Chart, Details, Heading, Result, iterate_blocks
from segcli.reports.charts._style import SEGMENT_PALETTE
from segcli.reports.formats import Page

PAGE_FILES = files("segcli.reports") / "page"
PAGE_WORDS = {
    "skip": message("Skip to the content"),
    "contents": message("Sections"),
    "numbers": message("Numbers"),
    "bar": message("Bar"),
    "row": message("Row"),
    "evidence": message("Evidence"),
    "filter": message("Filter rows"),
    "copy_table": message("Copy table"),
    "copied": message("Copied"),
    "show": message("Show"),
}
SECTION_LEVEL = 2  # level of the headings that the table of contents lists


def render(result: Result, page: Page) -> str:
    """Return the blocks as a page."""
    language = i18n.load_language(page.language)
    style, script = _read_page_file("style.css") + _style_segments(), _read_page_file("page.js")
    title = next((heading.text for heading in result.blocks if isinstance(heading, Heading) and heading.level == 1), "")
    anchors = _list_anchors(result.blocks)
    with charts.configure_drawing() if _has_charts(result.blocks) else contextlib.nullcontext():
        return str(
            _load_template(language, anchors).render(
                language=page.language,
                words={name: language.translate(word) for name, word in PAGE_WORDS.items()},
                policy=_build_policy(style, script),
                style=style,
                script=script,
                title=title or "segcli",
                titled=bool(title),
                blocks=_number_blocks(result.blocks),
                contents=_list_sections(result.blocks),
                anchors=anchors,
            )
        )


def _style_segments() -> str:
    """Return the style of the colours of segments."""
    return "".join(f".c{position} {{ fill: {colour}; }}\n" for position, colour in enumerate(SEGMENT_PALETTE))


def _load_template(language: Catalogue, anchors: Collection[str]) -> Any:  # noqa: ANN401 - type of a lazily imported library
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "shown": escape_unprintable,
        "cell": escape_cell,
        "drawn": lambda chart: Markup(charts.render_svg(chart, language.number_format, anchors)),  # noqa: S704 - SVG made from numbers, with escaped names
        "links": lambda chart: charts.select_links(chart, anchors),
        "bare": Markup,  # the page's own style and script
        "longest": _longest_bar,
        "trend": _draw_trend,
        "colour": lambda position: position % len(SEGMENT_PALETTE),
    }
    return environment.from_string(_read_page_file("page.html.j2"))


def _read_page_file(file_name: str) -> str:
    return (PAGE_FILES / file_name).read_text(encoding="utf-8")


def _build_policy(style: str, script: str) -> str:
    """Return the content security policy: allow this style and this script, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_hash_source(style)}'; script-src '{_hash_source(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash_source(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


@dataclass(frozen=True)
class _PlacedBlock:
    """A block with the name of its kind, its unique id in the page, and the blocks inside of it."""

    kind: str
    block: Block
    place: str
    children: "Sequence[_PlacedBlock]"


def _number_blocks(blocks: Sequence[Block], prefix: str = "s") -> list[_PlacedBlock]:
    placed_blocks = []
    for position, block in enumerate(blocks):
        place = getattr(block, "anchor", "") or f"{prefix}{position}"
        children = _number_blocks(block.blocks, f"{prefix}{position}-") if isinstance(block, Details) else []
        placed_blocks.append(_PlacedBlock(block.__class__.__name__.lower(), block, place, children))
    return placed_blocks


def _list_anchors(blocks: Sequence[Block]) -> set[str]:
    """Return the anchors that links may lead to."""
    return {
        block.anchor for block in iterate_blocks(blocks) if isinstance(block, Heading | Details | Card) and block.anchor
    }


def _draw_trend(values: Sequence[float]) -> str:
    """Return the points of a line from left to right in a box of 100 by 24, lowest value below.

    >>> _draw_trend([1.0, 3.0, 2.0])
    '0,22 50,2 100,12'
    """
    lowest, span = min(values), (max(values) - min(values)) or 1.0
    return " ".join(
        f"{round(100 * position / (len(values) - 1))},{round(22 - 20 * (value - lowest) / span)}"
        for position, value in enumerate(values)
    )


def _list_sections(blocks: Sequence[Block]) -> list[tuple[str, str]]:
    """Return the sections with the ids of their headings."""
    return [
        (block.anchor or f"s{position}", block.text)
        for position, block in enumerate(blocks)
        if isinstance(block, Heading) and block.level == SECTION_LEVEL
    ]


def _has_charts(blocks: Sequence[Block]) -> bool:
    return any(isinstance(block, Chart) for block in iterate_blocks(blocks))


def _longest_bar(rows: Sequence[Sequence[str | float]], position: int) -> float:
    """Return the largest share in a bar column, which is drawn as a full bar."""
    return max((float(row[position]) for row in rows), default=0.0) or 1.0
