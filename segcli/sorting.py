"""Whether texts are sorted."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def is_sorted(texts: pd.Series) -> bool:
    """Whether texts are known to be unique and sorted, which neighbours tell in a tenth of the time of a hash table."""
    if not isinstance(texts.dtype, pd.StringDtype) or texts.hasnans:
        return False
    array = pa.array(texts)
    return bool(pc.all(pc.less(array.slice(0, max(len(array) - 1, 0)), array.slice(1)), min_count=0).as_py())
