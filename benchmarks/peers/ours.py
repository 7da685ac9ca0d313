"""The job of this project, in one of its layouts of gold."""

from dataclasses import replace
from pathlib import Path

from benchmarks.lakehouse import Lakehouse
from benchmarks.peers.contestant import Clock
from benchmarks.peers.oracle import GOLD, SILVER
from benchmarks.peers.session import session, write_shown
from benchmarks.peers.workload import Workload
from shared.contracts.codec import encoded
from shared.contracts.manifest import read_manifest, write_manifest
from shared.contracts.places import batch_manifest
from shared.contracts.publication import Layout
from spark_jobs.documents import read_batch
from spark_jobs.gold import task as gold
from spark_jobs.gold.models.files import read_models
from spark_jobs.insights.sources import published
from spark_jobs.lake import Lake
from spark_jobs.silver import task as silver
from spark_jobs.tables import Table


class Ours:
    """The job: history of both entities, rejects, row accounting, two gold tables; published as the functions do."""

    def __init__(self, workload: Workload, folder: Path, clock: Clock, layout: Layout = "publications") -> None:
        """See `Contestant`."""
        self._layout = layout
        self._workload = workload
        self._clock = clock
        self._house = Lakehouse(folder)
        (folder / "bronze").symlink_to(workload.folder / "bronze", target_is_directory=True)
        for number in workload.numbers:
            self._adopt(f"b{number:04}")
        self._spark = session()
        self._lake = Lake(self._spark, self._house.template)
        self._publication = ""

    def _adopt(self, batch_id: str) -> None:
        place = Path("pipeline", batch_manifest(batch_id))
        manifest = read_manifest((self._workload.folder / place).read_bytes(), batch_id)
        target = self._house.folder / place
        target.parent.mkdir(parents=True)
        target.write_bytes(write_manifest(replace(manifest, gold=replace(manifest.gold, layout=self._layout))))

    def run(self, number: int) -> None:
        """See `Contestant`."""
        batch_id = f"b{number:04}"
        with self._clock.step("silver"):
            batch = read_batch(self._lake, f"pipeline/{batch_manifest(batch_id)}", batch_id)
            silver.run(self._spark, self._lake, batch)
        with self._clock.step("gold"):
            outcome = gold.run(self._spark, self._lake, batch, read_models())
        assert (outcome.publication is None) == self._workload.is_repeat(number), "what changes nothing publishes nothing"
        if outcome.publication:
            self._publication = outcome.publication
            self._house.publish(encoded(outcome))

    def show(self, silver: Path, gold: Path) -> None:
        """See `Contestant`."""
        write_shown(Table(self._spark, self._lake, "customer").read().where("__END_AT is null"), SILVER, silver)
        write_shown(published(self._spark, self._lake, self._publication).tables["customer"], GOLD, gold)

    def close(self) -> None:
        """See `Contestant`."""
        self._spark.stop()
