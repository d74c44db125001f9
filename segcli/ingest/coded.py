"""A column of text as its distinct texts and, for each row, which of them: what is asked of a text is asked once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Coded:
    """Distinct texts, in the order in which they first stand there, and the place of each row's text in them."""

    texts: pa.StringArray
    codes: npt.NDArray[np.int32]

    @property
    def is_by_row(self) -> bool:
        """Whether each row has its own entry in `texts`, in order."""
        return len(self.codes) == len(self.texts) and is_counting(self.codes)

    def at(self, row: int) -> str:
        """The text of a row."""
        return str(self.texts[int(self.codes[row])].as_py())

    def at_rows(self, rows: npt.NDArray[np.intp] | None = None) -> pa.StringArray:
        """The texts of some rows (all by default)."""
        if rows is None and self.is_by_row:
            return self.texts
        return self.texts.take(pa.array(self.codes if rows is None else self.codes[rows]))

    def mapped(self, form: Callable[[pa.StringArray], pa.StringArray]) -> "Coded":
        """The column in another form; texts that become the same are one."""
        formed = form(self.texts)
        if formed.equals(self.texts):
            return self
        again = pc.dictionary_encode(formed)
        return Coded(again.dictionary, np.asarray(again.indices, dtype=np.int32)[self.codes])

    @property
    def trimmed(self) -> "Coded":
        """Without blanks at the ends of texts."""
        return self.mapped(pc.utf8_trim_whitespace)

    def where(self, test: Callable[[pa.StringArray], Any]) -> Mask:
        """For which rows the text passes a test."""
        return np.asarray(test(self.texts), dtype=bool)[self.codes] if len(self.texts) else np.zeros(0, dtype=bool)

    def categorical(self, rows: Mask) -> Any:  # noqa: ANN401 - a pandas categorical
        """Some of the rows, with the texts that stand in them as categories."""
        codes = self.codes[rows]
        used = np.bincount(codes, minlength=len(self.texts)) > 0
        places = np.cumsum(used, dtype=np.int32) - 1
        texts = self.texts.filter(pa.array(used))
        return pa.DictionaryArray.from_arrays(pa.array(places[codes], pa.int32()), texts).to_pandas()


def is_counting(codes: npt.NDArray[np.int32]) -> bool:
    """Whether codes are 0, 1, 2, ..."""
    return len(codes) == 0 or bool(codes[0] == 0 and (np.diff(codes) == 1).all())


def coded(texts: "pa.ChunkedArray | Coded") -> Coded:
    """A column's distinct texts and codes; what is coded already is handed back."""
    if isinstance(texts, Coded):
        return texts
    found = pc.dictionary_encode(texts).combine_chunks()
    return Coded(found.dictionary, np.asarray(found.indices, dtype=np.int32))
