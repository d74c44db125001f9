"""Money in one currency: amounts in several cannot be added."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from segcli import columns as c
from segcli.errors import InputProblem
from segcli.ingest.export import Export


def one_currency(
    export: Export, money: npt.NDArray[np.int64], usable: npt.NDArray[np.bool_], rates: Mapping[str, float]
) -> npt.NDArray[np.int64]:
    """Money per line, converted by the given rates where there are any.

    Args:
        export: with or without a currency column.
        money: per line, in whole units.
        usable: the lines whose currency matters.
        rates: what 1 of each currency is worth.

    Raises:
        InputProblem: several currencies and no rate for one of them.
    """
    texts = export.texts(c.CURRENCY)
    if texts is None:
        return money
    coded = pc.dictionary_encode(pc.utf8_upper(pc.utf8_trim_whitespace(texts))).combine_chunks()
    codes, names = np.asarray(coded.indices), coded.dictionary.to_pylist()
    present = sorted({names[code] for code in np.unique(codes[usable])} - {""})
    if not rates and len(present) <= 1:
        return money
    missing = [name for name in present if name not in rates]
    if missing:
        raise InputProblem(
            f"amounts in several currencies ({', '.join(present)}), and no rate for {', '.join(missing)}",
            source=export.content.name,
            column=export.recognition.columns[c.CURRENCY],
            remedy="Give what 1 of each is worth in one currency: --set 'ingest.rates={EUR: 1, USD: 0.92}'",
        )
    factors = np.array([rates.get(name, 1.0) for name in names])
    converted: npt.NDArray[np.int64] = np.rint(money * factors[codes]).astype(np.int64)
    return converted
