"""The metrics at `/metrics`, for Prometheus; each instance has its own registry."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters and timings; no label holds what a person wrote."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        counter, gauge = partial(Counter, registry=self.registry), partial(Gauge, registry=self.registry)
        self.questions = counter(
            "signpost_questions",
            "Questions by way in and by how they ended: answered, doubtful, posted, nothing, usage, failed, refused.",
            ["surface", "outcome"],
        )
        self.answered_share = gauge("signpost_answered_share", "Share of the questions since the start that got links.")
        self.answer_seconds = Histogram(
            "signpost_answer_seconds",
            "From taking a question up to having its answer.",
            ["surface"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
            registry=self.registry,
        )
        self.slack_errors = counter("signpost_slack_errors", "Calls that Slack did not take.", ["method", "code"])
        self.rejected = counter("signpost_rejected_requests", "Requests that the gate turned away.", ["reason"])
        self.feedback = counter("signpost_feedback", "Verdicts on answers.", ["verdict"])
        self.clicks = counter("signpost_clicks", "Links opened by their button.")
        self.duplicates = counter("signpost_duplicates", "Deliveries that had been handled before.")
        self.index_version = gauge("signpost_index", "1 for the catalogue version being served.", ["version"])
        self.index_links = gauge("signpost_index_links", "Links in the catalogue being served.")
        self.part_well = gauge("signpost_part_well", "1 when the part is well.", ["part"])
        self.refreshes = counter(
            "signpost_refreshes",
            "Builds by SIGNPOST_REFRESH and how they ended: changed, unchanged, failed.",
            ["outcome"],
        )
        self.work = gauge("signpost_work", "Answers being prepared or sent.")
        self.connections = gauge("signpost_connections", "HTTP connections that are open.")
        self._asked = 0
        self._answered = 0

    def count_question(self, surface: str, outcome: str, seconds: float) -> None:
        """Count one question."""
        self.questions.labels(surface, outcome).inc()
        self.answer_seconds.labels(surface).observe(seconds)
        self._asked += 1
        self._answered += outcome in {"answered", "doubtful", "posted"}
        self.answered_share.set(self._answered / self._asked)

    def serve_version(self, version: str, links: int) -> None:
        """Set which bundle answers, and how many links it has."""
        self.index_version.clear()
        self.index_version.labels(version).set(1)
        self.index_links.set(links)

    def render(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self.registry)
