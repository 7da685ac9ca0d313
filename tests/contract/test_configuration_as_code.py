"""`python -m customer_insights` against the emulated instance: pulled, planned, applied when confirmed, watched, verified."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from customer_insights.commands import main
from customer_insights.configuration.documents import Kind
from customer_insights.instance import Instance, open_instance
from customer_insights.verification.kit import RULES as KIT_RULES
from local.customer_insights_emulator.clicked import click
from local.customer_insights_emulator.faults import CustomerInsightsFault
from tests.contract.test_customer_insights_emulator import World
from tests.insights_documents import measure, relationship, segment

RULES = (Path(__file__).parents[2] / "spark_jobs" / "insights" / "insights.toml").read_text(encoding="utf-8")


class Desk:
    """A workstation before the emulated instance, in which what the rules say is set."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        self.folder, self.rules = folder / "insights.pulled", folder / "insights.toml"
        self.rules.write_text(RULES, encoding="utf-8")
        self.set("relationships", relationship())
        self.set("measures", measure())
        self.set("segments", segment())

    def set(self, kind: Kind, document: dict[str, object]) -> None:
        self.world.emulator.configuration.create(kind, document)

    def said(self, name: str = "HighValue") -> dict[str, object]:
        (found,) = (one for one in self.world.emulator.configuration.all("segments") if one["name"] == name)
        return found

    def edit(self, before: str, after: str) -> None:
        assert before in RULES
        self.rules.write_text(RULES.replace(before, after), encoding="utf-8")

    def instance(self) -> Instance:
        return open_instance(
            {
                "CUSTOMER_INSIGHTS_ROOT": f"{self.world.emulator.url}/v1",
                "CUSTOMER_INSIGHTS_INSTANCE_ID": "i1",
                "CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY": "key",
                "CUSTOMER_INSIGHTS_TOKEN": "any",
            }
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        told = io.StringIO()
        rules = ["--rules", str(self.rules)] if arguments[0] in {"plan", "apply", "verify"} else []
        code = main([*arguments, "--folder", str(self.folder), *rules], Console(file=told, width=200), self.instance)
        return code, told.getvalue()

    def plan(self) -> str:
        _, told = self.run("plan")
        return told.rpartition("Plan ")[2].partition(":")[0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path)
    with one.world.emulator:
        yield one


def test_what_was_pulled_from_a_configured_instance_needs_no_change(desk: Desk) -> None:
    assert desk.run("pull")[0] == 0
    first = {file: file.read_bytes() for file in desk.folder.rglob("*.json")}
    assert len(first) == 3
    assert desk.run("plan") == (0, "Nothing to write.\n")
    assert desk.run("drift") == (0, "Customer Insights is set as it was pulled.\n")
    desk.run("pull")
    assert {file: file.read_bytes() for file in desk.folder.rglob("*.json")} == first


def test_what_is_set_on_a_laptop_is_what_the_shipped_rules_say(desk: Desk) -> None:
    for kind, name in (("segments", "HighValue"), ("measures", "LifetimeSpend"), ("relationships", "CustomerFinance")):
        desk.world.emulator.configuration.delete(kind, name)
    click(desk.world.emulator.configuration)
    desk.run("pull")
    assert desk.run("plan") == (0, "Nothing to write.\n")


def test_nothing_is_planned_before_it_was_pulled(desk: Desk) -> None:
    code, told = desk.run("plan")
    assert code == 2
    assert "run `python -m customer_insights pull` first" in told


def test_a_change_of_the_rules_is_written_once_it_is_confirmed_and_only_then(desk: Desk) -> None:
    desk.run("pull")
    desk.edit("value = 3000", "value = 2500")
    code, told = desk.run("apply")
    assert code == 1
    assert "criteria.value: 3000 → 2500" in told
    assert "Nothing was written" in told
    assert desk.said()["version"] == 1
    assert desk.run("apply", "--confirm", "another")[0] == 2
    assert desk.said()["version"] == 1
    code, told = desk.run("apply", "--confirm", desk.plan())
    assert (code, told) == (0, "~ change segment HighValue: written and read back\n")
    assert desk.said()["version"] == 2
    assert str(desk.said()).count("'subtype': 's'") == 2, "what nobody here knows is still there"
    assert desk.run("plan")[0] == 0, "the snapshot has what was read back"
    assert desk.run("drift")[0] == 0


def test_what_somebody_changed_meanwhile_is_told_and_not_overwritten(desk: Desk) -> None:
    desk.run("pull")
    desk.edit("value = 3000", "value = 2500")
    desk.world.emulator.configuration.update("segments", "HighValue", segment(title="Of value"))
    code, told = desk.run("apply", "--confirm", desk.plan())
    assert code == 2
    assert "changed in Customer Insights since it was pulled (friendlyName): pull, then plan again" in told
    assert desk.said()["version"] == 2
    code, told = desk.run("drift")
    assert (code, told) == (1, "segment HighValue changed\n    friendlyName: High value → Of value\n")


def test_what_is_new_or_gone_is_drift_too(desk: Desk) -> None:
    desk.run("pull")
    desk.set("segments", segment("Another"))
    desk.world.emulator.configuration.delete("measures", "LifetimeSpend")
    assert desk.run("drift") == (1, "measure LifetimeSpend is gone\nsegment Another is new\n")


def test_a_new_segment_is_made_switched_and_deleted_by_name_alone(desk: Desk) -> None:
    desk.run("pull")
    condition = '{ attribute = "Customer_Measure.LifetimeSpend", operator = ">", value = 9000 }'
    further = f'[[segments]]\nname = "VeryHigh"\nrules = [{{ all = [{condition}] }}]\n'
    desk.edit("[guards]", further + "[guards]")
    assert desk.run("apply", "--confirm", desk.plan())[0] == 0
    assert desk.said("VeryHigh")["state"] == "active"
    desk.edit("[guards]", further.replace("rules", 'state = "inactive"\nrules') + "[guards]")
    assert desk.run("apply", "--confirm", desk.plan())[1] == "~ deactivate segment VeryHigh: written and read back\n"
    assert desk.said("VeryHigh")["state"] == "inactive"
    desk.edit("[guards]", "[guards]")
    assert desk.run("plan")[1].startswith("  leave alone segment VeryHigh (the rules say nothing of it)")
    code, told = desk.run("apply", "--delete", "segments/VeryHigh")
    assert code == 1
    confirmed = told.rpartition("--confirm ")[2].strip()
    assert desk.run("apply", "--delete", "segments/VeryHigh", "--confirm", confirmed)[0] == 0
    assert [one["name"] for one in desk.world.emulator.configuration.all("segments")] == ["HighValue"]


def test_an_answer_that_gets_lost_is_told_from_a_write_that_did_not_happen(desk: Desk) -> None:
    desk.run("pull")
    desk.edit("value = 3000", "value = 2500")
    lost = CustomerInsightsFault(kind="answer", route="segments by name", status=429, error_code="lost", after=True)
    desk.world.emulator.faults.add(lost)
    assert desk.run("apply", "--confirm", desk.plan())[0] == 0
    desk.edit("value = 3000", "value = 2400")
    desk.world.emulator.faults.clear()
    desk.world.emulator.faults.add(CustomerInsightsFault(kind="answer", route="segments by name", status=429))
    code, told = desk.run("apply", "--confirm", desk.plan())
    assert (code, "is unavailable: 429" in told) == (2, True)


def test_a_write_that_the_instance_keeps_otherwise_stops_all_that_follow(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run("pull")
    desk.edit("value = 3000", "value = 2500")
    configuration, update = desk.world.emulator.configuration, desk.world.emulator.configuration.update

    def stubborn(kind: str, name: str, document: dict[str, object]) -> dict[str, object]:
        update(kind, name, document)
        return update(kind, name, {**document, "segmentQueryExpression": segment()["segmentQueryExpression"], "version": None})

    monkeypatch.setattr(configuration, "update", stubborn)
    code, told = desk.run("apply", "--confirm", desk.plan())
    assert code == 2
    assert "is not what was read back (segmentQueryExpression.rowsets[0].criteria.value)" in told


def test_no_key_or_token_is_named_in_what_is_missing() -> None:
    told = io.StringIO()

    def unknown() -> Instance:
        return open_instance({"CUSTOMER_INSIGHTS_ROOT": "https://api", "CUSTOMER_INSIGHTS_TOKEN": "a-token"})

    assert main(["pull"], Console(file=told, width=200), unknown) == 2
    assert "key CUSTOMER_INSIGHTS_INSTANCE_ID: expected a value" in told.getvalue()
    assert "a-token" not in told.getvalue()


def customers(prefix: str, number: int) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of an instance, or of a preview, of so many customers who spent as much as their number."""
    ids = [f"{prefix}{place:04}" for place in range(number)]
    keyed = [{"CustomerId": one, "customer_cid": one[1:], "customer_cid_Alternate": one[1:]} for one in ids]
    spent = [{"CustomerId": one, "LifetimeSpend": float(one[1:])} for one in ids]
    return {"Customer": keyed, "Customer_Measure": spent, "HighValue": [{"CustomerId": one} for one in ids[-3:]]}


def previewed(folder: Path) -> Path:
    for table, rows in customers("p", 130).items():
        place = folder / "previews" / "p1" / table
        place.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows), place / "part-0.parquet")
    (folder / "preview.json").write_text(json.dumps({"run": "p1"}), encoding="utf-8")
    return folder


def test_a_preview_is_verified_against_the_rows_of_the_instance_page_by_page(desk: Desk, tmp_path: Path) -> None:
    verify = ("verify", "--preview", str(previewed(tmp_path / "kept")))
    desk.world.tables.update(customers("r", 130))
    code, told = desk.run(*verify)
    assert (code, told.splitlines()[0]) == (0, "130 profiles were previewed, 130 are real; 130 are of the same rows")
    desk.world.tables["Customer"][0] |= {"customer_cid_Alternate": "0000;0001"}
    del desk.world.tables["Customer"][1], desk.world.tables["HighValue"][0]
    code, told = desk.run(*verify)
    assert code == 1
    assert "129 are real; 128 are of the same rows" in told
    assert "1 real ones hold several" in told
    assert "segment HighValue: 2 in both, 1 only previewed, 0 only real" in told
    code, told = desk.run(*verify, "--most", "50")
    assert (code, "export it as Customer.csv, and verify with --tables" in told) == (2, True)


def test_the_calibration_kit_is_written_and_what_was_made_of_it_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("calibrate", "--into", str(tmp_path / "kit"))[0] == 0
    assert sorted(file.name for file in (tmp_path / "kit").iterdir()) == [KIT_RULES, "calibration_a.csv", "calibration_b.csv"]
    (tmp_path / "real").mkdir()
    code, told = desk.run("calibrate", "--tables", str(tmp_path / "real"))
    assert (code, "there is no table Customer.csv in real" in told) == (2, True)
    (tmp_path / "real" / "Customer.csv").write_text("CustomerId,calibration_a_row,calibration_a_row_Alternate\nx,101,101;102\n")
    code, told = desk.run("calibrate", "--tables", str(tmp_path / "real"))
    assert code == 1
    assert "score_base: 3 of 4 times it is as no value says (the preview has longer)" in told
