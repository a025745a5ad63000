"""Cleans the text that curators wrote: wrong decoding, stars, emphasis marks."""

import re
from typing import Final

import ftfy

#: Repairs only wrong decoding; quotes, ligatures and entities stay as the curator wrote them.
_MEND: Final = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    fix_line_breaks=False,
    max_decode_length=100_000,
)
MAX_STARS: Final = 3

_STAR: Final = re.compile("[\N{GLOWING STAR}\N{WHITE MEDIUM STAR}\N{BLACK STAR}]\N{VARIATION SELECTOR-16}?")
#: A project's number of stars on GitHub and the like, which is not the curator's rating: `[355⭐]`, `★ 4.8k`.
_FORGE_STAR: Final = "(?:[\N{WHITE MEDIUM STAR}\N{BLACK STAR}]\N{VARIATION SELECTOR-16}?)"
_DIGITS: Final = r"[\d.,]{0,12}"
_STAR_COUNT: Final = re.compile(
    rf"[\[(]\s*\d{_DIGITS}\s?[kKmM]?\+?\s?{_FORGE_STAR}\s*[\])]|(?<![\w.])\d{_DIGITS}\s?[kKmM]\+?\s?{_FORGE_STAR}"
    rf"|[\[(]?{_FORGE_STAR}\s*+:?\s*+\d{_DIGITS}\s?(?:[kKmM]\b\+?|\+|\+?(?=\s*+(?:$|[-–—|)\]:;,/])))\s*[\])]?"
)
_SHORTCODE: Final = re.compile(r"(?<![\w:]):[a-z0-9_+-]+:(?![A-Za-z_:])")
_HIGHLIGHT: Final = re.compile(r"==(?=\S)(.{1,500}?)(?<=\S)==")
_ATTRIBUTES: Final = re.compile(r"\{:?\s*[.#\w][^{}=]*=[^{}]*\}")
_LEFTOVER_LINK: Final = re.compile(r"\[([^\[\]]*)\]\([^\s\[]*?https?://[^()]*\)?")
_EMPTY_BRACKETS: Final = re.compile(r"\(\s*\)|\[\s*\]")
_LEADING: Final = re.compile(
    r"^(?:[\s\-‐-―−:|,;•·∙・)\]：，、；。｜）」』】》〉،؛]|\.(?!\w)|(?:[=~]*>+|={1,2}|[~→⇒➔➜➡»*…ー]\ufe0f?)(?=\s))+"
)
#: The characters of `_TRAILING`; a pattern would look for the end from each of them.
_TRAILING: Final = (
    "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029]))
    + "\u202f\u205f\u3000-‐‑‒–—―−:|,;•·∙・([：，、；｜（「『【《〈→⇒➔➜➡،؛"
)
#: An emoji and a dash before a description.
_MARKED: Final = re.compile(r"^([^\w\s\"'“”‘’«»(\[]{1,4})\s+[-–—:]\s+")
_SPACE_BEFORE_END: Final = re.compile(r" ([.,;])(?= |$)")
_SENTENCE_END: Final = (".", "!", "?", ":", ";", "…")


def mend(text: str) -> str:
    """Return the text with wrongly decoded characters repaired (`â€”` is a dash) and white space collapsed."""
    if not text.isascii():
        text = ftfy.fix_text(text, config=_MEND)
    return " ".join(text.split())


def take_stars(text: str) -> tuple[str, int]:
    """Return the text without its stars, and their number, 3 at most."""
    if text.isascii():
        return text, 0
    bare, count = _STAR.subn(" ", _STAR_COUNT.sub(" ", text))
    return (" ".join(bare.split()) if bare != text else text), min(count, MAX_STARS)


def take_highlight(text: str) -> tuple[str, bool]:
    """Return the text without `==` marks, and whether it had a pair of them."""
    if "==" not in text:
        return text, False
    bare, count = _HIGHLIGHT.subn(r"\1", text)
    return bare, count > 0


def with_emoji(text: str) -> str:
    """Return the text with shortcodes such as `:rocket:` replaced by their emoji; unknown ones are removed."""
    return _SHORTCODE.sub(_emoji, text) if ":" in text else text


def _emoji(shortcode: re.Match[str]) -> str:
    from emoji import emojize  # noqa: PLC0415 - its table of names takes a while to load, and few pages need it

    found = emojize(shortcode[0], language="alias")
    is_unknown = found == shortcode[0] and any(map(str.isalpha, found))
    return "" if is_unknown else found


def strip_attributes(text: str) -> str:
    """Return the text without attribute lists such as `{: style="width:7%"}` and `{target=_blank}`."""
    return _ATTRIBUTES.sub("", text) if "{" in text else text


def trim(text: str) -> str:
    """Return the text without the dashes, colons and bars that separated it from its link."""
    if "](" in text:
        text = _LEFTOVER_LINK.sub(r"\1", text)
    if "(" in text or "[" in text:
        text = _EMPTY_BRACKETS.sub("", text)
    text = _LEADING.sub("", text).rstrip(_TRAILING)
    if not text.isascii():
        text = _MARKED.sub(r"\1 ", text)
    return _SPACE_BEFORE_END.sub(r"\1", " ".join(text.split()))


def join_texts(*texts: str) -> str:
    """Join the texts of several bullets: with a space after a complete sentence, else with a semicolon."""
    joined = ""
    for text in texts:
        if not text:
            continue
        if not joined:
            joined = text
        else:
            joined += (" " if joined.endswith(_SENTENCE_END) else "; ") + text
    return joined
