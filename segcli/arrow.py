"""Columns of strings as machine words: rank millions of them, hash them, and compare neighbours."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

Words = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

WORD_BYTES = 8
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads neighbours far apart (Knuth, TAOCP 3, 6.4)
HALF_BITS, LOWER_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
PREFIX_MASKS = np.array([(1 << 8 * size) - 1 for size in range(WORD_BYTES + 1)], dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class RankedStrings:
    """The `distinct` strings in byte order (which is code point order), and where they occur.

    `places` lists the rows of all strings, sorted by string and then by row; each distinct string begins at its entry
    of `starts`.
    """

    distinct: pa.StringArray
    places: Places
    starts: Places

    @cached_property
    def codes(self) -> Codes:
        """For each row, the index of its string in `distinct`."""
        codes = np.empty(len(self.places), dtype=np.int32)
        counts = np.diff(np.append(self.starts, len(self.places)))
        codes[self.places] = np.repeat(np.arange(len(self.starts), dtype=np.int32), counts)
        return codes


def rank_strings(strings: pa.StringArray) -> RankedStrings:
    """Find the distinct strings, their order, and their rows."""
    words = _sortable_words(strings)
    if words is None:
        encoded = pc.dictionary_encode(strings)
        order = np.asarray(pc.sort_indices(encoded.dictionary))
        keys = invert_order(order)[np.asarray(encoded.indices)].astype(np.uint64)
        return RankedStrings(encoded.dictionary.take(pa.array(order)), *_sort_with_places(keys))
    places, starts = _sort_with_places(_compress_words(words))
    return RankedStrings(_strings_from_words(words[places[starts]]), places, starts)


def hash_strings(strings: pa.StringArray) -> Words:
    """Hash each string to 64 bits; equal strings get equal hashes, so compare the strings where hashes are equal."""
    begins, lengths, data = _string_parts(strings)
    hashes = lengths.astype(np.uint64) * MULTIPLIER
    for start in range(0, int(lengths.max(initial=0)), WORD_BYTES):
        word = _read_words(data, begins + start, lengths - start)
        # Words beyond the end of a string must not change its hash: it may not depend on longer strings beside it.
        hashes = np.where(lengths > start, mix_hash(hashes, word), hashes)
    return hashes


def mix_hash(one: Words, other: Words) -> Words:
    """Combine two hashes into one."""
    product = (one ^ (other * MULTIPLIER)) * MULTIPLIER
    return product ^ (product >> HALF_BITS)


def differ_from_previous(strings: pa.StringArray) -> Mask:
    """Mark the strings that differ from the one before; the first always does."""
    changes = np.ones(len(strings), dtype=bool)
    if len(strings) > 1:
        changes[1:] = np.asarray(pc.not_equal(strings.slice(1), strings.slice(0, len(strings) - 1)))
    return changes


def to_strings(series: "pd.Series") -> pa.StringArray:
    """Return a text column of pandas as one Arrow array."""
    array = pa.array(series, pa.string())
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def first_bytes(strings: pa.StringArray) -> npt.NDArray[np.uint8]:
    """Return the first byte of each string; of an empty one any byte."""
    _, _, body = strings.buffers()
    if body is None or not len(body):
        return np.zeros(len(strings), dtype=np.uint8)
    data = np.frombuffer(body, dtype=np.uint8)
    return data[np.minimum(_offsets(strings)[:-1], len(data) - 1)]


def is_empty(strings: pa.StringArray) -> Mask:
    """Mark the empty strings."""
    offsets = _offsets(strings)
    return np.equal(offsets[1:], offsets[:-1])


def invert_order(order: Places, size: int | None = None) -> Codes:
    """Return the rank of each of `size` entries (default: all) in this order; entries not in it get any value."""
    ranks = np.empty(len(order) if size is None else size, dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks


def _sort_with_places(keys: Words) -> tuple[Places, Places]:
    """Sort keys of up to 32 bits; return their rows in order of key and row, and where in them each key begins.

    Sorting key and row packed into one word is about ten times as fast as an argsort.
    """
    packed = (keys << HALF_BITS) | np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    is_first = np.ones(len(keys), dtype=bool)
    np.not_equal(packed[1:] >> HALF_BITS, packed[:-1] >> HALF_BITS, out=is_first[1:])
    packed &= LOWER_HALF
    return packed.view(np.int64), np.flatnonzero(is_first)


def _compress_words(words: Words) -> Words:
    """Map words to keys of up to 32 bits in the same order: drop the bits that all share, else use ranks."""
    varying = int(np.bitwise_or.reduce(words, initial=0)) & ~int(np.bitwise_and.reduce(words))
    keys, size = np.zeros(len(words), dtype=np.uint64), 0
    for byte in range(WORD_BYTES):
        bits = varying >> (8 * byte) & 0xFF
        if bits:
            low, high = (bits & -bits).bit_length() - 1, bits.bit_length()
            part = (words >> np.uint64(8 * byte + low)) & np.uint64((1 << (high - low)) - 1)
            keys |= part << np.uint64(size)
            size += high - low
        if size > int(HALF_BITS):
            encoded = pc.dictionary_encode(pa.array(words))
            order = np.argsort(np.asarray(encoded.dictionary))
            return np.asarray(invert_order(order)[np.asarray(encoded.indices)], dtype=np.uint64)
    return keys


def _sortable_words(strings: pa.StringArray) -> Words | None:
    """Read strings of up to eight bytes as numbers that sort alike; None if one is longer or holds a NUL."""
    begins, lengths, data = _string_parts(strings)
    if lengths.max(initial=0) > WORD_BYTES or (data[:-WORD_BYTES] == 0).any():
        return None
    return _read_words(data, begins, lengths).byteswap()


def _strings_from_words(words: Words) -> pa.StringArray:
    """Invert `_sortable_words`."""
    letters = words.byteswap().view(np.uint8).reshape(-1, WORD_BYTES)
    ends = np.cumsum(np.concatenate([[0], (letters != 0).sum(axis=1)]), dtype=np.int32)
    body = letters[letters != 0]
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(ends.tobytes()), pa.py_buffer(body.tobytes()))


def _offsets(strings: pa.StringArray) -> npt.NDArray[np.int32]:
    _, offsets, _ = strings.buffers()
    if not len(strings):
        return np.zeros(1, dtype=np.int32)
    return np.frombuffer(offsets, dtype=np.int32)[strings.offset : strings.offset + len(strings) + 1]


def _string_parts(strings: pa.StringArray) -> tuple[Places, Places, npt.NDArray[np.uint8]]:
    """Return the begin and the length of each string in the bytes, and the bytes, padded by one word."""
    _, _, body = strings.buffers()
    ends = _offsets(strings).astype(np.int64)
    first, last = int(ends[0]), int(ends[-1])
    data = np.zeros(last - first + WORD_BYTES, dtype=np.uint8)
    if body is not None:
        data[:-WORD_BYTES] = np.frombuffer(body, dtype=np.uint8)[first:last]
    return ends[:-1] - first, np.diff(ends), data


def _read_words(data: npt.NDArray[np.uint8], begins: Places, lengths: Places) -> Words:
    """Read up to eight bytes from each begin as a little-endian number; missing bytes are 0."""
    size = len(data) - WORD_BYTES + 1
    step = int(begins[1] - begins[0]) if len(begins) > 1 else 0
    if step and lengths[0] >= 0 and _have_one_width(begins, lengths, step) and begins[-1] < size:
        evenly: Words = np.ndarray((len(begins),), dtype="<u8", buffer=data, offset=int(begins[0]), strides=(step,))
        words: Words = evenly & PREFIX_MASKS[min(int(lengths[0]), WORD_BYTES)]
        return words
    every: Words = np.ndarray((size,), dtype="<u8", buffer=data, strides=(1,))
    return every[np.minimum(begins, size - 1)] & PREFIX_MASKS[np.clip(lengths, 0, WORD_BYTES)]


def _have_one_width(begins: Places, lengths: Places, step: int) -> bool:
    """Tell whether all strings have one length and one distance, as padded numbers do."""
    return bool(lengths.min() == lengths.max()) and int(begins[-1] - begins[0]) == step * (len(begins) - 1)
