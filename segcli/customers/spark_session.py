"""A Spark session whose executors can run segcli."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from segcli import __version__
from segcli.errors import EnvironmentProblem, UsageProblem
from segcli.files.package import zip_package

SESSION_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.maxResultSize": "0",  # customers are collected, however many there are
}
PYSPARK_CAUSE = re.compile(r"(\[[A-Z_]+\] .*)")  # by a name that PySpark documents, such as PYTHON_VERSION_MISMATCH
SESSION_REMEDY = "check Java, ingest.spark_master and PYSPARK_PYTHON"
JAVA_CAUSE = re.compile(r"^: (.*)", re.MULTILINE)


@contextmanager
def open_session(master: str, **extra_settings: str) -> Iterator[Any]:
    """Yield the active session, or a new one that stops when the context ends.

    Executors run the Python of the driver, unless PYSPARK_PYTHON names another one.

    Args:
        master: of a new session.
        extra_settings: further settings of a new session.

    Raises:
        EnvironmentProblem: no session can be started.
    """
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("segcli")
    for name, value in {**SESSION_SETTINGS, **extra_settings}.items():
        builder = builder.config(name, value)
    with report_failures():
        session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def prepare_executors(spark_context: Any) -> None:  # noqa: ANN401 - pyspark has no types where it is not installed
    """Send segcli to executors that lack it, and refuse executors that cannot run it.

    Raises:
        UsageProblem: a package that segcli needs is missing there, or segcli has another version.
    """
    problem = _find_executor_problem(spark_context)
    if problem == "no module segcli":
        from pyspark import SparkFiles

        spark_context.addPyFile(zip_package(SparkFiles.getRootDirectory()))
        problem = _find_executor_problem(spark_context)
    if problem:
        raise UsageProblem(
            f"segcli is not installed on the executors: {problem}; run pip install 'segcli[spark]=={__version__}' "
            "there, or set PYSPARK_PYTHON to a Python that has it"
        )


def _find_executor_problem(spark_context: Any) -> str:  # noqa: ANN401 - see above
    """Return the module that executors lack, or the version of segcli that they have instead of this one."""
    expected = __version__

    def import_segcli(_: int) -> str:  # sent as code, not by its name: the module it is in may be missing there
        try:
            import segcli.customers.engines.spark
        except ModuleNotFoundError as error:
            return f"no module {error.name}"
        version = segcli.__version__
        return "" if version == expected else f"they have version {version}"

    tasks = spark_context.defaultParallelism
    with report_failures():
        return str(max(spark_context.parallelize(range(tasks), tasks).map(import_segcli).collect()))


@contextmanager
def report_failures() -> Iterator[None]:
    """Turn a failure of Spark into one line, but not an error in the code that executors run.

    Raises:
        EnvironmentProblem: Spark cannot be started, or a job failed.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        cause = PYSPARK_CAUSE.search(str(error))
        if cause is None and "Traceback (most recent call last)" in str(error):
            raise
        cause = cause or JAVA_CAUSE.search(str(error))
        raise EnvironmentProblem(f"spark: {cause[1] if cause else error}; {SESSION_REMEDY}") from error
