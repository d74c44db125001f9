"""Spark: one machine (local[*]) or a cluster (spark://, yarn, k8s://)."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.config.ingest import IngestSettings
from segcli.customers.engines import Written
from segcli.ingest.doubt import Doubt

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pyarrow as pa

    Frame = nw.LazyFrame[Any]

TITLE = "Apache Spark"
NEEDS = "pyspark"
ENCODINGS = ("utf-8", "utf8", "ascii")
CORRUPT = "of_another_width"
SETTINGS = {
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.csv.parser.columnPruning.enabled": "false",  # so that records of another width are seen
    "spark.sql.ansi.enabled": "true",
    "spark.sql.shuffle.partitions": "16",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.maxResultSize": "0",  # purchases are collected, however many there are
}


@contextmanager
def session(settings: IngestSettings) -> Iterator["InSpark"]:
    """The session that is running, or one that is stopped afterwards."""
    with running(settings.spark_master) as spark:
        made = InSpark(spark)
        try:
            yield made
        finally:
            made.forget()


@contextmanager
def running(master: str, **more: str) -> Iterator[Any]:
    """A Spark session: the one there is, or a new one, with further settings, that is stopped when this ends."""
    from pyspark.sql import SparkSession

    there = SparkSession.getActiveSession()
    if there is not None:
        yield there
        return
    logging.getLogger("py4j").setLevel(logging.ERROR)
    builder = SparkSession.builder.master(master).appName("segcli").config("spark.log.level", "ERROR")
    for name, value in {**SETTINGS, **more}.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


class InSpark:
    """A session, and what is asked of it."""

    def __init__(self, spark: Any) -> None:  # noqa: ANN401 - the session of whichever Spark
        self._spark = spark
        self._kept = ExitStack()
        self._marks: Any = None

    def read(self, files: Sequence[str], written: Written) -> "Frame":
        """Read text; Spark marks records of another width."""
        import narwhals.stable.v2 as nw
        from pyspark.sql import functions as f

        if written.encoding.lower() not in ENCODINGS or written.skip > 1:
            raise Doubt
        frame = self._csv([Path(name).resolve().as_uri() for name in files], written)
        field = f.count(f"f{written.places[0]}")  # Spark refuses to count its marks alone
        self._marks = frame.select(f.count(CORRUPT), field)
        texts = [f.coalesce(f.col(f"f{place}"), f.lit("")).alias(f"f{place}") for place in written.places]
        found: Frame = nw.from_native(frame.where(f.col(CORRUPT).isNull()).select(*texts))
        return found

    def malformed(self) -> int:
        """Records that Spark marked."""
        return int(self._marks.first()[0])

    def _csv(self, files: list[str], written: Written) -> Any:  # noqa: ANN401 - a frame of Spark's
        fields = ", ".join(f"f{place} STRING" for place in range(written.width))
        return self._spark.read.schema(f"{fields}, {CORRUPT} STRING").csv(
            files,
            sep=written.delimiter,
            quote='"',
            escape='"',
            header=written.skip == 1,
            multiLine=written.quoted,
            mode="PERMISSIVE",
            columnNameOfCorruptRecord=CORRUPT,
            enforceSchema=True,
            encoding="UTF-8",
            maxCharsPerColumn=-1,
        )

    def kept(self, frame: "Frame") -> "Frame":
        """Cached where the work is done, on disk what does not fit into memory."""
        import narwhals.stable.v2 as nw

        found: Frame = nw.from_native(self._persisted(nw.to_native(frame)))
        return found

    def _persisted(self, frame: Any) -> Any:  # noqa: ANN401 - a frame of Spark's
        from pyspark import StorageLevel

        found = frame.persist(StorageLevel.MEMORY_AND_DISK)
        self._kept.callback(found.unpersist)
        return found

    def table(self, rows: "pa.Table") -> "Frame":
        """A frame that every machine gets a copy of."""
        import narwhals.stable.v2 as nw
        from pyspark.sql import functions as f

        found: Frame = nw.from_native(f.broadcast(self._spark.createDataFrame(rows)))
        return found

    def batches(self, frame: "Frame") -> Iterator["pa.RecordBatch"]:
        """All rows, collected as Arrow."""
        import narwhals.stable.v2 as nw

        yield from nw.to_native(frame).toArrow().to_batches()

    def forget(self) -> None:
        """Let go of what was kept."""
        self._kept.close()
