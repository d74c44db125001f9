"""Parquet: the rows with their types, days as dates."""

import io
from collections.abc import Iterator

from segcli.reports.blocks import Result
from segcli.reports.formats import Page
from segcli.reports.formats._arrow_rows import build_arrow_table
from segcli.reports.formats._binary import refuse_terminal


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - same signature as other formats
    """Refuse to show a binary format on a terminal.

    Raises:
        UsageProblem: always.
    """
    refuse_terminal("parquet")


def render_chunks(result: Result, page: Page) -> Iterator[bytes]:  # noqa: ARG001 - same signature as other formats
    """Yield the file, which is complete only when the last rows are encoded."""
    from pyarrow import parquet

    body = io.BytesIO()
    parquet.write_table(build_arrow_table(result.rows), body, compression="zstd")
    yield body.getvalue()
