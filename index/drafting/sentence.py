"""Takes a description apart: what the link is, what it does, and what it is for or about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from index.drafting.english import (
    EITHER,
    OF_GERUND,
    OF_THIRD,
    OFFERING,
    PRAISE,
    TELLING,
    THINGS,
    TO_LEARN_FROM,
    VERBS,
    listed,
    singular,
)
from index.search.spelling import ordinary_words

#: Longest phrase that is taken into a question, in words.
LONGEST: Final = 9
_SHORTEST_NAME: Final = 2
_LONGEST_NAME: Final = 4
_NOISE: Final = re.compile(r"https?://\S+|\([^()]*\)|\[[^\[\]]*\]|[*_`\"“”«»<>|]|[^\w\s.,:;!?'’/+#&@%()–—-]")
_SENTENCE: Final = re.compile(r"(?<=[\w)%])[.!?;](?:\s|$)|\s[–—-]\s|:\s")
#: What stands before the description itself: `It is a`, `This tool helps you to`.
_LEAD: Final = re.compile(
    r"^(?:(?:it|this|this (?:tool|project|library|book|article|package|site|website|page))\s+)?"
    r"(?:is|are|was|aims to be|can be used as)\s+(?=an?\s|the\s)",
    re.IGNORECASE,
)
#: `lets you`, `helps teams to`, `is used to`: a verb follows in its base form.
_ENABLING: Final = re.compile(
    r"^(?:(?:that|which|it|this)\s+)?(?:(?:allow|enable|let|help|empower|assist|make it easy for|make it easier for)s?"
    r"(?:\s+(?:you|users|one|people|developers|teams|researchers|programmers|everyone|us|engineers|anyone))?(?:\s+to)?"
    r"|(?:is |are )?(?:used|designed|intended|meant|made|able|built) to|aims to|can(?: be used to)?|makes it easy to|how to"
    r"|makes it (?:possible|easier|simple) to|easily|quickly|automatically|simply)\s+",
    re.IGNORECASE,
)
_RIVAL: Final = re.compile(
    r"\b(?:alternatives?|replacement|substitute) (?:to|for) (?:the )?"
    r"((?:[A-Z][\w.+#-]*[\w+#])(?:\s[A-Z][\w.+#-]*[\w+#])?|[\w.+#-]*[\w+#](?=[.,;]|$))"
)
_LANGUAGE: Final = re.compile(r"\b(?:written|implemented|developed) in (?:pure )?([A-Z][\w+#]*(?: [A-Z][\w+#]*)?|C)\b")
#: Before one of these the name of a thing ends.
_AFTER_THING: Final = listed(
    """
    for to that which with in of on from by using written based built and or about covering, covering as where who whose via
    inspired designed powered used made at through including like is are while when dedicated supporting focused implementing
    providing offering allowing containing running featuring
    """
)
#: Before one of these an object ends.
_AFTER_OBJECT: Final = listed(
    """
    with using by based via that which so while when where including
    such like written built powered without featuring because even also
    if but although due thanks whether how what who whose is are was were can will has have supporting designed inspired
    providing allowing making as than per before after rather instead whenever once until since e.g i.e etc between
    """
)
_LOOSE_ENDS: Final = listed(
    "a an the and or of in on for to from at its your their other various many more all any with & - different as no not it"
)
_UNCLEAR: Final = listed(
    "it its itself this these those they their them we our us he she his her i me who what yet there then also ours steroids"
)
_QUALITIES: Final = {
    "open source": "open-source",
    "open-source": "open-source",
    "self-hosted": "self-hosted",
    "lightweight": "lightweight",
    "minimal": "minimal",
    "free ": "free",
    "fast": "fast",
    "simple": "simple",
}
_SETS: Final = listed("collection list set series bunch suite selection family group number pair variety")
#: Programming languages, as `written in` or `in` names them.
_LANGUAGES: Final = listed(
    """
    Python Java JavaScript TypeScript Go Golang Rust C C++ C# .NET Ruby PHP R Julia Scala Kotlin Swift Haskell Elixir Erlang
    Perl Lua Clojure OCaml Fortran MATLAB Bash Dart Node.js
    """
)
#: What one would use nothing in particular for.
_VAGUE: Final = listed(
    """
    a an the my some apps app application applications things system systems software data code project projects tool tools
    content information files file stuff tasks task solutions problem problems programs all any more work various
    modern powerful better new great simple complex custom other
    web technology everything anything users people time notifications masses
    """
)
_HOW: Final = frozenset({"easily", "quickly", "automatically", "simply", "efficiently", "visually"})
_ASKING: Final = frozenset({"how", "what", "why", "when", "where", "who", "which"})
_ALL_OF: Final = listed("all any various many several different other multiple some both every")
_ACTIVITY: Final = re.compile(r"[a-z]{3,}(?:ing|tion|sion|ment|isation|ysis)")
_WORDS_OF_PLACE: Final = frozenset({"for", "from", "in", "on", "at", "about", "across", "against", "over"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a description says, in phrases that can stand in a question; what it does not say is empty."""

    thing: str = ""
    """What it is, without article and praise: `container runtime`."""
    deed: str = ""
    """What one does with it, from the verb on: `manage containers on several hosts`."""
    purpose: str = ""
    """What it is for: `penetration testers`, `translational research`."""
    topic: str = ""
    """What it is about or made of: `the theory of numerical methods`."""
    quality: str = ""
    """What people may ask for: `free`, `lightweight`."""
    language: str = ""
    """The programming language that it is written in or for."""
    rival: str = ""
    """What it replaces."""


def said(description: str, title: str) -> Said:
    """Take the first sentence of a description apart that says something."""
    text = re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", " ".join(_NOISE.sub(" ", description).split()))
    text = re.sub(r"\b(free|easy|simple)[ -]to[ -]use\b", r"\1", text, flags=re.IGNORECASE)
    text = re.sub(
        rf"^(?:the )?{re.escape(title)}(?:\s+(?:is|are)\b|\s*,|\s+[-–—:]|:)?\s+", "is ", text, flags=re.IGNORECASE
    )
    first, *others = [part.strip(" ,-–—").rstrip(".") for part in _SENTENCE.split(text)[:3]] or [""]
    found = _of_sentence(first)
    for other in others:
        if not (found.deed or found.purpose or found.topic):
            found = replace(found, deed=_of_sentence(other).deed)
    rival, language = _RIVAL.search(text), _LANGUAGE.search(text)
    return replace(
        found,
        rival=rival[1]
        if rival and rival[1].lower() not in {title.lower(), "the", "other", "windows", "linux", "macos", "mac"}
        else "",
        language=found.language or (language[1] if language and language[1] in _LANGUAGES else ""),
    )


def _of_sentence(sentence: str) -> Said:
    sentence = re.sub(r"^(?:is|are)\s+(?!an?\s|the\s)", "", _LEAD.sub("", sentence))
    if not sentence:
        return Said()
    first, enabled = sentence.split()[0], _ENABLING.match(sentence)
    if enabled:
        return Said(deed=deed(sentence[enabled.end() :].split()))
    words = [_lowered(first), *sentence.split()[1:]]
    if words[0] in OFFERING:
        words = words[1:]
        if not words:
            return Said()
    if words[0] in OF_THIRD or (words[0] in VERBS and _is_verb(words)):
        return _doing(words, Said())
    several = words[0] in OF_GERUND and OF_GERUND[words[0]] not in EITHER and len(words) > 1 and _is_plural(words[1])
    found = Said() if several else _of_thing(words)
    if found.thing or found.topic:
        return found
    return _doing(words, Said()) if words[0] in OF_GERUND else Said(purpose=_activity(words))


def _doing(words: Sequence[str], found: Said) -> Said:
    """Add what a link does to what is known of it: a text that explains something is about it."""
    first = words[0].rstrip(",").lower()
    if OF_THIRD.get(first, OF_GERUND.get(first)) in TELLING:
        return replace(found, topic=phrase(words[1:]))
    return replace(found, deed=deed(words))


def _activity(words: Sequence[str]) -> str:
    """Return what a description names as an activity alone: `Flamegraph profiling`."""
    words = [word for word in words if word.lower().strip(",") not in PRAISE]
    end = next(
        (place for place, word in enumerate(words) if place and word.lower() in _AFTER_THING - {"of", "and"}),
        len(words),
    )
    is_one = 1 < end <= 4 and _ACTIVITY.fullmatch(words[end - 1].strip(",").lower())  # noqa: PLR2004
    named = " ".join([_lowered(words[0]), *words[1:end]]) if is_one else ""
    if not named or named != phrase(named.split()):
        return ""
    target = _purpose(words[end + 1 :]) if words[end : end + 1] == ["for"] else ""
    return f"{named} for {target}" if target else named if end == len(words) or words[end] != "for" else ""


def _is_verb(words: Sequence[str]) -> bool:
    """Whether a sentence begins with a verb that could be a noun; it has an object then."""
    if len(words) == 1:
        return False
    following = words[1].strip(",").lower()
    if words[0] not in EITHER:
        return following not in {"for", "of", "in", "that", "is"} and not words[0].endswith(",")
    if following in {
        "a",
        "an",
        "the",
        "your",
        "any",
        "all",
        "multiple",
        "it",
        "several",
        "every",
        "through",
        "from",
        "up",
        "if",
    }:
        return True
    if words[0] == "free":  # `Free photos` are offered, and set free nothing
        return False
    is_plural = _is_plural(following)
    if following.endswith(("'s", "’s")):
        return True
    head = _head(words)
    return (is_plural and head in {0, len(words[:2])}) or (words[1][0].isupper() and not head)


def _is_plural(word: str) -> bool:
    bare = word.strip(",.").lower()
    return bare.endswith("s") and not bare.endswith(("ss", "us", "is"))


def _head(words: Sequence[str]) -> int:
    """Return how many words a thing's name takes at the start of a sentence; 0 where there is none."""
    for place, word in enumerate(words[: LONGEST + 2]):
        bare = word.strip(",.").lower()
        if bare in _AFTER_THING and place:
            return place if _is_thing(words[place - 1]) else 0
        if word.endswith(",") and _is_thing(word):
            return place + 1
    return len(words) if len(words) <= LONGEST and _is_thing(words[-1]) else 0


def _is_thing(word: str) -> bool:
    return singular(word.strip(",.").lower()) in THINGS


def _of_thing(words: Sequence[str]) -> Said:
    """Take apart `A container runtime for Kubernetes that runs images`."""
    start = next((place for place, word in enumerate(words) if word.strip(",").lower() not in PRAISE), len(words))
    praise = f"{' '.join(words[:start])} ".lower()
    quality = next((word for mark, word in _QUALITIES.items() if mark in praise), "")
    words = words[start:]
    if not words:
        return Said()
    if len(words) > _SHORTEST_NAME and words[0].lower() in _SETS and words[1] in {"of", "with"}:
        inner = _of_thing(words[2:])
        return inner if inner.thing else Said(topic=phrase(words[2:]))
    size = _head(words)
    if not size:
        return Said()
    thing = _thing(words[:size])
    return _of_tail(words[size:], Said(thing=thing, quality=quality)) if thing else Said()


def _thing(words: Sequence[str]) -> str:
    """Return the name of a thing in the singular, empty where it is no good name."""
    kept = [word.strip(",") for word in words if word.strip(",").lower() not in PRAISE]
    kept = kept[1:] if len(kept) > 1 and kept[0].lower().endswith(("'s", "’s")) else kept
    unfit = _UNCLEAR | {"and", "or", "&", "+"} | {word for word in OF_THIRD if OF_THIRD[word] not in EITHER}
    if not kept or len(kept) > _LONGEST_NAME or any(word.lower() in unfit for word in kept[:-1]):
        return ""
    if singular(kept[-1].lower()) in _SETS or re.search(r"[^\w\s.'’+#-]", " ".join(kept)):
        return ""
    return " ".join([*(_lowered(word) for word in kept[:-1]), singular(_lowered(kept[-1]))])


def _of_tail(words: Sequence[str], found: Said) -> Said:
    """Take apart what follows a thing's name."""
    for place, word in enumerate(words):
        rest, bare = words[place + 1 :], word.strip(",").lower()
        if not rest:
            break
        if bare == "for":
            if rest[0].strip(",").lower() in OF_GERUND:
                return replace(found, deed=deed(rest))
            return replace(found, purpose=_purpose(rest))
        if bare == "to" and (rest[0].strip(",").lower() in VERBS or rest[0].endswith("ly")):
            return replace(found, deed=deed(rest))
        if bare in {"that", "which"}:
            return _of_clause(rest, found)
        if not place and (
            bare == "of" or (bare in {"on", "about", "covering"} and found.thing.split()[-1] in TO_LEARN_FROM)
        ):
            return replace(found, topic=phrase(rest))
        if bare == "in" and rest[0].strip(",.") in _LANGUAGES:
            found = replace(found, language=rest[0].strip(",."))
        if bare in {"with", "inspired", "based", "by", "like"}:
            break
    return found


def _of_clause(words: Sequence[str], found: Said) -> Said:
    """Take apart what follows `that`: `lets you draw beds`, `draws beds`."""
    enabled = _ENABLING.match(" ".join(words))
    if enabled:
        return replace(found, deed=deed(" ".join(words)[enabled.end() :].split()))
    if words[0].strip(",") in OF_THIRD and words[0] not in OFFERING:
        return _doing(words, found)
    return found


def _purpose(words: Sequence[str]) -> str:
    while words and words[0].lower() in _ALL_OF:
        words = words[1:]
    end = next((place for place, word in enumerate(words) if word.lower() == "from" and place), len(words))
    found = phrase(words[:end]) if words else ""
    if any(before == "for" and word in OF_GERUND for before, word in pairwise(found.split())):
        return ""
    return "" if found and {word.lower() for word in found.split()} <= _VAGUE else found


def deed(words: Sequence[str]) -> str:
    """Return a phrase from its verb on, the verb in its base form, as in `what can I use to …`; empty where it is none."""
    words = [
        word for place, word in enumerate(words) if word.lower() not in _HOW and (place > 1 or not word.endswith("ly"))
    ]
    if len(words) < _SHORTEST_NAME:
        return ""
    joining = {"and", "or", "&"}
    based: list[str] = []
    for place, word in enumerate(words):
        bare, comma = word.rstrip(","), "," if word.endswith(",") else ""
        is_joined = not place or words[place - 1].endswith(",") or words[place - 1].lower() in joining
        own = bare.lower()
        if place and not based[-1].endswith(",") and words[place - 1].lower() not in joining:
            is_joined = False
        form = next((forms for forms in (OF_THIRD, OF_GERUND) if words[0].rstrip(",").lower() in forms), {})
        verb = form.get(own) if is_joined else None
        based.append((verb or (own if not place else bare)) + comma)
    if based[0].rstrip(",") not in VERBS:
        return ""
    if based[1].lower() in {"if", "whether"}:
        return " ".join(based) if len(based) <= LONGEST and not _UNCLEAR & set(based) else ""
    object_ = phrase(based[1:]) if not based[0].endswith(",") and based[1].lower() not in joining else _several(based)
    if not object_ or object_.split()[0] in {"on", "in", "at", "by", "as", "for", "of", "made", "and", "or"}:
        return ""
    is_cut = object_ != " ".join(based[1:]).rstrip(" ,.")
    if (
        is_cut and object_.isalpha() and object_.islower() and not _is_plural(object_)
    ):  # `get superb` of `get superb words`
        return ""
    if object_.split()[0] in _ASKING and object_ != " ".join(based[1:]):
        return ""
    if {word.strip(",").lower() for word in object_.split()} <= _VAGUE:
        return ""
    return object_ if object_.split()[0].rstrip(",") == based[0].rstrip(",") else f"{based[0]} {object_}"


def _several(words: Sequence[str]) -> str:
    """Return `store, sign and scan content`: several verbs with one object."""
    end = 0
    while end < len(words) - 1 and (words[end].endswith(",") or words[end + 1].lower() in {"and", "or", "&"}):
        end += 1 if words[end].endswith(",") and words[end + 1].lower() not in {"and", "or", "&"} else 2
    if not 0 < end < len(words) - 1 or any(
        word.rstrip(",").lower() not in VERBS | {"and", "or", "&"} for word in words[: end + 1]
    ):
        return ""
    rest = phrase(words[end + 1 :])
    verbs = " ".join(words[: end + 1])
    return f"{verbs} {rest}" if rest and len(f"{verbs} {rest}".split()) <= LONGEST else ""


def phrase(words: Sequence[str]) -> str:
    """Return the beginning of a phrase that stands on its own; empty where there is none."""
    kept: list[str] = []
    for place, word in enumerate(words):
        if word.strip(",").lower() in _AFTER_OBJECT and place:
            break
        following = words[place + 1].lower() if place + 1 < len(words) else ""
        if place and word.lower() == "and" and following in OF_THIRD and OF_THIRD[following] not in EITHER:
            break
        kept.append(word)
    kept = _first_of(kept)
    if len(kept) > LONGEST:
        ends = [place for place, word in enumerate(kept[: LONGEST + 1]) if word.lower() in _WORDS_OF_PLACE]
        kept = kept[: ends[-1]] if ends and ends[-1] > 1 else []
    while kept and kept[-1].strip(",").lower() in _LOOSE_ENDS:
        kept = kept[:-1]
    if len(kept) > 1 and len(kept) < len(words) and re.fullmatch(r"\w{4,}ed", kept[-1]):  # `an index backed by …`
        kept = kept[:-1]
    while kept and kept[0].lower() in {"and", "or", "of"}:
        kept = kept[1:]
    said_of = {word.strip(",.").lower() for word in kept}
    if not kept or said_of & _UNCLEAR or not any(len(word) > _SHORTEST_NAME for word in said_of):
        return ""
    asker = {"your": "my", "you": "me", "yourself": "myself"}
    return " ".join(asker.get(word.lower(), word) for word in kept).lstrip(" ,").rstrip(" ,.'")


def _first_of(words: Sequence[str]) -> list[str]:
    """Return words up to the first comma, or through a short list: `text, tables and metadata`."""
    text = " ".join(words)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < _SHORTEST_NAME:
        return text.strip(" ,").split()
    tail = parts[-1].lower().startswith(("and ", "or ", "& "))
    short = all(len(part.split()) <= 3 for part in parts[1:])  # noqa: PLR2004
    tail = tail or (short and any(mark in parts[-1].lower() for mark in (" and ", " or ", " & ")))
    if tail and short and len(text.split()) <= LONGEST:
        return text.split()
    alone = parts[0].split()
    # `interesting, funny, and depressing queries`: an adjective without its noun.
    return [] if len(alone) == 1 and not alone[0].endswith("s") and alone[0].islower() else alone


def _lowered(word: str) -> str:
    """Return a word that begins a sentence as it stands inside one: names and abbreviations keep their capitals."""
    bare = word.strip(",.").lower()
    if word in _LANGUAGES or not word[1:].islower():
        return word
    return word.lower() if all(part in ordinary_words() or part in VERBS | THINGS for part in bare.split("-")) else word
