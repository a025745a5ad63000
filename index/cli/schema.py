"""`signpost schema`: what an editor needs to complete and check the files that people write."""

import click

from index.catalogue.formats.schemas import NAMES, shipped


@click.command("schema", short_help="Print the JSON Schema of a catalogue, or of another file of ours.")
@click.argument("name", metavar="[NAME]", type=click.Choice(NAMES), default="catalogue")
def schema_command(name: str) -> None:
    """Print the JSON Schema of a file: catalogue (where no NAME is given), golden, questions, signpost, sources, vocabulary.

    Editors complete and check a YAML file by the schema that its first line names:

    \b
    signpost schema golden > golden.schema.json
    # yaml-language-server: $schema=golden.schema.json
    """  # noqa: D301
    click.echo(shipped(name), nl=False)
