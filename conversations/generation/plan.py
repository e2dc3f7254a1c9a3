"""What a run needs to know before it calls an endpoint, read from the rows in one go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from conversations.generation.history import request_messages
from conversations.models import Conversation, Endpoint, Part
from conversations.services import endpoints
from conversations.services.generations import PartRecord
from conversations.services.turns import Turn


class Plan(msgspec.Struct):
    """An exchange to be had: with whom, about what, and where the answer goes.

    `body` is the request as JSON; its `model` is empty when nobody chose one and the endpoint has not been asked yet.
    """

    generation_id: UUID
    conversation_id: UUID
    message_id: UUID
    endpoint: Endpoint | None
    body: dict[str, Any]
    base: list[PartRecord]
    wants_title: bool


def load_plan(turn: Turn) -> Plan:
    conversation = Conversation.objects.select_related("endpoint").get(pk=turn.conversation_id)
    endpoint, model = conversation.endpoint, conversation.model
    if endpoint is None or not endpoint.enabled or not model:
        choice = endpoints.choose(endpoints.model_key(endpoint, model))
        endpoint, model = (choice.endpoint, choice.name) if choice else (None, model)
    # Before its run begins, an answer has parts only if it continues another.
    base = [PartRecord.of(part) for part in Part.objects.filter(message=turn.answer_id)]
    so_far = "".join(part.text for part in base if part.kind == "text")
    body = {
        **conversation.parameters,
        "model": model,
        "messages": request_messages(conversation, turn.answers_id, so_far=so_far),
    }
    return Plan(
        generation_id=turn.generation_id,
        conversation_id=conversation.pk,
        message_id=turn.answer_id,
        endpoint=endpoint,
        body=body,
        base=base,
        wants_title=conversation.title_source == conversation.TitleSource.WORDS,
    )
