"""The English that the rules know: what links do, what they are, and other words for it; nothing of any field."""

import re
from collections.abc import Mapping
from typing import Final


def listed(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


#: Verbs with which descriptions say what a thing is for, in their base form.
VERBS: Final = listed(
    """
    access achieve address adopt aggregate align allocate analyse analyze animate annotate anonymise anonymize apply
    approximate archive assemble assess assist audit authenticate authorise authorize automate avoid balance batch benchmark
    block book boot bootstrap bring broadcast browse build bundle cache calculate call capture catch categorise categorize
    change chart check choose classify clean clone cluster coach collaborate collect colorize combine compare compile
    compose compress compute configure connect construct consume containerise containerize control convert cope copy count
    crawl create cut deal debug decode decompile define delete deliver deploy describe design detect determine develop
    diagnose diff discover discuss display distribute document download draw dump edit embed emulate enable encode encrypt
    enforce enhance ensure escape estimate evaluate examine execute explain exploit explore export expose express extend
    extract fetch filter find fix flatten focus forecast format forward free fuzz gather generate get give grow guide handle
    harden help hide highlight hire host identify implement import improve index infer ingest inject insert inspect install
    instrument integrate intercept interpret introduce investigate isolate join keep launch learn lint list listen load
    locate lock log lower maintain manage manipulate map mask match measure merge migrate mine mock model modify monitor
    motivate mount move navigate normalise normalize notify obfuscate observe onboard operate optimise optimize
    orchestrate organise organize package paginate parse patch perform persist pick plan play plot predict prepare present
    preserve prevent print prioritise prioritize process produce profile program promote protect prototype provision proxy
    prune publish pull push query raise read reason receive recognise recognize record recover redact reduce refactor release
    remove rename render repair replace replicate report represent request research reset resize resolve restore retrieve
    retry reuse review rewrite rotate route run sanitise sanitize save scale scan schedule scrape search secure select send
    serialise serialize serve set share show shrink sign simplify simulate solve sort speed split spot spread stabilise start
    stop store stream stress strip structure study submit summarise summarize switch sync synchronise synchronize
    synthesise synthesize tackle template test track train transcode transcribe transfer transform translate transport
    traverse trace trigger troubleshoot truncate tune turn uncover understand unify unpack update upgrade upload validate
    verify view visualise visualize watch wrap write restart memoize throttle debounce
    iterate escape unescape sniff crack decrypt hash tag label rank score reproduce reveal unpack uncompress unzip zip stub
    """
)
#: Verbs that are as often nouns or adjectives: at the start of a description they need an object to be a verb.
EITHER: Final = listed(
    """
    access address animate archive audit balance batch benchmark block book boot bundle cache call capture change chart
    check clean clone cluster compose control copy count cut deal debug design diff display document download draw dump edit
    exploit export express filter fix focus forecast format forward free guide help hide highlight host import index install
    join keep launch lint list load lock log lower make map mask match measure merge mine mock model mount move open
    package patch pick plan play plot present print process produce profile program proxy pull push query raise read reason
    record release repair report request research reset review route run scale scan schedule search secure select set share
    show sign sort speed split spot spread start stop store stream stress strip structure study switch sync tackle
    template test track train transfer transport trace trigger tune turn update upgrade upload view watch wrap
    hash tag label rank score stub crack
    """
)
#: Verbs of texts: what follows them is what the text is about.
TELLING: Final = listed(
    "describe explain discuss introduce present examine explore show highlight summarise summarize define expose report"
)
#: Verbs that say that something is offered, not what it does: what follows them counts.
_OFFERING: Final = frozenset(
    {"offer", "provide", "include", "contain", "feature", "give", "bring", "present", "deliver"}
)

#: What a link can be, in the singular: the last word of `a container runtime for Kubernetes`.
THINGS: Final = listed(
    """
    abstraction accelerator adapter addon agent aggregator algorithm alternative analyser analyzer api app application
    archive article assistant atlas backend balancer bank benchmark binding blog board boilerplate book bot browser builder
    bundler cache calculator calendar catalog catalogue chart cheatsheet checker checklist classifier cli client clone
    codec collection collector community compiler component compressor connector console container controller converter
    corpus course crawler daemon dashboard database dataset debugger decoder decompiler dictionary directory disassembler
    distribution distro documentary driver ebook editor emulator encoder encyclopedia engine environment essay evaluator
    example executor explorer exporter extension extractor fetcher filesystem firewall font forecaster formatter forum
    framework fuzzer gallery game gateway generator glossary guide handbook handler helper honeypot ide image implementation
    index indexer inspector installer integration interface interpreter introduction journal kernel kit language launcher
    lecture lesson lexer library linter list loader logger magazine manager manual map marketplace middleware minifier model
    module monitor network newsletter notebook obfuscator observatory orchestrator organisation organization package paper
    parser pattern pipeline planner platform playbook player playground plugin podcast portal primer processor profiler
    program project protocol proxy publication queue reader recorder reference registry renderer report repository resolver
    robot router runner runtime sandbox scaffold scanner scheduler schema scraper screencast sdk serializer server service
    shell simulation simulator site skeleton solution solver spec specification stack standard starter store suite survey
    system talk template templating terminal test textbook theme toolbox toolchain toolkit tool toolset tracer tracker
    transformer translator transpiler
    tutorial ui util utility validator verifier video viewer visualiser visualization
    visualizer visualisation walkthrough warehouse watcher webapp webinar webpage website widget wiki workbench workbook
    workflow
    workshop wrapper writer
    """
)
#: Things that people read, watch or listen to, with the question that asks for one.
TO_LEARN_FROM: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        listed("""article blog book cheatsheet checklist ebook essay guide handbook introduction journal magazine manual
        newsletter notebook paper playbook primer publication report survey textbook tutorial walkthrough"""),
        "what can I read about {}?",
    ),
    **dict.fromkeys(
        listed("course lecture lesson screencast talk video webinar workshop documentary"),
        "is there something to watch about {}?",
    ),
    "podcast": "is there something to listen to about {}?",
}
#: Words in front of a thing that praise it or say nothing of it.
PRAISE: Final = listed(
    """
    a advanced amazing an another awesome battle-tested beautiful best better blazing blazing-fast clean clever comprehensive
    complete convenient cool curated cutting-edge dead-simple dead delightful easy easy-to-use easy-to-learn efficient elegant
    elite excellent experimental extensive extremely famous fantastic fast feature-rich flexible free full full-featured
    full-fledged fully functional generic good great hackable handy high-level high-performance high-quality highly
    in-depth incredibly innovative insanely intuitive lean leading light light-weight lightning lightning-fast lightweight
    little low-level maintained mature minimal minimalist minimalistic modern modular most multi-purpose neat new next-gen
    next-generation nice nifty official old older open open-source opinionated paid performant pluggable popular powerful
    pragmatic production-ready professional pure quick quick-and-dirty really reliable rich robust seminal sharp short simple
    simple-to-use sleek small smart solid some sophisticated source stable state-of-the-art super super-fast super-simple
    sweet the tiny trusted ultimate ultra ultra-fast unofficial unopinionated useful user-friendly versatile very
    well-documented well-written wonderful world's yet zero-config zero-dependency
    """
)
#: Other words that people use for a verb or a thing.
OTHERWISE: Final[Mapping[str, str]] = {
    "analyse": "make sense of",
    "analyze": "make sense of",
    "automate": "stop doing by hand",
    "benchmark": "compare the speed of",
    "build": "make",
    "collect": "gather",
    "convert": "turn",
    "create": "make",
    "debug": "find out what is wrong with",
    "deploy": "roll out",
    "detect": "find",
    "develop": "write",
    "diagnose": "find out what is wrong with",
    "discover": "find",
    "display": "show",
    "download": "fetch",
    "encrypt": "keep secret",
    "execute": "run",
    "explore": "look around in",
    "extract": "get",
    "fetch": "download",
    "generate": "make",
    "identify": "find",
    "improve": "get better at",
    "inspect": "look into",
    "install": "set up",
    "launch": "start",
    "learn": "get started with",
    "manage": "keep track of",
    "manipulate": "change",
    "merge": "put together",
    "modify": "change",
    "monitor": "keep an eye on",
    "organise": "keep in order",
    "organize": "keep in order",
    "parse": "read",
    "plot": "draw",
    "predict": "foresee",
    "remove": "get rid of",
    "retrieve": "get",
    "save": "keep",
    "scrape": "get data off",
    "store": "keep",
    "summarise": "shorten",
    "summarize": "shorten",
    "track": "keep track of",
    "transform": "turn",
    "understand": "make sense of",
    "validate": "check",
    "verify": "check",
    "visualise": "draw",
    "visualize": "draw",
}


def third(verb: str) -> str:
    """Return the form of a verb after he, she or it."""
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "s"


def gerund(verb: str) -> str:
    """Return the form of a verb that ends in -ing."""
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + verb[-1] + "ing" if verb in _DOUBLED else verb + "ing"


#: Verbs whose last letter is written twice before -ing.
_DOUBLED: Final = listed(
    "cut debug forget get log map plan plot program put run scan set shrink split spot stop strip submit wrap"
)
OF_THIRD: Final = {third(verb): verb for verb in VERBS}
OF_GERUND: Final = {gerund(verb): verb for verb in VERBS}
OFFERING: Final = frozenset(word for verb in _OFFERING for word in (third(verb), gerund(verb)))
_IRREGULAR: Final = {
    "indices": "index",
    "matrices": "matrix",
    "analyses": "analysis",
    "corpora": "corpus",
    "series": "series",
}


def singular(word: str) -> str:
    """Return a plural's singular; a word that is no plural as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


#: Words and letters before which the article is `a` though they begin with a vowel, and the other way round.
_LIKE_A: Final = re.compile(r"(?:uni(?!n)|use|uti|eu|one|ubi|UI|U[A-Z])", re.IGNORECASE)
_SPELLED: Final = re.compile(r"(?!REST|RAM|NAS|LAN|SIM|SaaS|SOAP|LISP|RAID)[AEFHILMNORSX][A-Z0-9]+s?(?![a-z])")


def with_article(noun: str) -> str:
    """Return a noun phrase with `a` or `an`; what is spelled out in capitals goes by the name of its first letter."""
    if _SPELLED.match(noun):
        return f"an {noun}"
    return f"{'an' if noun[0].lower() in 'aeiou' and not _LIKE_A.match(noun) else 'a'} {noun}"
