"""Check that two results are of the same work: the same customers, measures and scores."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

ID, M_SCORE, REVENUE = "customer_id", "m_score", "revenue"
ONLY_SEGCLI = {"rfm_score", "rfm_segment"}  # columns that peers do not compute
TEXTS = ("first_order", "last_order", "country")
SUMS = ("revenue", "refunds", "largest_order")
AVERAGES = ("average_order_value", "median_order_value", "mean_days_between_orders", "cv_days_between_orders")
RELATIVE = 1e-9  # float sums differ in their last digits with the order of addition
ROUNDING = 1e-6 * (
    1 + 1e-6
)  # averages have six decimals, and exact halves are rounded up by some and to even by others

Mask = npt.NDArray[np.bool_]


class Disagreement(SystemExit):
    """Results that differ, so that their times must not be compared."""


def read_result(path: Path) -> pd.DataFrame:
    """Read a result, sorted by customer id, without the columns that peers do not compute."""
    table = pd.read_csv(path, dtype=dict.fromkeys((ID, *TEXTS), "str"))
    return table.drop(columns=ONLY_SEGCLI & set(table)).sort_values(ID, ignore_index=True)


def check_agreement(name: str, result: pd.DataFrame, reference: pd.DataFrame) -> int:
    """Compare a peer's result with segcli's.

    Dates, texts and counts must be equal, float sums nearly equal. An M score may differ where revenues are equal but
    for their last digit.

    Args:
        name: the peer's row.
        result: the peer's result.
        reference: segcli's result.

    Returns:
        Customers whose M score differs by the last digit of a sum.

    Raises:
        Disagreement: they are not of the same work.
    """
    if different := set(map(str, result)) ^ set(map(str, reference)):
        raise Disagreement(f"{name} and segcli have other columns: {', '.join(sorted(different))}")
    if not result[ID].equals(reference[ID]):
        different = set(result[ID].astype(str)) ^ set(reference[ID].astype(str))
        raise Disagreement(f"{name} and segcli have other customers ({len(different):,}): {sorted(different)[:5]}")
    for column in reference.columns.drop([ID, M_SCORE]):
        require_same(name, column, differing_rows(result[column], reference[column]), result, reference)
    differs = differing_rows(result[M_SCORE], reference[M_SCORE])
    require_same(name, M_SCORE, differs & ~has_tie(reference[REVENUE].to_numpy()), result, reference)
    return int(differs.sum())


def differing_rows(values: pd.Series, reference: pd.Series) -> Mask:
    """Return the rows in which a column differs by more than its name allows; two missing values are equal."""
    both_missing = (values.isna() & reference.isna()).to_numpy()
    if reference.name in (*SUMS, *AVERAGES):
        allowed = RELATIVE * reference.abs()
        if reference.name in AVERAGES:
            allowed = allowed.clip(lower=ROUNDING)
        same = ((values - reference).abs() <= allowed).to_numpy()
    else:
        same = (values == reference).fillna(value=False).to_numpy(dtype=bool)
    return ~(same | both_missing)


def has_tie(revenue: npt.NDArray[np.float64]) -> Mask:
    """Return the customers whose revenue another customer has too.

    Equal sums share the lowest of their ranks. Added as floats, in another order, they may differ in the last digit;
    then only one of them keeps that rank, and if an edge between two scores falls among them, the others score higher.
    The rank of a customer whose revenue nobody else has cannot move: as many are below as before.
    """
    order = np.argsort(revenue)
    near = np.diff(revenue[order]) <= RELATIVE * np.abs(revenue[order][1:])
    tied = np.zeros(len(revenue), bool)
    tied[order[1:]] |= near
    tied[order[:-1]] |= near
    return tied


def require_same(name: str, column: str, differs: Mask, result: pd.DataFrame, reference: pd.DataFrame) -> None:
    """Raise a Disagreement that names the first customers in which a column differs."""
    if differs.any():
        examples = [
            f"{customer} {value} (segcli: {expected})"
            for customer, value, expected in zip(
                reference[ID][differs][:5], result[column][differs][:5], reference[column][differs][:5], strict=True
            )
        ]
        raise Disagreement(
            f"{name} and segcli differ in {column} of {differs.sum():,} customers: {'; '.join(examples)}"
        )
