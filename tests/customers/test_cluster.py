"""A real cluster, small as it is: a standalone master of Spark and two workers, on the loopback."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import engines, load_customers
from segcli.io import chunk_reader
from segcli.model import Customers
from tests.customers.test_streamed import agree, shop, written

pytestmark = [
    pytest.mark.slow,  # half a minute, and three Java machines
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not engines.is_installed("spark") or not shutil.which("java"), reason="needs pyspark and Java"),
]

LOOPBACK = "127.0.0.1"
WORKERS = 2
WAIT = 60  # seconds for a process to listen


def free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((LOOPBACK, port)) == 0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master with two workers, all of which end with the tests."""
    import pyspark

    home, folder = Path(pyspark.__file__).parent, tmp_path_factory.mktemp("cluster")
    port, page = free_port(), free_port()
    master = f"spark://{LOOPBACK}:{port}"
    common = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOOPBACK, "SPARK_DAEMON_MEMORY": "256m"}
    with ExitStack() as ends:

        def start(kind: str, *words: str) -> Path:
            log = folder / f"{kind}-{len(list(folder.iterdir()))}.log"
            command = [str(home / "bin/spark-class"), f"org.apache.spark.deploy.{kind}", *words]
            out = ends.enter_context(log.open("w"))
            process = subprocess.Popen(command, env=common, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
            ends.callback(process.wait)
            ends.callback(process.terminate)
            return log

        start("master.Master", "--host", LOOPBACK, "--port", str(port), "--webui-port", str(page))
        wait_for(lambda: listens(port))
        workers = [
            start(
                "worker.Worker", "--host", LOOPBACK, "-c", "1", "-m", "600m", "--webui-port", str(free_port()), master
            )
            for _ in range(WORKERS)
        ]
        wait_for(lambda: all("registered with master" in log.read_text() for log in workers))
        yield master


@pytest.fixture(scope="module")
def session(cluster: str) -> Iterator[Any]:
    """A session on the cluster; the driver listens on the loopback like everything else."""
    from segcli.customers.engines.spark import open_session

    more = {"spark.executor.memory": "500m", "spark.driver.host": LOOPBACK}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SPARK_LOCAL_IP", LOOPBACK)
        patched.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        with open_session(cluster, **more) as found:
            assert found.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1 <= WORKERS
            yield found


def on_cluster(path: str, cluster: str) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path), engine="spark", spark_master=cluster))


def test_a_folder_of_parts_on_two_workers(cluster: str, session: Any, tmp_path: Path) -> None:
    header, *rows = shop(3000)
    whole = load_customers(IngestSettings(transactions=Source(path=written(tmp_path, [header, *rows]))))
    folder = tmp_path / "parts"
    folder.mkdir()
    for place in range(4):
        written(folder, [header, *rows[place::4]], f"part-{place}.csv")
    found = on_cluster(str(folder), cluster)
    assert session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1 == WORKERS
    pd.testing.assert_frame_equal(found.table, whole.table, check_exact=True)


def test_chunks_of_a_file_on_two_workers(
    cluster: str, session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, [*shop(3000), "A,o1,2026-03-04 10:30:00,1,2.50,tea"])
    whole = load_customers(IngestSettings(transactions=Source(path=path)))
    for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 20_000), ("HEAD_BYTES", 10_000)):
        monkeypatch.setattr(chunk_reader, name, size)
    agree(on_cluster(path, cluster), whole)
    assert session.sparkContext._jsc.sc().getPersistentRDDs().size() == 0


@pytest.mark.usefixtures("session")
def test_a_relative_path_is_found_by_executors_of_another_folder(
    cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = load_customers(IngestSettings(transactions=Source(path=written(tmp_path, shop(300)))))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1)
    found = on_cluster("orders.csv", cluster)
    pd.testing.assert_frame_equal(found.table, whole.table, check_exact=True)
