"""Splink on the same sets: what probabilities make of them, with the threshold that is best when one knows who is who.

Splink knows no rules: it learns how much each column says, and joins pairs above a probability. It is given the same columns.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.febrl.quality import Score, score
from benchmarks.febrl.sets import COLUMNS, SETS, read
from spark_jobs.insights.unify.components import joined

#: Columns that a pair has to share one set of to be looked at.
_ALIKE = (
    ("date_of_birth",),
    ("postcode",),
    ("suburb",),
    ("address_1",),
    ("surname", "given_name"),
    ("surname", "street_number"),
)
THRESHOLDS = (0.5, 0.9, 0.99, 0.999, 0.9999)


def best_of_splink() -> Iterator[tuple[str, Score, float]]:
    """Yield each set, the best score of all thresholds, and the seconds that training and pairs took."""
    for name in SETS:
        started = time.perf_counter()
        pairs, keys = _pairs(name)
        seconds = time.perf_counter() - started
        scores = []
        for threshold in THRESHOLDS:
            found = joined((one, other) for one, other, probability in pairs if probability >= threshold)
            scores.append(score({key: found.get(number, number) for number, key in enumerate(keys)}))
        yield name, max(scores, key=lambda one: one.f1), seconds


def _pairs(name: str) -> tuple[list[tuple[int, int, float]], list[str]]:
    """Return pairs with their probability, as numbers, and the keys of the numbers."""
    import duckdb
    import splink.comparison_library as comparisons
    from splink import Linker, SettingsCreator, block_on
    from splink.internals.duckdb.database_api import DuckDBAPI

    connection: Any = duckdb.connect(config={"threads": 2})
    connection.execute(f"create table people as select row_number() over () - 1 as number, * from ({read(name)})")  # noqa: S608 - names of our own
    keys = [key for (key,) in connection.execute("select rec_id from people order by number").fetchall()]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        comparisons=[comparisons.DamerauLevenshteinAtThresholds(column, [1, 2]) for column in COLUMNS],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _ALIKE],
    )
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register(connection.table("people")), settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("date_of_birth", "surname"), block_on("postcode", "given_name")], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=500_000, seed=1)
    for columns in (("date_of_birth",), ("postcode", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    found = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    told = connection.execute(f"select number_l, number_r, match_probability from {found.physical_name}")  # noqa: S608 - Splink's own name
    return told.fetchall(), keys
