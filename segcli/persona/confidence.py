"""How far a persona can be relied on, and why."""

from segcli import columns
from segcli.counting import pluralize
from segcli.model import Segmentation

MANY_CUSTOMERS, FEW_CUSTOMERS = 100, 30  # customers
STABLE_JACCARD, DOUBTFUL_JACCARD = 0.75, 0.6  # Jaccard coefficients, after Hennig (2007)
JACCARD_COLUMN = "jaccard"


def rate_confidence(segmentation: Segmentation, segment: str) -> str:
    """High, middling or low: by the number of customers, and for found segments by how surely they are found again."""
    profile_row = segmentation.profile[segmentation.profile[columns.SEGMENT_NAME] == segment].iloc[0]
    customer_count, jaccard = int(profile_row[columns.CUSTOMERS]), float(profile_row.get(JACCARD_COLUMN, 1.0))
    if customer_count >= MANY_CUSTOMERS and jaccard >= STABLE_JACCARD:
        confidence_level = "high"
    elif customer_count < FEW_CUSTOMERS or jaccard < DOUBTFUL_JACCARD:
        confidence_level = "low"
    else:
        confidence_level = "middling"
    jaccard_text = f", found again with Jaccard {jaccard:.2f}" if JACCARD_COLUMN in profile_row else ""
    return f"{confidence_level}: {pluralize(customer_count, 'customer')}{jaccard_text}"
