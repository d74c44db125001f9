"""Process columns of strings as 64-bit words: rank millions of them, hash them, and compare neighbours."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrays import BoolArray

if TYPE_CHECKING:
    import pandas as pd


Uint64Array = npt.NDArray[np.uint64]
Int32Array = npt.NDArray[np.int32]
RowIndices = npt.NDArray[np.int64]

WORD_BYTES = 8
HASH_MULTIPLIER = np.uint64(
    0x9E3779B97F4A7C15
)  # 2^64 / golden ratio: spreads close values far apart (Knuth, TAOCP 3, 6.4)
HALF_BITS, LOWER_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
PREFIX_MASKS = np.array([(1 << 8 * size) - 1 for size in range(WORD_BYTES + 1)], dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class RankedStrings:
    """Distinct strings in byte order (which is code point order), and the rows where they occur.

    `sorted_rows` lists the rows of all strings, sorted by string and then by row; `starts` holds the index in
    `sorted_rows` where each distinct string begins.
    """

    distinct_strings: pa.StringArray
    sorted_rows: RowIndices
    starts: RowIndices

    @cached_property
    def row_codes(self) -> Int32Array:
        """Index of each row's string in `distinct_strings`."""
        codes = np.empty(len(self.sorted_rows), dtype=np.int32)
        counts = np.diff(np.append(self.starts, len(self.sorted_rows)))
        codes[self.sorted_rows] = np.repeat(np.arange(len(self.starts), dtype=np.int32), counts)
        return codes


def rank_strings(strings: pa.StringArray) -> RankedStrings:
    """Find the distinct strings, their order, and their rows."""
    numbers = _sortable_numbers(strings)
    if numbers is None:
        encoded_strings = pc.dictionary_encode(strings)
        order = np.asarray(pc.sort_indices(encoded_strings.dictionary))
        keys = invert_order(order)[np.asarray(encoded_strings.indices)].astype(np.uint64)
        return RankedStrings(encoded_strings.dictionary.take(pa.array(order)), *_sort_with_places(keys))
    sorted_rows, starts = _sort_with_places(_compress_numbers(numbers))
    return RankedStrings(_strings_from_numbers(numbers[sorted_rows[starts]]), sorted_rows, starts)


def hash_strings(strings: pa.StringArray) -> Uint64Array:
    """Hash each string to 64 bits; equal strings get equal hashes, so compare the strings where hashes are equal."""
    begins, lengths, data = _string_parts(strings)
    hashes = lengths.astype(np.uint64) * HASH_MULTIPLIER
    for start in range(0, int(lengths.max(initial=0)), WORD_BYTES):
        number = _read_uint64(data, begins + start, lengths - start)
        # Words after the end of a string must not change its hash: it must not depend on other strings in the column.
        hashes = np.where(lengths > start, combine_hashes(hashes, number), hashes)
    return hashes


def combine_hashes(first_hash: Uint64Array, second_hash: Uint64Array) -> Uint64Array:
    """Combine two hashes into one."""
    product = (first_hash ^ (second_hash * HASH_MULTIPLIER)) * HASH_MULTIPLIER
    return product ^ (product >> HALF_BITS)


def mark_changes(strings: pa.StringArray) -> BoolArray:
    """Mark the strings that differ from the previous string; the first is always marked."""
    changes = np.ones(len(strings), dtype=bool)
    if len(strings) > 1:
        changes[1:] = np.asarray(pc.not_equal(strings.slice(1), strings.slice(0, len(strings) - 1)))
    return changes


def to_arrow_strings(series: "pd.Series") -> pa.StringArray:
    """Return a pandas text column as one Arrow array."""
    array = pa.array(series, pa.string())
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def read_first_bytes(strings: pa.StringArray) -> npt.NDArray[np.uint8]:
    """Return the first byte of each string; the value is arbitrary for an empty string."""
    _, _, body = strings.buffers()
    if body is None or not len(body):
        return np.zeros(len(strings), dtype=np.uint8)
    data = np.frombuffer(body, dtype=np.uint8)
    return data[np.minimum(_string_offsets(strings)[:-1], len(data) - 1)]


def mark_empty(strings: pa.StringArray) -> BoolArray:
    """Mark the empty strings."""
    offsets = _string_offsets(strings)
    return np.equal(offsets[1:], offsets[:-1])


def invert_order(order: RowIndices, size: int | None = None) -> Int32Array:
    """Return the rank of each of `size` entries (default: all) in this order; other entries get an arbitrary value."""
    ranks = np.empty(len(order) if size is None else size, dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks


def _sort_with_places(keys: Uint64Array) -> tuple[RowIndices, RowIndices]:
    """Sort keys of up to 32 bits; return the rows in order of key and row, and the index where each key begins.

    Sorting key and row packed into one word is about ten times as fast as an argsort.
    """
    packed_keys = (keys << HALF_BITS) | np.arange(len(keys), dtype=np.uint64)
    packed_keys.sort()
    is_first = np.ones(len(keys), dtype=bool)
    np.not_equal(packed_keys[1:] >> HALF_BITS, packed_keys[:-1] >> HALF_BITS, out=is_first[1:])
    packed_keys &= LOWER_HALF
    return packed_keys.view(np.int64), np.flatnonzero(is_first)


def _compress_numbers(numbers: Uint64Array) -> Uint64Array:
    """Map words to keys of up to 32 bits in the same order: drop the bits that all words share, or use ranks."""
    varying = int(np.bitwise_or.reduce(numbers, initial=0)) & ~int(np.bitwise_and.reduce(numbers))
    keys, size = np.zeros(len(numbers), dtype=np.uint64), 0
    for byte in range(WORD_BYTES):
        bits = varying >> (8 * byte) & 0xFF
        if bits:
            low, high = (bits & -bits).bit_length() - 1, bits.bit_length()
            part = (numbers >> np.uint64(8 * byte + low)) & np.uint64((1 << (high - low)) - 1)
            keys |= part << np.uint64(size)
            size += high - low
        if size > int(HALF_BITS):
            encoded_numbers = pc.dictionary_encode(pa.array(numbers))
            order = np.argsort(np.asarray(encoded_numbers.dictionary))
            return np.asarray(invert_order(order)[np.asarray(encoded_numbers.indices)], dtype=np.uint64)
    return keys


def _sortable_numbers(strings: pa.StringArray) -> Uint64Array | None:
    """Read strings of up to eight bytes as numbers that sort alike; return None if one is longer or contains a NUL."""
    begins, lengths, data = _string_parts(strings)
    if lengths.max(initial=0) > WORD_BYTES or (data[:-WORD_BYTES] == 0).any():
        return None
    return _read_uint64(data, begins, lengths).byteswap()


def _strings_from_numbers(numbers: Uint64Array) -> pa.StringArray:
    """Invert `_sortable_numbers`."""
    letters = numbers.byteswap().view(np.uint8).reshape(-1, WORD_BYTES)
    ends = np.cumsum(np.concatenate([[0], (letters != 0).sum(axis=1)]), dtype=np.int32)
    body = letters[letters != 0]
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends.tobytes()), pa.py_buffer(body.tobytes()))


def _string_offsets(strings: pa.StringArray) -> npt.NDArray[np.int32]:
    _, offsets, _ = strings.buffers()
    if not len(strings):
        return np.zeros(1, dtype=np.int32)
    return np.frombuffer(offsets, dtype=np.int32)[strings.offset : strings.offset + len(strings) + 1]


def _string_parts(strings: pa.StringArray) -> tuple[RowIndices, RowIndices, npt.NDArray[np.uint8]]:
    """Return the start and length of each string in the data buffer, and the buffer, padded by one word."""
    _, _, body = strings.buffers()
    ends = _string_offsets(strings).astype(np.int64)
    first, last = int(ends[0]), int(ends[-1])
    data = np.zeros(last - first + WORD_BYTES, dtype=np.uint8)
    if body is not None:
        data[:-WORD_BYTES] = np.frombuffer(body, dtype=np.uint8)[first:last]
    return ends[:-1] - first, np.diff(ends), data


def _read_uint64(data: npt.NDArray[np.uint8], begins: RowIndices, lengths: RowIndices) -> Uint64Array:
    """Read up to eight bytes from each start as a little-endian number; missing bytes are 0."""
    size = len(data) - WORD_BYTES + 1
    step = int(begins[1] - begins[0]) if len(begins) > 1 else 0
    if step and lengths[0] >= 0 and _have_equal_width(begins, lengths, step) and begins[-1] < size:
        strided_numbers: Uint64Array = np.ndarray(
            (len(begins),), dtype="<u8", buffer=data, offset=int(begins[0]), strides=(step,)
        )
        masked_numbers: Uint64Array = strided_numbers & PREFIX_MASKS[min(int(lengths[0]), WORD_BYTES)]
        return masked_numbers
    all_numbers: Uint64Array = np.ndarray((size,), dtype="<u8", buffer=data, strides=(1,))
    return all_numbers[np.minimum(begins, size - 1)] & PREFIX_MASKS[np.clip(lengths, 0, WORD_BYTES)]


def _have_equal_width(begins: RowIndices, lengths: RowIndices, step: int) -> bool:
    """Return whether all strings have the same length and spacing, as padded numbers do."""
    return bool(lengths.min() == lengths.max()) and int(begins[-1] - begins[0]) == step * (len(begins) - 1)


# Sorted texts
def is_sorted(texts: "pd.Series") -> bool:
    """Return whether texts are unique and sorted; comparing neighbours takes a tenth of the time of a hash table."""
    import pandas as pd

    if not isinstance(texts.dtype, pd.StringDtype) or texts.hasnans:
        return False
    array = pa.array(texts)
    return bool(pc.all(pc.less(array.slice(0, max(len(array) - 1, 0)), array.slice(1)), min_count=0).as_py())
