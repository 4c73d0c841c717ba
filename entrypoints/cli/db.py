"""`web-scales db`: the tables, copying, and taking over the former service."""

from pathlib import Path

import click

from entrypoints.cli.speech import language, phrase


@click.group()
def db() -> None:
    """Look after the database, and move into it."""


@db.command()
def upgrade() -> None:
    """Bring the tables up to date, as every start does by itself."""
    from entrypoints.database import bring_up_to_date, current_schema
    from entrypoints.settings import read_settings

    settings = read_settings()
    bring_up_to_date(settings)
    click.echo(current_schema(settings))


@db.command()
def current() -> None:
    """Print which schema the database has."""
    from entrypoints.database import current_schema
    from entrypoints.settings import read_settings

    click.echo(current_schema(read_settings()) or phrase("none yet"))


@db.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> None:
    """Take over the SQLite database of the service used before.

    Users, devices, cached products and schedules come into DATABASE_URL, which must hold no users
    yet, under the ids they have: everything or nothing. FILE is only read. FERNET_KEY must be that
    of the former service, which should be stopped first. Prints what came, and everything that
    could not be taken as it was.
    """
    from adapters.texts.takeover import report
    from entrypoints.cli.transfers import SETTINGS, take_over

    taken = take_over(file)
    for line in report(language(), str(file), taken, SETTINGS):
        click.echo(line)


@db.command()
@click.option(
    "--to",
    "url",
    metavar="URL",
    required=True,
    help="The database to copy into, like postgresql://user@host/web_scales.",
)
def copy(url: str) -> None:
    """Copy everything from DATABASE_URL into another database.

    Stop every process of the service first: what they write later stays behind. The other database
    must hold no rows yet; its tables are made. Each row is read back and compared before any of it
    counts: everything or nothing. Then set DATABASE_URL to the other database.

    A password that is left out of URL is taken from PGPASSWORD or ~/.pgpass, where other users of
    this machine cannot see it.
    """
    from entrypoints.cli.transfers import copy_database

    copied = copy_database(url)
    for name, rows in copied.items():
        click.echo(f"{rows:>9}  {name}")
    click.echo(
        language().plural(
            "Copied {number} row, and verified it. Set {setting} to the other database before the "
            "next start.",
            "Copied {number} rows, and verified each. Set {setting} to the other database before "
            "the next start.",
            sum(copied.values()),
            setting="DATABASE_URL",
        )
    )
