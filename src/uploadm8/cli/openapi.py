"""`uploadm8 openapi`: the API's description, without a database."""

import sys

import click


@click.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document as JSON."""
    from uploadm8.app import schema

    sys.stdout.buffer.write(schema() + b"\n")
