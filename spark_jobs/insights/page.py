"""A preview as one HTML page that needs nothing else: to be mailed, kept beside a pull request, looked at by anybody.

It shows counts, rules and ids. Values of people are in it only where they are asked for. The chart is drawn by uPlot, which is
part of the page (`uplot.js`, MIT, with its licence in it).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #ff7b72; } }
body { background: Canvas; color: CanvasText; font: 15px/1.5 system-ui, sans-serif;
  max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; } .soft { opacity: .75; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .7rem 1rem; }
.card b { display: block; font-size: 1.5rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } code { border-bottom: 1px solid var(--line); }
.holds { color: var(--good); } .broken { color: var(--bad); font-weight: 600; }
"""

_CHART = """
const sizes = JSON.parse(document.getElementById("sizes").textContent);
const bars = uPlot.paths.bars({ size: [0.6, 60] });
const chart = document.getElementById("chart");
const ink = getComputedStyle(document.body).color;
const axis = { stroke: ink, grid: { stroke: "#8883" } };
new uPlot({
  width: Math.min(chart.clientWidth, 900), height: 240, legend: { show: false }, cursor: { show: false },
  scales: {
    x: { time: false, range: [0, Math.max(...sizes.rows) + 1] },
    y: { distr: 3, range: [0.5, 2 * Math.max(...sizes.profiles)] },
  },
  axes: [{ ...axis, label: "rows of a profile", incrs: [1, 2, 5, 10, 50, 100, 1000] }, { ...axis, label: "profiles" }],
  series: [{}, { stroke: "#4078c0", fill: "#4078c088", paths: bars, points: { show: false } }],
}, [sizes.rows, sizes.profiles], chart);
"""


def page(told: Mapping[str, Any], values: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> str:
    """Spell the page of a preview; `told` is its document, `values` the rows of the riskiest profiles by id, to be shown."""
    counts = told["profiles"]
    sizes = {"rows": [int(size) for size in counts["by_size"]], "profiles": list(counts["by_size"].values())}
    holds = all(one["holds"] for one in told["guards"])
    body = [
        "<h1>Customer Insights, previewed</h1>",
        f'<p class="soft">Preview {escape(told["run"])}, made of {escape(told["made_of"])}</p>',
        _cards(told, holds=holds),
        "<h2>Guards</h2>",
        _table(
            ("Guard", "Holds", "What was found", "Allowed"),
            [
                (one["guard"], _Marked("holds" if one["holds"] else "broken"), one["detail"], f"{one['allowed']:,g}")
                for one in told["guards"]
            ],
        ),
        "<h2>Rules</h2>",
        _table(
            ("Table", "Rule", "Pairs", "Of no other rule", "Accidents expected"),
            [
                (one["table"], one["rule"], f"{one['after']:,}", f"{one['alone']:,}", _accidents(told, one))
                for one in told["rules"]
            ],
        ),
        "<h2>Rows of a profile</h2>",
        '<div id="chart" role="img" aria-label="How many profiles have how many rows"></div>',
        _table(("Rows", "Profiles"), [(f"{size:,}", f"{count:,}") for size, count in zip(*sizes.values(), strict=True)]),
        *_risky(told, values),
        *_segments(told),
        *_enrichment(told),
        *_findings(told),
        "<h2>What the result depends on</h2>",
        "<p>Microsoft does not document these, so they are decided in <code>rules/switches.py</code>.</p>",
        _table(("Switch", "Stands at"), list(told["switches"].items())),
    ]
    if told["approximate"]:
        body.append(f"<p>By lists that are not Microsoft's: {escape(', '.join(told['approximate']))}.</p>")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Customer Insights, previewed</title>',
            f"<style>{_asset('uplot.css')}{_STYLE}</style></head><body><main>",
            *body,
            "</main>",
            f'<script type="application/json" id="sizes">{_safe(json.dumps(sizes))}</script>',
            f"<script>{_asset('uplot.js')}</script><script>{_CHART}</script></body></html>",
        ]
    )


class _Marked(str):
    """A word that is its own class."""

    __slots__ = ()


def _cards(told: Mapping[str, Any], *, holds: bool) -> str:
    counts = told["profiles"]
    joined = counts["rows"] - counts["profiles"]
    found = {
        "rows": f"{counts['rows']:,}",
        "profiles": f"{counts['profiles']:,}",
        "rows that joined another": f"{joined:,}",
        "rows of the largest profile": f"{counts['largest']:,}",
        "guards": "hold" if holds else "broken",
    }
    cards = (f'<div class="card"><b>{value}</b>{escape(name)}</div>' for name, value in found.items())
    return f'<div class="cards">{"".join(cards)}</div>'


def _accidents(told: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    found = (one for one in told["forecast"] if (one["table"], one["rule"]) == (rule["table"], rule["rule"]))
    one = next(found, None)
    if one is None:
        return "–"
    return "not foreseeable" if one["accidents"] is None else f"{one['accidents']:,.2f}"


def _risky(told: Mapping[str, Any], values: Mapping[str, Sequence[Mapping[str, Any]]] | None) -> Iterable[str]:
    listed = told["risks"]
    if not listed:
        return
    yield "<h2>Profiles to look at first</h2>"
    yield _table(
        ("Profile", "Rows", "Weakest link", "By the rule", "Several values of"),
        [
            (
                one["customer"],
                f"{one['rows']:,}",
                "–" if one["weakest"] is None else f"{one['weakest']} %",
                one["rule"],
                ", ".join(one["conflicts"]) or "–",
            )
            for one in listed
        ],
    )
    for customer, rows in (values or {}).items():
        columns = list(rows[0]) if rows else []
        told_rows = [tuple("" if row[name] is None else str(row[name]) for name in columns) for row in rows]
        yield f"<details><summary>{escape(customer)}</summary>{_table(columns, told_rows)}</details>"


def _segments(told: Mapping[str, Any]) -> Iterable[str]:
    if told["segments"]:
        yield "<h2>Segments</h2>"
        yield _table(("Segment", "Members"), [(name, f"{count:,}") for name, count in told["segments"].items()])


def _enrichment(told: Mapping[str, Any]) -> Iterable[str]:
    found = told["enrichment"]
    share = 100 * found["eligible"] / found["profiles"] if found["profiles"] else 0
    yield "<h2>Enrichment</h2>"
    yield f"<p>{found['eligible']:,} of {found['profiles']:,} profiles ({share:.0f} %) have what Brands and Interests want.</p>"
    yield _table(("Lacking", "Profiles"), [(name, f"{count:,}") for name, count in found["lacking"].items()])


def _findings(told: Mapping[str, Any]) -> Iterable[str]:
    if told["findings"]:
        yield "<h2>What was found in the rules</h2>"
        listed = [(one["severity"], one["trap"], one["table"], one["where"], one["detail"]) for one in told["findings"]]
        yield _table(("Severity", "Trap", "Table", "Rule", "What it is"), listed)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    listed = [tuple(row) for row in rows]
    numbers = {place for place in range(len(head)) if listed and any(_is_number(row[place]) for row in listed)}

    def cell(kind: str, place: int, text: str) -> str:
        mark = f' class="{text}"' if isinstance(text, _Marked) else ' class="n"' if place in numbers else ""
        return f"<{kind}{mark}>{escape(text)}</{kind}>"

    told = ["".join(cell("td", place, text) for place, text in enumerate(row)) for row in listed]
    first = "".join(cell("th", place, text) for place, text in enumerate(head))
    body = "</tr><tr>".join(told)
    table = f"<table><thead><tr>{first}</tr></thead><tbody><tr>{body}</tr></tbody></table>"
    return f'<div class="scroll" tabindex="0">{table}</div>'  # which the keyboard scrolls, too


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").removesuffix(" %").isdigit()


def _asset(name: str) -> str:
    return (files("spark_jobs.insights") / "chart" / name).read_text(encoding="utf-8")


def _safe(text: str) -> str:
    """Return JSON that cannot end the element that it stands in."""
    return text.replace("<", "\\u003c")
