"""`signpost completion`: the script with which a shell completes commands, options and files."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the script that completes commands in a shell.")
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options and files in SHELL: bash, zsh or fish.

    \b
    bash: add to ~/.bashrc:                 eval "$(signpost completion bash)"
    zsh:  add to ~/.zshrc, below compinit:  eval "$(signpost completion zsh)"
    fish: signpost completion fish > ~/.config/fish/completions/signpost.fish
    """  # noqa: D301 - click's mark for lines that are not wrapped
    root = context.find_root()
    maker = get_completion_class(shell)
    if maker is None:  # such as an older click without it
        raise click.UsageError(f"this version of click has no completion for {shell}")
    name = str(root.info_name)
    click.echo(maker(root.command, {}, name, f"_{name.replace('-', '_').upper()}_COMPLETE").source())
