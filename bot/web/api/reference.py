"""What the page says that shows the API's OpenAPI document to people."""

from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from typing import Any, Final

from bot.web.api.openapi import document

#: Stands in the examples for the address that the page was asked at.
_HERE: Final = "{here}"


def reference(here: str, *, needs_key: bool) -> dict[str, Any]:
    """Return the values of the page's template: HTML, whose every text is escaped. `here`: the address of the bot."""
    shown = _reference(needs_key=needs_key)
    return {**shown, "body": shown["body"].replace(_HERE, escape(here.rstrip("/")))}


@cache
def _reference(*, needs_key: bool) -> dict[str, Any]:
    shown = document(needs_key=needs_key)
    base, schemas = shown["servers"][0]["url"], shown["components"]["schemas"]
    operations = [(method, path, one) for path, methods in shown["paths"].items() for method, one in methods.items()]
    return {
        "about": _prose(shown["info"]["description"]),
        "needs_key": needs_key,
        "document": f"{base}/openapi.json",
        "operations": [(one["operationId"], f"{method.upper()} {path}") for method, path, one in operations],
        "body": "".join(_operation(method, base + path, one, schemas) for method, path, one in operations)
        + _problems(shown),
    }


def _operation(method: str, path: str, one: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    success = next(response for status, response in one["responses"].items() if status.startswith("2"))
    gives = success.get("content", {}).get("application/json", {}).get("schema")
    rows = [
        (field["name"], field["schema"], field["description"], field["required"]) for field in one.get("parameters", ())
    ]
    parts = [
        f'<section><h2 id="{one["operationId"]}"><span class="method">{method.upper()}</span><code>{escape(path)}</code></h2>',
        f"<p>{_prose(one['summary'])} {_prose(one['description'])}</p>",
        _table("Parameters", rows),
        _table("Body", _fields(body, schemas)),
        _table("Response", _fields(gives, schemas)),
        f'<pre tabindex="0" role="group" aria-label="How to try {escape(one["operationId"])}">',
        f"{escape(_example(method, path, one, body, schemas))}</pre></section>",
    ]
    return "".join(parts)


def _fields(schema: Mapping[str, Any] | None, schemas: Mapping[str, Any]) -> list[tuple[str, Any, str, bool]]:
    """Return name, schema, words and whether it must be there, of each field of an object."""
    if schema is None:
        return []
    shown = schemas[schema["$ref"].rpartition("/")[2]]
    required = shown.get("required", ())
    return [
        (name, field, field.get("description", ""), name in required) for name, field in shown["properties"].items()
    ]


def _table(caption: str, rows: list[tuple[str, Any, str, bool]]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(schema))}{'' if required else ', optional'}</td>"
        f"<td>{_prose(words)}</td></tr>"
        for name, schema, words, required in rows
    )
    head = '<thead><tr><th scope="col">name</th><th scope="col">type</th><th scope="col">meaning</th></tr></thead>'
    return f"<h3>{caption}</h3>{_scrolled(caption, head, lines)}"


def _scrolled(name: str, head: str, lines: str) -> str:
    """Return a table that scrolls by itself where it is too wide, also by the keyboard."""
    table = f"<table>{head}<tbody>{lines}</tbody></table>"
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">{table}</div>'


def _kind(schema: Mapping[str, Any]) -> str:
    """Return a schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {'type': 'pairs'}))}"
    limits = [f"{word} {schema[name]}" for name, word in (("minimum", "from"), ("maximum", "to")) if name in schema]
    return " ".join([str(schema.get("format") or schema.get("type", "anything")), *limits])


def _example(
    method: str, path: str, one: Mapping[str, Any], body: Mapping[str, Any] | None, schemas: Mapping[str, Any]
) -> str:
    """Return a command that tries the operation out."""
    if method == "get":
        query = "?q=how+do+I+begin" if any(field["name"] == "q" for field in one.get("parameters", ())) else ""
        return f"curl '{_HERE}{path}{query}'"
    needed = ", ".join(f'"{name}": …' for name, _, _, required in _fields(body, schemas) if required)
    return f"curl '{_HERE}{path}' -H 'Content-Type: application/json' -d '{{{needed}}}'"


def _problems(shown: Mapping[str, Any]) -> str:
    words = {name: response["description"] for name, response in shown["components"]["responses"].items()}
    lines = "".join(
        f"<tr><td>{escape(name.replace('_', ' ').lower())}</td><td>{_prose(told)}</td></tr>"
        for name, told in words.items()
    )
    head = '<thead><tr><th scope="col">status</th><th scope="col">when</th></tr></thead>'
    return (
        '<section><h2 id="errors">Errors</h2><p>Every error is <code>application/problem+json</code>, as RFC 9457 has it.</p>'
        f"{_scrolled('Errors', head, lines)}</section>"
    )


def _prose(text: str) -> str:
    """Return words as HTML, with what stands between backticks as code."""
    return "".join(_runs(text))


def _runs(text: str) -> Iterator[str]:
    for place, run in enumerate(text.split("`")):
        yield f"<code>{escape(run)}</code>" if place % 2 else escape(run)
