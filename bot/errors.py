"""Every error that the bot raises on purpose. The root is the index's error, so one `except` catches both.

    SignpostError               (index.errors) a message fit for a person
    ├── SettingsError           settings are missing or wrong; lists all of them
    ├── StoreError              the store of feedback cannot be read or written
    ├── KnownLinkError          somebody suggests a link that the catalogue has
    ├── LoginError              somebody cannot be signed in as a curator
    ├── CurationError           an approved suggestion cannot be written to the catalogue
    └── SlackSendError          Slack did not take a message or a call; carries Slack's error code
        ├── SlackTokenError     Slack refuses the token itself: nothing works until it is replaced
        ├── SlackBusyError      Slack wants fewer calls; carries how long to wait
        ├── SlackUnclearError   the call went out and nobody knows whether Slack did it
        └── SlackOfflineError   Slack cannot be reached at all; it has not seen the call

Each message is one line and never holds a token, a signing secret or what somebody asked.
"""

from index import SignpostError


class SettingsError(SignpostError):
    """Settings are missing or wrong; `problems` has one sentence for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Join `problems` to one line."""
        self.problems = problems
        count = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__(f"{count} missing or wrong: {'; '.join(problems)}")


class StoreError(SignpostError):
    """The store cannot be opened, read or written: it is locked, full, damaged or unreachable."""


class KnownLinkError(SignpostError):
    """Somebody suggests a link that the catalogue has already; `title` is what it is called there."""

    def __init__(self, title: str) -> None:
        """Keep the title."""
        self.title = title
        super().__init__(f"The catalogue has it already: {title}")


class LoginError(SignpostError):
    """Somebody cannot be signed in as a curator: the provider fails or refuses, or the settings do not name them."""


class CurationError(SignpostError):
    """An approved suggestion cannot be written: the state of the checkout, git, the disk or a check prevents it."""


class SlackSendError(SignpostError):
    """Slack did not take a call; `code` is Slack's own word for it, such as `not_in_channel`."""

    def __init__(self, message: str, *, code: str, method: str = "") -> None:
        """Keep Slack's `code` and the API `method` beside the message."""
        self.code = code
        self.method = method
        super().__init__(message)


class SlackTokenError(SlackSendError):
    """Slack refuses the token: revoked, expired or never valid."""


class SlackBusyError(SlackSendError):
    """Slack wants fewer calls for `retry_after_s` seconds; it has not done this one."""

    def __init__(self, message: str, *, method: str, retry_after_s: float) -> None:
        """Keep how many seconds Slack wants to wait."""
        self.retry_after_s = retry_after_s
        super().__init__(message, code="ratelimited", method=method)


class SlackUnclearError(SlackSendError):
    """The call was sent, but no answer says whether Slack did it: a timeout, a reset, a 5xx, half an answer."""


class SlackOfflineError(SlackSendError):
    """Slack cannot be reached: no network, no DNS, or nobody listens at `SLACK_API_URL`."""
