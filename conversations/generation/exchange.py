"""One exchange with an endpoint: the plan's request out, every event of the reply into the run."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from conversations.endpoints import EndpointClient, RetryWait
from conversations.explanations import title_of
from conversations.generation.plan import Plan
from conversations.generation.run import Run
from conversations.protocol.accumulator import ChunkAccumulator
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.protocol.outcome import FAILED_FINISH_REASONS, ChoiceOutcome, Outcome
from conversations.protocol.raw_reply import response_outline
from conversations.protocol.refusals import refused_files, refused_parameter

# Whoever sends more in the time of a frame is read without rests. At most 16 kB are read at once.
MUCH_BYTES = 8_000


class Exchange:
    """The reply as it comes in. Whatever ends it, `outcome` and `record()` hold what was received until then."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self._run = run
        self._plan = plan
        self._accumulator = ChunkAccumulator()
        self.error: EndpointError | None = None
        self.attempts = 1
        self._sent: Mapping[str, Any] = plan.body

    @property
    def outcome(self) -> Outcome:
        return self._accumulator.outcome

    async def read(self, client: EndpointClient) -> None:
        """Ask and read to the end. An error is kept in `error`; only cancellation is raised."""
        try:
            async with client.stream(self._plan.body, on_wait=self._wait, on_send=self._note_sent) as stream:
                self.attempts = stream.attempts
                async for items in stream:
                    for item in items:
                        self._take(item)
                    if self._accumulator.is_full or stream.is_over:
                        break
                    if stream.last_read < MUCH_BYTES:
                        await self._run.rest()
                    else:
                        self._run.show_soon()
        except EndpointError as failed:
            self.error, self.attempts = failed, failed.attempts
        self.close()
        self.error = self.error or self.outcome.error or self._broken_off()
        if self.error is None and not self._run.has_content:
            self.error = EndpointError(ErrorKind.EMPTY_RESPONSE, "")

    def close(self, error: EndpointError | None = None) -> None:
        """Nothing more is read, because of `error` if there is one; what was held back is let go."""
        self.error = self.error or error
        for event in self._accumulator.close():
            self._run.apply(event)

    def _broken_off(self) -> EndpointError | None:
        """Some endpoints end an answer in the middle, with a finish_reason that says so and no error."""
        for choice in self.outcome.choices[:1]:
            if choice.finish_reason in FAILED_FINISH_REASONS:
                message = _("Ended with “%(reason)s”.") % {"reason": choice.finish_reason}
                return EndpointError(ErrorKind.SERVER_ERROR, message)
        return None

    def record(self) -> dict[str, Any]:
        """The fields of the Completion."""
        outcome = self.outcome
        usage = outcome.usage
        fields: dict[str, Any] = {
            "model": self._plan.body["model"],
            "request": {**self._sent, "messages": self._plan.outline},
            "response": response_outline(outcome),
            # What a continued answer began with has none, and half an answer is not shown in place of the whole.
            "has_logprobs": not self._plan.base and any(_has_tokens(choice) for choice in outcome.choices),
            "response_id": outcome.response_id[:255],
            "response_model": outcome.model[:255],
            "system_fingerprint": (outcome.system_fingerprint or "")[:255],
            "seconds": round(time.monotonic() - self._run.started, 3),
            "first_token_seconds": self._run.first_token_seconds and round(self._run.first_token_seconds, 3),
            "attempts": self.attempts,
            "left_out": msgspec.to_builtins(self._plan.left_out),
        }
        if self._plan.nobody_chose:
            fields["endpoint"] = self._plan.endpoint
        if usage:
            fields |= {
                "usage": usage.raw,
                "prompt_tokens": usage.prompt_tokens,
                "completion_tokens": usage.completion_tokens,
                "total_tokens": usage.total_tokens,
            }
        if self.error:
            parameter = refused_parameter(self.error, self._plan.body)
            fields["refused"] = (parameter or refused_files(self.error, self._plan.body))[:255]
        return fields | error_fields(self.error)

    def _note_sent(self, sent: Mapping[str, Any]) -> None:
        self._sent = sent

    def _wait(self, wait: RetryWait) -> None:
        """Another attempt follows: say so, and why."""
        note = _("%(reason)s Trying again in %(seconds)s s.") % {
            "reason": title_of(wait.error.kind),
            "seconds": math.ceil(wait.seconds),
        }
        self._run.say(note)

    def _take(self, item: Any) -> None:
        for event in self._accumulator.feed(item):
            self._run.apply(event)


def _has_tokens(choice: ChoiceOutcome) -> bool:
    told = choice.logprobs or {}
    return bool(told.get("content") or told.get("refusal"))


def error_fields(error: EndpointError | None) -> dict[str, Any]:
    """The fields of a Completion that tell what went wrong; none if nothing did."""
    if error is None:
        return {}
    return {
        "error_kind": error.kind.value,
        "error_message": error.message,
        "error_status": error.status,
        "error_code": (error.code or "")[:128],
        "error_param": (error.param or "")[:255],
    }
