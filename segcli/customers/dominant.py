"""The most frequent value per customer."""

import pandas as pd


def dominant(values: pd.Series, customer: pd.Series) -> pd.Series:
    """The value on most lines of each customer; blanks do not count, ties go to the first in the alphabet."""
    filled = values.astype("str") != ""
    counted = (
        pd.DataFrame({"customer": customer[filled], "value": values[filled].astype("str")})
        .groupby(["customer", "value"], sort=False)
        .size()
        .rename("lines")
        .reset_index()
        .sort_values(["customer", "lines", "value"], ascending=[True, False, True])
    )
    return counted.drop_duplicates("customer").set_index("customer")["value"]
