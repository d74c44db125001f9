"""Columns that are written plainly, told by their bytes and read at once; of any other column nothing is said here."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_DIGITS = np.zeros(256, dtype=bool)
_DIGITS[list(b"0123456789.-")] = True
LOWEST, HIGHEST = 0x21, 0x7E  # printable ASCII without the blank
POINT = ord(".")


def numbers(texts: pa.ChunkedArray) -> npt.NDArray[np.float64] | None:
    """The numbers, if all texts are digits with at most a decimal point and a minus, and none is blank."""
    found = [_numbers(piece) for piece in texts.chunks]
    if any(piece is None for piece in found):
        return None
    return np.concatenate([piece for piece in found if piece is not None] or [np.empty(0)])


def _numbers(texts: pa.StringArray) -> npt.NDArray[np.float64] | None:
    if not _DIGITS[data(texts)].all():
        return None
    try:
        return np.asarray(pc.cast(texts, pa.float64()))
    except pa.ArrowInvalid:  # blank, or 1-2
        return None


def days(texts: pa.ChunkedArray) -> npt.NDArray[np.datetime64] | None:
    """The days, if all texts are dates such as 2026-03-31."""
    try:
        return np.asarray(pc.cast(texts, pa.date32())).astype("datetime64[D]") if texts.null_count == 0 else None
    except pa.ArrowInvalid:
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
