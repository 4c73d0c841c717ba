"""`web-scales db`: the database, and moving into it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from application.takeover.records import MovedIn


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

    click.echo(current_schema(read_settings()) or "none yet")


@db.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> None:
    """Take over the SQLite database of the service used before.

    Users, devices, cached products and schedules come into DATABASE_URL, which must hold no users
    yet, under the ids they have: everything or nothing. FILE is only read. FERNET_KEY must be that
    of the former service, which should be stopped first. Prints what came, and everything that
    could not be taken as it was.
    """
    from entrypoints.cli.moving import take_over

    moved = take_over(file)
    for line in _told(file, moved):
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
    from entrypoints.cli.moving import copy_database

    copied = copy_database(url)
    for name, rows in copied.items():
        click.echo(f"{rows:>9}  {name}")
    click.echo(
        f"Copied {sum(copied.values())} rows, and verified each. "
        "Set DATABASE_URL to the other database before the next start."
    )


def _told(file: Path, moved: "MovedIn") -> list[str]:
    """What came, in lines."""
    lines = [
        f"Took over from {file}:",
        f"  {moved.users} users, who sign in with the passwords they have",
        f"  {moved.devices} devices",
        f"  {moved.files} product files; each device is to be read before anything is sent to it",
        f"  {moved.schedules} schedules, {moved.switched_on} of them on and due at once",
    ]
    if moved.unsent:
        lines += [
            "These hold edits that were not sent; which ones, the next read of the device tells.",
            "Look through them then (GET /devices/…/products/edits): what was changed at the scale",
            "itself in the meantime is among them. Discard what is wrong, and upload the rest:",
            *(f"  {device}" for device in moved.unsent),
        ]
    if moved.remarks:
        lines += [
            "Not taken as it was:",
            *(f"  {remark.about}: {remark.text}" for remark in moved.remarks),
        ]
    return lines
