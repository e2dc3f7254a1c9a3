"""What runs need to know before they call an endpoint, read from the rows in one go for all that begin together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils import translation
from django.utils.translation import gettext as _

from conversations.attachment_cards import AttachmentCard, attachment_card
from conversations.generation.database import Together
from conversations.generation.enclosures import LeftOut
from conversations.generation.history import (
    Said,
    has_more_than_text,
    request_outline,
    said_before,
    written_out,
)
from conversations.generation.receivers import receiver_for
from conversations.models import Attachment, Endpoint, Part
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.services import endpoints
from conversations.services.generations import PartRecord
from conversations.services.turn_rows import Turn

# How many answers may pass without a title before the first words stay.
TITLE_WITHIN_TURNS = 3


class Plan(msgspec.Struct):
    """An exchange to be had: with whom, about what, and where the answer goes.

    `body` is the request as JSON; its `model` is empty when nobody chose one and the endpoint has not been asked yet.
    `outline` says in a few words what its messages are: see Completion.request. `left_out` are files of the
    conversation that the request does not carry.
    """

    generation_id: UUID
    conversation_id: UUID
    message_id: UUID
    endpoint: Endpoint | None
    nobody_chose: bool
    body: dict[str, Any]
    outline: list[dict[str, Any]]
    base: list[PartRecord]
    wants_title: bool
    left_out: list[LeftOut] = []
    base_files: dict[UUID, AttachmentCard] = {}


def load_plans(turns: Sequence[Turn]) -> list[Plan | Exception]:
    """The plan of each, in its place.

    An EndpointError stands where the endpoint that was chosen is switched off or gone: no other is asked instead.
    """
    said = said_before([turn.answers_id for turn in turns])
    plans: list[Plan | Exception] = []
    for turn in turns:
        with translation.override(turn.language):
            try:
                plans.append(_plan(turn, said[turn.answers_id]))
            except EndpointError as refused:
                plans.append(refused)
    return plans


plan_for = Together(load_plans)


def _plan(turn: Turn, said: Said) -> Plan:
    conversation = turn.conversation
    endpoint, model = _whom_to_ask(conversation.endpoint, conversation.model)
    begun = list(Part.objects.filter(message=turn.answer_id)) if turn.continues else []
    base = [PartRecord.of(part) for part in begun]
    so_far = "".join(part.text for part in base if part.kind == "text")
    receiver = (
        receiver_for(endpoint, model, withheld=conversation.withheld) if has_more_than_text(said) else None
    )
    outline = request_outline(
        conversation.request_settings, turn.answers_id, so_far=so_far, receiver=receiver
    )
    left_out: list[LeftOut] = []
    messages = written_out(outline, {turn.answers_id: said}, left_out=left_out)
    turns = sum(message["role"] == "user" for message in messages)
    return Plan(
        generation_id=turn.generation_id,
        conversation_id=conversation.pk,
        message_id=turn.answer_id,
        endpoint=endpoint,
        nobody_chose=not conversation.model,
        body={**conversation.parameters, "model": model, "messages": messages},
        outline=outline,
        left_out=left_out,
        base=base,
        base_files=_files_of(begun),
        wants_title=conversation.title_source == conversation.TitleSource.WORDS
        and turns <= TITLE_WITHIN_TURNS,
    )


def _files_of(parts: Sequence[Part]) -> dict[UUID, AttachmentCard]:
    wanted = [part.attachment_id for part in parts if part.attachment_id]
    rows = Attachment.objects.light().filter(pk__in=wanted) if wanted else ()
    return {row.pk: attachment_card(row) for row in rows}


def _whom_to_ask(endpoint: Endpoint | None, model: str) -> tuple[Endpoint | None, str]:
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
