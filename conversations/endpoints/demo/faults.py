"""Things that go wrong on request, so that the page can be seen to bear them.

Invariant: each fault is one that real endpoints show, with the status, body and headers that they send.
"""

from collections.abc import Iterator

from .pieces import Cut, Fail, Pace, Pause, Piece, Refuse, Say
from .reading import DemoRequest

BEGINNING = (
    "This answer begins well. It has a first sentence, a second one, and the third breaks off in the mid"
)


def refuse_with_error(request: DemoRequest) -> Iterator[Piece]:
    """A server error that the endpoint itself calls useless to repeat."""
    message = "The demo was asked for an error, and this is it."
    yield Refuse(500, message, "server_error", "demo_error", headers={"x-should-retry": "false"})


def refuse_for_rate(request: DemoRequest) -> Iterator[Piece]:
    """Too many requests: the client waits and asks again before it gives up."""
    message = "The demo was asked for a rate limit: too many requests, try again later."
    yield Refuse(429, message, "rate_limit_error", "rate_limit_exceeded", headers={"retry-after": "2"})


def fail_halfway(request: DemoRequest) -> Iterator[Piece]:
    yield Say(BEGINNING)
    yield Fail("The demo was asked to fail in the middle of an answer.")


def cut_off(request: DemoRequest) -> Iterator[Piece]:
    yield Say(BEGINNING)
    yield Cut()


def go_slowly(request: DemoRequest) -> Iterator[Piece]:
    yield Pause(3)
    yield Pace(0.08)
    yield Say(
        "This answer is slow on purpose. It waited before its first word, and now it takes its time over each "
        "one. The page stays usable meanwhile: you can stop it, write the next message, or go elsewhere and "
        "come back. It will have gone on without you."
    )


def stay_silent(request: DemoRequest) -> Iterator[Piece]:
    """A finished answer without any words in it."""
    return iter(())
