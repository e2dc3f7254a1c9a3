"""Rows to request: what an endpoint is sent, so that it knows everything that was said on the shown branch."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q

from conversations.generation.enclosures import Enclosed, Encloser, LeftOut, LinkMaker, link_to
from conversations.generation.receivers import Receiver
from conversations.models import Attachment, Message, Part, RequestSettings

SAID = (Part.Kind.TEXT, Part.Kind.REFUSAL, Part.Kind.AUDIO)
SAID_UNTIL = "said_until"
RECEIVER = "receiver"
CONTINUE_PROMPT = (
    "Continue your last message exactly where it broke off, without repeating or commenting. "
    "What you write is put directly after it: begin with a space if it broke off between two words."
)
MADE_BY_THE_MODEL = "[Parts of your last answer, %d in number, follow.]"
SPOKEN_AND_GONE = "[A spoken answer, of which no words are left.]"
# An endpoint may forget a spoken answer a little earlier than it says.
SPOKEN_MARGIN_SECONDS = 60


class Spoken(msgspec.Struct, frozen=True):
    """An answer that was spoken: the endpoint `endpoint_id` knows it as `id` until `expires_at` (Unix seconds)."""

    id: str
    transcript: str
    expires_at: float
    endpoint_id: int | None

    def is_known_to(self, receiver: Receiver) -> bool:
        return (
            self.endpoint_id is not None
            and self.endpoint_id == receiver.endpoint_id
            and time.time() + SPOKEN_MARGIN_SECONDS < self.expires_at
        )


# Role and what was said: a text, a file, or an answer in sound. Plain values: a history may be thousands of rows.
Said = list[tuple[str, str | Enclosed | Spoken]]


def request_outline(
    settings: RequestSettings, leaf_id: UUID, *, so_far: str = "", receiver: Receiver | None = None
) -> list[dict[str, Any]]:
    """The `messages` of a request that asks for an answer to the message `leaf_id`, before they are written out.

    `so_far` is an answer that broke off and is to be continued; `receiver` is named where there is more than text. What
    was said is not repeated: see written_out().
    """
    said: dict[str, Any] = {SAID_UNTIL: str(leaf_id)}
    if receiver:
        said[RECEIVER] = msgspec.to_builtins(receiver)
    outline = [said]
    if settings.system_prompt:
        outline.insert(0, {"role": settings.system_role, "content": settings.system_prompt})
    if so_far:
        outline.append({"role": "assistant", "content": so_far})
        outline.append({"role": "user", "content": CONTINUE_PROMPT})
    return outline


def written_out(
    outline: Sequence[dict[str, Any]],
    said: Mapping[UUID, Said],
    *,
    left_out: list[LeftOut] | None = None,
    link_to: LinkMaker = link_to,
) -> list[dict[str, Any]]:
    """The messages themselves; `said` holds what was said until each message that the outline names.

    Answers without text are left out, and neighbours of one role are joined: many chat templates refuse two messages of
    the same role in a row. Files that the receiver does not get are added to `left_out`.
    """
    messages: list[dict[str, Any]] = []
    for item in outline:
        if SAID_UNTIL not in item:
            messages.append(dict(item))
            continue
        receiver = msgspec.convert(item.get(RECEIVER) or {}, Receiver)
        encloser = Encloser(receiver, link_to)
        writer = _Writer(messages, receiver, encloser)
        writer.write(said.get(UUID(item[SAID_UNTIL]), ()))
        if left_out is not None:
            left_out += encloser.left_out
    return messages


class _Writer:
    def __init__(self, messages: list[dict[str, Any]], receiver: Receiver, encloser: Encloser) -> None:
        self._messages = messages
        self._receiver = receiver
        self._encloser = encloser
        self._carried: list[Enclosed] = []  # files of an answer, which only a user's message can show

    def write(self, said: Sequence[tuple[str, str | Enclosed | Spoken]]) -> None:
        self._encloser.look_through([what for _, what in said if isinstance(what, Enclosed)])
        for role, what in said:
            if role == Message.Role.ASSISTANT and isinstance(what, Enclosed):
                self._carried.append(what)
                continue
            if role == Message.Role.USER and self._carried:
                self._show_carried()
            if isinstance(what, Spoken):
                self._put_spoken(role, what)
            elif isinstance(what, Enclosed):
                self._put_part(role, self._encloser.part(what))
            else:
                self._put_text(role, what)

    def _show_carried(self) -> None:
        carried, self._carried = self._carried, []
        self._put_text(Message.Role.USER, MADE_BY_THE_MODEL % len(carried))
        for enclosed in carried:
            self._put_part(Message.Role.USER, self._encloser.part(enclosed))

    def _put_spoken(self, role: str, spoken: Spoken) -> None:
        if spoken.is_known_to(self._receiver):
            self._messages.append({"role": role, "audio": {"id": spoken.id}})
        else:
            self._put_text(role, spoken.transcript or SPOKEN_AND_GONE)

    def _put_text(self, role: str, text: str) -> None:
        last = self._last_of(role)
        if last is None:
            self._messages.append({"role": role, "content": text})
        elif isinstance(last["content"], str):
            last["content"] += "\n\n" + text
        elif last["content"][-1]["type"] == "text":
            last["content"][-1]["text"] += "\n\n" + text
        else:
            last["content"].append({"type": "text", "text": text})

    def _put_part(self, role: str, part: dict[str, Any]) -> None:
        if part["type"] == "text":
            self._put_text(role, part["text"])
            return
        last = self._last_of(role)
        if last is None:
            self._messages.append({"role": role, "content": [part]})
            return
        if isinstance(last["content"], str):
            last["content"] = [{"type": "text", "text": last["content"]}]
        last["content"].append(part)

    def _last_of(self, role: str) -> dict[str, Any] | None:
        """The last message, if it is of that role and has content that can go on."""
        last = self._messages[-1] if self._messages else None
        return last if last and last["role"] == role and "content" in last else None


def said_before(leaf_ids: Sequence[UUID]) -> dict[UUID, Said]:
    """What was said from the beginning down to each of these messages: two queries, however many they are, and a third
    for files.
    """
    paths = Message.objects.paths(leaf_ids)
    everybody = {message_id for path in paths.values() for message_id in path}
    parts = list(
        Part.objects.filter(
            (Q(kind__in=SAID) & ~Q(text="")) | Q(attachment__isnull=False), message__in=everybody
        )
        .order_by("index")
        .values_list("message_id", "message__role", "kind", "text", "attachment_id", "id")
    )
    files = Attachment.objects.in_bulk(
        {row[4] for row in parts if row[4]} if any(row[4] for row in parts) else []
    )
    spoken = _spoken(
        [pk for _, role, kind, _, _, pk in parts if kind == Part.Kind.AUDIO and role == "assistant"]
    )
    said: dict[UUID, Said] = defaultdict(list)
    for message_id, role, _kind, text, attachment_id, pk in parts:
        if pk in spoken:
            said[message_id].append((role, spoken[pk]))
        elif attachment_id:
            said[message_id].append((role, Enclosed(files.get(attachment_id))))
        else:
            said[message_id].append((role, text))
    return {
        leaf_id: [part for message_id in path for part in said[message_id]] for leaf_id, path in paths.items()
    }


def has_more_than_text(said: Said) -> bool:
    return any(not isinstance(what, str) for _, what in said)


def _spoken(part_ids: Sequence[int]) -> dict[int, Spoken]:
    if not part_ids:
        return {}
    rows = Part.objects.filter(pk__in=part_ids).values_list(
        "pk", "text", "data", "message__completion__endpoint_id"
    )
    return {
        pk: Spoken(
            id=str(data.get("id") or ""),
            transcript=text,
            expires_at=data.get("expires_at") or 0 if data.get("id") else 0,
            endpoint_id=endpoint_id,
        )
        for pk, text, data, endpoint_id in rows
    }
