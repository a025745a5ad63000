"""Settings in files: .env, and the project's settings in signpost.toml or in [tool.signpost] of pyproject.toml."""

import errno
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
#: Defaults for a project: the index and the store are beside its file.
_INDEX: Final = ".signpost/index"
_STORE: Final = "sqlite:///.signpost/store.sqlite3"

#: The environment variables that such a file may set. The key in the file is the name in small letters, without SIGNPOST_.
VARIABLES: Final = (
    *("API_KEYS_FILE", "API_ORIGINS", "SIGNPOST_API", "SIGNPOST_MCP"),
    *("OIDC_CLIENT_ID", "OIDC_CURATORS", "OIDC_ISSUER"),
    *("ANSWER_LINKS", "CATALOGUE_AUTHOR", "CATALOGUE_CHECKOUT", "CATALOGUE_FILE", "CATALOGUE_PUSH"),
    *("CHANNEL_LINKS", "CURATORS"),
    *(
        "CURATORS_CHANNEL",
        "DEAD_LINKS",
        "FEEDBACK_BUTTONS",
        "FOLLOW_UP_CONFIDENCE",
        "GAPS_DAY",
        "GAPS_HOUR",
        "HIJACKED_LINKS",
        "HOST",
    ),
    *("LOG_LEVEL", "PATCHES_DIR", "PORT", "RATE_LIMIT", "REBUILD_TIMEOUT_S", "SEARCH_DEADLINE_S", "SEARCH_THREADS"),
    *(
        "SIGNPOST_ADAPTER",
        "SIGNPOST_CATALOGUE",
        "SIGNPOST_DOCUMENT_PROMPT",
        "SIGNPOST_GOLDEN",
        "SIGNPOST_INCLUDE_PRIVATE",
        "SIGNPOST_INDEX",
        "SIGNPOST_INSIDE",
        "SIGNPOST_LANGUAGE",
    ),
    *("SIGNPOST_PAGES", "SIGNPOST_TURNED_COUNT", "SIGNPOST_TURNED_SHARE"),
    *("SIGNPOST_JUDGED", "SIGNPOST_KEEP", "SIGNPOST_KEEP_DAYS", "SIGNPOST_MARGIN", "SIGNPOST_MODE", "SIGNPOST_MODEL"),
    *(
        "SIGNPOST_PRECISION",
        "SIGNPOST_QUERY_PROMPT",
        "SIGNPOST_QUESTIONS",
        "SIGNPOST_REFRESH",
        "SIGNPOST_VOCABULARY",
        "SLACK_API_URL",
    ),
    *(
        "SLACK_CHANNELS",
        "SLACK_CLIENT_ID",
        "SLACK_COMMAND",
        "SLACK_CONNECT",
        "SOCKET_PING_S",
        "STORE_QUESTIONS",
        "STORE_URL",
    ),
    *("STORE_ANSWERS_DAYS", "STORE_CLICKS_DAYS", "STORE_FEEDBACK_DAYS", "STORE_REFUSALS_DAYS"),
    *("SUGGESTED_PROMPTS", "SUGGEST_EMOJI", "TRUSTED_PROXIES", "WEB_PAGE", "WEB_ROBOTS", "WEB_URL"),
)
#: Refused in such a file, because everybody who has the project can read it.
SECRETS: Final = (
    "METRICS_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_BOT_TOKEN",
    "SLACK_CLIENT_SECRET",
    "SLACK_REFRESH_TOKEN",
    "SLACK_SIGNING_SECRET",
    "STORE_HASH_KEY",
    "WEB_KEY",
    "CURATORS_TOKEN",
    "OIDC_CLIENT_SECRET",
)
_LISTS: Final = ("SIGNPOST_CATALOGUE", "SIGNPOST_JUDGED", "SIGNPOST_VOCABULARY")
#: Variables whose value may be a list or a table in the file, and how to write it as text.
_WRITTEN: Final[dict[str, tuple[type, Callable[[Any], str]]]] = {
    "API_ORIGINS": (list, lambda origins: ",".join(map(str, origins))),
    "CURATORS": (list, lambda users: ",".join(map(str, users))),
    "SIGNPOST_INSIDE": (list, lambda suffixes: " ".join(map(str, suffixes))),
    "TRUSTED_PROXIES": (list, lambda networks: ",".join(map(str, networks))),
    "OIDC_CURATORS": (list, lambda names: ",".join(map(str, names))),
    "SIGNPOST_MCP": (list, lambda clients: ",".join(map(str, clients))),
    "SLACK_CHANNELS": (dict, json.dumps),
    "SUGGESTED_PROMPTS": (list, json.dumps),
}
#: Variables that hold a path, with the words that are not a path.
_PATHS: Final = {
    "API_KEYS_FILE": (),
    "CATALOGUE_CHECKOUT": (),
    "PATCHES_DIR": (),
    "SIGNPOST_ADAPTER": ("none",),
    "SIGNPOST_GOLDEN": ("none",),
    "SIGNPOST_INDEX": (),
    "SIGNPOST_JUDGED": (),
    "SIGNPOST_PAGES": ("none",),
    "SIGNPOST_QUESTIONS": ("none",),
    "SIGNPOST_VOCABULARY": ("none",),
}
_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)$")
_SQLITE: Final = re.compile(r"(sqlite:///)(?=[^/:?])")

#: The value of a setting; a tuple for a list of catalogues or of files.
Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A file of settings and its values by variable; paths in it are relative to the working folder."""

    file: Path
    values: Mapping[str, Value]


def key_of(variable: str) -> str:
    """Return the key of a variable in the file."""
    return variable.removeprefix("SIGNPOST_").lower()


def kept(env_file: Path = Path(ENV_FILE)) -> dict[str, Value]:
    """Return the values of .env and of the project's settings, .env first; an empty value counts as not set."""
    project = find_project()
    return {**(project.values if project else {}), **read_env_file(env_file)}


def read_env_file(file: Path = Path(ENV_FILE)) -> dict[str, str]:
    """Return the variables of a file .env; none when there is no such file."""
    if not file.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - a third of the start time, and most people have no such file

    try:
        return {name: value for name, value in dotenv_values(file).items() if value}
    except OSError as error:
        raise SettingsError((f"{file}: cannot be read ({error.strerror})",)) from error
    except UnicodeDecodeError as error:
        raise SettingsError((f"{file}: is not UTF-8 text",)) from error


def find_project() -> Project | None:
    """Return the nearest settings of a project, in the working folder or one above it.

    SettingsError lists everything that is wrong with them.
    """
    start = Path.cwd()
    for folder in (start, *start.parents):
        up = Path(os.path.relpath(folder, start))
        for file, table in ((up / FILE, _table(up / FILE)), (up / PYPROJECT, _part(up / PYPROJECT))):
            if table is not None:
                return Project(file=file, values=_values(file, table))
    return None


def _table(file: Path) -> dict[str, Any] | None:
    """Return the content of a TOML file; None when there is no such file."""
    try:
        if file.is_fifo() or file.is_char_device():
            raise OSError(errno.EINVAL, "it is a pipe or a device and no file")  # noqa: TRY301 - told like the others
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError((f"{file}: cannot be read ({error.strerror})",)) from error
    except UnicodeDecodeError as error:
        raise SettingsError((f"{file}: is not UTF-8 text",)) from error
    except RecursionError as error:
        raise SettingsError((f"{file}: is nested too deeply",)) from error
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line, what = (f":{found[1]}", str(error)[: found.start()]) if found else ("", str(error))
        raise SettingsError((f"{file}{line}: is not TOML: {what[:1].lower()}{what[1:]}",)) from error


def _part(file: Path) -> dict[str, Any] | None:
    """Return [tool.signpost] of a pyproject.toml; None when it has no such table, also when it is not valid TOML."""
    try:
        if not file.is_file() or b"tool.signpost" not in file.read_bytes():
            return None
    except OSError:
        return None
    tools = (_table(file) or {}).get("tool")
    table = tools.get("signpost") if isinstance(tools, dict) else None
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
                raise ValueError(_unknown(key, variables))  # noqa: TRY301 - reported together with all other problems
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
    """Return a value as an environment variable would hold it; a tuple where several are allowed. May raise ValueError."""
    if variable in _LISTS and isinstance(given, list) and all(isinstance(one, str) for one in given):
        return tuple(given)
    kind, written = _WRITTEN.get(variable, (None, str))
    if kind is not None and isinstance(given, kind):
        try:
            return written(given)
        except TypeError:  # dates and times, which TOML has and JSON has not
            raise ValueError("must hold texts, numbers, true and false alone") from None
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, str | int | float):
        return (str(given),) if variable in _LISTS else str(given)
    raise ValueError(f"must be {'text or a list of texts' if variable in _LISTS else 'text, a number, true or false'}")


def _placed(variable: str, value: Value, folder: Path) -> Value:
    """Return a value with its paths, which are relative to the folder of the file, made relative to the working folder."""
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


def schema() -> dict[str, Any]:
    """Return the JSON Schema of signpost.toml; a key may be written with hyphens."""
    fields = {}
    for variable in VARIABLES:
        types = ["string", "number", "boolean"]
        if variable in _LISTS or _WRITTEN.get(variable, (None,))[0] is list:
            types.append("array")
        elif variable in _WRITTEN:
            types.append("object")
        fields[key_of(variable)] = {"description": f"Sets {variable}; see docs/settings.md.", "type": types}
    hyphens = {key.replace("_", "-"): field for key, field in fields.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of a project",
        "type": "object",
        "properties": fields | hyphens,
        "additionalProperties": False,
    }
