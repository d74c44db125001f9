"""Columns that are written plainly: seen by their bytes, and read at once without a table of distinct texts."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import is_empty
from segcli.ingest.characters import has

LOWEST, HIGHEST = 0x21, 0x7E  # printable ASCII without the blank
HIGHEST_ASCII = 0x7F
AT_A_TIME = 1 << 20
LONGEST = 15  # digits of which a float holds every one


def numbers(texts: pa.ChunkedArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
    """The numbers (NaN where nothing is written) and where nothing is; None where any text is anything else.

    Of texts of these characters, what Arrow casts is just what `numbers` calls plain.
    """
    if any(not _has_only_number_characters(chunk) for chunk in texts.chunks):
        return None
    missing = np.concatenate([is_empty(chunk) for chunk in texts.chunks] or [np.zeros(0, dtype=bool)])
    try:
        written = pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), texts) if missing.any() else texts
        return pc.cast(written, pa.float64()).to_numpy(), missing
    except pa.ArrowInvalid:
        return None


def _has_only_number_characters(texts: pa.StringArray) -> bool:
    """Tell whether there are digits, points and minus signs only; the slash that stands among them no cast accepts."""
    characters = data(texts)
    return len(characters) == 0 or bool(characters.min() >= ord("-") and characters.max() <= ord("9"))


def contains_any(texts: pa.ChunkedArray, characters: bytes) -> bool:
    """Tell whether any of these ASCII characters stands anywhere in a column."""
    return any(bool((data(chunk) == character).any()) for chunk in texts.chunks for character in characters)


def is_ascii(texts: pa.ChunkedArray) -> bool:
    """Tell whether a column has ASCII characters only."""
    return all(not len(data(chunk)) or bool(data(chunk).max() <= HIGHEST_ASCII) for chunk in texts.chunks)


def whole(texts: pa.ChunkedArray) -> bool | None:
    """Whether every text is blank or a whole number of at most LONGEST digits; None where a look cannot tell."""
    if has(texts, "[.]"):
        return False
    if not has(texts, "[^0-9]") and (pc.max(pc.binary_length(texts)).as_py() or 0) <= LONGEST:
        return True
    return None


def is_bare(texts: pa.StringArray) -> bool:
    """Whether the texts surely have no blanks, no marks that cannot be seen, and no letters beyond ASCII."""
    marks = data(texts)
    return len(marks) == 0 or bool(marks.min() >= LOWEST and marks.max() <= HIGHEST)


def data(texts: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The bytes of all texts, one after the other."""
    _, offsets, body = texts.buffers()
    if body is None or not len(texts):
        return np.empty(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int32)
    return np.frombuffer(body, dtype=np.uint8)[ends[texts.offset] : ends[texts.offset + len(texts)]]


def bytes_of(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Which of the 256 bytes the texts have."""
    found, all_bytes = np.zeros(1 << 8, dtype=bool), data(texts)
    for start in range(0, len(all_bytes), AT_A_TIME):  # as an index, a byte takes eight
        found[all_bytes[start : start + AT_A_TIME]] = True
    return found
