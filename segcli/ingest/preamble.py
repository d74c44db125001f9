"""What stands above the header: a title, the name of a report, an empty line."""

import contextlib
import csv
import io
from typing import TYPE_CHECKING

from segcli.ingest.recognise import known_names

if TYPE_CHECKING:
    import _csv

WITHIN = 50  # records among which the header is looked for
HEAD = 100_000  # characters
CERTAIN = 2  # known names that make a record the header


def lines_above_header(body: bytes, delimiter: str) -> int:
    """Physical lines above the header, 0 where the first record may be it.

    A later record is the header only if it has known names, the first has none, and everything above it is mostly
    empty beside it, or all of its names are known: so a customer who answers `email` and `phone` is not taken for one.
    """
    records = csv.reader(io.StringIO(body[:HEAD].decode(errors="ignore"), newline=""), delimiter=delimiter)
    with contextlib.suppress(csv.Error):  # a field too long to be a name: whoever reads the header says so
        return _header_at(records)
    return 0


def _header_at(records: "_csv.Reader") -> int:
    widest_above, lines_before = 0, 0
    for place, record in zip(range(WITHIN), records, strict=False):
        known, filled = known_names(record), sum(bool(cell.strip()) for cell in record)
        if known and place == 0 and filled > 1:
            return 0
        if (known >= CERTAIN and widest_above * 2 < filled) or (known > CERTAIN and known == filled):
            return lines_before
        widest_above, lines_before = max(widest_above, filled), records.line_num
    return 0
