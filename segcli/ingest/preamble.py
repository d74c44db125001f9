"""What stands above the header: a title, the name of a report, an empty line."""

import contextlib
import csv
import io
from typing import TYPE_CHECKING

from segcli.ingest.recognise import count_known_names

if TYPE_CHECKING:
    import _csv

HEADER_SEARCH_LIMIT = 50  # records among which the header is looked for
PREAMBLE_HEAD_CHARACTERS = 100_000  # characters
MIN_CERTAIN_NAMES = 2  # known names that make a record the header


def find_header_row(body: bytes, delimiter: str) -> int:
    """Physical lines above the header, 0 where the first record may be it.

    A later record is the header only if it has known names, the first has none, and everything above it is mostly
    empty beside it, or all of its names are known: so a customer who answers `email` and `phone` is not taken for one.
    """
    records = csv.reader(
        io.StringIO(body[:PREAMBLE_HEAD_CHARACTERS].decode(errors="ignore"), newline=""), delimiter=delimiter
    )
    with contextlib.suppress(csv.Error):  # a field too long to be a name: whoever reads the header says so
        return _locate_header(records)
    return 0


def _locate_header(reader: "_csv.Reader") -> int:
    widest_above, lines_before = 0, 0
    for index, record in zip(range(HEADER_SEARCH_LIMIT), reader, strict=False):
        known_count, filled_count = count_known_names(record), sum(bool(cell.strip()) for cell in record)
        if known_count and index == 0 and filled_count > 1:
            return 0
        if (known_count >= MIN_CERTAIN_NAMES and widest_above * 2 < filled_count) or (
            known_count > MIN_CERTAIN_NAMES and known_count == filled_count
        ):
            return lines_before
        widest_above, lines_before = max(widest_above, filled_count), reader.line_num
    return 0
