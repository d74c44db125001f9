"""The values that a customer's lines have in a column of text: how many, and which most."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from segcli.customers.purchases import Purchases
from segcli.customers.runs import Pairs
from segcli.customers.texts import ranks


def distinct(pairs: Pairs, made: Purchases) -> npt.NDArray[np.int64]:
    """How many different values each customer has."""
    customers = _counted(pairs, made).index.get_level_values(0)
    return np.bincount(customers, minlength=len(made.ids))


def dominant(pairs: Pairs, made: Purchases) -> pd.Series:
    """The most frequent value of each customer; of equally frequent ones the first in the alphabet."""
    counted = _counted(pairs, made).rename("lines").reset_index()
    best = counted.sort_values(["customer", "lines", "value"], ascending=[True, False, True]).drop_duplicates(
        "customer"
    )
    texts = pairs.value.texts.take(pc.sort_indices(pairs.value.texts)).to_pandas()
    named = pd.Series(texts.iloc[best["value"]].to_numpy(), index=best["customer"], dtype="str")
    return named.reindex(range(len(made.ids)))


def _counted(pairs: Pairs, made: Purchases) -> pd.Series:
    """Lines by customer and value (its rank in the alphabet)."""
    order = np.asarray(pc.sort_indices(pairs.value.texts))
    rank = ranks(order)
    counted = pd.DataFrame(
        {"customer": made.buyers.codes[pairs.run], "value": rank[pairs.value.codes], "lines": pairs.lines}
    )
    return counted.groupby(["customer", "value"], sort=True)["lines"].sum()
