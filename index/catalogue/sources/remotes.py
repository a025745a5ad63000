"""Fetches files of a git remote with the `git` program: only the newest commit, without checkout, running nothing of it.

No shell, no prompts, no submodules, hooks or filters: blobs are read from a bare clone. Only the protocols https, ssh and
file are allowed, and time and size are limited.
"""

import base64
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn

from index.catalogue.sources.sources import GitSource, filled
from index.errors import CatalogueError
from index.git import GitOutputError, run_git

_REF: Final = "refs/signpost/copy"
_NAMED_REF: Final = "ref: refs/heads/"
_MAGIC: Final = frozenset("*?[")
_MAX_FILES: Final = 20_000
#: A repository may be this many times as large as `max_bytes` of its lists, because the whole commit is fetched.
_CLONE_FACTOR: Final = 4
_OPTIONS: Final = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "protocol.ext.allow=never",
    "-c", "fetch.recurseSubmodules=false",
    "-c", "gc.autoDetach=false",
    "-c", "advice.detachedHead=false",
)  # fmt: skip
_ENVIRONMENT: Final = {"GIT_ASKPASS": "", "GIT_ALLOW_PROTOCOL": "https:ssh:file", "GIT_LFS_SKIP_SMUDGE": "1"}
_FILE_MODES: Final = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The commit that a branch or tag names now."""

    id: str
    ref: str
    branch: str = ""
    """Its name; empty if the remote does not tell that of its own branch."""


@dataclass(slots=True)
class _Budget:
    """The time and size that a fetch has left."""

    source: GitSource
    until: float
    folder: Path | None = None


def newest(source: GitSource) -> Commit:
    """Return the newest commit of the remote's branch or tag. CatalogueError names the remote."""
    refs = [f"refs/heads/{source.branch}", f"refs/tags/{source.branch}"] if source.branch else ["HEAD"]
    budget = _Budget(source, time.monotonic() + source.timeout_s)
    found = _git(budget, ["ls-remote", "--quiet", "--symref", "--", source.remote, *refs]).decode("utf-8", "replace")
    rows = [line.partition("\t") for line in found.splitlines()]
    by_ref = {ref: commit for commit, _, ref in rows if not commit.startswith(_NAMED_REF)}
    named = next((one.removeprefix(_NAMED_REF) for one, _, _ in rows if one.startswith(_NAMED_REF)), "")
    ref = next((ref for ref in refs if ref in by_ref), None)
    if ref is None:
        what = f"has no branch or tag {source.branch!r}" if source.branch else "is empty: it has no commit"
        _fail(source, f"{what}; check the name")
    return Commit(id=by_ref[ref], ref=ref, branch=source.branch or named)


def fetch(source: GitSource, commit: Commit, clone: Path, suffixes: Sequence[str]) -> dict[str, bytes]:
    """Fetch a commit into the bare `clone`; return path to content of the files with `suffixes`, or those of `path`.

    A damaged clone is replaced. Symbolic links and submodules are left out.
    """
    budget = _Budget(source, time.monotonic() + source.timeout_s, clone)
    if (clone / "HEAD").exists():
        try:
            _fetch(budget, commit, clone)
        except CatalogueError:
            if time.monotonic() > budget.until:
                raise
            shutil.rmtree(clone, ignore_errors=True)
    if not (clone / "HEAD").exists():
        _git(budget, ["init", "--quiet", "--bare", "--template=", "--", str(clone)])
        _fetch(budget, commit, clone)
    blobs = list(_blobs(budget, clone, suffixes))
    return dict(zip((path for path, _ in blobs), _contents(budget, clone, blobs), strict=True))


def _fetch(budget: _Budget, commit: Commit, clone: Path) -> None:
    _git(
        budget,
        [
            f"--git-dir={clone}", "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--force",
            "--", budget.source.remote, f"+{commit.ref}:{_REF}",
        ],
    )  # fmt: skip


def _blobs(budget: _Budget, clone: Path, suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield path and id of the files that may be lists; CatalogueError when they are too many or too large."""
    source = budget.source
    listing = _git(budget, [f"--git-dir={clone}", "ls-tree", "-r", "-z", "-l", "--full-tree", _REF])
    start = _fixed_part(source.path)
    total = count = 0
    for row in listing.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = row.partition("\t")
        mode, _, blob, size = (*about.split(), "", "", "", "")[:4]
        inside = not start or path == start or path.startswith(f"{start}/")
        wanted = path == source.path or PurePosixPath(path).suffix.lower() in suffixes
        if mode not in _FILE_MODES or not inside or not wanted or not _is_plain(path):
            continue
        total, count = total + int(size), count + 1
        if total > source.max_bytes or count > _MAX_FILES:
            _fail(
                source,
                f"its lists have more than {source.max_bytes:,} bytes or {_MAX_FILES:,} files; name a path in it, "
                "or raise its max_mb",
            )
        yield path, blob


def _fixed_part(pattern: str) -> str:
    """Return the deepest folder that contains all possible matches of a pattern; a path without wildcards is returned."""
    parts = pattern.split("/")
    fixed = next((at for at, part in enumerate(parts) if _MAGIC & set(part)), len(parts))
    return "/".join(parts[:fixed])


def _is_plain(path: str) -> bool:
    """Whether a path from a foreign tree can be written safely below a folder of ours."""
    parts = path.split("/")
    return path.isprintable() and not any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts)


def _contents(budget: _Budget, clone: Path, blobs: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    asked = "".join(f"{blob}\n" for _, blob in blobs).encode()
    data = _git(budget, [f"--git-dir={clone}", "cat-file", "--batch"], given=asked)
    at = 0
    for _ in blobs:
        end = data.index(b"\n", at)
        size = int(data[at:end].split()[2])
        yield data[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _git(budget: _Budget, arguments: Sequence[str], *, given: bytes = b"") -> bytes:
    """Run git and return its output; CatalogueError with the message that git printed.

    The output is limited too: a few trees, each contained many times in the next, can list billions of files.
    """
    source, most = budget.source, budget.source.max_bytes * _CLONE_FACTOR

    def not_too_large() -> None:
        if budget.folder is not None and _size(budget.folder) > most:
            shutil.rmtree(budget.folder, ignore_errors=True)
            _fail(source, f"its newest commit has more than {most:,} bytes; raise its max_mb")

    try:
        done = run_git(
            [*_OPTIONS, *arguments],
            None,
            timeout_s=budget.until - time.monotonic(),
            max_bytes=most,
            given=given,
            environment={"GIT_SSH_COMMAND": _ssh_command(source), **_login(source), **_ENVIRONMENT},
            meanwhile=not_too_large,
        )
    except OSError as error:
        advice = "install it" if isinstance(error, FileNotFoundError) else "make room for what it prints"
        _fail(source, f"the program git cannot be run ({error.strerror}); {advice}")
    except subprocess.TimeoutExpired:
        _fail(source, f"did not come within {source.timeout_s:g} s; build again later, or raise its timeout_s")
    except GitOutputError as error:
        _fail(source, f"{error} of it: it has too many files or branches to be a list")
    if done.returncode != 0:
        _fail(source, _problem(source, done.stderr.decode("utf-8", "replace")))
    return done.stdout


def _ssh_command(source: GitSource) -> str:
    if source.key_file is None:
        return os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    if not source.key_file.is_file():
        _fail(source, f"there is no file {source.key_file} with its key")
    return f"ssh -oBatchMode=yes -oIdentitiesOnly=yes -i {shlex.quote(str(source.key_file))}"


def _login(source: GitSource) -> dict[str, str]:
    """Return variables that make git send the source's token, to its host alone and in no argument.

    git would follow a redirect to another host with the header, so none is followed.
    """
    if not source.token:
        return {}
    count = int(os.environ.get("GIT_CONFIG_COUNT", "0") or 0)
    coded = base64.b64encode(f"{source.user}:{filled(source.token, source.address)}".encode()).decode()
    values = {"http.extraHeader": f"Authorization: Basic {coded}", "http.followRedirects": "false"}
    variables = {"GIT_CONFIG_COUNT": str(count + len(values))}
    for number, (name, value) in enumerate(values.items(), start=count):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:  # git has just renamed it
            continue
    return total


def _problem(source: GitSource, said: str) -> str:
    """Return git's error as one line: its first telling line, without passwords, and what to do."""
    lines = [line.strip() for line in said.replace(source.remote, source.address).splitlines() if line.strip()]
    told = [line for line in lines if line.lower().startswith(("fatal:", "error:", "remote:", "ssh:"))] or lines
    detail = _without_login(source, told[0]) if told else "git gave no reason"
    lowered = said.lower()
    if "could not read username" in lowered or "authentication failed" in lowered or "permission denied" in lowered:
        advice = "it wants a login: name a `token` or `key` in a file of sources, or give git a credential helper"
    elif source.token and ("redirect" in lowered or "error: 30" in lowered):
        advice = "it leads to another address, to which no token is sent: give that address"
    elif "not found" in lowered or "does not exist" in lowered or "does not appear to be a git" in lowered:
        advice = "there is no such repository, or it may not be read: check the address"
    else:
        advice = "check the address and the network"
    return f"cannot be fetched ({detail}); {advice}"


def _without_login(source: GitSource, text: str) -> str:
    secret = filled(source.token, source.address) if source.token else ""
    return text.replace(secret, "…") if secret else text


def _fail(source: GitSource, message: str) -> NoReturn:
    raise CatalogueError(message, path=source.address) from None
