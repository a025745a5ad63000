"""Pieces that mean something to what reads them, by its name; a target puts them together in any order."""
# ruff: noqa: E501 - tables, which are read across

from typing import Final

_ADDRESSES: Final = [
    "https://a.org/x",
    "http://[x",
    "https://…",
    "www.a.org",
    "mailto:a@b.c",
    "#x",
    "x.md",
    "a.org: b",
    "//a.org",
]
_MARKS: Final = [
    " ", "\n", "\n\n", "\t", "a", "1", "- ", "* ", "|", "(", ")", "[", "]", "<", ">", "&", "#", '"', "'", ":", "::", ",", ";", "=",
    "\\", "/", "\N{GLOWING STAR}", "\N{BLACK STAR} 4k", "\ufeff", "\u2028", "\x0b", "\x85", "\u202e", "\u00f0\u0178\u0152\u0178", "by ",
]  # fmt: skip
_HTML: Final = [
    "<ul>", "<li>", "</li>", "<a href='https://a.org'>", "</a>", "<a name='c'/>", "<p>", "<br>", "<h1>", "</h1>", "<h3>",
    "<table><tr><td>", "<td rowspan=9>", "<th colspan=3>", "<tr>", "</table>", "<details>", "<summary>", "<!--", "-->", "<![foo[",
    "<![CDATA[", "<script>", "<title>", "<svg>", "<iframe ", "<img alt='a'>", "<dl>", "<dt>", "<dd>", "<blockquote class=twitter-tweet>",
    "<pre>", "<textarea>", "<template>", "<frameset>", "<body>", "</body>", "<?x", "</", "<b", "&amp", "&#x;", "&#0;", "&nbsp;",
    "<meta charset=x>", "<meta http-equiv=refresh content='0;url=x'>", "<html lang=de>", "<main>", "<footer>",
]  # fmt: skip

PIECES: Final[dict[str, list[str]]] = {
    "markdown": [
        *_MARKS, *_ADDRESSES, "# ", "## a\n\n", "> ", "| a | b |\n|---|---|\n", "---\n", "](", "[a](https://a.org)", "![", "[![a](b)](",
        "==", "**", "_", "`", "~~~\n", "```\n", "<!--", "-->", "<details>\n", "<div>\n", "<pre>\n", "</div>\n\n", "{: a=b}", "[^1]",
        "[a]: https://a.org\n", "- [a]: https://a.org\n", "~", "- [ ] ", "  - ", "1. ", "([a](https://b.org))", "<iframe>", ":rocket:",
    ],
    "html": [*_MARKS, *_ADDRESSES, *_HTML],
    "bookmarks": [
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>", "<DL><p>", "</DL><p>", "<DT>", "<DT><H3>", "</H3>", "<DD>", "<H1>", "<DT",
        "<DT><A HREF='https://a.org' ADD_DATE='9999999999999999' TAGS='a,b' PRIVATE=1>", "</A>", "[linkding-notes]", "<HR>",
        *_MARKS, *_HTML,
    ],
    "csv": [
        "url,title,description\n", "url;tags;added\n", "url\tstars\n", "https://a.org,", '"', '""', '"a""b"', "\n", "\r\n", ";", ",", "|",
        '=HYPERLINK("https://a.org";"a")', "[a](https://a.org)", "2024-05-31", "45000", "31/12/2023", "['a','b']", "\N{GLOWING STAR}",
        "Demo: https://b.org", *_MARKS, *_ADDRESSES,
    ],
    "json": [
        "[", "]", "{", "}", ",", ":", '"', '"url":"https://a.org"', '"title":"a"', '"children":[', '"a":', "{}", "null", "1e999", "NaN",
        '"links":[', '"tags":["a"]', '"further":', "\\u", "\\ud800", "\n", '"root":"tagsFolder"', "-0", *_MARKS,
    ],
    "opml": [
        "<?xml version='1.0'?>", "<opml>", "<opml version='2.0'><body>", "<outline text='a'>", "<outline text='https://a.org'/>",
        "<outline text='[a](https://a.org)' url='x'/>", "</outline>", "</body></opml>", "<head><title>", "</title></head>",
        "<post href='https://a.org' time='x' tag='a b'/>", "<posts>", "</posts>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;",
        " created='Mon, 99 Foo 2024'", " _note='a'", *_MARKS,
    ],
    "rst": [
        "=====\n", "-----\n", "* ", "`a <https://a.org>`_", "a_ ", "`a`_", "|a|", ".. _a: https://a.org\n", ".. |a| replace:: b\n",
        ".. image:: a\n", ".. include:: /etc/passwd\n", ".. raw:: html\n\n   ", ".. csv-table::\n\n   ", "+---+---+\n", "| a | b |\n",
        "=== ===\n", "::\n\n  ", ":a: b\n", "   ", "[1]_ ", ".. [1] a\n", "__ https://a.org\n", ".. list-table::\n\n   * - ", *_MARKS,
        *_ADDRESSES,
    ],
    "asciidoc": [
        "= ", "== a\n", "* ", "** ", ". ", "a:: ", "|===\n", "|", "2+|", ":a: {a}b\n", "{a}", "link:https://a.org[", "https://a.org[a]",
        "image::a[link=https://b.org]\n", "xref:a[", "<<a,b>>", "----\n", "====\n", "+++", "(((a)))", "[.line-through]#a#", "include::a[]\n",
        '[cols="1,2"]\n', "[cols=3*]\n", "+\n", "a|", *_MARKS, *_ADDRESSES,
    ],
    "org": [
        "* ", "** ", "*** TODO a :b:\n", "[[https://a.org][a]]", "[[", "][", "]]", "#+title: a\n", "#+begin_src\n", "#+end_src\n",
        ":PROPERTIES:\n", ":URL: https://a.org\n", ":CREATED: [2024-01-01 Mon]\n", ":END:\n", "| a | b |\n", "|---+---|\n", "- a :: b\n",
        "SCHEDULED: <2024-99-99>\n", "CLOCK: [2024-01-01", "~a~", "=a=", "+[[a]]+", "[1/3]", "<2024-01-01 Mon +1w>", *_MARKS, *_ADDRESSES,
    ],
    "text": ["https://a.org", "https://a.org | a\n", "1. ", "“a”", "\n\n", *_MARKS, *_ADDRESSES],
    "yaml": [
        "format: 1\n", "name: ", "links:\n", "links: []\n", "sections:\n", "- url: https://a.org/x\n  title: a\n", "  section: [a, b]\n",
        "  stars: 3\n", "  added: 2024-05-31\n", "  further: {Demo: https://b.org}\n", "  status: dead\n", "  private: yes\n", "&a ", "*a",
        "!!x ", "{", "}", "? ", ": ", "|\n", ">\n", "---\n", "...\n", "<<: ", "<<<<<<< a\n", "=======\n", "%YAML 1.2\n", "  questions:\n  - ",
        "- name: a\n  url: https://a.org\n", *_MARKS,
    ],
    "sources": [
        "format: 1\n", "sources:\n", "- path: a\n", "- git: https://a.org/b\n", "- url: https://a.org/b.md\n", "  token: $A\n",
        '  header: "a: $B"\n', "  branch: ", "  max_mb: ", "  name: ", "git+https://a:b@c.org/d@e#f", "ssh://a@b", "git@a:b", "a=", "..",
        "$", *_MARKS, *_ADDRESSES,
    ],
    "payload": [
        "event", "user", "team", "channel", "actions", "view", "state", "values", "message", "container", "id", "text", "type",
        "attachments", "blocks", "elements", "inputs", "function", "private_metadata", "selected_option", "value", "ts", "thread_ts",
        "edited", "previous_message", "bot_id", "team_id", "enterprise", "enterprise_id", "authorizations", "is_ext_shared_channel",
        "message_blocks", "is_share", "files", "title", "fields", "username", "url", "links", "trigger_id", "response_url", "command",
    ],
    "form": [
        "payload=", "command=/links", "&", "=", "text=", "ssl_check=1", "%7B%7D", "%", "%zz", "{", "}", '{"type":', '"event_callback"', "[",
        '"a":', "\x00", "\ud800", "+", "token=x", "]", "1e999", *_MARKS,
    ],
    "button": ["y ", "n ", "{", "}", '"q":', '"a":"b"', '"o":', "99999999999", "-1", "true", "null", "https://a.org", " ", '"', ",", *_MARKS],
    "said": [
        "<https://a.org|a>", "<https://a.org>", "<@U1>", "<@U1|a>", "<#C1|a>", "<!here>", "<!subteam^S1>", "<!date^1^{date}|a>", "&lt;",
        "&amp;", "```", "`", "*", "_", "~", "> ", "&gt; ", ":smile:", "dns ", "namespace ", "what about ", "thanks", "?", *_MARKS, *_ADDRESSES,
    ],
    "filters": [
        "section:", "stars:", "host:", "tag:", "is:", "-", "since:", "before:", '"', "'", "dns", "ingress", "video", "2", "9" * 40,
        "2024-01", "2024-13-99", "github.com", ">", ">=", ",", "not ", *_MARKS,
    ],
    "ours": [
        "format: 1\n", "format: 2\n", "entries:\n", "- forms: [netpol]\n  means: [network policy]\n", "only_where_spelled_out: yes\n",
        "questions:\n", "- ask: which one?\n  first: https://a.org\n", "  within: 3\n", "- link: https://a.org\n  ask:\n  - which?\n",
        "catalogue: a\n", "drafts:\n", "- link: https://a.org\n  title: a\n  ask:\n  - rules: which?\n", "  - accept: ", "  - drop:\n",
        "  - model: x\n", "{", "}", "[", "]", "~", "null", "&a ", "*a", "!!x ", "- ", "? ", ": ", "  ", "|\n", "---\n", "'", '"', "9" * 30, *_MARKS,
    ],
    "records": [
        '{"format": 1}\n', '{"format": 2}\n', '{"url": "https://a.org", "standing": "alive", "reason": "x", "checked": "2024-01-01T00:00:00+00:00"}\n',
        '{"url": "a", "standing": "dead", "failed_on": ["2024-01-01"], "checked": "0001-01-01T00:00:00+14:00"}\n', '"days": [{"on": "9999-12-31", ',
        '"outcome": "gone", "signs": ["away"]}]', '{"url": "https://a.org", "asked": "2024-01-01", "title": "a", "headings": ["b"]}\n', '"standing": ',
        '"hijacked"', '"checked": "', '"url": ', "{", "}", "[", "]", ",", ":", "null", "1e999", "NaN", "\n", '"', "9" * 30, "\\ud800", *_MARKS,
    ],
    "settings": [
        "index = 'a'\n", "catalogue = ['a.md', 'b=c.md']\n", "curators = ['U1A']\n", "slack-channels = {C1A = {links = 3}}\n", "port = 3000\n",
        "trusted-proxies = '10.0.0.0/8'\n", "web-url = 'https://a.org'\n", "suggested-prompts = [['a', 'b']]\n", "store-answers-days = 9\n",
        "rebuild-timeout-s = ", "2024-01-01", "1e999", "nan", "true", "[tool.signpost]\n", "[tool]\n", "signpost = 3\n", "tool = 3 # tool.signpost\n",
        "inside = ", "{", "}", "[", "]", "'", '"', "=", "\n", "api-origins = ['https://a']\n", "https://[x", "command = '/x'\n", "9" * 40,
        "slack-bot-token = 'xoxb-1'\n", "oidc-issuer = 'https://[x'\n", "mcp = 'open'\n", *_MARKS,
    ],
    "query": [
        "q=", "query=", "page=", "top=", "offset=", "limit=", "since=", "section=", "tag=", "host=", "stars=", "url=", "title=", "part=1", "state=",
        "code=", "error=", "from=", "to=", "said=", "question=", "lang=", "&", "=", "%", "%zz", "%ff", "%00", "+", "9" * 30, "2026-01-31", "https://a.org",
        "https://[x", "-1", "section:cni", "cilium", "nothing", *_MARKS,
    ],
    "request": [
        "q", "query", "thread", "text", "bot", "top", "offset", "section", "tag", "host", "stars", "since", "limit", "url", "title", "description",
        "question", "answer_id", "helpful", "jsonrpc", "id", "method", "params", "name", "arguments", "protocolVersion", "_meta", "slack", "user_id",
    ],
    "claims": [
        "issuer", "authorization_endpoint", "token_endpoint", "id_token", "iss", "aud", "exp", "nonce", "sub", "email", "email_verified",
        "iat", "nbf", "azp", "jti", "keys", "kid", "kty", "use", "alg", "n", "e",
        "https://slack.com/user_id", "https://slack.com/team_id",
    ],
}  # fmt: skip

#: Whole texts of the formats that we do not write.
SAMPLES: Final = {
    "rst": "Tools\n=====\n\n* `Ant <https://a.org/ant>`_ - builds\n\n  * `Bee <https://a.org/bee>`__\n\n.. list-table::\n\n   * - `Cat <https://a.org>`_\n"
    "     - purrs\n\n+-----+-----+\n| a_  | b   |\n+-----+-----+\n\n.. _a: https://a.org/a\n",
    "asciidoc": "= Tools\n\n== Ants\n\n* https://a.org/ant[Ant] - builds\n** link:https://a.org/bee[Bee]\n\n|===\n|Name |What\n\n|https://a.org[Cat]\n|purrs\n|===\n",
    "org": "#+TITLE: Tools\n#+TODO: READ | DONE\n* Ants :x:\n** READ [#A] [[https://a.org/ant][Ant]] :cli:\n:PROPERTIES:\n:CREATED: [2024-05-01 Wed]\n:END:\nbuilds\n"
    "* Bees\n- [[https://a.org/bee][Bee]] :: hums\n| [[https://a.org][Cat]] | purrs |\n",
    "text": "Tools\n\nhttps://a.org/ant | Ant\n1. Bee https://a.org/bee\n",
    "sources": "format: 1\nname: Lists\nsources:\n- name: a\n  path: lists/*.md\n- git: https://a.org/b\n  branch: main\n  token: $TOKEN\n- url: https://a.org/c.md\n"
    '  header: "Authorization: Bearer $TOKEN"\n',
    "ours": "format: 1\nquestions:\n- ask: which ant?\n  first: [https://a.org/ant]\n  within: 2\n- link: https://a.org\n  ask:\n  - which bee?\n",
    "records": '{"format": 1}\n{"url": "https://a.org", "standing": "suspicious", "reason": "x", "to": "https://b.org", "checked": "2024-01-02T03:04:05+00:00",'
    ' "days": [{"on": "2024-01-01", "outcome": "suspicious", "reason": "x", "signs": ["away", "text"], "to": "https://b.org"}]}\n',
    "settings": "catalogue = ['lists/*.md']\nindex = '.index'\nport = 3000\ncurators = ['U1A']\nslack-channels = {C1A = {answers = 'public'}}\n",
    "query": "q=cilium+section%3Acni&page=2&part=1",
}  # fmt: skip
