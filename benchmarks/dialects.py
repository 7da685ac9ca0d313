"""Finance files as the world writes them: what our reader and others make of each file of the Pollock benchmark.

    python -m benchmarks.dialects [--folder ../shared/fixtures/pollock] [--files]

The benchmark (HPI-Information-Systems/Pollock, VLDB 2023) has real files in `survey/` and files with one fault each in
`polluted/`; `clean/` is what a perfect reader gives. A file is

- good: every row is right, or the faulty record was set aside and told;
- safe: refused with a reason, and nothing of it is used;
- bad: taken, and wrong without a word.

The second figure is what comes when the TOML that a refusal suggests is pasted, as often as there is one to paste.
"""

import argparse
import csv
import io
import statistics
import sys
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow.parquet as pq

from shared.formats.finance.errors import FinanceError
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import open_finance, refused_as_a_whole
from shared.formats.landed_paths import FinanceFile
from shared.formats.slices import Lineage, SliceSpec, read_slices

Verdict = Literal["good", "safe", "bad"]
Rows = list[list[str]]
VERDICTS: Final[tuple[Verdict, ...]] = ("good", "safe", "bad")
PASTES: Final = 4  # a refusal may be followed by another
LINEAGE: Final = Lineage(source_file="finance/f", source_version="0x1", landed_at=datetime(2026, 11, 23, tzinfo=UTC))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a reader made of a file."""

    names: list[str]
    read_back: Callable[[], Rows]  # what it read, for the comparison, which is not timed
    set_aside: int = 0  # lines of records that were rejected, and told


def ours(path: Path, config: FinanceConfig) -> Outcome:
    """Read as ingest does; raises FinanceError."""
    file = FinanceFile(path=path.name, data_set="data", stem=path.stem, form="text")
    source = open_finance([path.read_bytes()], file, config)
    spec = SliceSpec(schema=source.schema, lineage=LINEAGE, dialect=source.dialect, screen=source.screen, final=True)
    parts: list[bytes] = []
    records = rejects = set_aside = 0
    for slice_ in read_slices(source.chunks, replace(spec, start=source.header_bytes)):
        parts.append(slice_.parquet)
        records, rejects = records + slice_.records, rejects + slice_.rejects
        if slice_.rejected is not None:
            raw = pq.read_table(io.BytesIO(slice_.rejected)).column("_raw").to_pylist()
            set_aside += sum(text.count(b"\n") + text.count(b"\r") + 1 for text in raw)
    refusal = refused_as_a_whole(path.name, records=records, rejects=rejects, max_rejected=config.max_rejected)
    if refusal is not None:
        raise refusal
    names = list(source.schema.names)
    return Outcome(names=names, read_back=partial(bronze, parts, names), set_aside=set_aside)


def bronze(parts: list[bytes], names: list[str]) -> Rows:
    """Read what ingest wrote."""
    rows: Rows = []
    for part in parts:
        table = pq.read_table(io.BytesIO(part), columns=names)
        columns = [[value or "" for value in column.to_pylist()] for column in table.columns]
        rows += [list(row) for row in zip(*columns, strict=True)]
    return rows


def configured(text: str) -> FinanceConfig:
    """Return what pasted TOML configures."""
    (said,) = tomllib.loads(text)["finance"].values()
    found: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    return FinanceConfig(**found)


def pasted(path: Path) -> Outcome:
    """Read, and paste what each refusal suggests; raises FinanceError where one suggests nothing, or the same again."""
    config = FinanceConfig()
    for _ in range(PASTES):
        try:
            return ours(path, config)
        except FinanceError as error:
            if not error.toml or configured(error.toml) == config:
                raise
            config = configured(error.toml)
    return ours(path, config)


def duckdb(path: Path) -> Outcome:
    """Read with DuckDB as it sniffs, all text."""
    import duckdb as engine

    with engine.connect() as connection:
        found = connection.sql("SELECT * FROM read_csv(?, all_varchar = true)", params=[str(path)])
        held = found.fetchall()
        return Outcome(names=list(found.columns), read_back=lambda: [[value or "" for value in row] for row in held])


def pandas(path: Path) -> Outcome:
    """Read with pandas as it comes, all text."""
    import pandas as engine

    frame = engine.read_csv(path, dtype=str, keep_default_na=False)

    def rows() -> Rows:
        return [["" if value is None else str(value) for value in row] for row in frame.to_numpy().tolist()]

    return Outcome(names=[str(name) for name in frame.columns], read_back=rows)


def clean(path: Path) -> Outcome:
    """Read what a perfect reader gives; of one file without a header that is without names too."""
    csv.field_size_limit(sys.maxsize)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8", errors="replace"), newline="")))
    named = int(path.name != "file_no_header.csv")
    held = [row for row in rows[named:] if any(row)]
    return Outcome(names=rows[0] if rows and named else [], read_back=lambda: held)


def judged(found: Outcome, right: Outcome) -> Verdict:
    """Compare: rows that are missing must be among those set aside; names that nobody wrote mean nothing."""
    wanted = [plain(row) for row in right.read_back()]
    given = [plain(row) for row in found.read_back() if any(row)]
    missing = len(wanted) - len(given)
    if missing < 0 or missing > found.set_aside:
        return "bad"
    rest: Iterator[list[str]] = iter(wanted)
    return "good" if all(row in rest for row in given) and (given or not wanted) else "bad"


def plain(row: list[str]) -> list[str]:
    """Return a row without what no table can hold: empty fields behind its last value, and line ends that a writer chose."""
    cells = [cell.replace("\r\n", "\n").strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def verdict(read: Callable[[Path], Outcome], path: Path, right: Outcome) -> tuple[Verdict, str, float]:
    """Return the verdict, why it was refused, and the seconds that it took."""
    begin = time.perf_counter()
    try:
        found = read(path)
    except Exception as error:  # whatever another reader raises is a refusal
        detail = f"{type(error).__name__}: {error.detail}" if isinstance(error, FinanceError) else type(error).__name__
        return "safe", detail.partition("\n")[0], time.perf_counter() - begin
    seconds = time.perf_counter() - begin
    return judged(found, right), "", seconds


READERS: Final[dict[str, Callable[[Path], Outcome]]] = {
    "ours": lambda path: ours(path, FinanceConfig()),
    "ours, TOML pasted": pasted,
    "DuckDB auto": duckdb,
    "pandas": pandas,
}


def compare(folder: Path, part: str, *, listed: bool) -> None:
    """Print the figures of one part, and, where asked for, each file."""
    files = sorted((folder / part / "csv").iterdir())
    counts = {name: Counter[Verdict]() for name in READERS}
    seconds: dict[str, list[float]] = {name: [] for name in READERS}
    for path in files:
        right = clean(folder / part / "clean" / path.name)
        line = []
        for name, read in READERS.items():
            found, why, took = verdict(read, path, right)
            counts[name][found] += 1
            seconds[name].append(took)
            line.append(f"{found:4}{f' ({why})' if why and name.startswith('ours') else ''}")
        if listed:
            print(f"{part}/{path.name}: {' | '.join(line)}")
    print(f"\n{part}, {len(files)} files\n\n| reader | good | safe | bad | ms per file, median |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, count in counts.items():
        cells = [str(count[found]) for found in VERDICTS]
        print(f"| {name} | {' | '.join(cells)} | {statistics.median(seconds[name]) * 1000:.1f} |")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="finance files as the world writes them: good, safe or bad")
    parser.add_argument("--folder", type=Path, default=Path("../shared/fixtures/pollock"))
    parser.add_argument("--files", action="store_true", help="print each file as well")
    options = parser.parse_args()
    if not options.folder.exists():
        print(f"{options.folder} is not there: the files of the Pollock benchmark are not part of this project")
        return
    warnings.simplefilter("ignore")
    with suppress(BrokenPipeError):
        for part in ("survey", "polluted"):
            compare(options.folder, part, listed=options.files)


if __name__ == "__main__":
    main()
