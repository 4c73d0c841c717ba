"""The order of jobs where several owners wait."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.accounts.user import UserId
from domain.runs.job import Job

BEHIND: Final = 1000
"""How many jobs of its owner may overtake a job for a doubtful device. Healthy devices go first,
but no job waits for ever."""


class Line(NamedTuple):
    """The jobs of one owner wait in two lines: one for healthy devices, one for doubtful ones."""

    owner_id: UserId
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """The jobs that are not done: the last turn in each line, and the next turn of all."""

    last: Mapping[Line, int]
    next: int


class Turn(NamedTuple):
    """The turn of a job. Jobs with a smaller `number` are done first.

    `first` says that its owner had no other unfinished job. Such a job may use a place that is
    kept.
    """

    job: Job
    number: int
    first: bool


def turns(jobs: Sequence[Job], waiting: Waiting) -> Iterator[Turn]:
    """Yields the turns of new jobs, one after the other, beside the jobs that wait.

    The n-th waiting job of one owner has the same turn as the n-th of another. An owner who comes
    later begins where the others are by then.
    """
    last = dict(waiting.last)
    known = {line.owner_id for line in last}
    for job in jobs:
        line = Line(job.owner_id, job.doubtful)
        start = waiting.next + BEHIND if job.doubtful else waiting.next
        number = max(start, last[line] + 1) if line in last else start
        yield Turn(job, number, job.owner_id not in known)
        last[line] = number
        known.add(job.owner_id)


def next_turn(healthy: int | None, doubtful: int | None) -> int:
    """Returns the next turn, given the smallest ones that wait for healthy and for doubtful
    devices."""
    if healthy is not None:
        return healthy
    return 0 if doubtful is None else max(0, doubtful - BEHIND)
