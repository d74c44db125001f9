"""A column of text as its distinct texts and, for each row, which of them: what is asked of a text is asked once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class EncodedColumn:
    """Distinct texts, in the order in which they first stand there, and the place of each row's text in them."""

    categories: pa.StringArray
    codes: npt.NDArray[np.int32]

    @property
    def has_row_order(self) -> bool:
        """Whether each row has its own entry in `categories`, in order."""
        return len(self.codes) == len(self.categories) and is_consecutive(self.codes)

    def value_at(self, row: int) -> str:
        """The text of a row."""
        return str(self.categories[int(self.codes[row])].as_py())

    def take_rows(self, rows: npt.NDArray[np.intp] | None = None) -> pa.StringArray:
        """The texts of some rows (all by default)."""
        if rows is None and self.has_row_order:
            return self.categories
        return self.categories.take(pa.array(self.codes if rows is None else self.codes[rows]))

    def map_texts(self, transform: Callable[[pa.StringArray], pa.StringArray]) -> "EncodedColumn":
        """The column in another form; texts that become the same are one."""
        new_categories = transform(self.categories)
        if new_categories.equals(self.categories):
            return self
        dictionary_array = pc.dictionary_encode(new_categories)
        return EncodedColumn(
            dictionary_array.dictionary, np.asarray(dictionary_array.indices, dtype=np.int32)[self.codes]
        )

    @property
    def without_outer_blanks(self) -> "EncodedColumn":
        """Without blanks at the ends of texts."""
        return self.map_texts(pc.utf8_trim_whitespace)

    def row_mask(self, predicate: Callable[[pa.StringArray], Any]) -> _Mask:
        """For which rows the text passes a test."""
        return (
            np.asarray(predicate(self.categories), dtype=bool)[self.codes]
            if len(self.categories)
            else np.zeros(0, dtype=bool)
        )

    def to_categorical(self, mask: _Mask) -> Any:  # noqa: ANN401 - a pandas categorical
        """Some of the rows, with the texts that stand in them as categories."""
        codes = self.codes[mask]
        is_used = np.bincount(codes, minlength=len(self.categories)) > 0
        positions = np.cumsum(is_used, dtype=np.int32) - 1
        texts = self.categories.filter(pa.array(is_used))
        return pa.DictionaryArray.from_arrays(pa.array(positions[codes], pa.int32()), texts).to_pandas()


def is_consecutive(codes: npt.NDArray[np.int32]) -> bool:
    """Whether codes are 0, 1, 2, ..."""
    return len(codes) == 0 or bool(codes[0] == 0 and (np.diff(codes) == 1).all())


def dictionary_encode(texts: "pa.ChunkedArray | EncodedColumn") -> EncodedColumn:
    """A column's distinct texts and codes; what is coded already is handed back."""
    if isinstance(texts, EncodedColumn):
        return texts
    dictionary_array = pc.dictionary_encode(texts).combine_chunks()
    return EncodedColumn(dictionary_array.dictionary, np.asarray(dictionary_array.indices, dtype=np.int32))
