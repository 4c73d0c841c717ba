"""How owners share places."""

from contextlib import ExitStack

import pytest

from application.conversations.errors import TooManyConversationsError
from application.conversations.places import Places
from domain.accounts.user import UserId

ANNA, BEN, CARL = map(UserId, (1, 2, 3))


def as_many_as_possible(places: Places, owner_id: UserId, held: ExitStack) -> int:
    count = 0
    while True:
        try:
            held.enter_context(places.taken(owner_id))
        except TooManyConversationsError:
            return count
        count += 1


@pytest.mark.parametrize(
    ("places", "shares"),
    [(1, [1, 0, 0]), (2, [1, 1, 0]), (3, [2, 1, 0]), (8, [6, 1, 1]), (32, [24, 4, 2])],
)
def test_whoever_takes_all_he_can_leaves_some_to_those_who_come_later(
    places: int, shares: list[int]
) -> None:
    shared = Places(places)
    with ExitStack() as held:
        assert [as_many_as_possible(shared, each, held) for each in (ANNA, BEN, CARL)] == shares


def test_a_place_that_is_given_up_is_free_again_also_after_a_failure() -> None:
    places = Places(2)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.taken(ANNA):
            raise ZeroDivisionError
    with ExitStack() as held:
        assert as_many_as_possible(places, ANNA, held) == 1
    with ExitStack() as held:
        assert as_many_as_possible(places, BEN, held) == 1


def test_who_is_refused_holds_nothing() -> None:
    places = Places(1)
    with places.taken(ANNA):
        for owner_id in (ANNA, BEN):
            with pytest.raises(TooManyConversationsError), places.taken(owner_id):
                raise AssertionError
    with places.taken(BEN):
        pass
