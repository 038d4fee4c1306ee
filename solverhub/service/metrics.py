"""The numbers of the service in Prometheus text format, read from the store at each scrape."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from solverhub.service import counters, presence
from solverhub.service.store import Store

_LABELLED = {
    "jobs": ("Jobs that ended, by state.", "state"),
    "cache": ("Jobs submitted: answered by the cache, joined to a run, run, or bypassing.", "use"),
}
_PLAIN = {
    "runs_lost": "Runs taken from a worker that died or fell silent, and queued again.",
    "stale_writes": "Writes of workers that had lost their lease, all rejected.",
    "answers_evicted": "Answers dropped from the cache to keep its size.",
}
_SECONDS = {
    "job_seconds": "Seconds from the start of a job to its end.",
    "queue_seconds": "Seconds that a job waited for its start.",
}


def exposition(store: Store) -> bytes:
    """Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(store))
    return generate_latest(registry)


class _Collector:
    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        counts = counters.counts(self._store.database)
        for name, (text, label) in _LABELLED.items():
            family = CounterMetricFamily(f"solverhub_{name}", text, labels=[label])
            for count in counts:
                if count.name == name:
                    family.add_metric([count.label], count.value)
            yield family
        values = {count.name: count.value for count in counts if not count.label}
        for name, text in _PLAIN.items():
            yield CounterMetricFamily(f"solverhub_{name}", text, value=values.get(name, 0))
        for name, text in _SECONDS.items():
            yield SummaryMetricFamily(
                f"solverhub_{name}",
                text,
                count_value=int(values.get(f"{name}_count", 0)),
                sum_value=values.get(name, 0.0),
            )
        waiting = GaugeMetricFamily("solverhub_jobs_waiting", "Jobs not ended.", labels=["state"])
        for state, jobs in self._store.jobs.waiting().items():
            waiting.add_metric([state.value], jobs)
        yield waiting
        alive = presence.alive(self._store.database)
        yield GaugeMetricFamily("solverhub_supervisors", "Supervisors alive.", value=len(alive))
        yield GaugeMetricFamily("solverhub_slots", "Cores handed out.", value=sum(alive.values()))
