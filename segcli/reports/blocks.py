"""Format-independent building blocks of output: headings, texts, tables, cards and charts."""

from collections.abc import Callable, Mapping, Sequence
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
    """A title; level 1 is the title of the document."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """Sentences, one per line or list item; `is_quiet` texts are printed dimmed."""

    lines: Sequence[str]
    is_quiet: bool = False
    has_bullets: bool = False


@dataclass(frozen=True)
class Column:
    """A table column; an `is_bar` column holds shares from 0 to 1, drawn as bars where the format supports it."""

    title: str
    align_right: bool = True
    is_bar: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of formatted text, one cell per column (a float for bar columns)."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str | float]]


@dataclass(frozen=True)
class Card:
    """A framed block: a title, a fact line next to it, labelled lines and a footer."""

    title: str
    fact: str
    lead: str
    lines: Sequence[tuple[str, str]] = field(default=())
    footer: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart, drawn from `data` by the module of `segcli.reports.charts` called `name`.

    `alt_text` describes the chart in one sentence. `fallback_tables` hold the same numbers, for readers who cannot see
    the chart and for formats that cannot draw it.
    """

    name: str
    title: str
    alt_text: str
    data: Mapping[str, Any]
    fallback_tables: Sequence[Table]


Block = Heading | Text | Table | Card | Chart


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
