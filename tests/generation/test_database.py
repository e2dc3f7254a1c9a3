"""Work that many ask for at once is done together, and each gets what is theirs."""

import asyncio
import threading

import pytest
from django.db import OperationalError

from conversations.generation.database import Together

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """Does the work of a Together, which may be held up; says what it was given."""

    def __init__(self):
        self.visits = []
        self.open = threading.Event()
        self.open.set()

    def work(self, items):
        self.visits.append(list(items))
        assert self.open.wait(20)
        return [ValueError(item) if item == "bad" else item.upper() for item in items]


@pytest.fixture
def desk():
    return Desk()


async def all_of(together, *items):
    return await asyncio.gather(*map(together, items), return_exceptions=True)


async def at_work(desk):
    async with asyncio.timeout(20):
        while not desk.visits:
            await asyncio.sleep(0.001)


async def test_who_comes_alone_is_served_alone(desk):
    together = Together(desk.work)
    assert [await together("a"), await together("b")] == ["A", "B"]
    assert desk.visits == [["a"], ["b"]]


async def test_all_who_came_meanwhile_are_served_in_one_visit(desk):
    together = Together(desk.work)
    desk.open.clear()
    first = asyncio.create_task(together("a"))
    await at_work(desk)
    others = asyncio.create_task(all_of(together, "b", "c", "d"))
    await asyncio.sleep(0)
    desk.open.set()
    assert [await first, await others] == ["A", ["B", "C", "D"]]
    assert desk.visits == [["a"], ["b", "c", "d"]]


async def test_the_same_item_is_worked_on_once_for_all_who_wait_for_it(desk):
    together = Together(desk.work)
    assert await all_of(together, "a", "b", "a") == ["A", "B", "A"]
    assert desk.visits == [["a", "b"]]


async def test_the_error_of_one_is_raised_for_that_one(desk):
    good, bad, other = await all_of(Together(desk.work), "a", "bad", "b")
    assert (good, other) == ("A", "B")
    assert isinstance(bad, ValueError)


async def test_work_that_fails_as_a_whole_is_done_for_each_alone(desk):
    def work(items):
        if "b" in items:
            raise ZeroDivisionError
        return desk.work(items)

    together = Together(work)
    first, failed, last = await all_of(together, "a", "b", "c")
    assert (first, type(failed), last) == ("A", ZeroDivisionError, "C")
    assert await together("d") == "D"


async def test_a_database_that_is_away_is_not_asked_for_each(desk):
    asked = []

    def work(items):
        asked.append(list(items))
        raise OperationalError

    errors = await all_of(Together(work), "a", "b", "c")
    assert [type(error) for error in errors] == [OperationalError] * 3
    assert asked == [["a", "b", "c"]]


async def test_work_that_loses_an_item_keeps_nobody_waiting(desk):
    together = Together(lambda items: [])
    with pytest.raises(asyncio.CancelledError):
        await together("a")


async def test_at_rest_nobody_waits(desk):
    together = Together(desk.work)
    waiting = [asyncio.create_task(together(item)) for item in ("a", "b")]
    await asyncio.sleep(0)
    await together.rest()
    assert desk.visits == [["a", "b"]]
    assert await asyncio.gather(*waiting) == ["A", "B"]


async def test_who_gives_up_waiting_takes_nothing_from_the_others(desk):
    together = Together(desk.work)
    desk.open.clear()
    first = asyncio.create_task(together("a"))
    await at_work(desk)
    impatient, patient = (asyncio.create_task(together(item)) for item in ("b", "c"))
    await asyncio.sleep(0)
    first.cancel()
    impatient.cancel()
    desk.open.set()
    assert await patient == "C"
    assert desk.visits == [["a"], ["b", "c"]]
