"""Format-independent building blocks of output: headings, texts, tables, cards and charts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    import pandas as pd


Rating = Literal["good", "doubtful", "bad"]


class RatedText(str):
    """Text with a rating, shown by colour where a format has colours: good, bad, or doubtful."""

    __slots__ = ("rating", "text")
    rating: Rating
    text: str

    def __new__(cls, text: str, rating: Rating) -> Self:
        """Create the text, which may be a message, with its rating."""
        created = super().__new__(cls, text)
        created.text, created.rating = text, rating
        return created

    @property
    def number(self) -> float:
        """The value of a formatted number; other texts have no such attribute."""
        return float(getattr(self.text, "number"))  # noqa: B009 - the attribute is optional


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the title of the document. Links within the document lead to `anchor`, if it is given."""

    text: str
    level: int = 2
    anchor: str = ""


@dataclass(frozen=True)
class Text:
    """Sentences, one per line or list item; `is_quiet` texts are printed dimmed."""

    lines: Sequence[str]
    is_quiet: bool = False
    has_bullets: bool = False


@dataclass(frozen=True)
class Column:
    """A table column; an `is_bar` column holds shares from 0 to 1, drawn as bars where the format supports it.

    Texts of a `has_messages` column are never shortened, because a hint that is cut cannot be used.
    """

    title: str
    align_right: bool = True
    is_bar: bool = False
    has_messages: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of formatted text, one cell per column (a float for bar columns).

    `segment_positions` are the display positions of the rows' segments, which decide on the colours of their bars.
    `row_anchors` are the anchors that the first cells of the rows lead to, where the document has them.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str | float]]
    segment_positions: Sequence[int] = ()
    row_anchors: Sequence[str] = ()


@dataclass(frozen=True)
class Card:
    """A framed block: a title, a fact line next to it, sentences, labelled lines and a footer.

    `bars` are texts with lengths from 0 to 1. A page shows `detail_lines` on demand; other formats show them last.
    `segment_position` is the position of the segment in display order, which decides on its colour. Links within the
    document lead to `anchor`, if it is given.
    """

    title: str
    fact: str
    lead: str
    lines: Sequence[tuple[str, str]] = field(default=())
    footer: str = ""
    bars: Sequence[tuple[str, float]] = field(default=())
    detail_lines: Sequence[tuple[str, str]] = field(default=())
    segment_position: int | None = None
    anchor: str = ""

    @property
    def all_lines(self) -> list[tuple[str, str]]:
        """The labelled lines, with those that a page shows on demand."""
        return [*self.lines, *self.detail_lines]


@dataclass(frozen=True)
class Chart:
    """A chart, drawn from `data` by the module of `segcli.reports.charts` called `name`.

    `alt_text` describes the chart in one sentence. `fallback_tables` hold the same numbers, for readers who cannot see
    the chart and for formats that cannot draw it. `links` are the anchors that parts of the chart lead to, where the
    document has them, with the text of each link.
    """

    name: str
    title: str
    alt_text: str
    data: Mapping[str, Any]
    fallback_tables: Sequence[Table]
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tile:
    """A key figure: its value, its change and the previous value, and its earlier values for a small trend line.

    `trend_text` describes the line for readers who cannot see it. Parts that are unknown or withheld are blank.
    `is_worse` is true for a change for the worse.
    """

    label: str
    value: str
    note: str = ""
    change: str = ""
    trend: Sequence[float] = ()
    trend_text: str = ""
    is_worse: bool = False


@dataclass(frozen=True)
class Tiles:
    """Key figures side by side; formats without tiles show them as a table with these titles of columns."""

    tiles: Sequence[Tile]
    titles: Sequence[str]

    def to_table(self) -> Table:
        """Return the key figures as a table: label, value, change and note."""
        return Table(
            [Column(title, align_right=position in (1, 2)) for position, title in enumerate(self.titles)],
            [[tile.label, tile.value, tile.change, tile.note] for tile in self.tiles],
        )


@dataclass(frozen=True)
class Statement:
    """A sentence with a detail below it, and the heading that it is about: its anchor and its text."""

    text: str
    detail: str = ""
    anchor: str = ""
    anchor_text: str = ""


@dataclass(frozen=True)
class Statements:
    """A titled, numbered list of sentences, the most important first, with notes below it."""

    title: str
    items: Sequence[Statement]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Details:
    """Blocks that a page shows on demand, below their title; other formats show them in any case."""

    title: str
    blocks: "Sequence[Block]"
    anchor: str = ""


Block = Heading | Text | Table | Card | Chart | Tiles | Statements | Details


def iterate_blocks(blocks: "Sequence[Block]") -> Iterator[Block]:
    """Yield all blocks, those inside of others too, in the order in which they are shown."""
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from iterate_blocks(block.blocks)


def show_first(titled_blocks: "Iterable[tuple[str, Iterable[Block]]]") -> Iterator[Block]:
    """Yield the first blocks below their title, and the others on demand."""
    for position, (title, blocks) in enumerate(titled_blocks):
        if position == 0:
            yield Heading(title, level=3)
            yield from blocks
        else:
            yield Details(title, list(blocks))


# Results of commands
@dataclass(frozen=True)
class Result:
    """The result of a command, in every shape that a format may need.

    `rows` is the table for CSV, TSV and NDJSON. `envelope` builds the JSON object; only the JSON format calls it.
    `blocks` is the output for people. `document` is true if the blocks, not the rows, are the main output.
    """

    rows: "pd.DataFrame"
    envelope: Callable[[], Mapping[str, Any]]
    blocks: tuple[Block, ...]
    document: bool = False
