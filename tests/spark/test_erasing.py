"""Erasure in the job: a key is found by digests alone, leaves silver and gold with all its history, and stays out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.contracts.columns import RAW, RECORD_NUMBER
from shared.contracts.erasure.found import FoundPart
from shared.contracts.erasure.keys import Search, erased_key
from shared.contracts.manifest import Manifest, ManifestPart
from spark_jobs.gold import task as gold
from spark_jobs.silver import task as silver
from spark_jobs.silver.erasure.task import erase
from tests.spark.conftest import Pipeline, customer

pytestmark = pytest.mark.spark

ADA = "0e0a7b1c-0000-4000-8000-00000000000a"
KEY = erased_key("e1", "customer", (ADA,))
EVE = "0e0a7b1c-0000-4000-8000-00000000000e"


def listed(pipeline: Pipeline) -> tuple[ManifestPart, ...]:
    """All parts that landed so far, with ids and rejects of their own."""
    folder = Path(pipeline.lake.path("bronze"))
    rejects = folder / "_rejected" / "dataverse" / "crc33_customer" / "1.parquet"
    rejects.parent.mkdir(parents=True, exist_ok=True)
    raw = [b'{0E0A7B1C-0000-4000-8000-00000000000A},"x","y",1,,\r\n', f'{EVE},"z"\r\n'.encode()]
    pq.write_table(pa.table({RECORD_NUMBER: [7, 8], RAW: pa.array(raw, pa.binary())}), rejects)
    told = "bronze/_rejected/dataverse/crc33_customer/1.parquet"
    return tuple(
        replace(part, part_id=f"p{number}", rejects_path=told if number == 0 else None)
        for number, part in enumerate(pipeline.parts)
    )


def search(pipeline: Pipeline, parts: tuple[ManifestPart, ...], *, dry_run: bool = False) -> Manifest:
    batch = pipeline.batch(pipeline.manifest())
    return replace(batch, stage="erasure", parts=parts, schemas=pipeline.schemas, search=Search(key=KEY, dry_run=dry_run))


def ids(rows: list[dict[str, Any]]) -> set[str]:
    return {row["Id"] for row in rows}


def test_a_key_leaves_silver_and_gold_with_its_history_and_stays_out(pipeline: Pipeline) -> None:
    pipeline.configure(table={"types": {"age": "int"}})
    columns = {"Id": "guid", "SinkModifiedOn": "dateTime", "crc33_cid": "string", "age": "string", "versionnumber": "int64"}
    pipeline.land([customer(ADA, 1, age="1"), customer(EVE, 1, age="1"), customer(ADA.upper(), 2, age="2")], columns)
    pipeline.land([customer(ADA, 3, age="unknown")], columns, hours=1, first=4)
    parts = listed(pipeline)
    pipeline.run()
    assert ids(pipeline.current("customer")) == {ADA, EVE}

    found = erase(pipeline.spark, pipeline.lake, dry := search(pipeline, parts, dry_run=True), Search(key=KEY, dry_run=True))
    assert (found.silver, found.rejected) == (2, 1)
    assert found.parts == (FoundPart(part_id="p0", rows=(1, 3), rejects=(7,)), FoundPart(part_id="p1", rows=(4,)))
    assert ids(pipeline.current("customer")) == {ADA, EVE}, "a dry run changes nothing"

    batch = replace(search(pipeline, parts), batch_id=dry.batch_id)
    assert silver.run(pipeline.spark, pipeline.lake, batch).entities == {}
    pipeline.lake.write_text("pipeline/insights/previews/1/profiles/1.json", ADA)
    again = erase(pipeline.spark, pipeline.lake, batch, Search(key=KEY))
    assert not pipeline.lake.exists("pipeline/insights"), "previews hold keys and normalised values"
    assert again == found, "an attempt that was cut off has noted what it found"
    assert {row["Id"] for row in pipeline.table("customer").collect()} == {EVE}, "of its history nothing is left"
    assert pipeline.table("customer_rejected").count() == 0
    outcome = gold.run(pipeline.spark, pipeline.lake, batch, pipeline.models)
    pipeline.publish({"publication": outcome.publication, "staged_manifest": outcome.staged_manifest})
    assert {row["cid"] for row in pipeline.published("customer")} == {EVE}
    replaced = json.loads((pipeline.lake.read_text("pipeline/replaced.json")) or "")
    assert outcome.base_publication in replaced["since"], "the grace of the publication that held it has begun"

    pipeline.land([customer(ADA, 9, age="9"), customer("f", 1, age="1")], columns, hours=2)
    late = replace(pipeline.batch(pipeline.manifest()), kept_out=(KEY,))
    counts = silver.run(pipeline.spark, pipeline.lake, late).entities["customer"]
    assert (counts.read, counts.applied, counts.rejected, counts.rules["erased:key"]) == (2, 1, 1, 1)
    assert ids(pipeline.current("customer")) == {EVE, "f"}
    assert pipeline.table("customer_rejected").count() == 0, "nothing of it is kept as rejected either"


def test_files_that_hold_what_was_erased_are_not_part_of_the_table_any_more(pipeline: Pipeline) -> None:
    pipeline.land([customer("a", 1, crc33_name="a very rare name"), customer("b", 1)])
    parts = listed(pipeline)
    pipeline.run()
    key = erased_key("e2", "customer", ("a",))
    batch = search(pipeline, parts)
    erase(pipeline.spark, pipeline.lake, batch, Search(key=key))
    live = {Path(path.removeprefix("file:")) for path in pipeline.table("customer").inputFiles()}
    assert b"a very rare name" not in b"".join(path.read_bytes() for path in live)
