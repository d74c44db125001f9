"""Whether two results are of the same work: the same customers, measures and scores."""

from pathlib import Path

import numpy as np
import pandas as pd

EXACT = ["recency_days", "orders", "r_score", "f_score"]
SAME = 1e-9  # relative; sums of floats differ in their last digits with the order in which they are added


class Disagreement(SystemExit):
    """Results that differ, so that their times must not be compared."""


def read(path: Path) -> pd.DataFrame:
    """A result's customers in the order of their ids, with what is compared."""
    columns = ["customer_id", *EXACT, "revenue", "m_score"]
    found = pd.read_csv(path, usecols=columns, dtype={"customer_id": "str"})[columns]
    return found.sort_values("customer_id", ignore_index=True)


def check(name: str, result: pd.DataFrame, ours: pd.DataFrame) -> int:
    """Stop if a peer's result differs from ours; how many M scores differ by the last digits of equal sums."""
    if not result["customer_id"].equals(ours["customer_id"]):
        only = set(result["customer_id"]) ^ set(ours["customer_id"])
        raise Disagreement(f"{name} and segcli have other customers ({len(only):,}): {sorted(only)[:5]}")
    for column in EXACT:
        refuse(name, column, (result[column] != ours[column]).to_numpy(), result, ours)
    theirs, revenue = result["revenue"].to_numpy(), ours["revenue"].to_numpy()
    refuse(name, "revenue", ~(np.abs(theirs - revenue) <= SAME * np.abs(revenue)), result, ours)
    differs = (result["m_score"] != ours["m_score"]).to_numpy()
    refuse(name, "m_score", differs & ~tied(revenue), result, ours)
    return int(differs.sum())


def tied(revenue: np.ndarray) -> np.ndarray:
    """Customers whose revenue another customer has too.

    Equal sums share the lowest of their ranks. Added as floats, in another order, they may differ in the last digit;
    then only one of them keeps that rank, and if an edge between two scores falls among them, the others score higher.
    The rank of a customer whose revenue nobody else has cannot move: as many are below as before.
    """
    order = np.argsort(revenue)
    near = np.diff(revenue[order]) <= SAME * np.abs(revenue[order][1:])
    found = np.zeros(len(revenue), bool)
    found[order[1:]] |= near
    found[order[:-1]] |= near
    return found


def refuse(name: str, column: str, differs: np.ndarray, result: pd.DataFrame, ours: pd.DataFrame) -> None:
    """Stop if a column differs, and name the first customers for whom it does."""
    if differs.any():
        some = [
            f"{who} {one} (segcli: {other})"
            for who, one, other in zip(
                ours["customer_id"][differs][:5], result[column][differs][:5], ours[column][differs][:5], strict=True
            )
        ]
        raise Disagreement(f"{name} and segcli differ in {column} of {differs.sum():,} customers: {'; '.join(some)}")
