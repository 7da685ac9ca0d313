"""Thousands of damaged files, from a seed: never an error that nobody foresaw, and every record is a row or a reject."""

from __future__ import annotations

import gzip
import io
import json
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.formats.cuts import Limits
from shared.formats.finance.errors import FinanceError
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import open_finance
from shared.formats.landed_paths import FinanceFile, classify_dataverse, classify_finance, parse_changelog
from shared.formats.model_json import ModelError, parse_model
from shared.formats.slices import SliceSpec, read_slices
from tests.examples import SEED, examples
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, model
from tests.properties.test_slicing import LINEAGE_OF_TEST, check_against_oracle, make_spec, write

if TYPE_CHECKING:
    from shared.ledger.records import LandedFile

VALUES = ["id", None, "", 'say "hi"', "a,b", "é", "two\r\nlines", "東京", '5" pipe', " "]
COLUMNS = ("Id:guid", "versionnumber:int64", "IsDelete:boolean", "added", "later")
NARROWEST, WIDEST = 3, len(COLUMNS)


def healthy(random: Random, rows: int = 20) -> bytes:
    """A file whose rows grow from the narrowest legal width to the widest."""
    widths = sorted(random.randint(NARROWEST, WIDEST) for _ in range(rows))
    return write([[random.choice(VALUES) for _ in range(width)] for width in widths], random)


def damaged(data: bytes, random: Random) -> bytes:
    """The bytes with some of them changed, dropped, put in, doubled or moved."""
    found = bytearray(data)
    for _ in range(random.randrange(1, 8)):
        at = random.randrange(len(found) + 1)
        match random.choice((0, 0, 1, 1, 2, 2, 3, 4, 4, 5) * 3 + (6,)):
            case 0:
                found[at : at + 1] = random.choice((b'"', b",", b"\r", b"\n", b"\x00", b"\xff", b"\xc3", b"a"))
            case 1:
                del found[at : at + random.randrange(1, 9)]
            case 2:
                found[at:at] = random.choice((b'"', b'""', b"\r", b"\n", b",", b"\xef\xbb\xbf", b"\x80", b"\x00" * 9))
            case 3:
                found[at:at] = found[: random.randrange(20)]
            case 4:
                found[at:at] = random.randbytes(random.randrange(1, 12))
            case 5:
                found[at:at] = b'""'
            case _:
                del found[at:]
    return bytes(found)


def test_the_kernel_reads_thousands_of_damaged_files_as_the_dialect_says() -> None:
    random = Random(SEED)
    for _ in range(examples(2000)):
        data = damaged(healthy(random), random)
        final, widest = random.random() < 0.5, random.choice((None, 0, NARROWEST + 1))
        limits = Limits(block=random.choice((100, 10_000, 10_000, 10_000)))
        spec = make_spec(WIDEST, final=final, min_width=NARROWEST, widest=widest, limits=limits)
        slices = list(read_slices([data], spec))
        check_against_oracle(data, slices, final=final, start=0, widest=widest, low=NARROWEST, high=WIDEST)


def test_a_damaged_model_is_a_model_or_says_why_it_is_none() -> None:
    random = Random(SEED)
    whole = model(*COLUMNS)
    kept = 0
    for number in range(examples(3000)):
        data = damaged(whole, random) if number % 2 else json.dumps(twisted(json.loads(whole), random)).encode()
        with suppress(ModelError):
            for schema in parse_model(data, "model.json").tables.values():
                json.dumps(schema.to_json(), ensure_ascii=False).encode()  # as bronze keeps it
                pa.schema([pa.field(name, pa.string()) for name in schema.names])
                kept += 1
    assert kept > 100


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, b'{"entities": ' + b"9" * 5000 + b"}"])
def test_a_model_that_no_parser_takes_is_a_model_error(data: bytes) -> None:
    with pytest.raises(ModelError):
        parse_model(data, "model.json")


def twisted(value: Any, random: Random) -> Any:
    """The same document with some of its values replaced by others, of any type."""
    if random.random() < 0.02:
        return random.choice((None, [], {}, "", "x", "\ud800", "IsDelete", "_landed_at", -1, 1e300, True, [[]], {"name": 1}))
    if isinstance(value, dict):
        return {key: twisted(item, random) for key, item in value.items() if random.random() > 0.01}
    if isinstance(value, list):
        return [twisted(item, random) for item in value for _ in range(random.choice((1,) * 40 + (0, 2)))]
    return value


def workbook() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for cells in (["cid", "income"], *[[number, "x"] for number in range(20)]):
        sheet.append(cells)
    book.save(content)
    return content.getvalue()


HEADED = b"cid,income\n" + b'1,10\r\n2,""\r\n3,\r\n4,"a\r\nb"\r\n' * 5
FORMS = {"a/1.csv": HEADED, "a/1.csv.gz": gzip.compress(HEADED, mtime=0), "a/1.xlsx": workbook()}


@pytest.mark.parametrize(("path", "cases"), [("a/1.csv", 1000), ("a/1.csv.gz", 1000), ("a/1.xlsx", 400)])
def test_a_damaged_finance_file_is_read_or_refused_as_a_whole(path: str, cases: int) -> None:
    random = Random(SEED)
    file = classify_finance(path)
    assert isinstance(file, FinanceFile)
    for _ in range(examples(cases)):
        with suppress(FinanceError):
            source = open_finance([damaged(FORMS[path], random)], file, FinanceConfig(keys=("cid",)))
            spec = SliceSpec(schema=source.schema, lineage=LINEAGE_OF_TEST, dialect=source.dialect, final=True)
            for slice_ in read_slices(source.chunks, replace(spec, start=source.header_bytes)):
                assert slice_.records == slice_.rows + slice_.rejects


def test_any_text_is_some_kind_of_path_and_any_bytes_are_some_changelog() -> None:
    random = Random(SEED)
    names = ["contact", "2024.csv", "2026-11-23T10.00.00Z", "Snapshot", "model.json", "", ".", "~$a.xlsx", "a.csv.gz", "é\x00"]
    for _ in range(examples(2000)):
        path = "/".join(random.choice(names) for _ in range(random.randrange(1, 5)))
        path = damaged(path.encode(), random).decode(errors="replace")
        assert classify_dataverse(path).path == path
        assert classify_finance(path).path == path
        parse_changelog(damaged(b"2026-11-23T10.00.00Z", random))


# The whole use case


def check_that_it_adds_up(pipeline: Pipeline, record: LandedFile) -> None:
    """Records read = rows in bronze + rejects, part by part and in all; every byte is in a part or waits."""
    assert record.state in {"ingested", "rejected", "ignored"}
    parts = [part.record for part in pipeline.context.ledger.parts_of(record.container, record.path)]
    for part in parts:
        assert part.records == part.rows + part.rejects
        assert rows_at(pipeline, part.path) == part.rows
        assert (rows_at(pipeline, part.rejects_path) if part.rejects_path else 0) == part.rejects
    now = [part for part in parts if part.generation == record.generation]
    assert (record.records, record.rejects) == (sum(part.records for part in now), sum(part.rejects for part in now))
    for before, after in pairwise(now):
        assert before.end <= after.start  # only empty lines lie between
    if record.state == "ingested" and record.container == DATAVERSE:
        assert record.offset == (now[-1].end if now else 0)
        assert record.offset <= record.size - record.held_back


def rows_at(pipeline: Pipeline, path: str) -> int:
    container, _, name = path.partition("/")
    return int(pq.read_metadata(pa.BufferReader(pipeline.lake.content(container, name))).num_rows)


def small(pipeline: Pipeline, random: Random) -> None:
    context = pipeline.start()
    context.replace(settings=replace(context.settings, slice_bytes=random.choice((1, 100, 10_000))))


def test_damaged_dataverse_files_are_accounted_for_through_the_whole_of_ingest() -> None:
    random = Random(SEED)
    pipeline = Pipeline()
    folder = "2026-11-23T10.00.00Z"
    for place in ("", f"{folder}/"):
        pipeline.land(DATAVERSE, f"{place}model.json", model(*COLUMNS))
    pipeline.land(DATAVERSE, "Changelog/changelog.info", b"2026-11-23T10.15.00Z")
    rejects = 0
    for number in range(examples(400)):
        if number % 20 == 0:
            small(pipeline, random)
        data = damaged(healthy(random, rows=12), random)
        grows = number % 2 == 0
        path = f"{'' if grows else f'{folder}/'}contact/{number}.csv"
        steps = sorted(random.randrange(len(data) + 1) for _ in range(2)) if grows else []
        for end in (*steps, len(data)):
            pipeline.lake.put(DATAVERSE, path, data[:end])
            check_that_it_adds_up(pipeline, pipeline.context.ingest(DATAVERSE, path))
        rejects += pipeline.context.ledger.file(DATAVERSE, path).record.rejects
    assert rejects > 100
    assert pipeline.context.status().files.poison == 0


@pytest.mark.parametrize(("path", "cases"), [("a/1.csv", 150), ("a/1.csv.gz", 60), ("a/1.xlsx", 40)])
def test_damaged_finance_files_are_accounted_for_through_the_whole_of_ingest(path: str, cases: int) -> None:
    random = Random(SEED)
    pipeline = Pipeline()
    small(pipeline, random)
    states = set()
    for _ in range(examples(cases)):  # each a new version of the same file
        pipeline.lake.put(FINANCE, path, damaged(FORMS[path], random))
        record = pipeline.context.ingest(FINANCE, path)
        check_that_it_adds_up(pipeline, record)
        states.add(record.state)
    assert "rejected" in states


def test_damaged_models_and_metadata_raise_nothing_either() -> None:
    random = Random(SEED)
    pipeline = Pipeline()
    service = "Microsoft.Athena.TrickleFeedService"
    labels = b"contact,color,1,,1033,Red\r\n" * 5
    metadata = json.dumps({"OptionSetMetadata": [{"EntityName": "contact", "OptionSetName": "color", "Option": 1}]}).encode()
    for _ in range(examples(150)):
        pipeline.clock.advance(11)
        pipeline.land(DATAVERSE, f"{service}/contact-model.json", damaged(model(*COLUMNS), random))
        pipeline.land(DATAVERSE, "Changelog/changelog.info", damaged(b"2026-11-23T10.00.00Z", random))
        pipeline.land(DATAVERSE, "contact/2024.csv", healthy(random, rows=3))
        pipeline.land(DATAVERSE, f"{service}/contact-EntityMetadata.json", damaged(metadata, random))
        pipeline.land(DATAVERSE, "OptionsetMetadata/OptionsetMetadata.csv", damaged(labels, random))
    pipeline.tick(60)
    assert pipeline.context.status().files.poison == 0
