"""An answer while it is being written: what arrived, how it looks so far, and what changed since anybody last looked.

One LiveMessage per choice. It is the only place where part events become text, HTML and DOM operations.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from django.template.loader import render_to_string
from django.utils import translation

from conversations import markdown
from conversations.generation.events import Op
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
from conversations.structured_output import asks_for_json, examined

# Before an answer that is JSON, so that it looks like it while it comes.
JSON_FENCE = "~~~~~~json\n"
SOME_ELEMENT = "part-to-be-named"
MARKDOWN_KINDS = {Part.Kind.TEXT, Part.Kind.REASONING, Part.Kind.REFUSAL}


def _joined(so_far: bytes | bytearray | None, more: bytes) -> bytearray:
    joined = so_far if isinstance(so_far, bytearray) else bytearray(so_far or b"")
    joined += more
    return joined


class LivePart:
    """One part of an answer that is arriving, or one that goes on: then it begins with `so_far`, which is stored."""

    def __init__(
        self,
        place: int,
        element_id: str,
        kind: str,
        data: dict[str, Any],
        clock: Callable[[], float],
        so_far: PartRecord | None = None,
        response_format: Mapping[str, Any] | None = None,
    ) -> None:
        self.place = place
        self.element_id = element_id
        self.kind = kind
        self.data = data
        self.so_far = so_far
        self.seconds: float | None = None
        self._clock = clock
        self._started = clock() - (so_far.seconds or 0 if so_far else 0)
        self._pieces: list[str] = []
        self._kept = 0
        self._data_changed = so_far is None
        self._response_format = response_format
        self.stream = self._new_stream()
        if so_far:
            self.append(so_far.text)
            self._kept = len(self._pieces)

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def received(self) -> str:
        """The text that arrived, without what it began with."""
        return self.text[len(self.so_far.text) :] if self.so_far else self.text

    @property
    def _is_json(self) -> bool:
        return self.kind == Part.Kind.TEXT and self._response_format is not None

    def _new_stream(self) -> markdown.MarkdownStream | None:
        if self.kind not in MARKDOWN_KINDS:
            return None
        stream = markdown.MarkdownStream(self.element_id)
        if self._is_json:
            stream.feed(JSON_FENCE)
        return stream

    def append(self, text: str) -> None:
        self._pieces.append(text)
        if self.stream:
            self.stream.feed(text)

    def update(self, data: dict[str, Any]) -> None:
        """Set members of the part's data; sound arrives in pieces, which are joined in place."""
        sound = data.get("audio_bytes")
        if sound is not None:
            data = {**data, "audio_bytes": _joined(self.data.get("audio_bytes"), sound)}
        self.data.update(data)
        self._data_changed = True

    @property
    def stored_data(self) -> dict[str, Any]:
        """The data as JSON takes it: bytes as base64."""
        return {
            name: base64.b64encode(value).decode() if isinstance(value, bytes | bytearray) else value
            for name, value in self.data.items()
        }

    def finish(self) -> None:
        if self.seconds is None:
            self.seconds = round(self._clock() - self._started, 1)

    def close(self) -> list[Op]:
        """Operations that bring a page to how the part looks for good, once; no text may follow."""
        return self.stream.close() if self.stream else []

    def become(self, kind: str) -> None:
        """Turn out to be of another kind; what was shown is shown again in its new place."""
        text = self.text
        self.kind = kind
        self.stream = self._new_stream()
        if self.stream:
            self.stream.feed(text)
        self._data_changed = True

    def unkept(self) -> tuple[str, dict[str, Any] | None] | None:
        """What no checkpoint holds yet: text and, if it changed, the data; None if there is nothing."""
        text = "".join(self._pieces[self._kept :])
        if not text and not self._data_changed:
            return None
        return text, (self.stored_data if self._data_changed else None)

    def mark_kept(self, pieces: int) -> None:
        self._kept, self._data_changed = pieces, False

    @property
    def piece_count(self) -> int:
        return len(self._pieces)

    def card(self, *, is_open: bool) -> PartCard:
        if self.stream:
            self.stream.flush()
        return PartCard(
            element_id=self.element_id,
            kind=self.kind,
            text=self.text if self.stream is None else "",
            html=self.stream.snapshot() if self.stream else "",
            seconds=self.seconds,
            is_open=is_open,
            data=self.stored_data,
        )

    def record(self) -> PartRecord:
        """The part as it is kept for good."""
        self.close()
        html = self.stream.final_html if self.stream else ""
        data, version = self.stored_data, markdown.RENDERER_VERSION if self.stream else 0
        if self._is_json and self._response_format is not None:
            verdict, tree = examined(self.text, self._response_format)
            # What is no tree stays the block of code that it was while it came: HTML that is never made again.
            data, html, version = {**data, "json": msgspec.to_builtins(verdict)}, tree or html, 0
        return PartRecord(
            kind=self.kind,
            text=self.text,
            data=data,
            html=html,
            html_version=version,
            seconds=self.seconds,
        )


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
    `language`, whoever looks: timers and other pages ask for it as well as the run.
    """

    def __init__(
        self,
        choice: int,
        message_id: UUID | None,
        *,
        base: list[PartRecord] | None = None,
        language: str = "en",
        response_format: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.choice = choice
        self.message_id = message_id
        self.base = base or []
        self.live: dict[int, LivePart] = {}  # by their place in the message
        self._arriving: dict[int, LivePart] = {}  # by their number in the reply
        self.finish_reason = ""
        self.note = ""
        self._language = language
        self._response_format = response_format if asks_for_json(response_format) else None
        self._clock = clock
        self._ops: list[Op] = []
        self._open: LivePart | None = None
        self._dirty: dict[int, LivePart] = {}

    @property
    def has_content(self) -> bool:
        return any(part.received or (part.data and not part.so_far) for part in self.live.values())

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
        self._ops.append(
            ["append", f"message-{self.message_id}-{place}", self._html(part.card(is_open=True))]
        )

    def _redraw(self, part: LivePart) -> None:
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
