"""Real exports, read once per process and only where a test asks."""

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers


@pytest.fixture(scope="session")
def online_retail(shared_data: Path) -> Callable[[], Any]:
    """Online Retail without returns and free lines, as of the day after its last order."""

    @cache
    def customers() -> Any:
        path = str(shared_data / "online_retail" / "online_retail.csv.gz")
        return load_customers(IngestSettings(transactions=Source(path=path), returns="exclude", free_lines="exclude"))

    return customers


@pytest.fixture(scope="session")
def cdnow(shared_data: Path) -> Callable[[], Any]:
    """The CDNOW master."""

    @cache
    def customers() -> Any:
        return load_customers(IngestSettings(transactions=Source(path=str(shared_data / "cdnow" / "cdnow_master.csv"))))

    return customers


@pytest.fixture(scope="session")
def rfm_orders(shared_data: Path) -> Any:
    """The orders of the R package rfm, as of the analysis date of its documentation."""
    path = str(shared_data / "rfm_r" / "rfm_data_orders.csv")
    return load_customers(IngestSettings(transactions=Source(path=path)), date(2006, 12, 31))


@pytest.fixture(scope="session")
def mall(shared_data: Path) -> Any:
    """The 200 Mall customers."""
    path = str(shared_data / "mall_customers" / "Mall_Customers_crlf.csv")
    return load_customers(IngestSettings(transactions=Source(path=path)))
