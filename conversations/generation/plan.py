"""What a run needs to know before it calls an endpoint, read from the rows in one go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from conversations.generation.history import request_messages
from conversations.models import Completion, Endpoint, Part
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.services import endpoints
from conversations.services.generations import PartRecord
from conversations.services.turns import Turn

# How many answers may pass without a title before the first words stay.
TITLE_WITHIN_TURNS = 3


class Plan(msgspec.Struct):
    """An exchange to be had: with whom, about what, and where the answer goes.

    `body` is the request as JSON; its `model` is empty when nobody chose one and the endpoint has not been asked yet.
    """

    generation_id: UUID
    conversation_id: UUID
    message_id: UUID
    endpoint: Endpoint | None
    nobody_chose: bool
    body: dict[str, Any]
    base: list[PartRecord]
    wants_title: bool


def load_plan(turn: Turn) -> Plan:
    """Raises EndpointError when the endpoint that was chosen is switched off or gone: no other is asked instead."""
    completion = Completion.objects.select_related("endpoint", "generation__conversation").get(
        generation_id=turn.generation_id
    )
    conversation = completion.generation.conversation
    endpoint, model = _whom_to_ask(completion)
    begun = Part.objects.filter(message=turn.answer_id) if turn.continues else []
    base = [PartRecord.of(part) for part in begun]
    so_far = "".join(part.text for part in base if part.kind == "text")
    messages = request_messages(conversation, turn.answers_id, so_far=so_far)
    turns = sum(message["role"] == "user" for message in messages)
    return Plan(
        generation_id=turn.generation_id,
        conversation_id=conversation.pk,
        message_id=turn.answer_id,
        endpoint=endpoint,
        nobody_chose=not completion.model,
        body={**conversation.parameters, "model": model, "messages": messages},
        base=base,
        wants_title=conversation.title_source == conversation.TitleSource.WORDS
        and turns <= TITLE_WITHIN_TURNS,
    )


def _whom_to_ask(completion: Completion) -> tuple[Endpoint | None, str]:
    endpoint, model = completion.endpoint, completion.model
    if not model:
        choice = endpoints.choose("", at=endpoint)
        return (choice.endpoint, choice.name) if choice else (None, "")
    # A server on this machine may have come since it was looked for.
    is_gone = endpoint is None or not (endpoint.present or endpoint.source == Endpoint.Source.LOCAL)
    if endpoint is None or is_gone:
        raise EndpointError(ErrorKind.NO_ENDPOINT, _("The endpoint was removed."))
    if not endpoint.enabled:
        raise EndpointError(
            ErrorKind.NO_ENDPOINT, _("The endpoint “%(name)s” is switched off.") % {"name": endpoint.name}
        )
    return endpoint, model
