"""Garbage that has grown old waits until nobody else does."""

import gc
import weakref

from conversations.generation import interpreter


class Knot:
    """Refers to itself: only a look for garbage finds it."""

    def __init__(self) -> None:
        self.itself = self


def test_old_garbage_goes_when_there_may_be_much_of_it_and_nothing_is_looked_for_otherwise():
    knot = Knot()
    is_there = weakref.ref(knot)
    for _ in range(2):
        gc.collect(1)  # what survives grows older
    gc.collect()
    del knot
    interpreter.tidy()
    assert is_there()
    for _ in range(interpreter.LOOKS_AT_OLD_WHEN_QUIET):
        gc.collect(1)
    assert is_there()
    interpreter.tidy()
    assert not is_there()
