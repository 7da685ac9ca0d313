"""What `GET /api/datasets` tells: how each data set is read, why, what a person should know, and the TOML that pins it."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.api.data_sets import DataSetDetailDocument
from shared.config.tables import read_configuration
from shared.contracts.codec import encoded
from shared.contracts.outcome import Finding
from shared.contracts.places import SILVER
from shared.formats.finance.source import open_finance
from shared.formats.landed_paths import FinanceFile, classify_finance
from shared.ports import JobRun
from tests.pipeline import FINANCE, Pipeline

FIRST = b"Kunde;Ort;Betrag\r\n1;Bern;10,5\r\n2;Genf;20\r\n"
TYPES = {"Kunde": "string", "Ort": "string", "Betrag": "decimal(16,2)", "__START_AT": "long"}


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def configure(pipeline: Pipeline, text: str) -> None:
    pipeline.start()
    pipeline.context.replace(configuration=read_configuration(text))


def detail(pipeline: Pipeline, name: str = "umsatz") -> DataSetDetailDocument:
    found = pipeline.context.data_sets.detail(name)
    assert found is not None
    return found


def warnings(pipeline: Pipeline) -> dict[str, str]:
    return {one.kind: one.why for one in detail(pipeline).warnings}


def metadata(types: dict[str, str]) -> dict[str, Any]:
    """Return the metadata that Delta Lake writes of a table."""
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in types.items()]
    return {"id": "x", "schemaString": json.dumps({"type": "struct", "fields": fields})}


def commit(pipeline: Pipeline, version: int, *actions: dict[str, Any], entity: str = "umsatz") -> None:
    text = "\n".join(json.dumps(action) for action in ({"commitInfo": {}}, *actions))
    pipeline.lake.put(SILVER, f"{entity}/_delta_log/{version:020d}.json", text.encode())


def test_a_data_set_is_listed_with_its_contract_and_one_that_was_only_refused_or_configured_without(pipeline: Pipeline) -> None:
    configure(pipeline, "[finance.planned]\nkeys = ['id']\n")
    pipeline.land(FINANCE, "umsatz/a.csv", FIRST)
    pipeline.land(FINANCE, "umsatz/b.csv", FIRST.replace(b"Ort", b"Stadt"))
    pipeline.land(FINANCE, "bad/a.csv", b"1,2\n3,4\n")
    listed = {one.name: one for one in pipeline.context.data_sets.all().datasets}
    assert sorted(listed) == ["bad", "planned", "umsatz"]
    umsatz = listed["umsatz"]
    assert (umsatz.contract_version, umsatz.columns, umsatz.made_by) == (1, 3, "finance/umsatz/a.csv")
    assert (umsatz.files_refused, umsatz.files_told, umsatz.entity) == (1, 0, "umsatz")
    assert [listed[name].contract_version for name in ("bad", "planned")] == [None, None]
    assert pipeline.context.data_sets.detail("nobody") is None


def test_the_detail_says_how_files_are_read_why_and_since_when(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "umsatz/a.csv", FIRST)
    pipeline.land(FINANCE, "umsatz/b.csv", b"Kunde;Ort;Betrag;Jahr\r\n1;Bern;10,5;2026\r\n")
    found = detail(pipeline)
    assert found.contract is not None
    assert (found.contract.delimiter, found.contract.encoding, found.contract.header_row) == (";", "utf-8", 1)
    assert set(found.evidence) >= {"dialect", "header", "encoding"}
    assert [(one.version, one.verdict, one.made_by) for one in found.versions] == [
        (2, "compatible", "finance/umsatz/b.csv"),
        (1, "first", "finance/umsatz/a.csv"),
    ]
    assert [one.landed for one in found.listed] == ["Kunde", "Ort", "Betrag", "Jahr"]
    assert "with the new columns Jahr" in warnings(pipeline)["not_as_the_contract_says"]


def test_columns_are_told_by_their_names_and_types_in_silver(pipeline: Pipeline) -> None:
    configure(pipeline, "[finance.umsatz]\nkeys = ['KUNDE']\ntypes = { ort = 'string' }\nrenames = { Betrag = 'amount' }\n")
    pipeline.land(FINANCE, "umsatz/a.csv", FIRST)
    assert [(one.silver, one.type) for one in detail(pipeline).listed] == [(None, None), (None, "string"), (None, None)]
    pipeline.settle()
    commit(pipeline, 0, {"metaData": metadata({"Kunde": "string", "Ort": "string", "amount": "long"})})
    commit(pipeline, 1, {"metaData": metadata({"Kunde": "string", "Ort": "string", "amount": "decimal(16,2)"})})
    commit(pipeline, 2, {"add": {"path": "x"}})
    assert [(one.landed, one.silver, one.type, one.is_configured, one.is_key) for one in detail(pipeline).listed] == [
        ("Kunde", "Kunde", "string", False, True),
        ("Ort", "Ort", "string", True, False),
        ("Betrag", "amount", "decimal(16,2)", False, False),
    ]


def test_types_are_found_behind_a_checkpoint_and_a_log_that_cannot_be_read_tells_none(pipeline: Pipeline) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"metaData": [None, {"schemaString": metadata({"a": "integer"})["schemaString"]}]}), sink)
    pipeline.lake.put(SILVER, f"umsatz/_delta_log/{10:020d}.checkpoint.parquet", sink.getvalue())
    commit(pipeline, 9, {"metaData": metadata({"a": "string"})})
    commit(pipeline, 11, {"add": {"path": "x"}})
    types = pipeline.context.data_sets.silver_types
    assert types.of("umsatz") == {"a": "int"}
    pipeline.lake.put(SILVER, f"other/_delta_log/{10:020d}.checkpoint.parquet", b"no parquet")
    assert types.of("other") == {}
    assert types.of("nobody") == {}


def test_the_toml_pins_what_is_configured_and_what_was_found_and_reads_the_file_alike(pipeline: Pipeline) -> None:
    said = """[finance.umsatz]
keys = ["Kunde"]
decimal = ","
types = { Jahr = "bigint" }
max_rejected = 0.1
rules = { Betrag = { min = 0, action = "warn" }, Ort = { required = true, allowed = ["Bern", "Genf"] } }
"""
    configure(pipeline, said)
    pipeline.land(FINANCE, "umsatz/a.csv", FIRST)
    pipeline.settle()
    commit(pipeline, 0, {"metaData": metadata(TYPES)})
    toml = detail(pipeline).toml
    pinned, before = read_configuration(toml).finance["umsatz"], read_configuration(said).finance["umsatz"]
    assert (pinned.keys, pinned.rules, pinned.max_rejected, pinned.decimal) == (before.keys, before.rules, 0.1, ",")
    assert pinned.types == {"Betrag": "decimal(16,2)", "Jahr": "bigint", "Ort": "string"}
    assert (pinned.encoding, pinned.delimiter) == ("utf-8", ";")
    file = classify_finance("umsatz/a.csv")
    assert isinstance(file, FinanceFile)
    assert open_finance([FIRST], file, pinned.reading()).layout.names == ("Kunde", "Ort", "Betrag")


def test_what_a_person_should_know_is_told_of_files_of_the_configuration_and_of_values(pipeline: Pipeline) -> None:
    configure(pipeline, "[finance.umsatz]\ntypes = { Btrag = 'bigint' }\nrules = { ort = { required = true } }\n")
    pipeline.land(FINANCE, "umsatz/a.csv", FIRST)
    pipeline.land(FINANCE, "umsatz/b.csv", b"Kunde;Ort\r\n1;Bern\r\n")
    pipeline.land(FINANCE, "umsatz/c.csv", FIRST.replace(b"Ort", b"Stadt"))
    pipeline.tick(11)
    (run_id,) = pipeline.jobs.parameters
    told = Finding(trap="text_comma", table="umsatz", where="Betrag", detail="some value has a comma", severity="warning")
    other = Finding(trap="text_comma", table="other", where="x", detail="of another one", severity="warning")
    pipeline.do_the_work_of(run_id, warnings=[encoded(told), encoded(other)])
    pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))
    pipeline.settle()
    found = warnings(pipeline)
    assert found["refused"].startswith("contract_broken: without the columns Ort; with the new columns Stadt")
    assert found["no_such_column"] == "no file that landed so far has a column Btrag, nor silver"
    assert found["text_comma"] == "some value has a comma"
    assert "without the columns Betrag" in found["not_as_the_contract_says"]
    assert len(found) == 4


def test_a_column_that_widened_is_told_after_later_runs_too_with_the_batch_that_widened_it(pipeline: Pipeline) -> None:
    widened = Finding(trap="type_widened", table="umsatz", where="Ort", detail="bigint became string", severity="warning")
    for name, found in (("a", [widened]), ("b", [])):
        pipeline.land(FINANCE, f"umsatz/{name}.csv", FIRST.replace(b"Bern", name.encode()))
        pipeline.tick(11)
        run_id = max(pipeline.jobs.parameters)
        pipeline.do_the_work_of(run_id, warnings=[encoded(one) for one in found])
        pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success"))
        pipeline.settle()
    (told,) = detail(pipeline).widened
    assert (told.column, told.why) == ("Ort", "bigint became string")
    assert told.batch_id == min(batch.batch_id for batch in pipeline.context.ledger.batches(state="succeeded"))
    assert told.at is not None


def test_a_data_set_that_lost_its_name_to_a_table_is_told_by_the_name_that_it_has(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "contact.csv", b"n,m\n1,2\n")
    pipeline.land_contacts(b'00000001,"6/28/2021 4:34:35 PM","Ada",1,\r\n')
    pipeline.settle()
    assert detail(pipeline, "contact").entity == "finance_contact"
