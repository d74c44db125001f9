"""One HTML file that needs nothing beside it: no request, no script, light and dark, on a phone and on paper.

What came from a file is text everywhere: the template escapes it, and the page's own policy runs nothing but the one
script it names by its digest, which sorts tables.
"""

import base64
import contextlib
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from segcli import languages
from segcli.languages.language import Language
from segcli.reports import charts
from segcli.reports.blocks import Block, Chart, Heading
from segcli.reports.formats import Page
from segcli.reports.result import Result
from segcli.reports.safe import cell, printable

ROOM = files("segcli.reports") / "page"
WORDS = {"skip": "Skip to the content", "contents": "Sections", "numbers": "Numbers", "bar": "Bar", "row": "Row"}
SECTION = 2  # level of the headings that the table of contents lists


def render(result: Result, page: Page) -> str:
    """The blocks as a page."""
    spoken = languages.load(page.language)
    style, script = _part("style.css"), _part("sort.js")
    title = next((one.text for one in result.blocks if isinstance(one, Heading) and one.level == 1), "")
    draws = charts.are_drawn() and _has_charts(result.blocks)
    with charts.drawing() if draws else contextlib.nullcontext():
        return str(
            _template(spoken).render(
                language=page.language,
                words={name: spoken.title(word) for name, word in WORDS.items()},
                policy=_policy(style, script),
                style=style,
                script=script,
                title=title or "segcli",
                titled=bool(title),
                blocks=[(block.__class__.__name__.lower(), block, place) for place, block in enumerate(result.blocks)],
                contents=_contents(result.blocks),
                draws=charts.are_drawn(),
                missing=charts.MISSING if not charts.are_drawn() and _has_charts(result.blocks) else "",
            )
        )


def _template(spoken: Language) -> Any:  # noqa: ANN401 - of a library that is imported late
    import jinja2
    from markupsafe import Markup

    rules = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    rules.filters |= {
        "shown": printable,
        "cell": cell,
        "drawn": lambda chart: Markup(charts.svg(chart, spoken.figures)),  # noqa: S704 - made here from numbers, names in it escaped
        "bare": Markup,  # the page's own style and script
        "longest": _longest,
    }
    return rules.from_string(_part("page.html.j2"))


def _part(name: str) -> str:
    return (ROOM / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """What a browser may do with the page: apply this style, run this script, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _contents(blocks: Sequence[Block]) -> list[tuple[int, str]]:
    """The sections, by the place of their heading."""
    return [(place, one.text) for place, one in enumerate(blocks) if isinstance(one, Heading) and one.level == SECTION]


def _has_charts(blocks: Sequence[Block]) -> bool:
    return any(isinstance(one, Chart) for one in blocks)


def _longest(rows: Sequence[Sequence[str | float]], place: int) -> float:
    """The largest share in a column of bars, which has a whole bar."""
    return max((float(row[place]) for row in rows), default=0.0) or 1.0
