"""Whose job is done first."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.job import Job
from domain.runs.run import RunKind
from domain.runs.turns import BEHIND, Line, Turn, Waiting, next_turn, turns

ANNA, BEN = UserId(1), UserId(2)
NOTHING = Waiting({}, 0)


def job(owner_id: UserId, *, doubtful: bool = False) -> Job:
    return Job(
        kind=RunKind.AUTO_UPDATE, device_id=DeviceId(1), owner_id=owner_id, doubtful=doubtful
    )


def told(jobs: Sequence[Job], waiting: Waiting = NOTHING) -> list[tuple[int, bool]]:
    return [(turn.number, turn.first) for turn in turns(jobs, waiting)]


def test_jobs_of_one_owner_come_one_after_the_other_and_only_one_is_the_first() -> None:
    assert told([job(ANNA)] * 3) == [(0, True), (1, False), (2, False)]


def test_the_nth_job_of_one_owner_has_the_turn_of_the_nth_of_another() -> None:
    assert told([job(ANNA), job(ANNA), job(BEN), job(BEN)]) == [
        (0, True),
        (1, False),
        (0, True),
        (1, False),
    ]


def test_who_comes_later_begins_where_the_others_are() -> None:
    waiting = Waiting({Line(ANNA, doubtful=False): 500}, 120)
    assert told([job(BEN), job(ANNA), job(BEN)], waiting) == [
        (120, True),
        (501, False),
        (121, False),
    ]


def test_an_owner_whose_last_turn_is_long_over_has_saved_none_up() -> None:
    assert told([job(ANNA)], Waiting({Line(ANNA, doubtful=False): 7}, 120)) == [(120, False)]


def test_doubtful_devices_come_behind_in_a_line_of_their_own() -> None:
    jobs = [job(ANNA, doubtful=True), job(ANNA), job(ANNA, doubtful=True), job(ANNA)]
    assert told(jobs, Waiting({}, 5)) == [
        (BEHIND + 5, True),
        (5, False),
        (BEHIND + 6, False),
        (6, False),
    ]


def test_the_next_turn_is_that_of_the_healthy_ones() -> None:
    assert next_turn(7, BEHIND + 2) == 7
    assert next_turn(None, BEHIND + 2) == 2
    assert next_turn(None, None) == 0


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=60))
def test_no_owner_waits_for_more_than_two_jobs_of_each_other_between_two_of_his(
    wanted: Sequence[tuple[int, bool]],
) -> None:
    """However many the others have, and in whatever order they came."""
    jobs = [job(UserId(owner_id), doubtful=doubtful) for owner_id, doubtful in wanted]
    found = sorted(enumerate(turns(jobs, NOTHING)), key=lambda each: (each[1].number, each[0]))
    done: list[Turn] = [turn for _, turn in found]
    for line in {Line(each.owner_id, each.doubtful) for each in jobs}:
        places = [n for n, turn in enumerate(done) if _line(turn) == line]
        for before, after in pairwise(places):
            between = [_line(turn) for turn in done[before + 1 : after]]
            assert all(between.count(other) <= 2 for other in between)


def _line(turn: Turn) -> Line:
    return Line(turn.job.owner_id, turn.job.doubtful)
