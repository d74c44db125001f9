"""Columns that are written plainly: seen by their bytes, and read at once without a table of distinct texts."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import mark_empty
from segcli.ingest.characters import contains_any_of

LOWEST_BARE_BYTE, HIGHEST_BARE_BYTE = 0x21, 0x7E  # printable ASCII without the blank
HIGHEST_ASCII_BYTE = 0x7F
BYTE_BLOCK_SIZE = 1 << 20
MAX_EXACT_DIGITS = 15  # digits of which a float holds every one


def parse_simple_numbers(texts: pa.ChunkedArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
    """The numbers (NaN where nothing is written) and where nothing is; None where any text is anything else.

    Of texts of these characters, what Arrow casts is just what `parse_simple_numbers` calls plain.
    """
    if any(not _has_number_characters(chunk) for chunk in texts.chunks):
        return None
    is_missing = np.concatenate([mark_empty(chunk) for chunk in texts.chunks] or [np.zeros(0, dtype=bool)])
    try:
        filled_texts = (
            pc.if_else(pa.array(is_missing), pa.scalar(None, pa.string()), texts) if is_missing.any() else texts
        )
        return pc.cast(filled_texts, pa.float64()).to_numpy(), is_missing
    except pa.ArrowInvalid:
        return None


def _has_number_characters(strings: pa.StringArray) -> bool:
    """Tell whether there are digits, points and minus signs only; the slash that stands among them no cast accepts."""
    characters = text_bytes(strings)
    return len(characters) == 0 or bool(characters.min() >= ord("-") and characters.max() <= ord("9"))


def contains_any_byte(texts: pa.ChunkedArray, characters: bytes) -> bool:
    """Tell whether any of these ASCII characters stands anywhere in a column."""
    return any(bool((text_bytes(chunk) == character).any()) for chunk in texts.chunks for character in characters)


def is_ascii_column(texts: pa.ChunkedArray) -> bool:
    """Tell whether a column has ASCII characters only."""
    return all(
        not len(text_bytes(chunk)) or bool(text_bytes(chunk).max() <= HIGHEST_ASCII_BYTE) for chunk in texts.chunks
    )


def are_whole_numbers(texts: pa.ChunkedArray) -> bool | None:
    """Whether every text is blank or a whole number of at most LONGEST digits; None where a look cannot tell."""
    if contains_any_of(texts, "[.]"):
        return False
    if not contains_any_of(texts, "[^0-9]") and (pc.max(pc.binary_length(texts)).as_py() or 0) <= MAX_EXACT_DIGITS:
        return True
    return None


def is_bare_text(strings: pa.StringArray) -> bool:
    """Whether the texts surely have no blanks, no marks that cannot be seen, and no letters beyond ASCII."""
    byte_values = text_bytes(strings)
    return len(byte_values) == 0 or bool(
        byte_values.min() >= LOWEST_BARE_BYTE and byte_values.max() <= HIGHEST_BARE_BYTE
    )


def text_bytes(strings: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The bytes of all texts, one after the other."""
    _, offsets, body = strings.buffers()
    if body is None or not len(strings):
        return np.empty(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int32)
    return np.frombuffer(body, dtype=np.uint8)[ends[strings.offset] : ends[strings.offset + len(strings)]]


def byte_usage_mask(strings: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Which of the 256 bytes the texts have."""
    is_used, all_bytes = np.zeros(1 << 8, dtype=bool), text_bytes(strings)
    for start in range(0, len(all_bytes), BYTE_BLOCK_SIZE):  # as an index, a byte takes eight
        is_used[all_bytes[start : start + BYTE_BLOCK_SIZE]] = True
    return is_used
