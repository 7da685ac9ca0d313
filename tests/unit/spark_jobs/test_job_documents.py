"""What the job is given is read strictly, and refused where it cannot be carried out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.contracts.arguments import Arguments
from shared.contracts.columns import Column
from shared.contracts.manifest import Manifest, write_manifest
from shared.contracts.outcome import Conclusion, write_conclusion
from spark_jobs.documents import begin, read_batch, read_outcome, read_record, read_report, write_outcome
from spark_jobs.errors import AttemptConcludedError, ManifestError
from spark_jobs.lake import Lake
from tests.contracts import make_manifest, make_outcome, make_part

PLACE = "pipeline/batches/b0001/manifest.json"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(SimpleNamespace(), f"{tmp_path}/{{container}}")  # type: ignore[arg-type] # nothing here asks Spark


def put(lake: Lake, manifest: Manifest) -> None:
    lake.write_text(PLACE, write_manifest(manifest).decode())


def test_a_batch_is_what_the_functions_wrote(lake: Lake) -> None:
    put(lake, make_manifest(make_part()))
    assert read_batch(lake, PLACE, "b0001") == make_manifest(make_part())


def test_an_attempt_that_is_concluded_does_not_run_again(lake: Lake) -> None:
    put(lake, make_manifest(make_part()))
    first, second = (Arguments(batch_id="b0001", attempt=number, manifest=PLACE) for number in (1, 2))
    assert begin(lake, first) == make_manifest(make_part())
    conclusion = write_conclusion(Conclusion(batch_id="b0001", attempt=1)).decode()
    lake.write_text("pipeline/batches/b0001/concluded.json", conclusion)
    with pytest.raises(AttemptConcludedError, match="attempt 1 of batch b0001 is concluded"):
        begin(lake, first)
    assert begin(lake, second) == make_manifest(make_part())


def test_a_manifest_that_is_not_there_is_told(lake: Lake) -> None:
    with pytest.raises(ManifestError, match=f"batch b0001: there is no batch manifest at {PLACE}"):
        read_batch(lake, PLACE, "b0001")


def test_a_manifest_that_is_not_as_agreed_is_told_with_its_place(lake: Lake) -> None:
    put(lake, make_manifest(batch_id="b0002"))
    with pytest.raises(ManifestError, match="manifest of batch b0001, batch_id: expected b0001, got b0002"):
        read_batch(lake, PLACE, "b0001")


def test_columns_that_differ_in_case_only_are_refused(lake: Lake) -> None:
    columns = tuple(Column(name=name, type="string") for name in ("Id", "name", "NAME"))
    put(lake, make_manifest(make_part("thing"), schemas={"s0": columns}))
    with pytest.raises(ManifestError, match="columns of thing differ in case only, which Spark cannot tell apart: name"):
        read_batch(lake, PLACE, "b0001")


def test_what_no_attempt_has_left_is_none(lake: Lake) -> None:
    assert read_report(lake, "b0001").entities == {}
    assert read_outcome(lake, "b0001") is None
    assert read_record(lake, "p1") is None
    assert read_record(lake, None) is None


def test_an_outcome_is_written_where_the_functions_look(lake: Lake) -> None:
    write_outcome(lake, make_outcome())
    assert lake.read_text("pipeline/batches/b0001/outcome.json") is not None
    assert read_outcome(lake, "b0001") == make_outcome()
