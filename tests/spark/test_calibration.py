"""The calibration kit, unified by the preview itself: each switch is read off the result, whichever value it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from customer_insights.verification.calibration import calibrate
from customer_insights.verification.kit import RULES, questions, write
from spark_jobs.insights.intermediate import Intermediate
from spark_jobs.insights.preview import Given, PreviewBuild
from spark_jobs.insights.rules.reading import open_rules
from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.sources import in_folder
from spark_jobs.lake import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

OTHERS: dict[str, Any] = {
    "score_base": "shorter",
    "rule_score": "average",
    "space_is_symbol": True,
    "several_found": "greatest_key",
    "keys_compare": "as_number",
    "group_needs": "all",
}


def test_the_kit_tells_every_switch_of_the_preview(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "kit")
    source = in_folder(spark, tmp_path / "kit")
    rules = open_rules(tmp_path / "kit" / RULES)
    stages = Intermediate(spark, Lake(spark, f"{tmp_path}/{{container}}"), "stages")
    for switches in (Switches(), Switches(**OTHERS)):
        given = Given(tables=source.tables, version=source.version)
        made = PreviewBuild(spark=spark, stages=stages, rules=rules, switches=switches).preview(given, run="p1")
        found = calibrate(questions(), [row.asDict() for row in made.tables["Customer"].collect()])
        assert {one.switch: one.value or one.why for one in found} == switches.told()
