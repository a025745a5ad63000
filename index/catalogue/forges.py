"""The web pages of a git repository's files on GitHub, GitLab, Codeberg (Gitea, Forgejo), Bitbucket and SourceHut.

Relative links in a list of a repository lead to other files of it: on the web, to their pages at a branch.
"""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from index.catalogue.urls import host

#: Forge to the part of an address between the repository's and a path in it, for files and for folders.
_FORMS: Final = {
    "github": ("blob/{}/", "tree/{}/"),
    "gitlab": ("-/blob/{}/", "-/tree/{}/"),
    "gitea": ("src/branch/{}/", "src/branch/{}/"),
    "bitbucket": ("src/{}/", "src/{}/"),
    "sourcehut": ("tree/{}/item/", "tree/{}/item/"),
}
FORGES: Final = tuple(_FORMS)
#: Parts of a host's name by which its forge is known.
_HOSTS: Final = {
    "github": "github",
    "gitlab": "gitlab",
    "codeberg": "gitea",
    "gitea": "gitea",
    "forgejo": "gitea",
    "bitbucket": "bitbucket",
    "sr.ht": "sourcehut",
}
_REMOTE: Final = re.compile(
    r"(?:https?|ssh|git)://(?:[^/@]*@)?(?P<host>[\w.-]+|\[[\da-f:]+\])(?P<port>:\d+)?/(?P<path>[^?#]+)"
    r"|(?:[\w.-]+@)?(?P<short_host>[\w-]+(?:\.[\w-]+)+):(?!//)(?P<short_path>[^?#]+)",
    re.IGNORECASE,
)
_ORIGIN: Final = re.compile(r'^\[remote "origin"\][^\[]*?^[ \t]*url[ \t]*=[ \t]*"?([^\s"]+)', re.MULTILINE)
_UPSTREAM: Final = re.compile(
    r'^\[branch "{}"\][^\[]*?^[ \t]*merge[ \t]*=[ \t]*refs/heads/(\S+)'.replace("{}", "%s"), re.MULTILINE
)
_HEAD: Final = re.compile(r"ref: refs/(?:heads|remotes/origin)/(\S+)")
_SAFE: Final = "/%!$&'()*+,;=:@~"
#: Files about a repository itself.
_ABOUT_ITSELF: Final = frozenset(
    {"changelog", "code_of_conduct", "contributing", "copying", "licence", "license", "security"}
)
_MAX_CONFIG_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPages:
    """The addresses before a path in a repository, for its files and its folders; both end in `/`."""

    files: str
    folders: str

    @classmethod
    def of(cls, remote: str, branch: str, forge: str = "") -> Self | None:
        """Return the pages of a remote at a branch; None if nothing tells its forge. Users and passwords are left out."""
        found = _REMOTE.fullmatch(remote.strip())
        if found is None or not branch:
            return None
        name = (found["host"] or found["short_host"]).lower()
        forge = forge or next((kind for part, kind in _HOSTS.items() if part in name), "")
        if forge not in _FORMS:
            return None
        is_web = remote.lower().startswith(("http://", "https://"))
        top = (
            f"{'http' if remote.lower().startswith('http://') else 'https'}://{name}{(is_web and found['port']) or ''}"
        )
        path = (found["path"] or found["short_path"]).strip("/").removesuffix(".git")
        files, folders = (form.format(quote(branch, safe=_SAFE)) for form in _FORMS[forge])
        return cls(files=f"{top}/{path}/{files}", folders=f"{top}/{path}/{folders}")

    def page(self, path: str) -> str:
        """Return the page of a file or folder, given by its path in the repository; one without a suffix is a folder."""
        name = path.rstrip("/").rpartition("/")[2]
        is_folder = path.endswith("/") or not path or ("." not in name.lstrip(".") and name.upper() != name)
        return (self.folders if is_folder else self.files) + quote(path.strip("/"), safe=_SAFE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """A file of a repository that has web pages."""

    pages: WebPages
    path: str
    """Its path in the repository."""

    @property
    def address(self) -> str:
        """The page of the file itself."""
        return self.pages.page(self.path)

    def address_of(self, link: str) -> str:
        """Return the page that a relative link in the file leads to; empty if it leaves the repository or is about it."""
        path, mark, fragment = link.partition("#")
        path = path.partition("?")[0]
        joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(self.path), path)
        normal = posixpath.normpath(joined)
        if not path or normal.startswith("..") or _stem(normal) in _ABOUT_ITSELF:
            return ""
        normal = "" if normal == "." else normal
        return self.pages.page(normal + "/" * (path.endswith("/") and bool(normal))) + mark + fragment


def _stem(path: str) -> str:
    return posixpath.basename(path).partition(".")[0].lower().replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A repository on this disk whose remote `origin` is on a forge."""

    folder: Path
    pages: WebPages

    def file(self, path: Path) -> WebFile:
        """Return a file of it."""
        return WebFile(pages=self.pages, path=path.resolve().relative_to(self.folder).as_posix())


def checkout_of(path: Path) -> Checkout | None:
    """Return the checkout that a file is in; None if there is none, or its origin is on no forge.

    The branch is that of the remote which the checked out one follows, else the remote's own, else the checked out one.
    """
    folder = next((above for above in path.resolve().parents if (above / ".git" / "config").is_file()), None)
    if folder is None:
        return None
    config = _read(folder / ".git" / "config")
    origin = _ORIGIN.search(config)
    head = _HEAD.match(_read(folder / ".git" / "HEAD"))
    upstream = re.search(_UPSTREAM.pattern % re.escape(head[1]), config, re.MULTILINE) if head else None
    own = _HEAD.match(_read(folder / ".git" / "refs" / "remotes" / "origin" / "HEAD"))
    branch = upstream or own or head
    pages = WebPages.of(origin[1], branch[1] if branch else "HEAD") if origin else None
    return Checkout(folder=folder, pages=pages) if pages else None


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:_MAX_CONFIG_BYTES].decode("utf-8", "replace")
    except OSError:
        return ""


def raw_file(url: str) -> WebFile | None:
    """Return the file whose text an address of GitHub or GitLab serves; None for any other address."""
    parts = url.partition("?")[0].split("/")
    if host(url) == "raw.githubusercontent.com" and len(parts) > 6:  # noqa: PLR2004 - scheme, host, owner, name, branch
        start = 7 if parts[5:7] == ["refs", "heads"] else 5
        branch = parts[start] if start == 7 else parts[5]  # noqa: PLR2004
        pages = WebPages.of(f"https://github.com/{parts[3]}/{parts[4]}", branch)
        return WebFile(pages=pages, path="/".join(parts[start + 1 :])) if pages else None
    return None
