"""The SDK's server with our tools, for one visitor over standard input and output, or for each request's own over HTTP."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from mcp import types
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.server.stdio import stdio_server

from bot.mcp.tools import BY_NAME, TOOLS, UNTRUSTED, Result, Tool, call, public_blocks
from bot.slack.message import Block
from bot.web.api.endpoint import program_version
from bot.web.api.operations import Desk
from bot.web.keys import Visitor

_INSTRUCTIONS: Final = (
    "Signpost finds links in a curated catalogue; every link was chosen by people, and nothing here is written by a model. "
    f"{UNTRUSTED} Where the verdict is nothing, say so instead of offering the near misses as an answer."
)

#: The name of whoever asks through Slack's own assistant.
SLACKBOT: Final = "slackbot"

Context = ServerRequestContext[Any, Any]
#: Returns who asks, of a request's context.
WhoAsks = Callable[[Context], Awaitable[Visitor]]


def create_server(desk: Desk, who: WhoAsks) -> Server[Any]:
    """Return the server."""

    async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=list(map(_described, TOOLS)))

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = BY_NAME.get(params.name)
        if tool is None:
            names = ", ".join(BY_NAME)
            return _sent(Result(text=f"There is no such tool; there are {names}.", content={}, is_error=True))
        visitor = await who(context)
        result = await call(desk, visitor, tool, params.arguments or {})
        return _sent(result, blocks=public_blocks(result.blocks) if visitor.name == SLACKBOT else ())

    return Server(
        "signpost",
        version=program_version(),
        title="Signpost",
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=f"{tool.tells} {UNTRUSTED}",
        input_schema=tool.takes.model_json_schema(),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=tool.only_reads,
            destructive_hint=False,
            idempotent_hint=tool.only_reads,
            open_world_hint=False,
        ),
        _meta={"slack": {"supportsBlockKit": True}},
    )


def _sent(result: Result, blocks: Sequence[Block] = ()) -> types.CallToolResult:
    """Return a result with its text, its data, and the blocks that Slackbot shows in their place."""
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=result.text)],
        structured_content=result.content,
        is_error=result.is_error,
        _meta={"slack": {"blocks": list(blocks)}} if blocks else None,
    )


async def serve_stdio(desk: Desk, visitor: Visitor) -> None:
    """Serve one assistant over standard input and output, until it closes them."""

    async def who(_: Context) -> Visitor:
        return visitor

    server = create_server(desk, who)
    async with stdio_server() as (receiving, sending):
        await server.run(receiving, sending, server.create_initialization_options())
