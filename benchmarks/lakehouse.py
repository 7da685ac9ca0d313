"""The functions' part of the chain without functions: landed files become bronze parts, a batch its publication."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.customers import CUSTOMER, FINANCE, TABLE
from shared.config.tables import read_configuration, resolve
from shared.contracts.entity import Source
from shared.contracts.manifest import Manifest, ManifestPart, write_manifest
from shared.contracts.places import batch_manifest
from shared.formats.slices import Lineage, SliceSpec, read_slices
from shared.formats.table_schema import TableSchema

CHUNK: Final = 4 << 20
LANDED: Final = datetime(2026, 11, 1, tzinfo=UTC)
CONFIGURATION: Final = Path(__file__).parents[1] / "customer360.toml"


class Lakehouse:
    """A lake in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.landing = folder / "landing"
        self._parts: list[ManifestPart] = []
        self._batches = len(list((folder / "pipeline" / "batches").glob("*"))) if (folder / "pipeline").exists() else 0

    @property
    def template(self) -> str:
        """The job parameter `lake`."""
        return f"{self.folder}/{{container}}"

    def ingest(self, file: Path, schema: TableSchema, source: Source) -> None:
        """Make bronze parts of a landed file; the next batch takes them."""
        finance = source == "finance"
        lineage = Lineage(source_file=f"{source}/{file.name}", source_version="0x1", landed_at=self._now)
        spec = SliceSpec(schema=schema, lineage=lineage, final=True)
        with file.open("rb") as stream:
            if finance:
                stream.readline()
            for number, slice_ in enumerate(read_slices(iter(lambda: stream.read(CHUNK), b""), spec)):
                place = f"bronze/{source}/{schema.table}/{self._batches:04}-{file.stem}-{number:03}.parquet"
                target = self.folder / place
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(slice_.parquet)
                entity = read_configuration(CONFIGURATION.read_text()).entity_name(source, schema.table)
                self._parts.append(
                    ManifestPart(
                        part_id=place.removesuffix(".parquet"),
                        path=place,
                        rejects_path=None,
                        entity=entity,
                        source=source,
                        table=schema.table,
                        rows=slice_.rows,
                        rejects=0,
                        schema_version=schema.version,
                        source_file=lineage.source_file,
                        container=source,
                        source_path=file.name,
                        generation=1,
                        start=number,
                        landed_at=self._now,
                    )
                )

    def batch(self) -> str:
        """Write the manifest of what waits; returns the batch's id."""
        batch_id = f"b{self._batches:04}"
        configuration = read_configuration(CONFIGURATION.read_text())
        known: dict[tuple[Source, str], tuple[str, ...]] = {
            ("dataverse", TABLE): CUSTOMER.names,
            ("finance", FINANCE.table): FINANCE.names,
        }
        tables = {key: resolve(configuration, *key, names) for key, names in known.items()}
        manifest = Manifest(
            batch_id=batch_id,
            created_at=self._now,
            stage="silver",
            full_rebuild=(),
            parts=tuple(self._parts),
            schemas={schema.version: schema.columns for schema in (CUSTOMER, FINANCE)},
            entities=configuration.resolved(tables),
            gold=configuration.gold.settings(),
            labels=(),
        )
        target = self.folder / "pipeline" / batch_manifest(batch_id)
        target.parent.mkdir(parents=True)
        target.write_bytes(write_manifest(manifest))
        self._batches += 1
        self._parts = []
        return batch_id

    def publish(self, outcome: dict[str, Any]) -> None:
        """Swap the staged manifest in, as the functions do."""
        if outcome["publication"]:
            shutil.copy(self.folder / outcome["staged_manifest"], self.folder / "gold" / "default.manifest.cdm.json")

    @property
    def _now(self) -> datetime:
        return LANDED + timedelta(hours=self._batches)
