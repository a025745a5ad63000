"""`python -m bot.cli` is `signpost`."""

from bot.cli.main import main

main()
