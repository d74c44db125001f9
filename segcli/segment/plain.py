"""A segmentation of which nothing is known but who is in which segment."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from segcli.config.section import Section
from segcli.model import Customers, Segmentation
from segcli.segment.profile import build_profile
from segcli.segment.provenance import build_provenance


def segmentation_from_labels(
    customers: Customers, column: str, labels: pd.Series, method: Mapping[str, Any]
) -> Segmentation:
    """These labels, one for each customer, under the name of a column; `method` says where they are from."""
    return Segmentation(
        customers=customers,
        column=column,
        labels=labels,
        scores=pd.DataFrame(index=customers.table.index),
        profile=build_profile(customers.table, labels),
        method=method,
        provenance=build_provenance(customers, str(method["name"]), Section(), None),
        warnings=customers.warnings,
    )
