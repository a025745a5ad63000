"""What Slack's own command line runs in this project (`.slack/hooks.json`): `python3 -m bot.cli.hooks HOOK`.

Slack's program starts a hook with the project's `.venv` active, and reads JSON from its standard output: which hooks there
are, or the app's manifest. `start` stays until it is ended. Only what is needed is imported, since the first hook must be fast.
https://docs.slack.dev/tools/slack-cli/reference/hooks
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

HOOKS: Final = ("get-manifest", "start")
#: The form of an answer in which the answer stands between two marks, so that warnings may be printed beside it.
BOUNDARIES: Final = "message-boundaries"
#: What Slack's program calls the two tokens, besides the names that the bot reads.
_TOKENS: Final = {"SLACK_BOT_TOKEN": "SLACK_CLI_XOXB", "SLACK_APP_TOKEN": "SLACK_CLI_XAPP"}


def main(arguments: Sequence[str]) -> int:
    """Run a hook and return its exit code; options that it does not know are left alone, since Slack may add some."""
    python = _python()
    hook = next((argument for argument in arguments if not argument.startswith("-")), "get-hooks")
    boundary = next((a.partition("=")[2] for a in arguments if a.startswith("--boundary=")), "")
    if hook == "start":
        environment = with_tokens(os.environ)
        os.execve(python, [python, "-m", "bot.cli", "serve", "--mode", "socket"], environment)  # noqa: S606 - ours
    if hook == "get-hooks":
        answer = json.dumps(hooks())
    elif hook == "get-manifest":
        made = subprocess.run(  # noqa: S603 - ours
            [python, "-m", "bot.cli", "manifest", "--socket", "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        sys.stderr.write(made.stderr)
        if made.returncode:
            return made.returncode
        answer = made.stdout.strip()
    else:
        sys.stderr.write(f"signpost: there is no hook {hook!r:.80}; there are get-hooks, {', '.join(HOOKS)}\n")
        return 2
    sys.stdout.write(f"{boundary}{answer}{boundary}\n")
    return 0


def _python() -> str:
    """Return the project's Python: that of `.venv`, where there is one."""
    project = Path(__file__).parents[2] / ".venv" / "bin" / "python"
    return str(project) if project.exists() else sys.executable


def hooks() -> dict[str, object]:
    """Return the hooks that there are, and that the bot makes its connection itself."""
    return {
        "runtime": "python",
        "hooks": {hook: f"{shlex.quote(_python())} -m bot.cli.hooks {hook}" for hook in HOOKS},
        "config": {
            "protocol-version": [BOUNDARIES, "default"],
            "sdk-managed-connection-enabled": True,
            "watch": {
                "app": {"paths": ["bot", "index"], "filter-regex": r"\.py$"},
                "manifest": {"paths": [".env", "signpost.toml", "bot/slack/manifest.py"]},
            },
        },
    }


def with_tokens(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the bot, with the tokens of the app that Slack's program has installed."""
    given = {name: environment[other] for name, other in _TOKENS.items() if environment.get(other)}
    return {**given, **environment}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
