"""What Prometheus reads at `/metrics`; each instance has a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters and timings; no label holds what a person wrote."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.questions = Counter(
            "signpost_questions",
            "Questions by way in and by how they ended: answered, nothing, usage, failed, refused.",
            ["surface", "outcome"],
            registry=self.registry,
        )
        self.answered_share = Gauge(
            "signpost_answered_share", "Share of the questions since the start that got links.", registry=self.registry
        )
        self.answer_seconds = Histogram(
            "signpost_answer_seconds",
            "From taking a question up to having its answer.",
            ["surface"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
            registry=self.registry,
        )
        self.slack_errors = Counter(
            "signpost_slack_errors", "Calls that Slack did not take.", ["method", "code"], registry=self.registry
        )
        self.rejected = Counter(
            "signpost_rejected_requests", "Requests that the gate turned away.", ["reason"], registry=self.registry
        )
        self.feedback = Counter("signpost_feedback", "Verdicts on answers.", ["verdict"], registry=self.registry)
        self.clicks = Counter("signpost_clicks", "Links opened by their button.", registry=self.registry)
        self.duplicates = Counter(
            "signpost_duplicates", "Deliveries that had been handled before.", registry=self.registry
        )
        self.index_version = Gauge(
            "signpost_index", "1 for the catalogue version being served.", ["version"], registry=self.registry
        )
        self.index_links = Gauge("signpost_index_links", "Links in the catalogue being served.", registry=self.registry)
        self.part_well = Gauge("signpost_part_well", "1 when the part is well.", ["part"], registry=self.registry)
        self.refreshes = Counter(
            "signpost_refreshes",
            "Builds by SIGNPOST_REFRESH and how they ended: changed, unchanged, failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.work = Gauge("signpost_work", "Answers being prepared or sent.", registry=self.registry)
        self.connections = Gauge("signpost_connections", "HTTP connections that are open.", registry=self.registry)
        self._asked = 0
        self._answered = 0

    def count_question(self, surface: str, outcome: str, seconds: float) -> None:
        """Count one question."""
        self.questions.labels(surface, outcome).inc()
        self.answer_seconds.labels(surface).observe(seconds)
        self._asked += 1
        self._answered += outcome == "answered"
        self.answered_share.set(self._answered / self._asked)

    def serve_version(self, version: str, links: int) -> None:
        """Say which catalogue is being served."""
        self.index_version.clear()
        self.index_version.labels(version).set(1)
        self.index_links.set(links)

    def render(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self.registry)
