"""The sample is what Synapse Link and a finance system would land, and what is expected of it is true."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import datetime

import pytest

from local.sample.waves import COLUMNS, DATAVERSE, FINANCE, FINANCE_HEADER, STATE, Wave, make_sample
from shared.formats.dialect import DATAVERSE as DIALECT
from shared.formats.label_files import read_label_file
from shared.formats.landed_paths import (
    DataFile,
    EntityMetadataFile,
    FinanceFile,
    Ignored,
    ModelFile,
    classify_dataverse,
    classify_finance,
)
from shared.formats.model_json import parse_model

FIRST, SECOND = make_sample()
WAVES = pytest.mark.parametrize("wave", [FIRST, SECOND], ids=["first wave", "second wave"])


def rows(wave: Wave) -> list[dict[str, str | None]]:
    """The records of a wave's year files in the order of the files, read by the pipeline's own exact dialect."""
    found = []
    for landing in wave.landings:
        if landing.container == DATAVERSE and isinstance(classify_dataverse(landing.path), DataFile):
            place = 0
            while (record := DIALECT.record(landing.data, place, len(landing.data))) is not None:
                values = DIALECT.fields(landing.data[record[0] : record[1]])
                texts = [None if value is None else value.decode() for value in values]
                found.append({"file": landing.file, **dict(zip(COLUMNS, texts, strict=True))})
                place = record[2]
    return found


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others() -> None:
    assert [landing.data for wave in make_sample() for landing in wave.landings] == [
        landing.data for wave in (FIRST, SECOND) for landing in wave.landings
    ]
    assert make_sample(seed=1)[0].landings[3].data != FIRST.landings[3].data


def test_whoever_is_planted_twice_stays_so_and_whoever_is_not_is_as_without() -> None:
    first, second = make_sample(duplicates=30)
    assert len(first.expected.customers) == len(FIRST.expected.customers) + 30
    assert first.expected.twins == second.expected.twins
    for cid, other in second.expected.twins:
        one, twin = first.expected.customers[cid], first.expected.customers[other]
        assert (one.dateofbirth, one.postcode) == (twin.dateofbirth, twin.postcode)
        assert one.email != twin.email
        assert second.expected.customers[cid].postcode == one.postcode, "nobody who is twice moves or leaves"


def test_the_first_wave_holds_1400_customers_or_more() -> None:
    assert len(FIRST.expected.customers) >= 1400


def test_paths_are_those_of_an_append_only_export_and_a_copy_that_is_none_of_it() -> None:
    """Reference: Synapse Link, section 3.1."""
    kinds = Counter(type(classify_dataverse(landing.path)) for landing in FIRST.landings if landing.container == DATAVERSE)
    assert kinds == {ModelFile: 2, EntityMetadataFile: 1, DataFile: 8, Ignored: 1}
    finance = [classify_finance(landing.path) for wave in (FIRST, SECOND) for landing in wave.landings[-1:]]
    assert [file.data_set for file in finance if isinstance(file, FinanceFile)] == ["customer_finance", "customer_finance"]


def test_models_describe_the_rows_and_have_the_shape_that_synapse_link_writes() -> None:
    """Reference: Synapse Link, section 4."""
    own, root = (landing for landing in FIRST.landings if landing.path.endswith("model.json"))
    for landing in (own, root):
        parsed = parse_model(landing.data, landing.path)
        assert parsed.tables["crc33_customer"].names == tuple(COLUMNS)
        assert parsed.sync_states == {"crc33_customer": "Completed"}
    partitions = json.loads(root.data)["entities"][0]["partitions"]
    assert len(partitions) == 8
    assert all(":443/dataverse-contoso-sales/crc33_customer/Snapshot/" in each["location"] for each in partitions)


def test_the_labels_of_states_are_told_in_the_form_of_the_export() -> None:
    """Reference: Synapse Link, section 10."""
    (landing,) = (landing for landing in FIRST.landings if landing.path.endswith("-EntityMetadata.json"))
    file = classify_dataverse(landing.path)
    assert isinstance(file, EntityMetadataFile)
    found = read_label_file(file, landing.data)
    assert found.unreadable == 0
    assert found.tables["crc33_customer"]["statecode"]["0"]["1033"]["label"] == STATE


@WAVES
def test_rows_stand_in_the_file_of_the_year_in_which_the_customer_was_created(wave: Wave) -> None:
    """Reference: Synapse Link, sections 3.1 and 8: a delete has no such year and stands in the customer's file."""
    years = {row["Id"]: row["file"] for row in rows(FIRST)}
    for row in rows(wave):
        if row["IsDelete"] is None:
            assert f"/{(row['createdon'] or '')[:4]}.csv" in (row["file"] or "")
        else:
            assert row["file"] == years[row["Id"]]


@WAVES
def test_times_of_the_sink_never_decrease_down_a_file_and_pass_noon_or_midnight(wave: Wave) -> None:
    """Reference: Synapse Link, sections 6 and 9."""
    times: dict[str | None, list[datetime]] = {}
    for row in rows(wave):
        at = datetime.strptime(row["SinkModifiedOn"] or "", "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007 - UTC, by the reference
        times.setdefault(row["file"], []).append(at)
    assert all(down == sorted(down) for down in times.values())
    assert {at.hour for down in times.values() for at in down} >= ({11, 12} if wave is FIRST else {23, 0})


def test_values_hold_quotes_commas_newlines_other_alphabets_and_tell_null_from_empty() -> None:
    values = [(name, value) for row in rows(FIRST) for name, value in row.items() if name.startswith("crc33_")]
    texts = [value for _, value in values if value]
    for awkward in ('"', ",", "\n", "\r\n", "Ł", "陽", "👩‍🚀"):
        assert any(awkward in text for text in texts), awkward
    assert {value for name, value in values if name == "crc33_lastname"} >= {None, ""}


def test_quotes_stand_around_texts_and_times_and_records_end_in_crlf() -> None:
    """Reference: Synapse Link, section 6."""
    first = FIRST.landings[3].data.split(b"\r\n")[0].decode()
    guid, created, modified, state = first.split(",")[:4]
    assert '"' not in guid + state
    assert created.startswith('"')
    assert modified.endswith('M"')
    assert all(landing.data.endswith(b"\r\n") for landing in SECOND.landings if landing.appends)


def test_expected_customers_are_what_the_latest_rows_say() -> None:
    """Reference: Synapse Link, section 9: the highest versionnumber wins, then deletes are dropped."""
    told = rows(FIRST)
    for wave in (FIRST, SECOND):
        told += rows(wave) if wave is SECOND else []
        latest: dict[str | None, dict[str, str | None]] = {}
        for row in sorted(told, key=lambda row: int(row["versionnumber"] or 0)):
            latest[row["Id"]] = row
        live = {row["crc33_cid"]: row for row in latest.values() if row["IsDelete"] is None}
        assert live.keys() == wave.expected.customers.keys()
        for cid, customer in wave.expected.customers.items():
            assert live[cid]["crc33_name"] == customer.name
            assert live[cid]["crc33_city"] == customer.city
            assert (live[cid]["crc33_dateofbirth"] or "")[:10] == customer.dateofbirth.isoformat()


def test_the_second_wave_updates_creates_deletes_and_repeats_one_row_exactly() -> None:
    before, after = FIRST.expected, SECOND.expected
    assert all(landing.appends for landing in SECOND.landings if landing.container == DATAVERSE)
    assert after.deleted == before.customers.keys() - after.customers.keys()
    assert after.deleted
    assert after.customers.keys() - before.customers.keys()
    assert any(before.customers[cid] != after.customers[cid] for cid in before.customers.keys() & after.customers.keys())
    repeated = Counter(tuple(row.values()) for row in rows(SECOND))
    assert sorted(repeated.values())[-2:] == [1, 2]


def test_counts_of_records_and_the_place_of_the_reject_are_true() -> None:
    landed = Counter(row["file"] for wave in (FIRST, SECOND) for row in rows(wave))
    for wave in (FIRST, SECOND):
        finance = wave.landings[-1]
        header, *records = csv.reader(io.StringIO(finance.data.decode(), newline=""))
        assert header == list(FINANCE_HEADER)
        landed[finance.file] = len(records)
        wide = [number for number, values in enumerate(records, 1) if len(values) > len(header)]
        assert wide == [reject.record for reject in wave.expected.rejects if reject.file == finance.file]
    assert SECOND.expected.records == landed
    assert [reject.reason for reject in SECOND.expected.rejects] == ["too_wide"]


def test_finance_data_covers_some_customers_and_some_who_are_none() -> None:
    cids = {line.split(b",")[0].decode() for line in FIRST.landings[-1].data.splitlines()[1:]}
    customers = FIRST.expected.customers.keys()
    assert customers - cids
    assert cids - customers
    assert FIRST.landings[-1].container == FINANCE
