"""`web-scales users`: accounts, for the operator of the service."""

import sys

import click

from domain.accounts.rules import PASSWORD
from entrypoints.cli.cases import use_cases
from entrypoints.cli.speech import language, phrase, say
from entrypoints.process.failures import CommandFailedError


@click.group()
def users() -> None:
    """Look after the users' accounts."""


password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, up to its end."
)


@users.command()
@click.argument("email")
@password_stdin
def create(email: str, password_stdin: bool) -> None:
    """Add a user; the password (8–128 characters) is asked for."""
    password = _asked_password(password_stdin)
    _require_good(email=email, password=password)
    user = use_cases().accounts.register(email, password)
    say("created user {id}: {email}", id=user.id, email=user.email)


@users.command("list")
def list_() -> None:
    """Print id and address of every user."""
    for user in use_cases().accounts.list():
        click.echo(f"{user.id}\t{user.email}")


@users.command()
@click.argument("email")
@password_stdin
def set_password(email: str, password_stdin: bool) -> None:
    """Give a user another password (8–128 characters), which is asked for."""
    password = _asked_password(password_stdin)
    _require_good(password=password)
    use_cases().accounts.set_password(email, password)
    say("set the password of {email}", email=email)


@users.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask whether to go on.")
def delete(email: str, yes: bool) -> None:
    """Remove a user with all devices and their products."""
    if not yes:
        question = phrase("Delete {email} and all of this user's devices?", email=email)
        click.confirm(question, abort=True)
    use_cases().accounts.delete(email)
    say("deleted {email}", email=email)


def _asked_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.read().rstrip("\r\n")
    again = phrase("Repeat for confirmation")
    return str(click.prompt(phrase("Password"), hide_input=True, confirmation_prompt=again))


def _require_good(*, password: str, email: str | None = None) -> None:
    """Raises CommandFailedError."""
    # Imported only here: checking an address needs a library that no other command needs.
    from adapters.email_addresses import email_fault
    from adapters.texts.faults import about

    try:
        f"{email}{password}".encode()
    except UnicodeEncodeError:
        raise CommandFailedError(phrase("The address or the password is not UTF-8.")) from None
    found = {
        "email": None if email is None else email_fault(email),
        "password": PASSWORD.fault(password),
    }
    faults = [(field, fault) for field, fault in found.items() if fault]
    if faults:
        spoken = language()
        raise CommandFailedError("\n".join(about(spoken, *each) for each in faults))
