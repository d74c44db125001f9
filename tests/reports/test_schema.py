"""The JSON of rfm and cluster follows the schema that the documentation ships, whatever the table has."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.rfm import RfmSettings
from segcli.customers import load_customers
from segcli.model import Customers
from segcli.reports.formats import Page
from segcli.reports.formats import json as json_format
from segcli.reports.results import build_segmentation_result
from segcli.segment import maps, rfm
from segcli.segment.clustering import pipeline

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "schema" / "segmentation.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def customers() -> Customers:
    sample = ROOT / "sample_data"
    return load_customers(
        IngestSettings(
            transactions=Source(path=str(sample / "orders.csv")), customers=Source(path=str(sample / "customers.csv"))
        )
    )


def checked(command: str, result: Any) -> Any:
    envelope = json.loads(json_format.render(build_segmentation_result(command, result), Page()))
    jsonschema.validate(envelope, SCHEMA)
    return envelope


@pytest.mark.parametrize("method", ["quantile", "edges", "ntile", "jenks", "nested"])
def test_rfm_by_every_method(customers: Customers, method: str) -> None:
    settings = RfmSettings.model_validate({"method": method})
    envelope = checked("rfm", rfm.segment_by_rfm(customers, settings, maps.load_map("eleven"), 1))
    assert sum(one["customers"] for one in envelope["segments"]) == len(envelope["customers"])


def test_rfm_without_money(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("customer_id,order_date\na,2026-01-01\na,2026-01-02\nb,2026-02-01\n", encoding="utf-8")
    visits = load_customers(IngestSettings(transactions=Source(path=str(path))))
    envelope = checked("rfm", rfm.segment_by_rfm(visits, RfmSettings(), maps.load_map("default"), 1))
    assert "revenue" not in envelope["segments"][0]


def test_cluster(customers: Customers) -> None:
    envelope = checked("cluster", pipeline.cluster_customers(customers, ClusterSettings(k="2-4"), 1))
    assert envelope["method"]["k"] == len(envelope["segments"])


def test_the_schema_can_refuse() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "segcli.rfm/2"}, SCHEMA)
