"""Check and parse columns of plain text by their bytes, without a table of distinct texts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrays import BoolArray
from segcli.arrow import mark_empty


@dataclass(frozen=True, eq=False)
class EncodedColumn:
    """Distinct texts, in order of first occurrence, and the index of each row's text in them."""

    categories: pa.StringArray
    codes: npt.NDArray[np.int32]

    @property
    def has_row_order(self) -> bool:
        """Whether each row has its own entry in `categories`, in order."""
        return len(self.codes) == len(self.categories) and is_consecutive(self.codes)

    def value_at(self, row: int) -> str:
        """Return the text of a row."""
        return str(self.categories[int(self.codes[row])].as_py())

    def take_rows(self, rows: npt.NDArray[np.intp] | None = None) -> pa.StringArray:
        """Return the texts of the given rows (default: all)."""
        if rows is None and self.has_row_order:
            return self.categories
        return self.categories.take(pa.array(self.codes if rows is None else self.codes[rows]))

    def map_texts(self, transform: Callable[[pa.StringArray], pa.StringArray]) -> "EncodedColumn":
        """Apply a function to the texts, and merge texts that become equal."""
        new_categories = transform(self.categories)
        if new_categories.equals(self.categories):
            return self
        dictionary_array = pc.dictionary_encode(new_categories)
        return EncodedColumn(
            dictionary_array.dictionary, np.asarray(dictionary_array.indices, dtype=np.int32)[self.codes]
        )

    @property
    def without_outer_blanks(self) -> "EncodedColumn":
        """Column with all texts stripped of outer blanks."""
        return self.map_texts(pc.utf8_trim_whitespace)

    def row_mask(self, predicate: Callable[[pa.StringArray], Any]) -> BoolArray:
        """Return a mask of the rows whose text satisfies a predicate."""
        return (
            np.asarray(predicate(self.categories), dtype=bool)[self.codes]
            if len(self.categories)
            else np.zeros(0, dtype=bool)
        )

    def to_categorical(self, mask: BoolArray) -> Any:  # noqa: ANN401 - a pandas categorical
        """Return the selected rows as a categorical, with only the categories that occur."""
        codes = self.codes[mask]
        is_used = np.bincount(codes, minlength=len(self.categories)) > 0
        positions = np.cumsum(is_used, dtype=np.int32) - 1
        texts = self.categories.filter(pa.array(is_used))
        return pa.DictionaryArray.from_arrays(pa.array(positions[codes], pa.int32()), texts).to_pandas()


def is_consecutive(codes: npt.NDArray[np.int32]) -> bool:
    """Return whether codes are 0, 1, 2, ..."""
    return len(codes) == 0 or bool(codes[0] == 0 and (np.diff(codes) == 1).all())


def dictionary_encode(texts: "pa.ChunkedArray | EncodedColumn") -> EncodedColumn:
    """Dictionary-encode a column; an encoded column is returned unchanged."""
    if isinstance(texts, EncodedColumn):
        return texts
    dictionary_array = pc.dictionary_encode(texts).combine_chunks()
    return EncodedColumn(dictionary_array.dictionary, np.asarray(dictionary_array.indices, dtype=np.int32))


# Checks on all texts of a column at once: checking each text takes ten times as long
def contains_any_of(text_array: pa.Array | pa.ChunkedArray, char_class: str) -> bool:
    """Return whether any text contains a character of a class.

    Args:
        text_array: array of type string or large_string.
        char_class: character class in RE2 syntax, such as `[^0-9]`.
    """
    chunks = text_array.chunks if isinstance(text_array, pa.ChunkedArray) else [text_array]
    return any(_chunk_contains_any(chunk, char_class) for chunk in chunks)


def _chunk_contains_any(chunk: pa.Array, char_class: str) -> bool:
    """Search the texts of an array as one text, because they are contiguous in memory."""
    _, offsets, body = chunk.buffers()
    if len(chunk) == 0 or body is None:
        return False
    offset_type = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
    ends = np.frombuffer(offsets, dtype=offset_type)[[chunk.offset, chunk.offset + len(chunk)]]
    joined_text = pa.Array.from_buffers(chunk.type, 1, [None, pa.py_buffer(ends.tobytes()), body])
    return bool(pc.match_substring_regex(joined_text, char_class)[0].as_py())


LOWEST_BARE_BYTE, HIGHEST_BARE_BYTE = 0x21, 0x7E  # printable ASCII without the blank
HIGHEST_ASCII_BYTE = 0x7F
BYTE_BLOCK_SIZE = 1 << 20
MAX_EXACT_DIGITS = 15  # a float represents integers of up to this many digits exactly


def parse_simple_numbers(texts: pa.ChunkedArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
    """Parse plain numbers; return values (NaN if blank) and a mask of blanks, or None if any text is not plain.

    For texts of these characters, the numbers that Arrow can cast are exactly the plain ones.
    """
    if not has_number_characters(texts):
        return None
    is_missing = np.concatenate([mark_empty(chunk) for chunk in texts.chunks] or [np.zeros(0, dtype=bool)])
    try:
        filled_texts = (
            pc.if_else(pa.array(is_missing), pa.scalar(None, pa.string()), texts) if is_missing.any() else texts
        )
        return pc.cast(filled_texts, pa.float64()).to_numpy(), is_missing
    except pa.ArrowInvalid:
        return None


def has_number_characters(texts: pa.ChunkedArray) -> bool:
    """Return whether texts have only the characters - . / and 0-9; a cast rejects the slash."""
    for chunk in texts.chunks:
        characters = text_bytes(chunk)
        if len(characters) and (characters.min() < ord("-") or characters.max() > ord("9")):
            return False
    return True


def contains_any_byte(texts: pa.ChunkedArray, characters: bytes) -> bool:
    """Return whether a column contains any of these ASCII characters."""
    return any(bool((text_bytes(chunk) == character).any()) for chunk in texts.chunks for character in characters)


def is_ascii_column(texts: pa.ChunkedArray) -> bool:
    """Return whether a column has only ASCII characters."""
    return all(
        not len(text_bytes(chunk)) or bool(text_bytes(chunk).max() <= HIGHEST_ASCII_BYTE) for chunk in texts.chunks
    )


def are_whole_numbers(texts: pa.ChunkedArray) -> bool | None:
    """Return whether every text is blank or an integer of at most MAX_EXACT_DIGITS digits; None if uncertain."""
    if contains_any_of(texts, "[.]"):
        return False
    if not contains_any_of(texts, "[^0-9]") and (pc.max(pc.binary_length(texts)).as_py() or 0) <= MAX_EXACT_DIGITS:
        return True
    return None


def is_bare_text(strings: pa.StringArray) -> bool:
    """Return whether texts certainly have no blanks, no invisible characters and no non-ASCII letters."""
    byte_values = text_bytes(strings)
    return len(byte_values) == 0 or bool(
        byte_values.min() >= LOWEST_BARE_BYTE and byte_values.max() <= HIGHEST_BARE_BYTE
    )


def text_bytes(strings: pa.StringArray) -> npt.NDArray[np.uint8]:
    """Return the bytes of all texts, concatenated."""
    _, offsets, body = strings.buffers()
    if body is None or not len(strings):
        return np.empty(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int32)
    return np.frombuffer(body, dtype=np.uint8)[ends[strings.offset] : ends[strings.offset + len(strings)]]


def byte_usage_mask(strings: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Return a mask of the 256 byte values that occur in the texts."""
    is_used, all_bytes = np.zeros(1 << 8, dtype=bool), text_bytes(strings)
    for start in range(0, len(all_bytes), BYTE_BLOCK_SIZE):  # blocks limit memory: as an index, a byte takes eight
        is_used[all_bytes[start : start + BYTE_BLOCK_SIZE]] = True
    return is_used
