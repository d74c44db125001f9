"""Texts by the million as whole numbers: to rank them, and to find those that may be equal, without a table of them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Words = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int32]

WORD = 8  # bytes
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads neighbours far apart (Knuth, TAOCP 3, 6.4)
HALF = np.uint64(32)


def ranked(texts: pa.StringArray) -> tuple[pa.StringArray, Codes]:
    """The distinct texts in the order of their bytes (that of code points), and for each text its place among them."""
    if len(texts) and _longest(texts) <= WORD and not _holds_nul(texts):
        return _by_words(texts)
    coded = pc.dictionary_encode(texts)
    order = np.asarray(pc.sort_indices(coded.dictionary))
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return coded.dictionary.take(pa.array(order)), place[np.asarray(coded.indices)]


def hashes(texts: pa.StringArray) -> Words:
    """A number for each text, equal for equal texts; others nearly never share one, so whoever compares looks again."""
    begins, lengths, data = _parts(texts)
    found = lengths.astype(np.uint64) * MIX
    for start in range(0, int(lengths.max(initial=0)), WORD):
        word = _word(data, begins + start, lengths - start)
        found = mixed(found, word)
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
    # The first eight bytes, the rest, and the length tell texts of up to sixteen apart.
    for word in (_word(data, begins, lengths), _word(data, begins + WORD, lengths - WORD)):
        found[1:] &= word[1:] == word[:-1]
    found[1:] &= lengths[1:] == lengths[:-1]
    found[1:] ^= True
    return found


def _by_words(texts: pa.StringArray) -> tuple[pa.StringArray, Codes]:
    """Texts of up to eight bytes are numbers that sort as they do."""
    begins, lengths, data = _parts(texts)
    words = _word(data, begins, lengths).byteswap()
    order = np.argsort(words)
    ascending = words[order]
    new = np.ones(len(words), dtype=bool)
    np.not_equal(ascending[1:], ascending[:-1], out=new[1:])
    codes = np.empty(len(words), dtype=np.int32)
    codes[order] = np.cumsum(new, dtype=np.int32) - 1
    return texts.take(pa.array(order[new])), codes


def _parts(texts: pa.StringArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each text begins in the bytes, how long it is, and the bytes, with a word's room behind them."""
    _, offsets, body = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    first, last = (int(ends[0]), int(ends[-1])) if len(ends) else (0, 0)
    bytes_ = np.zeros(last - first + WORD, dtype=np.uint8)
    if body is not None:
        bytes_[:-WORD] = np.frombuffer(body, dtype=np.uint8)[first:last]
    return ends[:-1] - first, np.diff(ends), bytes_


def _word(data: npt.NDArray[np.uint8], begins: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Words:
    """Up to eight bytes from each beginning as a number, little end first; nothing where nothing is left."""
    every: Words = np.ndarray((len(data) - WORD + 1,), dtype="<u8", buffer=data, strides=(1,))
    word = every[np.minimum(begins, len(every) - 1)]
    unused = (WORD - np.clip(lengths, 0, WORD)).astype(np.uint64) * np.uint64(8)
    cut = (word << np.minimum(unused, np.uint64(63))) >> np.minimum(unused, np.uint64(63))
    return np.where(lengths <= 0, np.uint64(0), cut)


def _longest(texts: pa.StringArray) -> int:
    return int(pc.max(pc.binary_length(texts)).as_py() or 0)


def _holds_nul(texts: pa.StringArray) -> bool:
    _, _, data = _parts(texts)
    return bool((data[:-WORD] == 0).any())
