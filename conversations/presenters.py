"""What templates show: plain values made of rows, without a query left to do while rendering."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.urls import reverse
from django.utils import timezone

from conversations import markdown
from conversations.attachment_cards import AttachmentCard, attachment_card
from conversations.explanations import Explanation, explain, finish_note, left_out_note
from conversations.models import Message, Part, readable_name

# More than a page shows at once (static/css/components/message.css cuts at fewer lines).
LONG_CHARACTERS = 2000
LONG_LINES = 24
FILES = (Part.Kind.IMAGE, Part.Kind.AUDIO, Part.Kind.FILE, Part.Kind.VIDEO)
REFERENCES = (Part.Kind.CITATION, Part.Kind.ANNOTATION)


class PartCard(msgspec.Struct, frozen=True):
    element_id: str
    kind: str
    text: str = ""
    html: str = ""
    seconds: float | None = None
    is_open: bool = False
    data: dict[str, Any] = {}
    attachment: AttachmentCard | None = None

    @property
    def is_long(self) -> bool:
        """Whether it is shown in part at first, when somebody has pasted it: it would push everything else away."""
        return len(self.text) > LONG_CHARACTERS or self.text.count("\n") > LONG_LINES


class Versions(msgspec.Struct, frozen=True):
    """Where a message stands among its siblings; `position` counts from 1."""

    position: int
    total: int
    previous_id: UUID | None
    next_id: UUID | None


class Source(msgspec.Struct, frozen=True):
    """What an answer refers to."""

    url: str
    title: str


class MessageCard(msgspec.Struct, frozen=True):
    id: UUID
    role: str
    status: str
    model: str
    created_at: datetime
    url: str
    reasoning: list[PartCard]
    parts: list[PartCard]  # everything else, but the files of whoever asks, which stand together
    text: str
    sent_as: UUID | None
    versions: Versions | None
    error: Explanation | None
    finish_note: str
    left_out_note: str
    can_retry: bool
    can_continue: bool
    can_regenerate: bool
    can_edit: bool
    has_probabilities: bool = False
    files: list[PartCard] = []
    sources: list[Source] = []

    @property
    def is_begun(self) -> bool:
        """An answer of which nothing is there to show yet."""
        shown = self.parts or self.reasoning or self.versions
        return self.role == Message.Role.ASSISTANT and self.status == Message.Status.STREAMING and not shown

    @property
    def is_just_said(self) -> bool:
        """A short text that somebody sent, and nothing else."""
        if self.role != Message.Role.USER or self.sent_as is None or self.versions or self.files:
            return False
        return [(part.kind, part.is_long) for part in self.parts] == [(Part.Kind.TEXT, False)]


def message_cards(
    messages: Sequence[Message],
    unfinished: Mapping[UUID, list[PartCard]] | None = None,
    *,
    have_siblings: bool = True,
) -> list[MessageCard]:
    """Cards of `messages` (loaded by MessageQuerySet.in_order), in their order: one query for all their versions.

    `unfinished` holds the parts so far of messages that are still being written. Without `have_siblings`, which the
    caller must know, there is nothing to count.
    """
    versions = _versions(messages) if have_siblings else {}
    return [
        _card(message, versions.get(message.pk), (unfinished or {}).get(message.pk)) for message in messages
    ]


def begun_card(message_id: UUID) -> MessageCard:
    """The card of an answer that has just begun, of which a page shows no more than its id."""
    return MessageCard(
        id=message_id,
        role=Message.Role.ASSISTANT,
        status=Message.Status.STREAMING,
        model="",
        created_at=timezone.now(),
        url="",
        reasoning=[],
        parts=[],
        text="",
        sent_as=None,
        versions=None,
        error=None,
        finish_note="",
        left_out_note="",
        can_retry=False,
        can_continue=False,
        can_regenerate=False,
        can_edit=False,
    )


def said_card(message_id: UUID, *, url: str, sent_as: UUID, text: str) -> MessageCard:
    """The card of a short text that somebody has just sent."""
    part = PartCard(Part(message_id=message_id, index=0).element_id, Part.Kind.TEXT, text)
    return msgspec.structs.replace(
        begun_card(message_id),
        role=Message.Role.USER,
        status=Message.Status.COMPLETE,
        url=url,
        parts=[part],
        text=text,
        sent_as=sent_as,
        can_edit=True,
    )


def part_card(part: Part) -> PartCard:
    return PartCard(
        element_id=part.element_id,
        kind=part.kind,
        text=part.text,
        html=part_html(part),
        seconds=part.seconds,
        data=part.data,
        attachment=attachment_card(part.attachment) if part.attachment_id and part.attachment else None,
    )


def part_html(part: Part) -> str:
    """The stored HTML, rendered again if an older renderer made it; empty for kinds that are not Markdown."""
    if part.html_version == markdown.RENDERER_VERSION or part.html_version == 0:
        return part.html
    return markdown.render(part.text)


def _card(message: Message, versions: Versions | None, unfinished: list[PartCard] | None) -> MessageCard:
    parts = unfinished if unfinished is not None else [part_card(part) for part in message.parts.all()]
    status = message.status
    is_answer = message.role == Message.Role.ASSISTANT
    failed = status == Message.Status.FAILED
    apart = {Part.Kind.REASONING, *REFERENCES, *(FILES if message.role == Message.Role.USER else ())}
    return MessageCard(
        id=message.pk,
        role=message.role,
        status=status,
        model=readable_name(message.model),
        created_at=message.created_at,
        url=reverse("message", args=[message.conversation_id, message.pk]),
        reasoning=[part for part in parts if part.kind == Part.Kind.REASONING],
        parts=[part for part in parts if part.kind not in apart],
        files=[part for part in parts if part.kind in FILES] if message.role == Message.Role.USER else [],
        text=message.text,
        sent_as=message.sent_as,
        versions=versions,
        error=explain(message.completion) if failed and message.completion else None,
        finish_note=finish_note(message),
        left_out_note=left_out_note(message.completion),
        can_retry=is_answer and status in {Message.Status.FAILED, Message.Status.INTERRUPTED},
        can_continue=is_answer
        and bool(parts)
        and (
            status in {Message.Status.FAILED, Message.Status.INTERRUPTED, Message.Status.STOPPED}
            or (status == Message.Status.COMPLETE and message.finish_reason == "length")
        ),
        can_regenerate=is_answer and status in {Message.Status.COMPLETE, Message.Status.STOPPED},
        can_edit=message.role == Message.Role.USER,
        has_probabilities=message.completion is not None and message.completion.has_logprobs,
        sources=_sources(parts),
    )


def _sources(parts: Sequence[PartCard]) -> list[Source]:
    """Citations and annotations, each address once, in the order in which they are numbered in the text."""
    found: dict[str, Source] = {}
    for part in parts:
        if part.kind not in REFERENCES:
            continue
        # {"type": "url_citation", "url_citation": {"url", "title", …}}, or the members themselves.
        told = part.data.get(str(part.data.get("type")), part.data)
        url = told.get("url") if isinstance(told, dict) else None
        if isinstance(url, str) and url.lower().startswith(("https://", "http://")):
            title = told.get("title")
            found.setdefault(url, Source(url, title if isinstance(title, str) and title.strip() else url))
    return list(found.values())


def _versions(messages: Sequence[Message]) -> dict[UUID, Versions]:
    """The place among its siblings of every message that has any."""
    if not messages:
        return {}
    parents = {message.parent_id for message in messages}
    siblings = Message.objects.filter(conversation_id=messages[0].conversation_id)
    by_parent: dict[UUID | None, list[UUID]] = defaultdict(list)
    for parent_id, pk in (
        siblings.filter(parent_id__in=parents - {None}).order_by("id").values_list("parent_id", "id")
    ):
        by_parent[parent_id].append(pk)
    if None in parents:
        by_parent[None] = list(siblings.filter(parent_id=None).order_by("id").values_list("id", flat=True))
    found = {}
    for message in messages:
        family = by_parent[message.parent_id]
        if len(family) > 1 and message.pk in family:
            place = family.index(message.pk)
            found[message.pk] = Versions(
                position=place + 1,
                total=len(family),
                previous_id=family[place - 1] if place else None,
                next_id=family[place + 1] if place + 1 < len(family) else None,
            )
    return found
