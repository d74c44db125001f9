"""What a person is shown, before any format: headings, sentences, tables, cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the document's."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """Sentences, one per line or list item; `is_quiet` ones are set back."""

    lines: Sequence[str]
    is_quiet: bool = False
    has_bullets: bool = False


@dataclass(frozen=True)
class Column:
    """A table column; a `is_bar` column holds shares of one and is drawn where drawing is possible."""

    title: str
    align_right: bool = True
    is_bar: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of ready text, one cell per column (a float for bar columns)."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str | float]]


@dataclass(frozen=True)
class Card:
    """A framed block: a title, a fact line beside it, labelled lines, a footer."""

    title: str
    fact: str
    lead: str
    lines: Sequence[tuple[str, str]] = field(default=())
    footer: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture of numbers, drawn from `data` by the file of reports/charts/ that is called `name`.

    `alt_text` tells in a sentence what is to be seen; `fallback_tables` are the same numbers, for who cannot see or
    draw it.
    """

    name: str
    title: str
    alt_text: str
    data: Mapping[str, Any]
    fallback_tables: Sequence[Table]


Block = Heading | Text | Table | Card | Chart
