"""The sources of a catalogue: local files, git remotes and lists on the web; each may have a name.

format: 1
name: Platform links                      # the catalogue's name
sources:
- name: networking
  path: lists/networking.md               # a file, folder or pattern, beside this file
- name: nubenetes
  git: https://github.com/nubenetes/awesome-kubernetes
  branch: master                          # unless given: the remote's own
  path: docs                              # a file, folder or pattern in it
- name: private
  git: https://git.example.com/team/lists
  token: $LISTS_TOKEN                     # the variable of the environment that has it; for ssh, `key` names a file
  forge: gitlab                           # unless the host's name tells it: where relative links lead
- name: awesome
  url: https://example.com/list.md
  header: "Authorization: Bearer $WIKI_TOKEN"
"""

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from index.catalogue.forges import FORGES
from index.catalogue.formats.plain_yaml import Fields, List, Map, Node, kind_of, parse
from index.catalogue.formats.schemas import FLAG, TEXT, Kind, Schema, described, file_schema, of_format, record
from index.catalogue.urls import is_web_url
from index.errors import CatalogueError

FORMAT: Final = 1
MEGABYTE: Final = 1024 * 1024

_SOURCES_FIELD: Final = re.compile(r"^sources[ \t]*:", re.MULTILINE)
_NAMED: Final = re.compile(r"(?P<name>[\w][\w .-]*)=(?P<rest>.+)", re.DOTALL)
_REMOTE: Final = re.compile(r"(?:https|ssh|file)://[^\s-]\S*")
#: The short form of ssh addresses: `git@github.com:org/lists.git`.
_SHORT_SSH: Final = re.compile(r"\w[\w.-]*@\w[\w.-]*:[^\s:-]\S*")
_BRANCH: Final = re.compile(r"[^\s\-~^:?*\[\\][^\s~^:?*\[\\]*")
_SECRETS: Final = re.compile(r"(?<=://)[^/]*@|\?[^#]*")
_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
#: A header without a secret of its own: a name, perhaps the kind of login, and variables.
_HEADER: Final = re.compile(r"[\w-]{1,64}: (?:[A-Za-z][\w-]{0,20} )?\$\{?[A-Za-z_]\w*\}?")
_USER_OF_SSH: Final = re.compile(r"ssh://[^/:@]+@[^?]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSource:
    """A file, a folder or a pattern on this disk."""

    path: Path
    name: str = ""
    language: str = ""
    """Language of the translation to read, if a list has several."""
    include_private: bool = False
    """Whether its private links are in the index."""

    @property
    def address(self) -> str:
        """The path, for people."""
        return str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """Files of a git remote, from one branch or tag: all lists, or those that `path` names."""

    remote: str
    name: str = ""
    branch: str = ""
    path: str = ""
    language: str = ""
    forge: str = ""
    """What serves its web pages, if its host's name does not tell."""
    token: str = ""
    """The variable of the environment that has its token or password, with a `$`."""
    user: str = "x-access-token"
    """The user that the token is of; most forges take any."""
    key_file: Path | None = None
    """The file of an ssh key."""
    include_private: bool = False
    """Whether its private links are in the index."""
    timeout_s: float = 120.0
    max_bytes: int = 256 * MEGABYTE

    @property
    def address(self) -> str:
        """The remote, for people: without passwords and without the path in it."""
        return _without_secrets(self.remote) + (f"@{self.branch}" if self.branch else "")

    @property
    def key(self) -> str:
        """The name of its folder of copies."""
        return _key("git", self.remote, self.branch, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSource:
    """A list on the web."""

    url: str
    name: str = ""
    private: bool = False
    """Whether its address may be in a private network."""
    header: str = ""
    """A header that is sent to its host only, with variables of the environment: `Authorization: Bearer $TOKEN`."""
    include_private: bool = False
    """Whether its private links are in the index."""
    timeout_s: float = 30.0
    max_bytes: int = 32 * MEGABYTE

    @property
    def address(self) -> str:
        """The address, for people: without passwords and parameters."""
        return _without_secrets(self.url)

    @property
    def key(self) -> str:
        """The name of its folder of copies."""
        return _key("web", self.url)


RemoteSource = GitSource | WebSource
AnySource = LocalSource | RemoteSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceList:
    """The content of a file of sources."""

    name: str
    sources: tuple[AnySource, ...]


def filled(text: str, place: str) -> str:
    """Return a text with its `$NAME` replaced by the values of the environment. CatalogueError names what is missing."""
    missing = [name for name in _VARIABLE.findall(text) if not os.environ.get(name)]
    if missing:
        raise CatalogueError(f"needs {' and '.join(missing)} in the environment, which is not set or empty", path=place)
    value = _VARIABLE.sub(lambda found: os.environ[found[1]].strip(), text)
    if not value.isprintable() or not value.isascii():
        raise CatalogueError(f"{' and '.join(_VARIABLE.findall(text))} holds characters that no header can", path=place)
    return value


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _without_secrets(address: str) -> str:
    return _SECRETS.sub("", address)


def holds_secret(address: str) -> bool:
    """Whether an address has secrets: a password, a token, parameters; the user name of an ssh address is none."""
    return _without_secrets(address) != address and _USER_OF_SSH.fullmatch(address) is None


def parse_source(text: str) -> AnySource:
    """Parse one `--catalogue`: `[NAME=]PATH`, `[NAME=]https://…` or `[NAME=]git+https://…[@BRANCH][#PATH]`.

    The path of an existing file is always that path, even if it looks like another form.
    """
    if not text.strip():
        raise CatalogueError("a source is empty; give a file, a folder, a pattern or an address")
    named = None if os.path.lexists(text) else _NAMED.fullmatch(text)
    name, rest = (named["name"].strip(), named["rest"]) if named else ("", text)
    if rest.startswith("git+"):
        return _git(name, rest.removeprefix("git+"))
    if "://" in rest:
        return WebSource(name=name, url=_web_address(rest))
    return LocalSource(name=name, path=Path(rest))


def moved_source(text: str, folder: Path) -> str:
    """Return the text of the same source with a relative path counted from `folder`; CatalogueError when it is no source."""
    source = parse_source(text)
    if not isinstance(source, LocalSource):
        return text
    return f"{source.name}={folder / source.path}" if source.name else str(folder / source.path)


def _git(name: str, text: str) -> GitSource:
    remote, _, path = text.partition("#")
    start = remote.find("/", remote.find("://") + 3)  # before it is the host, with somebody's name perhaps
    branch = ""
    if "@" in remote[max(start, 0) :]:
        remote, _, branch = remote.rpartition("@")
    return GitSource(name=name, remote=_remote(remote), branch=_branch(branch), path=_inner_path(path))


def name_of(address: str) -> str:
    """Return a name for a source without one: the last part of its address, without suffix."""
    last = _without_secrets(address).rstrip("/").rpartition("/")[2].rpartition(":")[2]
    return PurePosixPath(last).stem or address


def _web_address(url: str) -> str:
    if not url.startswith("https://") or not is_web_url(url):
        raise CatalogueError(
            f"{_without_secrets(url)!r} is no address of a list; only https:// is fetched, "
            "and git+https://, git+ssh:// and git+file:// for git"
        )
    return url


def _remote(remote: str) -> str:
    if not (_REMOTE.fullmatch(remote) or _SHORT_SSH.fullmatch(remote)):
        raise CatalogueError(
            f"{_without_secrets(remote)!r} is no git remote that is fetched: give https://, ssh://, file:// or user@host:path"
        )
    return remote


def _branch(branch: str) -> str:
    if branch and (not _BRANCH.fullmatch(branch) or ".." in branch):
        raise CatalogueError(f"{branch!r} is no name of a branch or tag")
    return branch


def _inner_path(path: str) -> str:
    parts = PurePosixPath(path).parts
    if path.startswith(("/", "-")) or ".." in parts or "\0" in path:
        raise CatalogueError(f"{path!r} must be a path or pattern inside the git repository, such as docs/*.md")
    return "/".join(parts)


def is_source_list(text: str) -> bool:
    """Whether the text of a YAML file lists sources, not links."""
    return _SOURCES_FIELD.search(text) is not None


def read_source_list(text: str, path: Path) -> SourceList:
    """Read the text of a file of sources; its paths are relative to its folder. CatalogueError with the line."""
    root = parse(text, str(path))
    reader = _Reader(path=str(path))
    root = reader.expect(Map, root, "a file of sources is a mapping with the field `sources`, and not")
    reader.only(root, tuple(_FILE_FIELDS))
    reader.check_format(root, FORMAT)
    rows = root.items.get("sources")
    if not isinstance(rows, List) or not rows.items:
        reader.fail(rows or root, "sources must be a list of at least one source")
    sources = tuple(reader.source(row) for row in rows.items)
    name = root.items.get("name")
    return SourceList(name=reader.filled("name", name) if name else "", sources=sources)


def check_names(sources: Sequence[AnySource]) -> None:
    """Refuse two sources with one name, and a remote source that is given twice (they would share a copy). CatalogueError."""
    seen: dict[str, AnySource] = {}
    keys: set[str] = set()
    for source in sources:
        if not isinstance(source, LocalSource):
            if source.key in keys:
                raise CatalogueError("is given twice; leave one out", path=source.address)
            keys.add(source.key)
        if source.name and seen.setdefault(source.name, source) != source:
            raise CatalogueError(
                f"{seen[source.name].address} and {source.address} are both named {source.name!r}; rename one"
            )


class _Reader(Fields):
    """Turns the nodes of a file of sources into sources."""

    def source(self, node: Node) -> AnySource:
        row = self.expect(Map, node, "a source is a mapping with path, git or url, and not")
        kind = next((kind for kind in ("git", "url", "path") if kind in row.items), None)
        if kind is None or ("git" in row.items and "url" in row.items):
            self.fail(row, "a source has either path, or git (and path), or url")
        self.only(row, _FIELDS[kind])
        values = {field: _VALUES[field].read(self, field, value) for field, value in row.items.items()}
        try:
            return _MAKERS[kind](values, Path(self.path).parent)
        except CatalogueError as error:
            self.fail(node, str(error))

    def number(self, field: str, node: Node) -> int:
        text = self.filled(field, node)
        if not text.isdecimal() or not 0 < int(text) <= _MOST:
            self.fail(node, f"{field} must be a whole number from 1 to {_MOST}, and not {kind_of(node)}")
        return int(text)

    def variable(self, field: str, node: Node) -> str:
        text = self.filled(field, node).strip()
        if not _VARIABLE.fullmatch(text):
            self.fail(
                node, f"{field} names a variable of the environment, such as $LISTS_TOKEN; a secret is not kept here"
            )
        return text

    def header(self, field: str, node: Node) -> str:
        text = self.filled(field, node).strip()
        if not _HEADER.fullmatch(text):
            example = '"Authorization: Bearer $LISTS_TOKEN"'
            self.fail(node, f"{field} must be like {example}, with its secret in the environment")
        return text

    def forge(self, field: str, node: Node) -> str:
        text = self.filled(field, node)
        if text not in FORGES:
            self.fail(node, f"{field} must be one of {', '.join(FORGES)}, and not {kind_of(node)}")
        return text

    def flag(self, field: str, node: Node) -> bool:
        text = self.filled(field, node)
        if text not in {"true", "false"}:
            self.fail(node, f"{field} must be true or false, and not {kind_of(node)}")
        return text == "true"

    def filled(self, field: str, node: Node) -> str:
        text = self.text(field, node)
        if not text.strip():
            self.fail(node, f"{field} must be text, and not {kind_of(node)}")
        return text


_MOST: Final = 3600
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "path": ("name", "path", "language", "include_private"),
    "git": (
        "name", "git", "branch", "path", "language", "token", "user", "key", "forge", "include_private", "timeout_s",
        "max_mb",
    ),
    "url": ("name", "url", "private", "header", "include_private", "timeout_s", "max_mb"),
}  # fmt: skip


def _limits(values: dict[str, Any]) -> dict[str, Any]:
    limits = {"timeout_s": float(values["timeout_s"])} if "timeout_s" in values else {}
    return limits | ({"max_bytes": values["max_mb"] * MEGABYTE} if "max_mb" in values else {})


def _local_of(values: dict[str, Any], folder: Path) -> LocalSource:
    return LocalSource(
        name=values.get("name", ""),
        path=folder / values["path"],
        language=values.get("language", ""),
        include_private=values.get("include_private", False),
    )


def _git_of(values: dict[str, Any], folder: Path) -> GitSource:
    remote = _remote(values["git"])
    if "token" in values and not remote.startswith("https://"):
        raise CatalogueError("a token is sent over https only; for ssh, name the file of its key: `key`")
    return GitSource(
        name=values.get("name", ""),
        remote=remote,
        token=values.get("token", ""),
        key_file=folder / Path(values["key"]).expanduser() if "key" in values else None,
        forge=values.get("forge", ""),
        include_private=values.get("include_private", False),
        **({"user": values["user"]} if "user" in values else {}),
        branch=_branch(values.get("branch", "")),
        path=_inner_path(values.get("path", "")),
        language=values.get("language", ""),
        **_limits(values),
    )


def _web_of(values: dict[str, Any], _: Path) -> WebSource:
    return WebSource(
        name=values.get("name", ""),
        url=_web_address(values["url"]),
        private=values.get("private", False),
        header=values.get("header", ""),
        include_private=values.get("include_private", False),
        **_limits(values),
    )


_MAKERS: Final[dict[str, Callable[[dict[str, Any], Path], AnySource]]] = {
    "path": _local_of,
    "git": _git_of,
    "url": _web_of,
}

_VARIABLE_SCHEMA: Final[Schema] = {"type": "string", "pattern": "^\\$\\{?[A-Za-z_]\\w*\\}?$"}
_NUMBER: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": _MOST}
_VALUES: Final[dict[str, Kind]] = {
    "name": Kind(_Reader.filled, TEXT, "What the source is called; two may not share a name."),
    "path": Kind(_Reader.filled, TEXT, "A file, folder or pattern: beside this file, or in the git repository."),
    "git": Kind(_Reader.filled, TEXT, "A git remote: https://, ssh://, file:// or user@host:path."),
    "branch": Kind(_Reader.filled, TEXT, "A branch or tag; unless given, the remote's own."),
    "url": Kind(_Reader.filled, {"type": "string", "pattern": "^https://"}, "A list on the web."),
    "language": Kind(_Reader.filled, TEXT, "Which translation is read where a list has several."),
    "private": Kind(_Reader.flag, FLAG, "Whether it may be in this machine's own network."),
    "token": Kind(_Reader.variable, _VARIABLE_SCHEMA, "The variable with the token of a private remote: $LISTS_TOKEN."),
    "user": Kind(_Reader.filled, TEXT, "The user that the token is of; most forges take any."),
    "key": Kind(_Reader.filled, TEXT, "The file of an ssh key, beside this file or absolute."),
    "header": Kind(
        _Reader.header,
        {"type": "string", "pattern": "^[\\w-]+: .*\\$"},
        "Sent to its host alone; the secret in a variable.",
    ),
    "forge": Kind(
        _Reader.forge, {"enum": list(FORGES)}, "What its web pages are, where the host's name does not tell."
    ),
    "include_private": Kind(_Reader.flag, FLAG, "Whether its private links are in the index."),
    "timeout_s": Kind(_Reader.number, _NUMBER),
    "max_mb": Kind(_Reader.number, _NUMBER),
}
_FILE_FIELDS: Final[dict[str, Schema]] = {
    "format": of_format(FORMAT),
    "name": described(TEXT, "The catalogue's name."),
    "sources": {
        "type": "array",
        "minItems": 1,
        "items": {
            "anyOf": [
                record({name: described(_VALUES[name].schema, _VALUES[name].help) for name in names}, needed=[kind])
                for kind, names in _FIELDS.items()
            ]
        },
    },
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of sources."""
    return file_schema("The sources of a catalogue", record(_FILE_FIELDS, needed=["sources"]))
