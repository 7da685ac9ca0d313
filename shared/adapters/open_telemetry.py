"""Exports what events measure and trace, with OpenTelemetry: to Azure Monitor, to a collector, or by the worker's own exporter.

Nothing here is imported before there is something to export. Storage calls and HTTP calls are not traced: their spans would be
many times the pipeline's own, and the host traces each invocation anyway.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from opentelemetry import metrics, trace
from opentelemetry.metrics import Meter
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags, Tracer

from shared.telemetry.log_events import LOGGER, Field
from shared.telemetry.measures import MEASURES, Measure, measured
from shared.telemetry.traces import Span, spans_of, trace_of

SERVICE: Final = "customer360"

_LOGS: Final = "OTEL_LOGS_EXPORTER"

UNTRACED: Final = ("azure_sdk", "django", "fastapi", "flask", "psycopg2", "requests", "urllib", "urllib3", "httpx", "httpx2")


class OpenTelemetry:
    """Takes events; makes measurements and spans of them."""

    def __init__(self, meter: Meter, tracer: Tracer) -> None:
        self._tracer = tracer
        self._instruments = {measure.name: _instrument(meter, measure) for measure in MEASURES}

    def __call__(self, event: str, fields: Mapping[str, Field]) -> None:
        """Take one event."""
        for one in measured(event, fields):
            self._instruments[one.measure.name](one.value, one.attributes)
        named = fields.get("batch") or fields.get("publication")
        for span in spans_of(event, fields):
            self._trace(span, _beneath(trace_of(str(named))))

    def _trace(self, span: Span, beneath: Any) -> None:
        started = self._tracer.start_span(
            span.name, context=beneath, start_time=_nanoseconds(span.start), attributes=dict(span.attributes)
        )
        if not span.is_well:
            started.set_status(StatusCode.ERROR)
        for inner in span.within:
            self._trace(inner, trace.set_span_in_context(started))
        started.end(_nanoseconds(span.end))


def of_the_worker() -> OpenTelemetry:
    """Export by what the worker has configured."""
    return OpenTelemetry(metrics.get_meter(SERVICE), trace.get_tracer(SERVICE))


def azure_monitor(connection_string: str, *, with_logs: bool) -> OpenTelemetry:
    """Export to Application Insights; the exporter itself reads with which identity, where that takes no key."""
    from azure.monitor.opentelemetry import configure_azure_monitor

    if not with_logs:
        os.environ[_LOGS] = "none"  # there is no argument for it
    configure_azure_monitor(
        connection_string=connection_string,
        resource=_resource(),
        logger_name=LOGGER,  # the root's would export what exporters log
        enable_live_metrics=False,
        enable_performance_counters=False,
        sampling_ratio=1.0,  # one trace for each batch: none is to be missed, and all are few
        instrumentation_options={name: {"enabled": False} for name in UNTRACED},
    )
    return of_the_worker()


def otlp() -> OpenTelemetry:
    """Export to a collector, which `OTEL_EXPORTER_OTLP_ENDPOINT` and its like name (OTLP over HTTP)."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = _resource()
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource)
    return OpenTelemetry(meters.get_meter(SERVICE), tracers.get_tracer(SERVICE))


def _resource() -> Any:
    """Return what telemetry comes from: the app, by the name that the host gives it too."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    return Resource.create({SERVICE_NAME: os.environ.get("WEBSITE_SITE_NAME", SERVICE)})


def _instrument(meter: Meter, measure: Measure) -> Any:
    if measure.kind == "counter":
        return meter.create_counter(measure.name, unit=measure.unit).add
    if measure.kind == "histogram":
        return meter.create_histogram(measure.name, unit=measure.unit).record
    return meter.create_gauge(measure.name, unit=measure.unit).set


def _beneath(trace_id: int) -> Any:
    """Return the context of a trace whose beginning nobody exported: a batch's, told by several processes."""
    beginning = SpanContext(trace_id, trace_id & (2**64 - 1), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(beginning))


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1000
