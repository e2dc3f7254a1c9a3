"""An answer while it is being written: what arrived, how it looks so far, and what changed since anybody last looked.

One LiveMessage per choice. It is the only place where part events become text, HTML and DOM operations.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import translation

from conversations.attachment_cards import AttachmentCard
from conversations.generation.events import Op
from conversations.generation.live_part import FILE_KINDS, LivePart
from conversations.models import Message, Part
from conversations.presenters import PartCard
from conversations.protocol.events import (
    ChoiceFinished,
    PartData,
    PartDelta,
    PartEvent,
    PartFinished,
    PartKindChanged,
    PartStarted,
)
from conversations.services.generations import PartRecord
from conversations.structured_output import asks_for_json

SOME_ELEMENT = "part-to-be-named"


@cache
def _empty_text() -> str:
    """What nearly every answer begins with: drawn once, for an element that is named afterwards."""
    card = PartCard(element_id=SOME_ELEMENT, kind=Part.Kind.TEXT)
    return render_to_string(
        "conversations/partials/_part.html", {"part": card, "role": Message.Role.ASSISTANT}
    )


class LiveMessage:
    """One choice of a running answer. `message_id` is None for a choice that has no row and no place on the page.

    `base` are the parts of an answer that is continued: text that arrives goes on with the last text among them, so
    that a sentence, a table or a block of code that was cut closes up. What stands around the words of the answer is in
    `language`, whoever looks: timers and other pages ask for it as well as the run. `files` are those of the base, and
    `url` is the message's own address.
    """

    def __init__(
        self,
        choice: int,
        message_id: UUID | None,
        *,
        base: list[PartRecord] | None = None,
        language: str = "en",
        response_format: Any = None,
        files: Mapping[UUID, AttachmentCard] | None = None,
        url: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.choice = choice
        self.message_id = message_id
        self.base = base or []
        self.live: dict[int, LivePart] = {}  # by their place in the message
        self._arriving: dict[int, LivePart] = {}  # by their number in the reply
        self.finish_reason = ""
        self.note = ""
        self._files = files or {}
        self._url = url
        self._language = language
        self._response_format = response_format if asks_for_json(response_format) else None
        self._clock = clock
        self._ops: list[Op] = []
        self._open: LivePart | None = None
        self._dirty: dict[int, LivePart] = {}

    @property
    def has_content(self) -> bool:
        return any(
            part.received or (not part.so_far and (part.data or part.content or part.attachment))
            for part in self.live.values()
        )

    def apply(self, event: PartEvent) -> None:
        if isinstance(event, PartDelta):
            part = self._arriving[event.part]
            part.append(event.text)
            self._dirty[event.part] = part
        elif isinstance(event, PartStarted):
            self._start(event)
        elif isinstance(event, PartData):
            part = self._arriving[event.part]
            part.update(event.data)
            # Drawn when somebody looks: with sound in it, each drawing is as long as all that came.
            self._dirty[event.part] = part
        elif isinstance(event, PartKindChanged):
            self._change_kind(event)
        elif isinstance(event, PartFinished):
            self._end(self._arriving[event.part])
        elif isinstance(event, ChoiceFinished):
            self.finish_reason = event.finish_reason or ""

    def whole_file(self, event: PartFinished) -> LivePart | None:
        """The part that an event says is whole, if it is a file."""
        part = self._arriving[event.part]
        return part if part.kind in FILE_KINDS and part.is_to_be_kept else None

    def say(self, note: str) -> None:
        """Tell the reader why nothing comes at the moment; empty when it does again."""
        if note != self.note:
            self.note = note
            self._ops.append(self._progress())

    def flush(self) -> list[Op]:
        """The operations that bring a page from the last flush to now."""
        for part in self._dirty.values():
            if part.stream:
                self._ops.extend(part.stream.flush())
            elif part.kind == Part.Kind.AUDIO:
                self._show_sound(part)
            else:
                self._redraw(part)
        self._dirty.clear()
        ops, self._ops = self._ops, []
        return ops

    def snapshot(self) -> list[Op]:
        """The operations that bring an empty article to now, whatever it shows."""
        self.flush()
        cards = self.cards()
        reasoning = "".join(self._html(card) for card in cards if card.kind == Part.Kind.REASONING)
        body = "".join(self._html(card) for card in cards if card.kind != Part.Kind.REASONING)
        return [
            ["inner", f"message-{self.message_id}-reasoning", reasoning],
            ["inner", f"message-{self.message_id}-body", body],
            *([self._progress()] if self.note else []),
        ]

    def cards(self) -> list[PartCard]:
        """All parts as they look now, those that the answer started with included."""
        return [
            self.live[place].card(is_open=self.live[place] is self._open)
            if place in self.live
            else self._base_card(place)
            for place in range(self._places)
        ]

    def records(self) -> list[PartRecord]:
        return [
            self.live[place].record() if place in self.live else self.base[place]
            for place in range(self._places)
        ]

    def finish(self) -> None:
        """Nothing more comes: the next flush brings a page to how the answer looks for good."""
        self._ops = self.flush()
        for part in self.live.values():
            self._ops += part.close()
            self._end(part)

    @property
    def _places(self) -> int:
        return max(len(self.base), *(place + 1 for place in self.live), 0)

    def _base_card(self, place: int) -> PartCard:
        record = self.base[place]
        return PartCard(
            element_id=self._element_id(place),
            kind=record.kind,
            text=record.text,
            html=record.html,
            seconds=record.seconds,
            data=record.data,
            attachment=self._files.get(record.attachment_id) if record.attachment_id else None,
        )

    def _element_id(self, place: int) -> str:
        return f"part-{self.message_id}-{place}"

    def _progress(self) -> Op:
        html = self._render("conversations/live/progress.html", {"note": self.note})
        return ["inner", f"message-{self.message_id}-progress", html]

    def _start(self, event: PartStarted) -> None:
        self.say("")
        if self._open is not None and self._open.kind == Part.Kind.REASONING:
            self._end(self._open)
        resumed = self._resumable() if event.kind == Part.Kind.TEXT else None
        if resumed is None:
            part = self._add(str(event.kind), dict(event.data))
            self._show(part)
        else:
            part = self._resume(resumed)
        self._arriving[event.part] = part
        self._open = part

    def _add(self, kind: str, data: dict[str, Any]) -> LivePart:
        place = self._places
        part = self.live[place] = self._part(place, kind, data)
        return part

    def _part(
        self, place: int, kind: str, data: dict[str, Any], so_far: PartRecord | None = None
    ) -> LivePart:
        return LivePart(
            place, self._element_id(place), kind, data, self._clock, so_far, self._response_format
        )

    def _resumable(self) -> int | None:
        """The place of the text that goes on; None if there is none, or something else was said after it."""
        if any(part.kind != Part.Kind.REASONING for part in self.live.values()):
            return None
        for place in reversed(range(len(self.base))):
            if self.base[place].kind == Part.Kind.TEXT:
                return place
            if self.base[place].kind != Part.Kind.REASONING:
                return None
        return None

    def _resume(self, place: int) -> LivePart:
        said = self.base[place]
        # What was found out about a shorter text says nothing of the longer one.
        data = {name: value for name, value in said.data.items() if name != "json"}
        part = self.live[place] = self._part(place, said.kind, data, so_far=said)
        self._redraw(part)
        return part

    def _show(self, part: LivePart) -> None:
        place = "reasoning" if part.kind == Part.Kind.REASONING else "body"
        part.unshown()
        self._ops.append(
            ["append", f"message-{self.message_id}-{place}", self._html(part.card(is_open=True))]
        )

    def _show_sound(self, part: LivePart) -> None:
        """A player, once there is something to play; from then on only words are added, or it would begin again."""
        is_first = bool(part.content) and not part.live_url and self._url != ""
        if is_first:
            part.live_url = f"{self._url}sound/{part.place}/"
            self._redraw(part)
        elif new := part.unshown():
            self._ops.append(["text", f"{part.element_id}-transcript", new])

    def show_file(self, part: LivePart) -> None:
        """It is kept by now. What is being listened to goes on as it is."""
        if not part.live_url:
            self._redraw(part)

    def _redraw(self, part: LivePart) -> None:
        part.unshown()
        self._ops.append(["replace", part.element_id, self._html(part.card(is_open=part is self._open))])

    def _change_kind(self, event: PartKindChanged) -> None:
        part = self._arriving[event.part]
        self._dirty.pop(event.part, None)
        if part.so_far:
            part = self._split(part)
            self._arriving[event.part] = part
        else:
            self._ops.append(["remove", part.element_id])
        part.become(str(event.kind))
        self._show(part)

    def _split(self, part: LivePart) -> LivePart:
        """What arrived does not go on with the text before it after all: that stays, and a part of its own begins."""
        del self.live[part.place]
        self._ops.append(["replace", part.element_id, self._html(self._base_card(part.place))])
        new = self._add(part.kind, dict(part.data))
        new.append(part.received)
        if self._open is part:
            self._open = new
        return new

    def _end(self, part: LivePart) -> None:
        if part.seconds is not None:
            return
        part.finish()
        if self._open is part:
            self._open = None
        if part.kind == Part.Kind.REASONING:
            self._ops.append(["replace", f"{part.element_id}-box", self._html(part.card(is_open=False))])

    def _html(self, card: PartCard) -> str:
        if card == PartCard(element_id=card.element_id, kind=Part.Kind.TEXT, is_open=True):
            return _empty_text().replace(SOME_ELEMENT, card.element_id)
        name = "_reasoning" if card.kind == Part.Kind.REASONING else "_part"
        return self._render(
            f"conversations/partials/{name}.html", {"part": card, "role": Message.Role.ASSISTANT}
        )

    def _render(self, template: str, context: dict[str, Any]) -> str:
        with translation.override(self._language):
            return render_to_string(template, context)
