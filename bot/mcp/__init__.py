"""Tools for assistants, by the Model Context Protocol: over standard input and output, and at `/mcp`.

Only what serves assistants imports this room: the SDK is the extra `signpost-bot[mcp]`.
"""
