"""Commits to a git checkout with the program git; a command is always a list of arguments, never a shell line."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.curation.editing import Edited, edited
from bot.curation.order import Edit, Order, Written
from bot.errors import CurationError
from index import MAX_FILE_BYTES, FileLock, GitOutputError, run_git, write_atomically

GIT_TIMEOUT_S = 120.0
#: Seconds to wait for another writer of the same checkout, and for a git that has locked the index.
LOCK_WAIT_S = 20.0
INDEX_WAIT_S = 3.0
_POLL_S = 0.1
_TRAILER = "Signpost-Change"
_MAX_SUBJECT_CHARS = 72
_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply")
#: Parts of git's complaints, and what a curator can do about each.
_ADVICE: Mapping[str, str] = {
    "No space left": "make room on its disk",
    "index.lock": "if no git is running there, remove that file",
    "dubious ownership": "let the bot's user own the checkout, or name it in git's safe.directory",
    "Permission denied": "give the bot's user the right to it",
    "Authentication failed": "give the bot credentials for the remote",
    "could not read Username": "give the bot credentials for the remote",
    "Could not resolve host": "check the network",
    "unable to access": "check the remote's address and the network",
    "does not appear to be a git repository": "check the remote in CATALOGUE_PUSH",
    "non-fast-forward": "somebody pushed at the same moment",
    "fetch first": "somebody pushed at the same moment",
    "hook": "a hook of the checkout refuses the commit",
}


class Checkout:
    """A git checkout on a branch, and the catalogue's file in it."""

    def __init__(self, order: Order) -> None:
        self._path = Path(order.checkout)
        self._file = order.file
        self._author = order.author
        self._remote, _, self._branch = order.push.partition(" ")
        self._git_dir = Path()

    def write(self, edit: Edit) -> Written:
        """Commit an edit, and push if that is set; CurationError says what prevents it and what to do.

        The commit's message holds the id of the edit, and an edit whose id is in the history is not committed again.
        """
        self._git_dir = self._find()
        with one_at_a_time(self._git_dir / "signpost.lock", "see to its rights"):
            branch = self._ready()
            commit = self._known(edit)
            warnings: tuple[str, ...] = ()
            if not commit or self._remote:
                self._tidy(edit)
            if self._remote:
                self._catch_up()
                commit = self._known(edit)  # another checkout may have pushed it; a rebase gives our commit a new hash
            if not commit:
                commit, warnings = self._commit(edit)
            if self._remote:
                self._git(
                    "push", "--quiet", self._remote, f"HEAD:refs/heads/{self._branch}", doing="push to the remote"
                )
        pushed = f", pushed to {self._remote} {self._branch}" if self._remote else ""
        return Written(where=f"commit {commit} on {branch}{pushed}", warnings=warnings)

    def _find(self) -> Path:
        if shutil.which("git") is None:
            raise CurationError("the program git is not installed; install it where the bot runs")
        if not self._path.is_dir():
            raise CurationError(f"{self._path}: there is no such folder; check CATALOGUE_CHECKOUT")
        done = self._run("rev-parse", "--path-format=absolute", "--git-dir", "--show-prefix")
        if done.returncode:
            raise _refusal(self._path, "find a git checkout", _text(done.stderr))
        git_dir, _, prefix = _text(done.stdout).strip("\n").partition("\n")
        if prefix:
            raise CurationError(
                f"{self._path}: is a folder within a checkout; CATALOGUE_CHECKOUT must be its top folder"
            )
        return Path(git_dir)

    def _ready(self) -> str:
        """Return the branch; CurationError when a commit is not possible now."""
        give_up = time.monotonic() + INDEX_WAIT_S
        lock = self._git_dir / "index.lock"
        while lock.exists():
            if time.monotonic() >= give_up:
                raise CurationError(f"{self._path}: is locked by {lock}; if no git is running there, remove that file")
            time.sleep(_POLL_S)
        for name in _UNDER_WAY:
            if (self._git_dir / name).exists():
                raise CurationError(f"{self._path}: a merge, rebase or the like is under way; end it or abort it there")
        branch = self._run("symbolic-ref", "--quiet", "--short", "HEAD")
        if branch.returncode:
            raise CurationError(
                f"{self._path}: HEAD is detached; `git switch` to the branch that is to get the commits"
            )
        if self._run("rev-parse", "--quiet", "--verify", "HEAD^{commit}").returncode:
            raise CurationError(f"{self._path}: the branch has no commit yet; commit the catalogue first")
        return _text(branch.stdout).strip()

    def _known(self, edit: Edit) -> str:
        """Return the commit of this edit, empty when there is none."""
        trailer = f"^{_TRAILER}: {edit.change_id}$"
        return self._git("log", "-1", "--format=%h", f"--grep={trailer}", doing="read the history").strip()

    def _tidy(self, edit: Edit) -> None:
        """Undo the file's change if a killed writer left it from this edit; CurationError for any other change."""
        changed = self._git("status", "--porcelain=v1", "-z", "--untracked-files=no", doing="look for changes")
        files = [entry[3:] for entry in changed.split("\0") if entry]
        if not files:
            return
        others = [file for file in files if file != self._file]
        if not others and self._content() == edited(self._at_head(), edit, self._file).text.encode():
            self._restore()
            return
        shown = ", ".join((others or files)[:3])
        raise CurationError(
            f"{self._path}: has changes that are not committed ({shown}); commit them or take them back"
        )

    def _catch_up(self) -> None:
        """Fetch what others pushed, and rebase our unpushed commits on it."""
        self._git("fetch", "--quiet", self._remote, self._branch, doing="fetch from the remote")
        if self._run("merge-base", "--is-ancestor", "FETCH_HEAD", "HEAD").returncode == 0:
            return
        done = self._run("rebase", "--quiet", "FETCH_HEAD")
        if done.returncode:
            self._run("rebase", "--abort")
            raise CurationError(
                f"{self._path}: its commits conflict with those of {self._remote} {self._branch}; "
                "bring both together there by hand"
            )

    def _commit(self, edit: Edit) -> tuple[str, tuple[str, ...]]:
        new = self._edited(edit)
        if new is None:  # the file has it already
            return self._git("log", "-1", "--format=%h", "--", self._file, doing="read the history").strip(), ()
        write_file(self._path / self._file, new.text.encode())
        try:
            self._git("commit", "--quiet", *_message(edit), "--", self._file, doing="commit")
        except BaseException:
            self._restore()
            raise
        return self._git("rev-parse", "--short", "HEAD", doing="read the commit").strip(), new.warnings

    def _edited(self, edit: Edit) -> Edited | None:
        text = self._at_head()
        new = edited(text, edit, self._file)
        return None if new.text == text else new

    def _at_head(self) -> str:
        """Return the file as the last commit has it, with the line ends of the working tree."""
        done = self._run("cat-file", "--filters", f"HEAD:{self._file}")
        if done.returncode:
            raise CurationError(f"{self._path / self._file}: is not in the last commit; check CATALOGUE_FILE")
        try:
            return done.stdout.decode()
        except UnicodeDecodeError as error:
            raise CurationError(f"{self._path / self._file}: is not UTF-8; save it as UTF-8") from error

    def _content(self) -> bytes:
        try:
            return (self._path / self._file).read_bytes()
        except OSError:
            return b""

    def _restore(self) -> None:
        self._run("restore", "--source=HEAD", "--staged", "--worktree", "--", self._file)

    def _git(self, *arguments: str, doing: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            ended = f"ended by signal {-done.returncode}" if done.returncode < 0 else ""
            raise _refusal(self._path, doing, _text(done.stderr) or _text(done.stdout) or ended)
        return _text(done.stdout)

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        name, _, address = self._author.rpartition(" <")
        identity = {"NAME": name.strip() or "Signpost", "EMAIL": address.rstrip(">") or "signpost@localhost"}
        try:
            return run_git(
                arguments,
                self._path,
                timeout_s=GIT_TIMEOUT_S,
                max_bytes=MAX_FILE_BYTES,
                environment={
                    **{f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in identity.items()},
                    "GIT_LITERAL_PATHSPECS": "1",
                    "GIT_OPTIONAL_LOCKS": "0",
                    "GIT_EDITOR": "true",
                },
            )
        except subprocess.TimeoutExpired as error:
            raise CurationError(
                f"{self._path}: `git {arguments[0]}` did not end within {GIT_TIMEOUT_S:g} s; see what holds it up there"
            ) from error
        except (GitOutputError, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CurationError(
                f"{self._path}: `git {arguments[0]}` cannot be run ({reason}); see to it there"
            ) from error


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")


def _message(edit: Edit) -> list[str]:
    """Return git's options for the commit's message, which names the link and no person."""
    first, *rest = message_lines(edit)
    return [f"--message={paragraph}" for paragraph in (first, *rest, f"{_TRAILER}: {edit.change_id}")]


def message_lines(edit: Edit) -> list[str]:
    """Return the paragraphs of the message; the first is a short subject."""
    subject = f"Add a question to {edit.url}" if edit.is_question else f"Add {edit.title}"
    subject = f"Mend {edit.title}" if edit.is_mending else subject
    if edit.moved_to:
        subject = f"Give {edit.url} its new address"
    elif edit.is_retiring:
        subject = f"Retire {edit.url}"
    if len(subject) > _MAX_SUBJECT_CHARS:
        subject = subject[: _MAX_SUBJECT_CHARS - 1].rstrip() + "…"
    told = f"{edit.url}\nanswers: {edit.question}" if edit.is_question else edit.url
    if edit.moved_to or edit.is_retiring:
        return [subject, edit.moved_to or edit.url, "The link checks found it; approved by a curator."]
    return [
        subject,
        told,
        f"{'Changed' if edit.is_mending else 'Suggested by somebody and approved'} by a curator.",
    ]


def _refusal(path: Path, doing: str, complaint: str) -> CurationError:
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    said = next(
        (line for line in lines if line.startswith(("fatal:", "error:", "!"))), lines[0] if lines else "no reason"
    )
    advice = next((words for mark, words in _ADVICE.items() if mark in complaint), "see to it there")
    return CurationError(f"{path}: git cannot {doing} ({said[:300]}); {advice}")


@contextmanager
def one_at_a_time(lock: Path, advice: str) -> Iterator[None]:
    """Hold a lock while its folder is written to; CurationError, with `advice`, when the lock file cannot be written."""
    try:
        held = FileLock(lock, create=True, wait_s=LOCK_WAIT_S)
    except BlockingIOError:
        raise CurationError(f"{lock.parent}: another writer is at work there; try again in a minute") from None
    except OSError as error:
        raise CurationError(f"{lock.parent}: cannot be written ({error.strerror}); {advice}") from error
    with held:
        yield


def write_file(path: Path, content: bytes) -> None:
    """Replace a file's content atomically; after a CurationError the old content is still there."""
    try:
        write_atomically(path, content)
    except OSError as error:
        raise CurationError(
            f"{path}: cannot be written ({error.strerror or error}); make room or give the bot's user the right to it"
        ) from error
