"""Columns of nothing but plain numbers, which need no distinct texts: digits, at most a point, a minus in front."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.ingest.characters import has

OTHERS = "[^0-9.-]"
LONGEST = 15  # digits of which a float holds every one


def plain(texts: pa.ChunkedArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
    """The numbers (NaN where nothing is written) and where nothing is; None where any text is anything else.

    Of texts of these characters, what Arrow casts is just what `numbers` calls plain.
    """
    if has(texts, OTHERS):
        return None
    blank = pc.equal(texts, "")
    missing = blank.to_numpy()
    try:
        written = pc.if_else(blank, pa.scalar(None, pa.string()), texts) if missing.any() else texts
        return pc.cast(written, pa.float64()).to_numpy(), missing
    except pa.ArrowInvalid:
        return None


def whole(texts: pa.ChunkedArray) -> bool | None:
    """Whether every text is blank or a whole number of at most LONGEST digits; None where a look cannot tell."""
    if has(texts, "[.]"):
        return False
    if not has(texts, "[^0-9]") and (pc.max(pc.binary_length(texts)).as_py() or 0) <= LONGEST:
        return True
    return None
