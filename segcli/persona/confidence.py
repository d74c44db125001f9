"""How far a persona can be relied on, and why."""

from segcli import columns as c
from segcli.counting import counted
from segcli.model import Segmentation

MANY, FEW = 100, 30  # customers
STABLE, DOUBTFUL = 0.75, 0.6  # Jaccard coefficients, after Hennig (2007)
JACCARD = "jaccard"


def confidence(made: Segmentation, segment: str) -> str:
    """High, middling or low: by the number of customers, and for found segments by how surely they are found again."""
    row = made.profile[made.profile[c.NAME] == segment].iloc[0]
    customers, jaccard = int(row[c.CUSTOMERS]), float(row.get(JACCARD, 1.0))
    if customers >= MANY and jaccard >= STABLE:
        level = "high"
    elif customers < FEW or jaccard < DOUBTFUL:
        level = "low"
    else:
        level = "middling"
    found_again = f", found again with Jaccard {jaccard:.2f}" if JACCARD in row else ""
    return f"{level}: {counted(customers, 'customer')}{found_again}"
