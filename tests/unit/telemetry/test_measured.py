"""What events measure and trace: as pure values, and as OpenTelemetry exports it, to memory and to a collector's stand-in."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.adapters.open_telemetry import UNTRACED, OpenTelemetry
from shared.ports import JobRun, RefreshJob
from shared.telemetry.exporting import AZURE_MONITOR, OTLP, Exporting, Route, route
from shared.telemetry.log_events import EVENTS, FIELDS, LOGGER, tell, thing_of
from shared.telemetry.measures import MEASURES, measured
from shared.telemetry.traces import spans_of, trace_of
from tests.pipeline import Pipeline, contact

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


# Pure -----------------------------------------------------------------------------------------------------------------


def test_measures_are_of_events_and_fields_that_there_are() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)
    for measure in MEASURES:
        assert measure.name.startswith("customer360.")
        assert measure.kind != "gauge" or not measure.by, "a gauge without a value for one of its attributes would be stale"
        for event in measure.events:
            assert event in EVENTS, measure.name
            assert {*measure.of, *measure.by} - {"state"} <= set(FIELDS[thing_of(event)]), (measure.name, event)


@pytest.mark.parametrize(
    ("event", "fields", "values"),
    [
        (
            "file.ingested",
            {"source": "finance", "entity": "spend", "records": 5, "rejects": 3, "reasons": {"too_wide": 2, "truncated": 1}},
            [
                ("customer360.files", 1, {"state": "ingested", "source": "finance"}),
                ("customer360.records", 5, {"source": "finance", "entity": "spend"}),
                ("customer360.rejects", 2, {"source": "finance", "entity": "spend", "reason": "too_wide"}),
                ("customer360.rejects", 1, {"source": "finance", "entity": "spend", "reason": "truncated"}),
            ],
        ),
        ("refresh.skipped", {}, [("customer360.refreshes", 1, {"state": "skipped"})]),
        ("batch.opened", {"rows": 5}, []),
        (
            "batch.parked",
            {"stage": "silver", "run_seconds": 2.5},
            [
                ("customer360.runs", 1, {"state": "parked"}),
                ("customer360.run.duration", 2.5, {"state": "parked", "stage": "silver"}),
            ],
        ),
        (
            "batch.succeeded",
            {"applied": 4, "superseded": 0, "way_seconds": 60.0},
            [
                ("customer360.rows", 4, {"outcome": "applied"}),
                ("customer360.rows", 0, {"outcome": "superseded"}),
                ("customer360.runs", 1, {"state": "succeeded"}),
                ("customer360.gold.delay", 60.0, {}),
            ],
        ),
    ],
)
def test_an_event_is_counted_and_measured(event: str, fields: dict[str, Any], values: list[tuple[str, float, Any]]) -> None:
    assert [(one.measure.name, one.value, one.attributes) for one in measured(event, fields)] == values


def test_a_batch_and_its_publication_have_one_trace_and_others_have_others() -> None:
    assert (
        trace_of("b20261123T100000Z_00000001")
        == trace_of("p20261123T100000Z_00000001")
        != trace_of("b20261123T100000Z_00000002")
    )
    assert 0 < trace_of("b") < 2**128


def test_the_way_of_a_batch_is_made_of_the_times_that_the_ledger_has() -> None:
    times = {
        "landed_from": AT,
        "created_at": after(10),
        "submitted_at": after(12),
        "ended_at": after(72),
        "recorded_at": after(75),
    }
    (span,) = spans_of("batch.succeeded", {"batch": "b1", "run": 7, **times})
    assert (span.name, span.start, span.end, span.is_well) == ("batch", AT, after(75), True)
    within = [(one.name, (one.end - one.start).total_seconds()) for one in span.within]
    assert within == [("wait", 10), ("open", 2), ("run", 60), ("publish", 3)]
    assert span.within[2].attributes["customer360.run"] == 7


def test_what_is_not_known_makes_no_span_and_none_ends_before_it_began() -> None:
    (span,) = spans_of("batch.parked", {"batch": "b1", "created_at": AT, "recorded_at": after(-1)})
    assert (span.start, span.end, span.is_well, span.within) == (AT, AT, False, ())
    assert list(spans_of("batch.failed", {"batch": "b1"})) == []
    assert list(spans_of("batch.opened", {"created_at": AT, "recorded_at": AT})) == []


# Who exports ----------------------------------------------------------------------------------------------------------

_TELEMETRY = "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"
_OPEN = "PYTHON_ENABLE_OPENTELEMETRY"
_INSIGHTS = {AZURE_MONITOR: "InstrumentationKey=0"}


@pytest.mark.parametrize(
    ("environment", "version", "expected"),
    [
        ({}, (3, 12), None),
        (_INSIGHTS, (3, 11), Route(to="azure_monitor")),  # what infra/ deploys: logs go through the host
        (_INSIGHTS, (3, 12), Route(to="azure_monitor")),
        (_INSIGHTS, (3, 13), Route(to="azure_monitor")),
        ({**_INSIGHTS, _TELEMETRY: "true"}, (3, 13), Route(to="worker")),  # it configures Azure Monitor itself
        ({**_INSIGHTS, _TELEMETRY: "false"}, (3, 13), Route(to="azure_monitor")),
        ({**_INSIGHTS, _TELEMETRY: "true"}, (3, 12), Route(to="azure_monitor")),  # a setting of newer workers
        ({**_INSIGHTS, _OPEN: "true"}, (3, 12), Route(to="worker")),
        ({**_INSIGHTS, _OPEN: "false"}, (3, 12), Route(to="worker")),  # whatever it holds
        ({**_INSIGHTS, _OPEN: "1"}, (3, 13), Route(to="azure_monitor", with_logs=True)),  # the host is handed none
        ({OTLP: "http://127.0.0.1:4318"}, (3, 13), Route(to="otlp")),
        ({OTLP: "http://127.0.0.1:4318", **_INSIGHTS}, (3, 13), Route(to="azure_monitor")),  # once
    ],
)
def test_everything_goes_out_once_in_every_generation_of_workers(
    environment: dict[str, str], version: tuple[int, int], expected: Route | None
) -> None:
    assert route(environment, version) == expected


def test_every_instrumentation_that_comes_along_is_off() -> None:
    from azure.monitor.opentelemetry import _constants

    assert set(UNTRACED) == set(_constants._ALL_SUPPORTED_INSTRUMENTED_LIBRARIES)


class Sink:
    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.opened, self.taken = fails, 0, Counter[str]()
        self.setting = "InstrumentationKey=secret"

    def open(self) -> Sink:
        self.opened += 1
        if self.fails:
            raise ImportError(self.setting)
        return self

    def __call__(self, event: str, fields: Any) -> None:
        self.taken[event] += 1


@pytest.fixture
def exporting(request: pytest.FixtureRequest) -> Iterator[Sink]:
    sink = Sink(fails=getattr(request, "param", False))
    handler = Exporting(sink.open)
    handler.attach()
    yield sink
    handler.detach()


def test_nothing_is_opened_before_there_is_something_to_export(exporting: Sink, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger(f"{LOGGER}.other").error("no event")
    assert exporting.opened == 0
    caplog.set_level(logging.INFO, logger=LOGGER)
    tell("sweep.done", files=1)
    tell("pipeline.seen", files=1)
    assert (exporting.opened, dict(exporting.taken)) == (1, {"sweep.done": 1, "pipeline.seen": 1})
    assert "pipeline.seen" not in caplog.text, "only measured"


@pytest.mark.parametrize("exporting", [True], indirect=True)
def test_where_exporting_fails_it_is_told_once_and_the_pipeline_goes_on(
    exporting: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        tell("http.failed", error="x")
    assert exporting.opened == 1
    told = "\n".join(logging.Formatter().format(record) for record in caplog.records)  # Spark, if it runs, formats as JSON
    assert told.count("telemetry.unavailable") == 1
    assert "ImportError" in told
    assert "in open" in told, "where it was raised"
    assert "secret" not in told, "an exporter's error may say what it connects with"


# Exported -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported() -> Iterator[tuple[dict[str, dict[tuple[Any, ...], Any]], list[Any], Pipeline]]:
    """A pipeline's whole way with rejects and a refresh that fails: metrics by name and attributes, spans, the pipeline."""
    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    meters = MeterProvider([reader])
    handler = Exporting(lambda: OpenTelemetry(meters.get_meter("test"), tracers.get_tracer("test")))
    logger, level = logging.getLogger(LOGGER), logging.getLogger(LOGGER).level
    logger.setLevel(logging.INFO)
    handler.attach()
    try:
        pipeline = Pipeline()
        pipeline.land_contacts(contact(1), b'2,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
        pipeline.tick(11)
        pipeline.clock.advance(30)
        (run_id,) = pipeline.jobs.runs
        pipeline.do_the_work_of(run_id)
        pipeline.jobs.end(run_id, JobRun(run_id=run_id, state="succeeded", termination="success", ended_at=pipeline.clock()))
        pipeline.tick(5)
        for job_id in list(pipeline.customer_insights.jobs):
            pipeline.customer_insights.end(job_id, RefreshJob(job_id=job_id, state="failed", detail="no quota"))
        pipeline.tick(7)
        pipeline.tick(60)
        found: dict[str, dict[tuple[Any, ...], Any]] = defaultdict(dict)
        data = reader.get_metrics_data()
        assert data is not None
        for metric in data.resource_metrics[0].scope_metrics[0].metrics:
            for point in metric.data.data_points:
                found[metric.name][tuple(sorted((point.attributes or {}).items()))] = point
        yield found, list(spans.get_finished_spans()), pipeline
    finally:
        handler.detach()
        logger.setLevel(level)
        tracers.shutdown()
        meters.shutdown()


def test_metrics_say_how_fresh_gold_is_what_waits_and_what_ran(exported: Any) -> None:
    found, _, _ = exported
    source = (("entity", "contact"), ("source", "dataverse"))
    assert found["customer360.records"][source].value == 2
    assert found["customer360.rejects"][(source[0], ("reason", "too_wide"), source[1])].value == 1
    assert found["customer360.rows"][("outcome", "applied"),].value == 1
    assert found["customer360.runs"][("state", "succeeded"),].value == 1
    assert found["customer360.refreshes"][("state", "failed"),].value == 1
    duration = found["customer360.run.duration"][("stage", "silver"), ("state", "succeeded")]
    assert (duration.count, duration.sum) == (1, 30)
    assert found["customer360.gold.age"][()].value >= 60
    assert found["customer360.waiting.parts"][()].value == 0
    assert "customer360.insights.age" not in found, "nobody read it yet"


def test_every_span_of_a_batchs_way_is_in_its_trace_with_its_own_times(exported: Any) -> None:
    _, spans, pipeline = exported
    (batch,) = pipeline.context.ledger.batches()
    named = {span.name: span for span in spans if span.context.trace_id == trace_of(batch.batch_id)}
    assert set(named) == {"batch", "wait", "open", "run", "publish", "refresh"}
    assert named["run"].start_time == int(batch.submitted_at.timestamp() * 1e9)
    assert named["run"].parent.span_id == named["batch"].context.span_id
    assert named["batch"].attributes["customer360.publication"] == batch.publication
    assert (named["batch"].status.is_ok, named["refresh"].status.is_ok) == (True, False)


class Collector(BaseHTTPRequestHandler):
    """Takes what exporters post, as a collector or Application Insights does."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        answer = b'{"itemsReceived": 1, "itemsAccepted": 1, "errors": []}' if "track" in self.path else b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def collector() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.posted = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", server.posted  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


PROGRAM = """
import logging, sys
from datetime import UTC, datetime
sys.path.insert(0, sys.argv[1])
from shared.context import Context
from shared.telemetry.log_events import tell
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
import os
Context(os.environ).export()
assert not [name for name in sys.modules if name.split(".")[0] == "opentelemetry"], "imported before there was anything to tell"
at = datetime(2026, 11, 23, tzinfo=UTC)
tell("batch.succeeded", batch="b1", publication="p1", applied=3, created_at=at, recorded_at=at, way_seconds=9.0)
tell("refresh.successful", publication="p1", requested_at=at, ended_at=at)
"""


def run_program(**environment: str) -> str:
    """Tell two events in a process of its own, whose end flushes them; return what it logged."""
    told = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT)], capture_output=True, text=True, check=True, env=told, timeout=60
    )
    return done.stdout


def test_a_collector_gets_metrics_and_traces_once_and_no_logs(collector: Any) -> None:
    url, posted = collector
    posted.clear()
    logged = run_program(**{OTLP: url})
    assert logged.count("batch.succeeded batch=b1") == 1
    spans: Counter[str] = Counter()
    metrics: dict[str, Any] = {}
    for path, headers, body in posted:
        assert headers["Content-Type"] == "application/x-protobuf"
        if path == "/v1/traces":
            traced = ExportTraceServiceRequest.FromString(body).resource_spans
            spans.update(span.name for resource in traced for scope in resource.scope_spans for span in scope.spans)
            assert {span.trace_id for one in traced for scope in one.scope_spans for span in scope.spans} == {
                trace_of("b1").to_bytes(16, "big")
            }
        else:
            assert path == "/v1/metrics"
            measured_by = ExportMetricsServiceRequest.FromString(body).resource_metrics
            metrics |= {metric.name: metric for one in measured_by for scope in one.scope_metrics for metric in scope.metrics}
    assert spans == {"batch": 1, "refresh": 1}
    (rows,) = metrics["customer360.rows"].sum.data_points
    assert (rows.as_int or rows.as_double) == 3
    assert "customer360.gold.delay" in metrics


def test_application_insights_gets_metrics_and_traces_once_and_logs_from_the_host_alone(collector: Any) -> None:
    url, posted = collector
    posted.clear()
    key = f"InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint={url}/;LiveEndpoint={url}/"
    logged = run_program(**{AZURE_MONITOR: key, "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true"})
    assert logged.count("batch.succeeded batch=b1") == 1
    items = [item for path, _, body in posted if path.endswith("/track") for item in json.loads(_plain(body))]
    kinds = Counter(item["data"]["baseType"] for item in items)
    names = [item["data"]["baseData"].get("name") for item in items if item["data"]["baseType"] != "MetricData"]
    assert sorted(names) == ["batch", "refresh"], items
    assert {item["tags"]["ai.operation.id"] for item in items if item["data"]["baseType"] != "MetricData"} == {
        f"{trace_of('b1'):032x}"
    }
    metrics = [metric["name"] for item in items for metric in item["data"]["baseData"].get("metrics", [])]
    assert metrics.count("customer360.gold.delay") == 1
    assert "MessageData" not in kinds, "logs go through the host"


def _plain(body: bytes) -> bytes:
    import gzip

    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
