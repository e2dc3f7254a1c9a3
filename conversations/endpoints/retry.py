"""Whether and when a failed request is sent again.

Invariant: only before the first byte of an answer, only where the error says that it is safe, at most
`retries` times, and never after a wait that is longer than a person would watch.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from conversations.protocol.errors import EndpointError, ErrorKind, Retry

from .config import EndpointConfig

T = TypeVar("T")

LONGEST_BACK_OFF_SECONDS = 8.0
JITTER = 0.25
# Where nobody answers, a second attempt helps against a connection that had just gone stale, a third does not.
MOST_UNREACHABLE_RETRIES = 1


class RetryWait(msgspec.Struct, frozen=True):
    """A pause before another attempt: why, how long in seconds, and how many attempts have failed."""

    error: EndpointError
    seconds: float
    failed_attempts: int


OnWait = Callable[[RetryWait], None]


def seconds_before_retry(
    error: EndpointError, failed_attempts: int, config: EndpointConfig, *, chance: float
) -> float | None:
    """How long to wait before the next attempt, or None when there must be none.

    `chance` is a number from 0 to 1 that shortens the back-off by up to a quarter. What the endpoint asks for
    (`retry_after`) is obeyed to the letter, and refused when it is longer than the configuration allows. "At once" is
    no wait, and what has just failed fails again.
    """
    allowed = config.retries
    if error.kind is ErrorKind.UNREACHABLE:
        allowed = min(allowed, MOST_UNREACHABLE_RETRIES)
    if error.retry is not Retry.YES or failed_attempts > allowed:
        return None
    if error.retry_after is not None and error.retry_after > 0:
        return error.retry_after if error.retry_after <= config.longest_retry_wait_seconds else None
    back_off: float = min(config.retry_wait_seconds * 2 ** (failed_attempts - 1), LONGEST_BACK_OFF_SECONDS)
    return back_off * (1 - JITTER * chance)


async def with_retries(
    attempt: Callable[[], Awaitable[T]], config: EndpointConfig, on_wait: OnWait | None = None
) -> tuple[T, int]:
    """The attempt's result and how many attempts it took; raises the last EndpointError.

    `on_wait` is called before each pause, so that somebody can be told of it.
    """
    failed_attempts = 0
    while True:
        try:
            return await attempt(), failed_attempts + 1
        except EndpointError as error:
            failed_attempts += 1
            chance = random.random()
            seconds = seconds_before_retry(error, failed_attempts, config, chance=chance)
            if seconds is None:
                error.attempts = failed_attempts
                raise
            if on_wait is not None:
                on_wait(RetryWait(error, seconds, failed_attempts))
        await asyncio.sleep(seconds)
