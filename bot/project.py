"""Settings that stand in files: .env, and those of the project, signpost.toml or [tool.signpost] of pyproject.toml."""

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import index
from bot.errors import SettingsError
from index import SignpostError

ENV_FILE: Final = ".env"
FILE: Final = "signpost.toml"
PYPROJECT: Final = "pyproject.toml"
#: What is beside the file unless it says otherwise.
_INDEX: Final = ".signpost/index"
_STORE: Final = "sqlite:///.signpost/store.sqlite3"

#: Every setting by the variable that it stands for; its key is that in small letters, without SIGNPOST_.
VARIABLES: Final = (
    *("ANSWER_LINKS", "CATALOGUE_AUTHOR", "CATALOGUE_CHECKOUT", "CATALOGUE_FILE", "CATALOGUE_PUSH", "CURATORS"),
    *("CURATORS_CHANNEL", "DEAD_LINKS", "FEEDBACK_BUTTONS", "FOLLOW_UP_CONFIDENCE", "GAPS_DAY", "GAPS_HOUR", "HOST"),
    *("LOG_LEVEL", "PATCHES_DIR", "PORT", "REBUILD_TIMEOUT_S", "SEARCH_DEADLINE_S", "SEARCH_THREADS"),
    *("SIGNPOST_ADAPTER", "SIGNPOST_CATALOGUE", "SIGNPOST_DOCUMENT_PROMPT", "SIGNPOST_GOLDEN", "SIGNPOST_INDEX"),
    *("SIGNPOST_JUDGED", "SIGNPOST_KEEP", "SIGNPOST_KEEP_DAYS", "SIGNPOST_MARGIN", "SIGNPOST_MODE", "SIGNPOST_MODEL"),
    *("SIGNPOST_PRECISION", "SIGNPOST_QUERY_PROMPT", "SIGNPOST_REFRESH", "SIGNPOST_VOCABULARY", "SLACK_API_URL"),
    *("SLACK_CHANNELS", "SLACK_COMMAND", "SLACK_CONNECT", "SOCKET_PING_S", "STORE_QUESTIONS", "STORE_URL"),
    "SUGGESTED_PROMPTS",
)
#: Never in a file that everybody reads who has the project.
SECRETS: Final = ("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "STORE_HASH_KEY")
_LISTS: Final = ("SIGNPOST_CATALOGUE", "SIGNPOST_JUDGED")
#: What may be more than text, and how the variable has it.
_WRITTEN: Final[dict[str, tuple[type, Callable[[Any], str]]]] = {
    "CURATORS": (list, lambda users: ",".join(map(str, users))),
    "SLACK_CHANNELS": (dict, json.dumps),
    "SUGGESTED_PROMPTS": (list, json.dumps),
}
#: Paths, and the words that are none there.
_PATHS: Final = {
    "CATALOGUE_CHECKOUT": (),
    "PATCHES_DIR": (),
    "SIGNPOST_ADAPTER": ("none",),
    "SIGNPOST_GOLDEN": ("none",),
    "SIGNPOST_INDEX": (),
    "SIGNPOST_JUDGED": (),
    "SIGNPOST_VOCABULARY": (),
}
_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)$")
_SQLITE: Final = re.compile(r"(sqlite:///)(?=[^/:?])")

#: What a setting is given as: several for a list of catalogues or of files.
Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A file of settings that was found, and what it says by variable; its paths are as seen from the working folder."""

    file: Path
    values: Mapping[str, Value]


def key_of(variable: str) -> str:
    """Return what a variable is called in the file."""
    return variable.removeprefix("SIGNPOST_").lower()


def kept(env_file: Path = Path(ENV_FILE)) -> dict[str, Value]:
    """Return what .env says, or else the project's settings around the working folder; what is empty counts as not set."""
    project = find_project()
    return {**(project.values if project else {}), **read_env_file(env_file)}


def read_env_file(file: Path = Path(ENV_FILE)) -> dict[str, str]:
    """Return the variables of a file .env, which need not be there."""
    if not file.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - a third of what a start takes, and most have no such file

    return {name: value for name, value in dotenv_values(file).items() if value}


def find_project() -> Project | None:
    """Return the nearest settings of a project, in the working folder or one above it.

    SettingsError says all that is wrong with them.
    """
    start = Path.cwd()
    for folder in (start, *start.parents):
        up = Path(os.path.relpath(folder, start))
        for file, table in ((up / FILE, _table(up / FILE)), (up / PYPROJECT, _part(up / PYPROJECT))):
            if table is not None:
                return Project(file=file, values=_values(file, table))
    return None


def _table(file: Path) -> dict[str, Any] | None:
    """Return what a file says; None where there is none."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError((f"{file}: cannot be read ({error.strerror})",)) from error
    except UnicodeDecodeError as error:
        raise SettingsError((f"{file}: is not UTF-8 text",)) from error
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line, what = (f":{found[1]}", str(error)[: found.start()]) if found else ("", str(error))
        raise SettingsError((f"{file}{line}: is not TOML: {what[:1].lower()}{what[1:]}",)) from error


def _part(file: Path) -> dict[str, Any] | None:
    """Return our part of a file that is somebody else's; None where it has none, whatever is wrong with the file then."""
    try:
        if b"tool.signpost" not in file.read_bytes():
            return None
    except OSError:
        return None
    table = (_table(file) or {}).get("tool", {}).get("signpost")
    return table if isinstance(table, dict) else None


def _values(file: Path, table: Mapping[str, Any]) -> dict[str, Value]:
    problems: list[str] = []
    folder = file.parent
    values: dict[str, Value] = {}
    variables = {key_of(variable): variable for variable in VARIABLES}
    for key, given in table.items():
        variable = variables.get(key.replace("-", "_"))
        try:
            if variable is None:
                raise ValueError(_unknown(key, variables))  # noqa: TRY301 - said with whatever else is wrong
            if given not in ("", []):
                values[variable] = _placed(variable, _value(variable, given), folder)
        except (ValueError, SignpostError) as error:
            problems.append(f"{file}: {key} {error}")
    if problems:
        raise SettingsError(tuple(problems))
    if folder == Path():
        return values
    if "PATCHES_DIR" in values and "CATALOGUE_FILE" in values:  # elsewhere a path inside the checkout
        values["CATALOGUE_FILE"] = str(folder / str(values["CATALOGUE_FILE"]))
    beside = {"SIGNPOST_INDEX": _INDEX, "STORE_URL": _STORE}
    return {name: _placed(name, value, folder) for name, value in beside.items()} | values


def _unknown(key: str, known: Iterable[str]) -> str:
    if key.replace("-", "_").upper() in SECRETS:
        return "is a secret, and whoever has the project reads this file; put it into the environment or into .env"
    near = get_close_matches(key.replace("-", "_").lower().removeprefix("signpost_"), known, n=1)
    return f"is no setting; {f'did you mean {near[0]}?' if near else 'docs/settings.md has them all'}"


def _value(variable: str, given: Any) -> Value:
    """Return what a variable of the environment would be; a tuple where there may be several. ValueError."""
    if variable in _LISTS and isinstance(given, list) and all(isinstance(one, str) for one in given):
        return tuple(given)
    kind, written = _WRITTEN.get(variable, (None, str))
    if kind is not None and isinstance(given, kind):
        return written(given)
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, str | int | float):
        return (str(given),) if variable in _LISTS else str(given)
    raise ValueError(f"must be {'text or a list of texts' if variable in _LISTS else 'text, a number, true or false'}")


def _placed(variable: str, value: Value, folder: Path) -> Value:
    """Return a value whose paths, which count from the folder of the file, are as seen from the working folder."""
    if isinstance(value, tuple):
        return tuple(_placed_one(variable, one, folder) for one in value)
    return _placed_one(variable, value, folder)


def _placed_one(variable: str, value: str, folder: Path) -> str:
    if folder == Path():
        return value
    if variable == "SIGNPOST_CATALOGUE":
        return index.moved_source(value, folder)  # loaded only here: it brings YAML along
    if variable == "STORE_URL":
        return _SQLITE.sub(lambda found: f"{found[1]}{folder.as_posix()}/", value)
    if variable == "SIGNPOST_MODEL":  # a folder, or a name of the hub
        return str(folder / value) if (folder / value).is_dir() else value
    is_path = variable in _PATHS and value not in _PATHS[variable]
    return str(folder / value) if is_path else value
