"""One part of an answer while it arrives: its text, what else belongs to it, and how it looks so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

import msgspec

from conversations import markdown
from conversations.attachment_cards import AttachmentCard, attachment_card
from conversations.generation.events import Op
from conversations.models import Attachment, Part
from conversations.presenters import PartCard
from conversations.protocol.audio import decode_base64
from conversations.services.generations import PartRecord
from conversations.structured_output import examined

# Before an answer that is JSON, so that it looks like it while it comes.
JSON_FENCE = "~~~~~~json\n"
MARKDOWN_KINDS = {Part.Kind.TEXT, Part.Kind.REASONING, Part.Kind.REFUSAL}
FILE_KINDS = {Part.Kind.IMAGE, Part.Kind.AUDIO, Part.Kind.FILE}


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
        self.content = bytearray()  # of a picture or a sound, until it is kept
        self.attachment: AttachmentCard | None = None
        self.live_url = ""  # where a sound can be heard while it comes
        self.kept_bytes = 0  # of a sound: what the segments hold
        self._shown = 0
        self._is_given_up = self._is_final = False
        self._clock = clock
        self._started = clock() - (so_far.seconds or 0 if so_far else 0)
        self._pieces: list[str] = []
        self._kept = 0
        self._data_changed = so_far is None
        self._response_format = response_format
        self._take_content()
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
        self.data.update(data)
        self._take_content()
        self._data_changed = True

    def _take_content(self) -> None:
        """Bytes are not data: they become a file, and only its name is kept."""
        if self.kind not in FILE_KINDS:
            return
        self.content += self.data.pop("audio_bytes", b"")
        address = self.data.get("url")
        if isinstance(address, str) and address[:5].lower() == "data:":
            del self.data["url"]
            self.content += _content_of(address)

    @property
    def is_to_be_kept(self) -> bool:
        """Whether it has become a file by now that is kept nowhere."""
        return bool(self.content) and self.attachment is None

    @property
    def is_over(self) -> bool:
        """Nothing more of it comes."""
        return self.attachment is not None or self._is_given_up or self._is_final

    @property
    def is_on_its_way(self) -> bool:
        return self.is_to_be_kept and not self._is_given_up

    def give_up_file(self) -> None:
        """Its bytes cannot be kept."""
        self._is_given_up = True

    def become_file(self, attachment: Attachment) -> None:
        """Its bytes are kept as this file."""
        self.attachment = attachment_card(attachment)
        self.content = bytearray()
        self._data_changed = True

    @property
    def stored_data(self) -> dict[str, Any]:
        """The data as a checkpoint holds it."""
        return {**self.data, "attachment": str(self.attachment.id)} if self.attachment else dict(self.data)

    def finish(self) -> None:
        if self.seconds is None:
            self.seconds = round(self._clock() - self._started, 1)

    def close(self) -> list[Op]:
        """Operations that bring a page to how the part looks for good, once; no text may follow."""
        self._is_final = True
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

    def unshown(self) -> str:
        """The text that came since this was asked last: of a transcript, which grows beside its player."""
        new, self._shown = "".join(self._pieces[self._shown :]), len(self._pieces)
        return new

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
            data=self._shown_data,
            attachment=self.attachment,
        )

    @property
    def _shown_data(self) -> dict[str, Any]:
        if self.kind not in FILE_KINDS:
            return dict(self.data)
        return {**self.data, "live_url": self.live_url, "is_on_its_way": self.is_on_its_way}

    def record(self) -> PartRecord:
        """The part as it is kept for good."""
        self.close()
        html = self.stream.final_html if self.stream else ""
        data, version = dict(self.data), markdown.RENDERER_VERSION if self.stream else 0
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
            attachment_id=self._attachment_id,
        )

    @property
    def _attachment_id(self) -> UUID | None:
        if self.attachment:
            return self.attachment.id
        return self.so_far.attachment_id if self.so_far else None


def _content_of(address: str) -> bytes:
    """The bytes in a data: address; empty if they cannot be read."""
    head, _comma, body = address.partition(",")
    if not head.lower().rstrip().endswith(";base64"):
        return unquote_to_bytes(body)
    return decode_base64(body)
