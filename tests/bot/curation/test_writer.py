"""Approved suggestions become commits or patches: real git, real files, the writer as the process that it is."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.curation.__main__ import write
from bot.curation.order import Edit, Order, Written
from index.catalogue.lint import lint
from index.catalogue.read import read
from tests.bot.curation.conftest import CATALOGUE, Git, git_in, make_checkout

ROOT = Path(__file__).parents[3]
FILE = "links/small.yaml"
EDIT = Edit(
    change_id="c0ffee",
    url="https://example.com/new?a=1&b=2",
    title="--all: the new one",
    section="Policy",
    description="What it is",
    question="why: new?",
    added="2026-05-04",
)
QUESTION = Edit(change_id="beef", url="https://example.com/dns", question="why is dns slow?", is_question=True)
ADDED = """\
- url: https://example.com/new?a=1&b=2
  title: "--all: the new one"
  description: What it is
  section: [Policy]
  questions:
  - "why: new?"
  added: 2026-05-04
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for a git that will never end."""
    monkeypatch.setattr("bot.curation.checkout.INDEX_WAIT_S", 0.2)


def order_for(checkout: Path, **rest: Any) -> Order:
    """Return an order to commit."""
    fields = {"edit": EDIT, "file": FILE, "checkout": str(checkout), "author": "Bot <bot@example.com>", **rest}
    return Order(**fields)


def heads(git: Git) -> list[str]:
    """Return the subjects of the commits, newest first."""
    return git("log", "--format=%s").splitlines()


def in_a_process(order: Order, **environment: str) -> Written:
    """Run the writer as the bot runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.curation"],
        input=order.to_json(),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": order.checkout, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return Written.of(done.stdout)


def test_an_approved_link_is_one_commit(checkout: Path, git: Git) -> None:
    """In its section, all else kept byte for byte; read and linted; the message names the link and no person."""
    written = in_a_process(order_for(checkout))
    assert written.problem == ""
    assert written.where == f"commit {git('rev-parse', '--short', 'HEAD').strip()} on main"
    text = (checkout / FILE).read_text()
    assert text.replace(ADDED, "") == CATALOGUE
    assert text.index("isolate a namespace") < text.index(ADDED) < text.index("--- DNS")
    assert git("status", "--porcelain") == ""
    assert [link.title for link in read([checkout / FILE]).links][1] == EDIT.title
    assert lint([checkout / FILE]) == ()
    assert git("log", "-1", "--format=%an <%ae> %cn <%ce>") == "Bot <bot@example.com> Bot <bot@example.com>\n"
    message = git("log", "-1", "--format=%B")
    assert message.startswith(f"Add {EDIT.title}\n\n{EDIT.url}\n\nSuggested by somebody and approved by a curator.\n")
    assert git("show", "--stat", "--format=", "HEAD").count("|") == 1


def test_an_approved_question_is_one_line(checkout: Path, git: Git) -> None:
    """In the link's `questions`, which is made where there is none."""
    assert write(order_for(checkout, edit=QUESTION)).problem == ""
    assert (checkout / FILE).read_text() == CATALOGUE + "  questions:\n  - why is dns slow?\n"
    assert heads(git) == ["Add a question to https://example.com/dns", "First"]


@pytest.mark.parametrize("edit", [EDIT, QUESTION], ids=["link", "question"])
def test_nothing_is_committed_twice(checkout: Path, git: Git, edit: Edit) -> None:
    """A second time gives the first commit again; also when curators have taken the change back meanwhile."""
    first = write(order_for(checkout, edit=edit))
    assert write(order_for(checkout, edit=edit)) == Written(where=first.where)
    git("revert", "--no-edit", "HEAD")
    assert write(order_for(checkout, edit=edit)).where == first.where
    assert len(heads(git)) == 3


def test_what_a_curator_has_put_there_is_enough(checkout: Path, git: Git) -> None:
    """The same address, written otherwise: no second entry."""
    other = replace(EDIT, change_id="other", url="https://EXAMPLE.com/dns/")
    assert write(order_for(checkout, edit=other)).problem == ""
    assert heads(git) == ["First"]


def test_a_question_in_other_letters_is_the_same_question(checkout: Path, git: Git) -> None:
    """Case, blanks and the mark at the end do not make it another."""
    again = replace(QUESTION, url="https://example.com/isolate", question="How do I  isolate a namespace")
    assert write(order_for(checkout, edit=again)).problem == ""
    assert heads(git) == ["First"]


def test_writers_wait_for_one_another(checkout: Path, git: Git) -> None:
    """Processes that start together end with one commit each, in a file that has all."""
    edits = [replace(EDIT, change_id=f"c{n}", url=f"https://example.com/n{n}", title=f"Number {n}") for n in range(3)]
    orders = [order_for(checkout, edit=edit) for edit in (*edits, *edits)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bot.curation"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        for _ in orders
    ]
    for process, order in zip(running, orders, strict=True):
        assert process.stdin is not None
        process.stdin.write(order.to_json())
        process.stdin.close()
    for process in running:
        assert process.stdout is not None
        assert Written.of(process.stdout.read()).problem == ""
        process.stdout.close()
        process.wait(60)
    assert sorted(heads(git)) == ["Add Number 0", "Add Number 1", "Add Number 2", "First"]
    assert len(read([checkout / FILE]).links) == 5


def dirty(checkout: Path, git: Git) -> None:
    """Change the file and do not commit it."""
    (checkout / FILE).write_text(CATALOGUE + "# more\n")


def dirty_elsewhere(checkout: Path, git: Git) -> None:
    """Stage another file."""
    (checkout / "other.txt").write_text("x")
    git("add", "other.txt")


def detached(checkout: Path, git: Git) -> None:
    """Leave the branch."""
    git("checkout", "--quiet", "--detach")


def locked(checkout: Path, git: Git) -> None:
    """Leave a lock, as a git that was killed does."""
    (checkout / ".git" / "index.lock").write_text("")


def merging(checkout: Path, git: Git) -> None:
    """Be in the middle of a merge."""
    (checkout / ".git" / "MERGE_HEAD").write_text(git("rev-parse", "HEAD"))


def no_repository(checkout: Path, git: Git) -> None:
    """Be no checkout."""
    (checkout / ".git").rename(checkout / "git")


def no_file(checkout: Path, git: Git) -> None:
    """Have no such file."""
    git("mv", FILE, "moved.yaml")
    git("commit", "--quiet", "--message=Moved")


def broken(checkout: Path, git: Git) -> None:
    """Have a file that is no catalogue."""
    (checkout / FILE).write_text("links: {a: b\n")
    git("commit", "--quiet", "--all", "--message=Broken")


def no_section(checkout: Path, git: Git) -> None:
    """Declare other sections."""
    (checkout / FILE).write_text(CATALOGUE.replace("[Policy]", "[Rules]"))
    git("commit", "--quiet", "--all", "--message=Renamed")


def refusing(checkout: Path, git: Git) -> None:
    """Have a hook that takes nothing."""
    hook = checkout / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'error: the hook says no' >&2\nexit 1\n")
    hook.chmod(0o755)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (dirty, "not committed (links/small.yaml)"),
        (dirty_elsewhere, "not committed (other.txt)"),
        (detached, "HEAD is detached"),
        (locked, "remove that file"),
        (merging, "under way"),
        (no_repository, "not a git repository"),
        (no_file, "check CATALOGUE_FILE"),
        (broken, "links/small.yaml:1: this is not valid YAML"),
        (no_section, "unknown-section"),
        (refusing, "the hook says no"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_stands_in_the_way_is_said_and_nothing_changes(
    checkout: Path, git: Git, trouble: Callable[[Path, Git], None], words: str
) -> None:
    """One line with what to do; the checkout is as it was, and the same order works once that is done."""
    trouble(checkout, git)
    before = (git("log", "--format=%H", "--all", ok=False), git("status", "--porcelain", ok=False))
    content = (checkout / FILE).read_bytes() if (checkout / FILE).exists() else b""
    problem = write(order_for(checkout)).problem
    assert words in problem
    assert "\n" not in problem
    assert before == (git("log", "--format=%H", "--all", ok=False), git("status", "--porcelain", ok=False))
    assert content == ((checkout / FILE).read_bytes() if (checkout / FILE).exists() else b"")


def test_a_missing_git_is_said(checkout: Path, tmp_path: Path) -> None:
    """With what to install."""
    assert "git is not installed" in in_a_process(order_for(checkout), PATH=str(tmp_path)).problem


def test_a_full_disk_leaves_the_checkout_as_it_was(checkout: Path, git: Git) -> None:
    """The file cannot grow beyond what the system allows; with room again the same order works."""
    code = (
        "import resource, signal, runpy;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(CATALOGUE.encode())}, resource.RLIM_INFINITY));"
        "runpy.run_module('bot.curation', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=order_for(checkout).to_json(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    problem = Written.of(done.stdout).problem
    assert "cannot be written" in problem
    assert git("status", "--porcelain") == ""
    assert (checkout / FILE).read_text() == CATALOGUE
    assert write(order_for(checkout)).problem == ""


def test_what_a_killed_writer_left_is_taken_up(checkout: Path, git: Git) -> None:
    """Killed between the file and the commit: the next one commits it, once."""
    refusing(checkout, git)
    hook = checkout / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\ntouch reached\nexec sleep 30\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.curation"],
        stdin=subprocess.PIPE,
        cwd=ROOT,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(order_for(checkout).to_json())
    process.stdin.close()
    give_up = time.monotonic() + 60
    while not (checkout / "reached").exists() and time.monotonic() < give_up:
        time.sleep(0.02)
    os.killpg(process.pid, 9)
    process.wait(60)
    hook.unlink()
    assert ADDED in (checkout / FILE).read_text()
    assert heads(git) == ["First"]
    (checkout / ".git" / "index.lock").unlink(missing_ok=True)
    assert write(order_for(checkout)).problem == ""
    assert heads(git)[1:] == ["First"]
    assert (checkout / FILE).read_text().replace(ADDED, "") == CATALOGUE


@pytest.fixture
def remote(checkout: Path, git: Git, tmp_path: Path) -> Path:
    """Give the checkout a remote."""
    git("clone", "--quiet", "--bare", str(checkout), str(tmp_path / "remote"))
    git("remote", "add", "origin", str(tmp_path / "remote"))
    return tmp_path / "remote"


def push_from_elsewhere(remote: Path, folder: Path, text: str) -> None:
    """Push another commit to the remote."""
    git_in(remote)("clone", "--quiet", str(remote), str(folder))
    (folder / FILE).write_text(text)
    git_in(folder)("commit", "--quiet", "--all", "--message=Elsewhere")
    git_in(folder)("push", "--quiet")


def test_a_push_comes_after_what_others_pushed(checkout: Path, git: Git, remote: Path, tmp_path: Path) -> None:
    """The remote moved on: its commits first, ours on top."""
    push_from_elsewhere(remote, tmp_path / "else", CATALOGUE.replace("Slow lookups", "Very slow lookups"))
    written = write(order_for(checkout, push="origin main"))
    assert written.where.endswith("pushed to origin main")
    assert heads(git_in(remote)) == [f"Add {EDIT.title}", "Elsewhere", "First"]


def test_what_another_checkout_pushed_is_not_committed_again(
    checkout: Path, git: Git, remote: Path, tmp_path: Path
) -> None:
    """Two machines with one store: the second finds the commit, by the name that it has there, also once it is changed."""
    git_in(remote)("clone", "--quiet", str(remote), str(tmp_path / "second"))
    first = write(order_for(checkout, push="origin main"))
    git("rm", "--quiet", FILE)
    (checkout / "links").mkdir(exist_ok=True)
    (checkout / FILE).write_text(CATALOGUE)
    git("add", FILE)
    git("commit", "--quiet", "--message=Taken back")
    git("push", "--quiet", "origin", "main")
    assert write(order_for(tmp_path / "second", push="origin main")) == first
    assert len(heads(git_in(remote))) == 3


def test_a_commit_is_told_by_the_name_that_it_is_pushed_under(
    checkout: Path, git: Git, remote: Path, tmp_path: Path
) -> None:
    """Committed while the remote was away and moved since: taken on top of it, which gives it another name."""
    write(order_for(checkout))
    push_from_elsewhere(remote, tmp_path / "else", CATALOGUE.replace("Slow lookups", "Very slow lookups"))
    where = write(order_for(checkout, push="origin main")).where
    assert where.split()[1] == git_in(remote)("log", "-1", "--format=%h").strip()


def test_no_credentials_are_told(checkout: Path, git: Git, remote: Path) -> None:
    """A remote may be an address with a password in it, and a hook may repeat it."""
    address = "https://ann:s3cret@git.example/links"
    git("config", f"url.{remote}.insteadOf", address)
    written = write(order_for(checkout, push=f"{address} main"))
    assert written.where.endswith("pushed to https://git.example/links main")
    refusing(checkout, git)
    hook = checkout / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\necho 'error: no way to {address}' >&2\nexit 1\n")
    problem = write(order_for(checkout, edit=QUESTION)).problem
    assert "no way to https://git.example/links" in problem


def test_a_push_that_failed_is_made_up_for(checkout: Path, git: Git, remote: Path, tmp_path: Path) -> None:
    """The commit stays and is pushed the next time; a conflict is said, and the checkout is on its branch, clean."""
    remote.rename(tmp_path / "gone")
    assert "git cannot fetch" in write(order_for(checkout, push="origin main")).problem
    assert heads(git) == ["First"]
    assert write(order_for(checkout)).problem == ""
    (tmp_path / "gone").rename(remote)
    assert write(order_for(checkout, push="origin main")).problem == ""
    assert len(heads(git_in(remote))) == len(heads(git)) == 2
    push_from_elsewhere(remote, tmp_path / "else", (checkout / FILE).read_text().replace("Slow", "Fast"))
    (checkout / FILE).write_text((checkout / FILE).read_text().replace("Slow", "Lame"))
    git("commit", "--quiet", "--all", "--message=Ours")
    assert "conflict" in write(order_for(checkout, edit=QUESTION, push="origin main")).problem
    assert git("status", "--porcelain=v1", "--branch").splitlines()[0].startswith("## main")
    assert git("status", "--porcelain") == ""


def test_patches_apply_in_their_order(tmp_path: Path) -> None:
    """Each is what git applies; one stands on the one before; nothing is written twice."""
    git = make_checkout(tmp_path / "elsewhere")
    catalogue = tmp_path / "elsewhere" / FILE
    order = Order(edit=EDIT, file=str(catalogue), patches=str(tmp_path / "patches"), author="Bot <bot@example.com>")
    second = replace(EDIT, change_id="second", url="https://example.com/second", title="Second")
    assert write(order).where.endswith("0001-c0ffee.patch")
    assert write(order).where.endswith("0001-c0ffee.patch")
    assert write(replace(order, edit=second, earlier=(EDIT,))).where.endswith("0002-second.patch")
    assert write(replace(order, edit=QUESTION, earlier=(EDIT, second))).where.endswith("0003-beef.patch")
    assert catalogue.read_text() == CATALOGUE
    for patch in sorted((tmp_path / "patches").glob("*.patch")):
        git("am", "--quiet", "--directory=links", str(patch))
    text = catalogue.read_text()
    assert ADDED in text
    assert "Second" in text
    assert heads(git)[:3] == ["Add a question to https://example.com/dns", "Add Second", f"Add {EDIT.title}"]
    assert lint([catalogue]) == ()


def test_what_stands_in_the_way_of_a_patch_is_said(tmp_path: Path) -> None:
    """A file that is not there, a folder that cannot be made."""
    (tmp_path / "small.yaml").write_text(CATALOGUE)
    order = Order(edit=EDIT, file=str(tmp_path / "none.yaml"), patches=str(tmp_path / "patches"), author="B <b@c>")
    assert "check CATALOGUE_FILE" in write(order).problem
    assert "check PATCHES_DIR" in write(replace(order, file=str(tmp_path / "small.yaml"), patches="/proc/x")).problem


def test_a_link_that_a_curator_mended_is_one_commit(checkout: Path, git: Git) -> None:
    """Title, section and questions; every other byte stays; once, whatever runs again."""
    before = (checkout / FILE).read_text()
    edit = Edit(
        change_id="fade",
        url="https://example.com/dns",
        title="DNS, mended",
        section="Policy",
        questions=("why is dns slow?", "what resolves names?"),
        is_mending=True,
    )
    written = in_a_process(order_for(checkout, edit=edit))
    assert written.problem == ""
    assert heads(git)[0] == "Mend DNS, mended"
    assert "Changed by a curator." in git("log", "-1", "--format=%B")
    links = {link.url: link for link in read([checkout / FILE]).links}
    mended = links["https://example.com/dns"]
    assert (mended.title, mended.section) == ("DNS, mended", ("Policy",))
    assert mended.questions == ("why is dns slow?", "what resolves names?")
    removed = [line for line in before.splitlines() if line not in (checkout / FILE).read_text().splitlines()]
    assert len(removed) <= 3
    assert in_a_process(order_for(checkout, edit=edit)).where == written.where
    assert len(heads(git)) == 2
