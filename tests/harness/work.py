"""What the scheduler process does, at once and in this thread."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

from application.conversations.errors import TooManyConversationsError
from application.conversations.places import Places
from application.ports.waiting_jobs import ClaimedJob
from domain.accounts.user import UserId
from entrypoints.bootstrap import UseCases


def claimed(cases: UseCases) -> list[ClaimedJob]:
    """Hand on what is due, and claim every job that waits and whose device is free."""
    assert cases.runs.claim_jobs is not None
    cases.runs.defer_due_devices()
    return list(cases.runs.claim_jobs(done=[], places=100, ordinary_places=100))


def do(cases: UseCases, *jobs: ClaimedJob) -> None:
    """Do these, and have them forgotten."""
    assert cases.runs.claim_jobs is not None
    for _, job, lease, _ in jobs:
        cases.runs.do_job(job, lease)
    cases.runs.claim_jobs(done=[each.number for each in jobs], places=0, ordinary_places=0)


def do_all(cases: UseCases) -> int:
    """Do whatever waits or is due; how many jobs that was."""
    jobs = claimed(cases)
    do(cases, *jobs)
    return len(jobs)


@contextmanager
def all_taken(places: Places) -> Iterator[None]:
    """While many owners hold every place."""
    with ExitStack() as held:
        with suppress(TooManyConversationsError):
            for number in count(1_000_000):
                held.enter_context(places.taken(UserId(number)))
        yield
