"""Whose job is done first, where jobs of several owners wait."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.accounts.user import UserId
from domain.runs.job import Job

BEHIND: Final = 1000
"""So many jobs of its owner may go before one for a doubtful device that came earlier: healthy
devices go first, and yet nothing waits for ever."""


class Line(NamedTuple):
    """The jobs of one owner wait in two lines, healthy devices and doubtful ones."""

    owner_id: UserId
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """The jobs that are not done: the last turn in each line, and the turn that is next."""

    last: Mapping[Line, int]
    next: int


class Turn(NamedTuple):
    """When a job is done: those of a smaller `number` first. `first` when its owner had no other
    job that was not done: then it may have a place that others may not."""

    job: Job
    number: int
    first: bool


def turns(jobs: Sequence[Job], waiting: Waiting) -> Iterator[Turn]:
    """The turns of jobs that come, one after the other, to those that wait.

    The n-th waiting job of one owner has the turn of the n-th of another, and who comes later
    begins where the others are by then.
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
    """Which turn is next, where these are the smallest that wait for devices of either kind."""
    if healthy is not None:
        return healthy
    return 0 if doubtful is None else max(0, doubtful - BEHIND)
