"""What a run needs to know before it calls an endpoint, read from the rows in one go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from conversations.generation.history import request_messages
from conversations.models import Endpoint, Generation, Message
from conversations.services import endpoints
from conversations.services.generations import PartRecord


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


def load_plan(generation_id: UUID) -> Plan:
    generation = Generation.objects.select_related("conversation__endpoint").get(pk=generation_id)
    conversation = generation.conversation
    message = Message.objects.prefetch_related("parts").get(generation=generation, choice_index=0)
    endpoint, model = conversation.endpoint, conversation.model
    if endpoint is None or not endpoint.enabled or not model:
        choice = endpoints.choose(endpoints.model_key(endpoint, model))
        endpoint, model = (choice.endpoint, choice.name) if choice else (None, model)
    base = [PartRecord.of(part) for part in message.parts.all()]
    so_far = "".join(part.text for part in base if part.kind == "text")
    body = {
        **conversation.parameters,
        "model": model,
        "messages": request_messages(conversation, generation.answers_id, so_far=so_far),
    }
    return Plan(
        generation_id=generation_id,
        conversation_id=conversation.pk,
        message_id=message.pk,
        endpoint=endpoint,
        body=body,
        base=base,
        wants_title=conversation.title_source == conversation.TitleSource.WORDS,
    )
