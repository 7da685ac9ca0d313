"""One Spark for all tests of the jobs, and a lake in a folder that plays landing, bronze and the functions' part."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from local.lake.manifest import counting
from shared.config.names import column_names
from shared.config.tables import Configuration, prefixes_of, read_configuration, resolve
from shared.contracts.codec import encoded
from shared.contracts.columns import Column
from shared.contracts.entity import Entity, Source
from shared.contracts.manifest import LabelDocument, Manifest, ManifestPart, Stage, write_manifest
from shared.contracts.places import PIPELINE, batch_manifest, silver_report, slug, whole
from shared.contracts.publication import PUBLISHED_AT, primary_key
from spark_jobs.documents import read_batch
from spark_jobs.gold import task as gold
from spark_jobs.gold.models.definition import Model
from spark_jobs.gold.models.files import read_models
from spark_jobs.lake import Lake
from spark_jobs.session import local_builder, with_meaning
from spark_jobs.silver import task as silver
from tests.contracts import make_part
from tests.spark.one_jvm import shared_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_JARS = Path(__file__).parents[2] / ".local" / "jars"
START = datetime(2026, 11, 1, tzinfo=UTC)

#: For hundreds of batches of a few rows in one session.
_FEW_ROWS = {
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",  # plans are interpreted: 38 % of the CPU went into compiling them
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.lightweightPlanChangeValidation": "false",  # Spark's check of its own rules, after each of them
    # Nobody looks at what a user interface would show of all that ran.
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "200",  # in which a test finds its own, whatever other lanes do at the same time
    "spark.ui.retainedStages": "1",
}

#: The second compiler looks at what runs twenty times as often as a JVM takes for enough: it took a quarter of all time.
_IS_HOT = (
    "-XX:Tier4InvocationThreshold=100000 -XX:Tier4MinInvocationThreshold=12000 "
    "-XX:Tier4CompileThreshold=300000 -XX:Tier4BackEdgeThreshold=800000"
)

#: For ten minutes of them: tables of tests that are over are not kept, which filled the old generation again and again.
_MANY_BATCHES = {
    "spark.driver.memory": "3g",
    "spark.driver.extraJavaOptions": "-Xms3g -Xmn1g -XX:+UseSerialGC -XX:ReservedCodeCacheSize=480m -XX:MetaspaceSize=256m "
    + _IS_HOT,
    "spark.databricks.delta.delta.log.cacheSize": "25",
    "spark.connect.grpc.binding.port": "0",  # any that is free, for the test that runs this Spark's Connect server
}

#: Columns of the sample's customer table, in an order of our own.
CUSTOMER = {
    "Id": "guid",
    "SinkCreatedOn": "dateTime",
    "SinkModifiedOn": "dateTime",
    "crc33_cid": "string",
    "crc33_name": "string",
    "crc33_email": "string",
    "createdon": "dateTimeOffset",
    "versionnumber": "int64",
    "IsDelete": "boolean",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A local Spark with Delta Lake; skipped without Java or without Delta's jars.

    With `SPARK_REMOTE` it is the client of a Spark Connect server, as on serverless compute.
    """
    if os.environ.get("SPARK_REMOTE"):
        yield from _client_of_a_server()
        return
    skip_without_spark()
    os.environ["SPARK_JARS_DIR"] = str(_JARS)
    # Rows of one partition take half of the tasks; what depends on where rows meet is tried over Connect with two.
    builder = local_builder(cores="2", partitions=1)
    for name, value in (_FEW_ROWS | _MANY_BATCHES).items():
        builder = builder.config(name, value)
    builder.config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
    meeting = tmp_path_factory.getbasetemp()
    with shared_session(builder, meeting.parent if os.environ.get("PYTEST_XDIST_WORKER") else meeting) as session:
        session.sparkContext.setLogLevel("ERROR")
        yield with_meaning(session)


def _client_of_a_server() -> Iterator[SparkSession]:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    session.conf.set("spark.sql.shuffle.partitions", "2")
    session.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")  # as everywhere but in tests
    yield with_meaning(session)
    session.stop()


def skip_without_spark() -> None:
    """Skip the test where Spark cannot start."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        pytest.skip("Spark needs Java 17 or later")
    if not list(_JARS.glob("*delta-spark*.jar")):
        pytest.skip("Delta's jars are not there: make setup")


def sink(second: int) -> str:
    """Spell a SinkModifiedOn as Synapse Link does."""
    return (datetime(2026, 4, 14, 20, tzinfo=UTC) + timedelta(seconds=second)).strftime("%-m/%-d/%Y %-I:%M:%S %p")


def customer(
    key: str, version: int | None, *, second: int | None = None, deleted: bool = False, **values: str
) -> dict[str, Any]:
    """Make one landed row of the customer table."""
    row: dict[str, Any] = {
        "Id": key,
        "SinkCreatedOn": sink(0),
        "SinkModifiedOn": sink(second if second is not None else version or 0),
    }
    row |= {"versionnumber": None if version is None else str(version), "IsDelete": "True" if deleted else None}
    if not deleted:
        row |= {"crc33_cid": key, "crc33_name": f"name of {key}", "createdon": "2018-05-25T16:21:09.0000000+00:00"}
    return row | values


@dataclass
class Pipeline:
    """The functions' part of the chain: bronze parts and batch manifests in, publications out."""

    spark: SparkSession
    folder: Path
    configuration: Configuration
    models: Sequence[Model] = field(default_factory=read_models)
    batches: int = 0
    parts: list[ManifestPart] = field(default_factory=list)
    schemas: dict[str, tuple[Column, ...]] = field(default_factory=dict)
    tables: dict[tuple[Source, str], Sequence[str]] = field(default_factory=dict)
    names: dict[tuple[Source, str], dict[str, str]] = field(default_factory=dict)
    labels: list[LabelDocument] = field(default_factory=list)

    def configure(self, **changes: Mapping[str, Any]) -> None:
        """Change what is configured of the customer `table`, of `dataverse`, of `gold`."""
        now = self.configuration
        table = structs.replace(now.dataverse.tables["crc33_customer"], **changes.get("table", {}))
        dataverse = structs.replace(now.dataverse, tables={"crc33_customer": table}, **changes.get("dataverse", {}))
        gold = structs.replace(now.gold, **changes.get("gold", {}))
        self.configuration = structs.replace(now, dataverse=dataverse, gold=gold)

    @property
    def lake(self) -> Lake:
        return Lake(self.spark, f"{self.folder}/{{container}}")

    def land(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Mapping[str, str | dict[str, Any]] = CUSTOMER,
        *,
        source: Source = "dataverse",
        table: str = "crc33_customer",
        hours: int = 0,
        file: str = "2026.csv",
        first: int = 1,
        container: str = "",
        generation: int = 1,
        rejects: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Put rows into a bronze part that the next batch takes; `rejects` are records that bronze rejected."""
        at, container = START + timedelta(hours=hours), container or source
        place = f"bronze/{container}/{slug(table)}/{len(self.parts):03}-{self.batches:03}.parquet"
        data = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns}
        count, data_size = len(rows), sum(column.nbytes for column in data.values())
        data |= {
            "_source_file": pa.array([f"{container}/{table}/{file}"] * count, pa.string()),
            "_source_version": pa.array([f"0x{hours}"] * count, pa.string()),
            "_record_number": pa.array(range(first, first + count), pa.int64()),
            "_landed_at": pa.array([at] * count, pa.timestamp("us", "UTC")),
            "_schema_version": pa.array(["x"] * count, pa.string()),
        }
        path = Path(self.lake.path(place))
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(data), path)
        told = {name: {"type": kind} if isinstance(kind, str) else kind for name, kind in columns.items()}
        schema = tuple(Column(**{"name": name} | kind) for name, kind in told.items())
        version = next((key for key, known in self.schemas.items() if known == schema), f"s{len(self.schemas)}")
        self.schemas[version] = schema
        self.tables[source, table] = list(dict.fromkeys((*self.tables.get((source, table), ()), *columns)))
        entity = self.configuration.entity_name(source, table)
        rejects_path = self._reject(rejects, f"{container}/{table}/{file}", at, place) if rejects else None
        self.parts.append(
            make_part(
                entity,
                path=place,
                rejects_path=rejects_path,
                source=source,
                table=table,
                rows=count,
                rejects=len(rejects),
                schema_version=version,
                landed_at=at,
                source_file=f"{container}/{table}/{file}",
                container=container,
                source_path=f"{table}/{file}",
                generation=generation,
                bytes=data_size,
            )
        )

    def _reject(self, rejects: Sequence[Mapping[str, Any]], source_file: str, at: datetime, place: str) -> str:
        """Write what bronze keeps of rejected records, as far as the job reads it."""
        count, path = len(rejects), place.replace("bronze/", "bronze/_rejected/")
        data = {
            "_source_file": pa.array([source_file] * count, pa.string()),
            "_source_version": pa.array(["0x0"] * count, pa.string()),
            "_record_number": pa.array([reject["number"] for reject in rejects], pa.int64()),
            "_landed_at": pa.array([at] * count, pa.timestamp("us", "UTC")),
            "_reason": pa.array([reject["reason"] for reject in rejects], pa.string()),
            "_fields": pa.array([reject.get("fields") for reject in rejects], pa.list_(pa.string())),
        }
        Path(self.lake.path(path)).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(data), self.lake.path(path))
        return path

    def finance(
        self, text: str, *, hours: int = 0, data_set: str = "customer_finance", file: str = "2026-11.csv", **more: Any
    ) -> None:
        """Land a finance file, given as CSV."""
        head, *lines = [line.strip().split(",") for line in text.strip().splitlines()]
        rows = [{name: value or None for name, value in zip(head, line, strict=True)} for line in lines]
        self.land(rows, dict.fromkeys(head, "string"), source="finance", table=data_set, hours=hours, file=file, **more)

    def know(
        self,
        columns: Mapping[str, Mapping[Any, str | Mapping[int, str]]],
        *,
        hours: int = 0,
        table: str = "crc33_customer",
        container: str = "dataverse",
        user: int = 1033,
    ) -> None:
        """Have batches come with the labels of a table: by column and value a text in English, or texts by language."""
        spelled = {
            column: {
                str(value): {
                    str(language): {"label": text, "user": language == user}
                    for language, text in ({1033: told} if isinstance(told, str) else told).items()
                }
                for value, told in values.items()
            }
            for column, values in columns.items()
        }
        entity = self.configuration.entity_name("dataverse", table)
        path = f"bronze/_labels/{container}/{table}/{len(self.labels):03}-{self.batches:03}.json"
        self.lake.write_json(path, {"container": container, "table": table, "columns": spelled})
        self.labels = [one for one in self.labels if (one.entity, one.container) != (entity, container)]
        as_of = START + timedelta(hours=hours)
        self.labels.append(LabelDocument(entity=entity, container=container, table=table, path=path, as_of=as_of))

    def manifest(self, *, stage: Stage = "silver", full_rebuild: Sequence[str] = ()) -> str:
        """Write the batch manifest of what landed; returns the batch's id."""
        self.batches += 1
        manifest = Manifest(
            batch_id=f"b{self.batches:04}",
            created_at=START + timedelta(hours=self.batches),
            stage=stage,
            full_rebuild=tuple(full_rebuild),
            parts=tuple(self.parts),
            schemas=self.schemas,
            entities=self.configuration.resolved({key: self.entity(*key, columns) for key, columns in self.tables.items()}),
            gold=self.configuration.gold.settings(),
            labels=tuple(self.labels),
        )
        self.lake.write_text(whole(PIPELINE, batch_manifest(manifest.batch_id)), write_manifest(manifest).decode())
        self.parts = []
        return manifest.batch_id

    def entity(self, source: Source, table: str, columns: Sequence[str]) -> Entity:
        """Resolve an entity, with the names that its columns were given when they were first seen."""
        own, prefixes = self.configuration.table(source, table), prefixes_of(self.configuration, source, table, columns)
        known = self.names.get((source, table), {})
        self.names[source, table] = column_names(known, columns, prefixes=prefixes, renames=own.renames)
        return resolve(self.configuration, source, table, columns, names=self.names[source, table])

    def batch(self, batch_id: str) -> Manifest:
        """Return what a batch has to do, as the job reads it."""
        return read_batch(self.lake, whole(PIPELINE, batch_manifest(batch_id)), batch_id)

    def silver(self, batch_id: str) -> dict[str, Any]:
        """Run the silver task; returns its report as it is written."""
        report: dict[str, Any] = encoded(silver.run(self.spark, self.lake, self.batch(batch_id)))
        return report

    def gold(self, batch_id: str) -> dict[str, Any]:
        """Run the gold task; returns the outcome as it is written."""
        outcome: dict[str, Any] = encoded(gold.run(self.spark, self.lake, self.batch(batch_id), self.models))
        return outcome

    def publish(self, outcome: Mapping[str, Any]) -> None:
        """Swap the manifest in, as the functions do."""
        if outcome["publication"]:
            Path(self.lake.path("gold")).mkdir(parents=True, exist_ok=True)
            shutil.copy(self.lake.path(outcome["staged_manifest"]), self.lake.path("gold/default.manifest.cdm.json"))

    def run(self, **manifest: Any) -> dict[str, Any]:
        """Run a batch of what landed, publish it, and return its outcome."""
        batch_id = self.manifest(**manifest)
        self.silver(batch_id)
        return self.show(batch_id)

    def show(self, batch_id: str) -> dict[str, Any]:
        """Make gold of a batch, publish it, and return its outcome."""
        outcome = self.gold(batch_id)
        self.publish(outcome)
        return outcome

    def beside(self, **settings: Any) -> Pipeline:
        """Return a pipeline whose gold has other settings, in a lake of its own with the bronze and silver of this one."""
        other = replace(self, folder=self.folder / "-".join(("beside", *map(str, settings.values()))))
        other.configure(gold=settings)
        for place in ("bronze", "silver", whole(PIPELINE, "silver")):
            there, here = Path(self.lake.path(place)), Path(other.lake.path(place))
            there.mkdir(parents=True, exist_ok=True)
            here.parent.mkdir(parents=True, exist_ok=True)
            here.symlink_to(there)
        return other

    def take(self, batch_id: str, merged: Pipeline) -> None:
        """Have a batch that the pipeline merged which this one is beside: with its report, and settings of one's own."""
        batch = replace(merged.batch(batch_id), gold=self.configuration.gold.settings())
        self.lake.write_text(whole(PIPELINE, batch_manifest(batch_id)), write_manifest(batch).decode())
        report = whole(PIPELINE, silver_report(batch_id))
        shutil.copy(merged.lake.path(report), self.lake.path(report))

    def table(self, entity: str) -> DataFrame:
        """Return a silver table, hidden events too."""
        return self.spark.read.format("delta").load(self.lake.path(f"silver/{entity}"))

    def current(self, entity: str) -> list[dict[str, Any]]:
        """Return an entity's current rows."""
        return [row.asDict(recursive=True) for row in self.table(entity).where("__END_AT is null").collect()]

    def published(self, table: str) -> list[dict[str, Any]]:
        """Return a gold table's rows, as a reader finds them: through the manifest, with pyarrow."""
        gold = Path(self.lake.path("gold"))
        manifest = json.loads((gold / "default.manifest.cdm.json").read_text(encoding="utf-8"))
        return rows_of(manifest, table, gold)

    def files(self, manifest: Mapping[str, Any], table: str) -> list[Path]:
        """Return the files of a table that a manifest names, in either form."""
        return files_of(manifest, table, Path(self.lake.path("gold")))


def files_of(manifest: Mapping[str, Any], table: str, gold: Path) -> list[Path]:
    """Return the files of a table that a manifest of a gold folder names, in any form."""
    entity = next(one for one in manifest["entities"] if one["entityName"] == table)
    folders = {pattern["rootLocation"] for pattern in entity.get("dataPartitionPatterns", ())}
    found = [path for folder in folders for path in (gold / folder).glob("*.parquet")]
    named = [gold / one["location"] for kind in ("dataPartitions", "incrementalPartitions") for one in entity.get(kind, ())]
    return [*named, *sorted(found)]


def rows_of(manifest: Mapping[str, Any], table: str, gold: Path) -> list[dict[str, Any]]:
    """Return the rows of a table that a manifest shows; without the time of publication, which one layout has more."""
    entity = next(one for one in manifest["entities"] if one["entityName"] == table)
    document = json.loads((gold / entity["entityPath"].rpartition("/")[0]).read_text(encoding="utf-8"))
    named = ((path.relative_to(gold).as_posix(), path) for path in files_of(manifest, table, gold))
    rows = [(place, row) for place, path in named for row in pq.read_table(path).to_pylist()]
    found = counting(primary_key(document), rows) if entity.get("incrementalPartitions") else [row for _, row in rows]
    return [{name: value for name, value in row.items() if name != PUBLISHED_AT} for row in found]


@pytest.fixture
def pipeline(spark: SparkSession, tmp_path: Path) -> Pipeline:
    """An empty lake with the configuration that the project ships."""
    shipped = Path(__file__).parents[2] / "customer360.toml"
    return Pipeline(spark=spark, folder=tmp_path, configuration=read_configuration(shipped.read_text(encoding="utf-8")))
