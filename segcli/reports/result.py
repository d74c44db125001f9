"""What a command found: rows and an envelope for machines, blocks for people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segcli.reports.blocks import Block

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Result:
    """One result in all the shapes a format may need.

    `rows` is the table that CSV, TSV and NDJSON carry; `envelope` makes the JSON object, which only one format
    needs; `blocks` is what a person sees; `document` says that the blocks, not the rows, are the point.
    """

    rows: "pd.DataFrame"
    envelope: Callable[[], Mapping[str, Any]]
    blocks: tuple[Block, ...]
    document: bool = False
