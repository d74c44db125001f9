"""Texts by the million as whole numbers: to rank them, and to find those that may be equal, without a table of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import cores

Words = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

WORD = 8  # bytes
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads neighbours far apart (Knuth, TAOCP 3, 6.4)
HALF, LOWER_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
KEPT = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], dtype=np.uint64)  # the first bytes of a word


@dataclass(frozen=True, eq=False)
class Ranked:
    """The `distinct` texts in the order of their bytes (that of code points), and where they stand.

    `places` are those of all texts, sorted by text, then by place; in them, each distinct text begins at its `starts`.
    """

    distinct: pa.StringArray
    places: Places
    starts: Places

    @cached_property
    def codes(self) -> Codes:
        """For each text its place among the distinct."""
        found = np.empty(len(self.places), dtype=np.int32)
        counts = np.diff(np.append(self.starts, len(self.places)))
        found[self.places] = np.repeat(np.arange(len(self.starts), dtype=np.int32), counts)
        return found


def ranked(texts: pa.ChunkedArray) -> Ranked:
    """Which texts there are, in what order, and where."""
    words = list(cores.in_order(_as_words, texts.chunks))
    if any(found is None for found in words):
        coded = pc.dictionary_encode(texts).combine_chunks()
        order = np.asarray(pc.sort_indices(coded.dictionary))
        short = ranks(order)[np.asarray(coded.indices)].astype(np.uint64)
        return Ranked(coded.dictionary.take(pa.array(order)), *_sorted(short))
    numbers = np.concatenate([found for found in words if found is not None] or [np.empty(0, dtype=np.uint64)])
    places, starts = _sorted(_compressed(numbers))
    return Ranked(_spelled(numbers[places[starts]]), places, starts)


def _sorted(short: Words) -> tuple[Places, Places]:
    """Places of numbers of up to 32 bits, sorted by number, then place, and where in them each number begins.

    What holds both sorts ten times as fast as an order is found.
    """
    packed = (short << HALF) | np.arange(len(short), dtype=np.uint64)
    packed.sort()
    new = np.ones(len(short), dtype=bool)
    np.not_equal(packed[1:] >> HALF, packed[:-1] >> HALF, out=new[1:])
    packed &= LOWER_HALF
    return packed.view(np.int64), np.flatnonzero(new)


def _compressed(words: Words) -> Words:
    """Numbers of up to 32 bits in the same order: without the bits that are the same in all, else their ranks."""
    varying = int(np.bitwise_or.reduce(words, initial=0)) & ~int(np.bitwise_and.reduce(words))
    short, size = np.zeros(len(words), dtype=np.uint64), 0
    for byte in range(WORD):
        bits = varying >> (8 * byte) & 0xFF
        if bits:
            low, high = (bits & -bits).bit_length() - 1, bits.bit_length()
            part = (words >> np.uint64(8 * byte + low)) & np.uint64((1 << (high - low)) - 1)
            short |= part << np.uint64(size)
            size += high - low
        if size > int(HALF):
            coded = pc.dictionary_encode(pa.array(words))
            order = np.argsort(np.asarray(coded.dictionary))
            return np.asarray(ranks(order)[np.asarray(coded.indices)], dtype=np.uint64)
    return short


def hashes(texts: pa.StringArray) -> Words:
    """A number for each text, equal for equal texts; others nearly never share one, so whoever compares looks again."""
    begins, lengths, data = _parts(texts)
    found = lengths.astype(np.uint64) * MIX
    for start in range(0, int(lengths.max(initial=0)), WORD):
        word = _word(data, begins + start, lengths - start)
        found = np.where(lengths > start, mixed(found, word), found)  # the longest text must not decide on others
    return found


def mixed(one: Words, other: Words) -> Words:
    """Two numbers as one that both decide."""
    product = (one ^ (other * MIX)) * MIX
    return product ^ (product >> HALF)


def changes(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Which texts differ from the one before; the first does."""
    begins, lengths, data = _parts(texts)
    found = np.ones(len(texts), dtype=bool)
    if lengths.max(initial=0) > 2 * WORD:
        found[1:] = np.asarray(pc.not_equal(texts.slice(1), texts.slice(0, max(len(texts) - 1, 0))))
        return found
    for start in range(0, max(int(lengths.max(initial=0)), 1), WORD):  # words and lengths tell all texts apart
        word = _word(data, begins + start, lengths - start)
        found[1:] &= word[1:] == word[:-1]
    found[1:] &= lengths[1:] == lengths[:-1]
    found[1:] ^= True
    return found


def _as_words(texts: pa.StringArray) -> Words | None:
    """Texts of up to eight bytes as numbers that sort as they do; None where one is longer, or holds a NUL."""
    begins, lengths, data = _parts(texts)
    if lengths.max(initial=0) > WORD or (data[:-WORD] == 0).any():
        return None
    return _word(data, begins, lengths).byteswap()


def _spelled(words: Words) -> pa.StringArray:
    """The inverse of `_as_words`."""
    letters = words.byteswap().view(np.uint8).reshape(-1, WORD)
    ends = np.cumsum(np.concatenate([[0], (letters != 0).sum(axis=1)]), dtype=np.int32)
    body = letters[letters != 0]
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(ends.tobytes()), pa.py_buffer(body.tobytes()))


def ranks(order: Places, size: int | None = None) -> Codes:
    """Where each of so many entries (by default all) stands once they are in this order; anywhere, if not in it."""
    found = np.empty(len(order) if size is None else size, dtype=np.int32)
    found[order] = np.arange(len(order), dtype=np.int32)
    return found


def _parts(texts: pa.StringArray) -> tuple[Places, Places, npt.NDArray[np.uint8]]:
    """Where each text begins in the bytes, how long it is, and the bytes, with a word's room behind them."""
    _, offsets, body = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    first, last = (int(ends[0]), int(ends[-1])) if len(ends) else (0, 0)
    bytes_ = np.zeros(last - first + WORD, dtype=np.uint8)
    if body is not None:
        bytes_[:-WORD] = np.frombuffer(body, dtype=np.uint8)[first:last]
    return ends[:-1] - first, np.diff(ends), bytes_


def _word(data: npt.NDArray[np.uint8], begins: Places, lengths: Places) -> Words:
    """Up to eight bytes from each beginning as a number, little end first; nothing where nothing is left."""
    size = len(data) - WORD + 1
    step = int(begins[1] - begins[0]) if len(begins) > 1 else 0
    if step and lengths[0] >= 0 and _are_even(begins, lengths, step) and begins[-1] < size:
        even: Words = np.ndarray((len(begins),), dtype="<u8", buffer=data, offset=int(begins[0]), strides=(step,))
        found: Words = even & KEPT[min(int(lengths[0]), WORD)]
        return found
    every: Words = np.ndarray((size,), dtype="<u8", buffer=data, strides=(1,))
    return every[np.minimum(begins, size - 1)] & KEPT[np.clip(lengths, 0, WORD)]


def _are_even(begins: Places, lengths: Places, step: int) -> bool:
    """Whether texts of one length stand at one distance, as they do where numbers are padded."""
    return bool(lengths.min() == lengths.max()) and int(begins[-1] - begins[0]) == step * (len(begins) - 1)
