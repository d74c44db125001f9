"""The versioned JSON envelope; see docs/json.md for its schema."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any

from segcli.reports.blocks import Result
from segcli.reports.formats import Page


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - JSON does not depend on the page
    """Return the envelope as JSON, indented for diffs."""
    return json.dumps(to_json_value(result.envelope()), ensure_ascii=True, indent=1) + "\n"


def to_json_value(value: Any) -> Any:  # noqa: ANN401 - JSON values have any type
    """Convert a value to JSON types: missing values become null, dates ISO 8601 strings."""
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return to_json_value(asdict(value))
    if isinstance(value, list | tuple):
        return [to_json_value(item) for item in value]
    if isinstance(value, str | bool) or value is None:
        return value
    return _to_json_scalar(value)


def _to_json_scalar(value: Any) -> Any:  # noqa: ANN401 - scalars of several libraries
    if value != value:  # noqa: PLR0124 - true only of NaN and NaT
        return None
    if isinstance(value, date):
        return value.isoformat()[:10]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
