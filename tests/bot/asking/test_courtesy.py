"""Polite words are told from questions."""

import pytest

from bot.asking.courtesy import Courtesy, courtesy_of


@pytest.mark.parametrize(
    "text",
    [
        "hi", "Hi!", "Hello there", "hey signpost", "good morning, team!", "Hi, how are you?", "HELLO", ":wave:", "👋", "?",
        "??",
        "help", "Help!", "HELP ME PLEASE!!!", "please help", "can you help me?", "Could you please help us out?", "I need help",
        "what can you do?", "What can you do for me?", "hi, what can you do?", "signpost, what can you do", "who are you?",
        "What are you?", "what do you do?", "how do you work?", "how does this bot work?", "How do I use you?", "commands",
        "what can I ask you?", "what can you help me with?", "are you there?", "what’s signpost?", "what is signpost for?",
    ],
)  # fmt: skip
def test_greetings_and_questions_about_the_bot_want_help(text: str) -> None:
    """However they are written."""
    assert courtesy_of(text) is Courtesy.HELP


@pytest.mark.parametrize(
    "text",
    [
        "thanks", "Thanks!", "thank you", "Thank you so much!!", "thx", "ty", "cheers", "great, thanks a lot", "perfect!",
        "cool",
        "ok, got it, thanks", "that helped, thank you", "That's exactly what I needed, thanks!", "many thanks for the links",
        "awesome :tada:", "🙏", ":+1:", "👍🏽", "thanks again signpost", "nice one", "bye", "merci",
    ],
)  # fmt: skip
def test_thanks_are_thanks(text: str) -> None:
    """With praise, or praise alone."""
    assert courtesy_of(text) is Courtesy.THANKS


@pytest.mark.parametrize(
    "text",
    [
        "", "how do I isolate namespaces?", "help with network policies", "hi, how do I isolate namespaces?", "any links?",
        "thanks, and for Windows?", "thanks! how about cilium?", "what is this?", "what is this about?", "how does this work?",
        "what can you do with cilium?", "helm", "who are the maintainers?", "thanks but that link is broken",
        "good links for ingress", "cool down period", "how do you work around this?", "is it ok?", "does it work?",
        "hello world",
        "what can kubernetes do for me?", "can you help me with dns?", ":point_up:", "网络策略", "help help helm",
        "morning star",
    ],
)  # fmt: skip
def test_questions_are_no_courtesies(text: str) -> None:
    """Also those that begin politely."""
    assert courtesy_of(text) is None
