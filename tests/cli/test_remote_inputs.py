"""Inputs at addresses: the same customers as from the file, only if the user allows it, and no secret in any text."""

import errno
import gzip
import importlib
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import segcli as interface
from segcli import location
from segcli.cli import main
from segcli.errors import EnvironmentProblem, InputProblem
from segcli.io import remote

ORDERS = "customer_id,order_id,order_date,amount\n" + "".join(
    f"c{n % 7:03},{n},2026-0{1 + n % 6}-1{n % 9},{n + 1}.50\n" for n in range(60)
)
ALLOW = ("--set", "ingest.allow_remote=true")
SECRETS = ("PASSWORD", "TOKEN")
Invoke = Callable[..., tuple[int, str, str]]


class Shop(BaseHTTPRequestHandler):
    """A server of one folder, which answers /status/NUMBER with that status."""

    folder: Path
    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        name = self.path.partition("?")[0].lstrip("/")
        status = int(name.removeprefix("status/")) if name.startswith("status/") else 200
        body = b"" if status != 200 else (self.folder / name).read_bytes()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(location, "_addresses", {})
    monkeypatch.setattr(location, "_copies", {})
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(ORDERS.encode()))
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE customers (name)")
        database.execute("CREATE TABLE orders (customer_id, order_id, order_date, amount)")
        rows = [line.split(",") for line in ORDERS.splitlines()[1:]]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    database.close()
    return tmp_path


@pytest.fixture
def server(shop: Path) -> Iterator[str]:
    Shop.folder, Shop.requests = shop, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as listener:
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listener.server_port}"
        listener.shutdown()
        thread.join()


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Invoke:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["segcli", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz", "shop.db#table=orders"])
def test_customers_are_those_of_the_file(name: str, server: str, invoke: Invoke) -> None:
    code, expected, _ = invoke("ingest", "orders.csv", "-f", "csv")
    assert code == 0
    code, out, err = invoke("ingest", f"{server}/{name}", "-f", "csv", *ALLOW)
    assert (code, out) == (0, expected), err
    assert f"fetched {server}/{name.partition('#')[0]} (" in err
    assert len(Shop.requests) == 1


def test_the_same_customers_in_python(server: str) -> None:
    here, there = interface.read("orders.csv"), interface.read(f"{server}/orders.csv", ingest__allow_remote=True)
    assert there.table.equals(here.table)
    interface.read(f"{server}/orders.csv", ingest__allow_remote=True)
    assert len(Shop.requests) == 2, "it may have changed"


def test_nothing_is_fetched_unless_it_is_allowed(server: str, invoke: Invoke) -> None:
    code, _, err = invoke("rfm", f"{server}/orders.csv", "-f", "csv")
    assert code == 2
    assert "hint: add --set ingest.allow_remote=true" in err
    assert not Shop.requests


@pytest.mark.parametrize("allowed_by", ["config", "option"])
def test_a_found_config_opens_no_connection(allowed_by: str, server: str, shop: Path, invoke: Invoke) -> None:
    allow = ", allow_remote: true" if allowed_by == "config" else ""
    (shop / "segcli.yaml").write_text(f"ingest: {{transactions: {{path: {server}/orders.csv}}{allow}}}\n")
    options = ALLOW if allowed_by == "option" else ()
    code, _, err = invoke("rfm", "-f", "csv", *options)
    assert code == 2
    assert "an auto-detected config must not open a connection" in err
    assert not Shop.requests
    assert invoke("rfm", "-f", "csv", "-c", "segcli.yaml", *ALLOW)[0] == 0


@pytest.mark.parametrize("setting", ["output", "ingest.rejects", "privacy.suppression"])
def test_only_inputs_are_fetched(setting: str, server: str, invoke: Invoke) -> None:
    code, _, err = invoke("rfm", "orders.csv", *ALLOW, "--set", f"{setting}={server}/x.csv")
    assert code == 2
    assert "only inputs can be at an address" in err
    assert not Shop.requests


@pytest.mark.parametrize("name", ["orders.csv", "status/403", "status/404", "missing/orders.csv"])
def test_no_secret_is_in_any_text_or_file(name: str, server: str, shop: Path, invoke: Invoke) -> None:
    address = server.replace("http://", "http://user:PASSWORD@") + f"/{name}?key=TOKEN#TOKEN"
    config = f'output: out\ningest: {{transactions: {{path: "{address}"}}, allow_remote: true}}\nrfm: {{bins: 3}}\n'
    (shop / "shop.yaml").write_text(config)
    texts = [
        *invoke("run", "shop.yaml", "--set", f"ingest.transactions.path={address}")[1:],
        *invoke("config", "show", "-c", "shop.yaml")[1:],
        *invoke("check", address, *ALLOW)[1:],
        *invoke("rfm", address, "--verbose", *ALLOW)[1:],
        *invoke("rfm", address, "extra.csv")[1:],
        *invoke("compare", address, address, *ALLOW)[1:],
        *invoke("persona", "orders.csv", "--against", address, *ALLOW)[1:],
        *(path.read_text() for path in (shop / "out").rglob("*") if path.is_file()),
    ]
    assert (shop / "out" / "run.json").exists() == (name == "orders.csv")
    assert not [text for text in texts if any(secret in text for secret in SECRETS)]
    assert f"{name}?..." in "".join(texts)


def test_a_new_config_reads_the_address(server: str, invoke: Invoke) -> None:
    assert invoke("init", f"{server}/orders.csv", "-o", "shop.yaml", *ALLOW)[0] == 0
    location.forget_copies()  # the next command is a process of its own
    assert invoke("run", "shop.yaml", "--set", "cluster.pairs=4")[0] == 0
    assert Shop.requests == ["/orders.csv"] * 2


def test_an_address_that_is_no_main_input_is_refused_with_a_remedy(server: str, invoke: Invoke) -> None:
    code, _, err = invoke("compare", f"{server}/orders.csv", "orders.csv", *ALLOW)
    assert code == 3
    assert "hint: download it: an address can only be the main input" in err


@pytest.mark.usefixtures("shop")
def test_two_addresses_that_differ_by_their_query_are_two_inputs() -> None:
    names = [location.name_address(f"https://example.com/orders?month={n}") for n in (1, 2, 1)]
    assert names == ["https://example.com/orders?...", "https://example.com/orders?...(2)", names[0]]
    assert location.name_address(names[1]) == names[1]
    assert location.find_address(names[1]) == "https://example.com/orders?month=2"


def fetch(address: str) -> int:
    return remote.fetch_file(location.name_address(address))


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("SERVER/status/404", "no such file; hint: check the address"),
        ("SERVER/status/403", "cannot be read (status 403); hint: check the token in the address, or your credentials"),
        ("SERVER/status/500", "cannot be read (status 500)"),
        ("http://127.0.0.1:9/orders.csv", "cannot be read (ClientConnectorError)"),
        ("http://example.com/orders.csv", "not encrypted; hint: use https, or download the file"),
        ("ftp://example.com/orders.csv", "ftp: not supported; available: https, s3, gs"),
        ("s3://shop/orders.csv", "s3fs is not installed, which reads s3 addresses; hint: pip install 'segcli[s3]'"),
        ("gs://shop/orders.csv", "gcsfs is not installed, which reads gs addresses; hint: pip install 'segcli[gs]'"),
    ],
)
def test_what_cannot_be_read_is_said(address: str, problem: str, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("s3fs", "gcsfs"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputProblem) as raised:
        fetch(address.replace("SERVER", server))
    assert problem in str(raised.value)


def test_the_extra_is_named_if_it_is_not_installed(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputProblem, match=r"fsspec is not installed.*pip install 'segcli\[remote\]'"):
        fetch(f"{server}/orders.csv")


def test_a_file_that_is_too_large_is_not_fetched(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_REMOTE_BYTES", 100)
    with pytest.raises(InputProblem, match="larger than 0 GiB"):
        fetch(f"{server}/orders.csv")


def test_a_full_disk_is_no_problem_of_the_input(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk:
        def get_file(self, *_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(remote, "_open_file_system", lambda _: FullDisk())
    with pytest.raises(EnvironmentProblem, match="No space left"):
        fetch(f"{server}/orders.csv")


@pytest.mark.usefixtures("shop")
def test_other_stores_are_read_by_their_file_system(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system in memory stands for S3."""
    fsspec = pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    class Bucket(MemoryFileSystem):  # type: ignore[misc]
        store: dict[str, Any] = {}  # noqa: RUF012 - as in the base class
        protocol = ("s3",)

    expected = invoke("rfm", "orders.csv", "-f", "csv")[1]
    monkeypatch.setitem(importlib.import_module("fsspec.registry")._registry, "s3", Bucket)
    fsspec.filesystem("s3").pipe("s3://shop/orders.csv", ORDERS.encode())
    code, out, err = invoke("rfm", "s3://shop/orders.csv", "-f", "csv", *ALLOW)
    assert (code, out) == (0, expected), err
