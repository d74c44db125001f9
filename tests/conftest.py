"""What the tests of every room share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real exports with known truth; without it the test is skipped."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared data are not here")
    return SHARED_DATA


@pytest.fixture(scope="session")
def file_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Write text to a file of its own and give its path."""
    folder = tmp_path_factory.mktemp("files")

    def write(text: str, name: str = "export.csv", encoding: str = "utf-8") -> str:
        path = folder / name
        path.write_text(text, encoding=encoding, newline="")
        return str(path)

    return write


@pytest.fixture(scope="session")
def customers_of(file_of: Callable[..., str]) -> Callable[..., Any]:
    """Read orders or a customer table, given as text, under the given `ingest:` settings."""
    from segcli.config.ingest import IngestSettings, Source
    from segcli.customers import read

    def customers(text: str, *, as_of: Any = None, source: Any = None, **policies: Any) -> Any:
        path = file_of(text)
        return read(IngestSettings(transactions=Source(path=path, **(source or {})), **policies), as_of)

    return customers
