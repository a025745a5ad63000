"""What people say to the bot that is no question: greetings, thanks, and asking what the bot is for."""

import re
from enum import StrEnum
from itertools import dropwhile


class Courtesy(StrEnum):
    """What a polite word wants."""

    HELP = "help"
    """A greeting, or a question about the bot: it gets the help."""
    THANKS = "thanks"


_MOST_WORDS = 12
_EMOJI = re.compile(r":[a-z0-9_+'-]+:")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
#: Emoji as Slack names them, and as signs, that say what the words below say.
_GREETING_SIGNS = frozenset({":wave:", "👋"})
_THANKS_SIGNS = frozenset(
    {":pray:", ":+1:", ":thumbsup:", ":heart:", ":raised_hands:", ":clap:", "🙏", "👍", "❤", "🙌", "👏"}
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GREETING = _words("hi hello hey heya hiya howdy yo greetings hallo hola morning afternoon evening")
_AFTER_GREETING = _words(
    "there all everyone everybody team folks bot signpost good again you to day and how are is it going"
)
_THANKS = _words("thanks thank thx tnx ty tysm cheers merci danke gracias appreciated")
_PRAISE = _words(
    "ok okay great perfect awesome cool nice good excellent brilliant lovely wonderful amazing fantastic neat sweet super "
    "bye goodbye"
)
_AFTER_THANKS = _words(
    "you u very much so a lot lots many bunch ton million again all everyone bot signpost for the your help links link answer "
    "that that's this it it's is was were looks really very helps helped helpful worked works got exactly just what i i'll we "
    "needed wanted one job work oh ah yes yeah yep and now will do look have solved fixed my our problem question"
)
#: Questions about the bot, without punctuation. None says "this" alone, which in a thread is what the thread is about.
_ABOUT_THE_BOT = re.compile(
    r"(?:please |i need |we need |i need some )?help(?: me| us| out| please)*"
    r"|(?:can|could|will|would) (?:you|u|anyone|anybody|someone|somebody) (?:please )?help(?: me| us| out| please)*"
    r"|(?:can|could|may) i ask (?:you )?(?:something|a question)"
    r"|(?:so )?(?:what|who) (?:are|r) (?:you|u)(?: for| doing)?"
    r"|(?:so )?what (?:can|do|does|could) (?:you|u|this bot|signpost) (?:do|know|offer)(?: for (?:me|us))?"
    r"|what (?:can|could) (?:you|u) help (?:me |us )?with"
    r"|what (?:can|should|could|may) (?:i|we) ask(?: you)?(?: here)?"
    r"|what(?: is|'s|s) (?:signpost|this bot)(?: for)?"
    r"|how (?:do|does|can) (?:you|u|this bot|signpost) work"
    r"|how (?:do|can|should) (?:i|we) (?:use|ask|talk to) (?:you|u|this bot|signpost)"
    r"|how to use (?:you|this bot|signpost)"
    r"|(?:show (?:me )?)?(?:the |your )?(?:commands|usage|instructions)"
    r"|are you (?:there|here|alive|awake|working|a bot|a human|human|real)"
)
_ADDRESS = frozenset({"signpost", "bot", "there", "hi", "hello", "hey", "ok", "okay"})


def has_words(text: str) -> bool:
    """Return whether a text is more than emoji and punctuation."""
    return bool(_WORD.search(_EMOJI.sub(" ", text)))


def courtesy_of(text: str) -> Courtesy | None:
    """Return what a text in plain words wants if it is a greeting, thanks or a question about the bot; None for all others."""
    text = text.casefold().replace("’", "'")
    words = _WORD.findall(_EMOJI.sub(" ", text))
    if len(words) > _MOST_WORDS:
        return None
    if not words:
        return _by_signs(text)
    said = frozenset(words)
    if said & _GREETING and said <= _GREETING | _AFTER_GREETING:
        return Courtesy.HELP
    asked = " ".join(dropwhile(_ADDRESS.__contains__, words))
    if _ABOUT_THE_BOT.fullmatch(asked) or _ABOUT_THE_BOT.fullmatch(asked.removesuffix(" signpost")):
        return Courtesy.HELP
    if "?" not in text and said & (_THANKS | _PRAISE) and said <= _THANKS | _PRAISE | _AFTER_THANKS | _GREETING:
        return Courtesy.THANKS
    return None


def _by_signs(text: str) -> Courtesy | None:
    signs = {*_EMOJI.findall(text), *text}
    if signs & _THANKS_SIGNS:
        return Courtesy.THANKS
    return Courtesy.HELP if signs & _GREETING_SIGNS or (text and not text.strip("?! ")) else None
