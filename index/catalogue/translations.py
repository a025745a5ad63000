"""Picks one language of a list that has translations: `README.md`, `README.zh-CN.md`, `docs/fr/README.md`."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

#: Languages that lists are translated into, by ISO 639-1.
_LANGUAGES: Final = frozenset(
    {
        "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id",
        "it", "ja", "ka", "kk", "ko", "lt", "lv", "mn", "ms", "nb", "ne", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl",
        "sr", "sv", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh",
    }
)  # fmt: skip
#: Codes that people write instead of the right ones.
_ALIASES: Final = {"cn": "zh-cn", "tw": "zh-tw", "jp": "ja", "kr": "ko"}
_CODE: Final = re.compile(r"([a-z]{2})(?:[-_](?:[a-z]{2}|hans|hant))?", re.IGNORECASE)
_NAMED: Final = re.compile(r"(?P<stem>.+?)[-_.](?P<code>[a-z]{2}(?:[-_](?:[a-z]{2}|hans|hant))?)", re.IGNORECASE)
_DEFAULT: Final = "en"


def other_translations(files: Sequence[Path], language: str = "") -> dict[Path, str]:
    """Return the files to leave out because they are translations of a file that is read, each with the reason.

    For each list, the file in `language` is read if there is one, else the file without a language in its name, else the
    English one. Without any of these, the files are not translations but different lists, such as books by language.
    """
    lists: defaultdict[Path, dict[str, Path]] = defaultdict(dict)
    for file in files:
        plain, code = _plain_name(file)
        lists[plain].setdefault(code, file)
    left_out: dict[Path, str] = {}
    for versions in lists.values():
        read = next((versions[code] for code in _wanted(language.lower(), versions) if code in versions), None)
        if read is None:
            continue
        for code, file in versions.items():
            if file != read:
                reason = f"the list in another language ({code or 'its first'}); {read.name} is read"
                left_out[file] = f"{reason}: `language: {code}` of its source reads this one" if code else reason
    return left_out


def _wanted(language: str, codes: Sequence[str] | dict[str, Path]) -> list[str]:
    """Return the languages to look for, the best first; after `language` itself, its variants for other countries."""
    alike = [code for code in codes if language and code.partition("-")[0] == language.partition("-")[0]]
    return [*([language] if language else []), *alike, "", _DEFAULT]


def _plain_name(file: Path) -> tuple[Path, str]:
    """Return a file's path without the part that names a language, and that language; empty without one."""
    named = _NAMED.fullmatch(file.stem)
    if named and (code := _code(named["code"])):
        return file.with_name(named["stem"] + file.suffix), code
    for folder in file.parents:
        code = _code(folder.name)
        if code:
            return folder.parent / file.relative_to(folder), code
    return file, ""


def _code(text: str) -> str:
    code = _ALIASES.get(text.lower(), text.lower().replace("_", "-"))
    found = _CODE.fullmatch(code)
    return code if found and found[1] in _LANGUAGES else ""
