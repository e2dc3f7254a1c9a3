"""News to HTML: what a page that is open must do to show what changed, made of the very partials of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from uuid import UUID

import msgspec
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape

from conversations.generation.database import Together
from conversations.generation.events import Op, encode
from conversations.models import Conversation, Generation, Message
from conversations.presenters import MessageCard, begun_card, message_cards, said_card
from conversations.services.notify import SidebarChanged, TranscriptChanged
from conversations.sidebar import sidebar_item, sidebar_page

# Stand for what is filled in later, in what is drawn once.
NOBODY = UUID(int=0)
NEVER = UUID(int=1)
NOWHERE = "/nowhere/"
WORDS = "🙊"


class Revised(msgspec.Struct, frozen=True, omit_defaults=True):
    """`rev`: apply the operations on revision `rev` - 1. `refresh`: fetch the transcript again.

    With `run`, the operations follow on its frame `seq`; a page that has not had that one fetches the transcript.
    """

    t: str
    rev: int
    ops: list[Op] = []
    run: str = ""
    seq: int = 0


class Beside(msgspec.Struct, frozen=True):
    """Operations on the sidebar and the title."""

    ops: list[Op]
    t: str = "side"


def hello(conversation: Conversation | None, language: str) -> str:
    """A greeting; of an open conversation it tells the revision, and the title, which may have changed meanwhile."""
    if conversation is None:
        return encode({"t": "hello"})
    with translation.override(language):
        return encode({"t": "hello", "rev": conversation.revision, "ops": [_title(conversation)]})


def refresh(revision: int) -> str:
    return encode(Revised("refresh", revision))


def mark(number: int) -> str:
    """To be sent back by the page once it has handled what came before."""
    return encode({"t": "mark", "n": number})


def sent(key: str) -> str:
    """To the page that sent the message `key`: it is stored."""
    return encode({"t": "sent", "key": key})


def refused(key: str, *, status: int, text: str) -> str:
    """It is not, and why, in words for whoever wrote it; without words if there is nothing to tell."""
    return encode({"t": "refused", "key": key, "status": status, "text": text})


def bye(code: str) -> str:
    return encode({"t": "bye", "code": code})


def transcript_frames(asked: Sequence[tuple[TranscriptChanged, str]]) -> list[str]:
    """For each event and language, what a page does that stood one revision before the event.

    The rows are read in three queries, however many events there are.
    """
    shown = [event for event, _ in asked if event.change != "head"]
    rows = {
        row.pk: row for row in Message.objects.in_order(pk for event in shown for pk in event.message_ids)
    }
    return [_transcript_frame(event, language, rows) for event, language in asked]


transcript_frame = Together(transcript_frames)


def _transcript_frame(event: TranscriptChanged, language: str, rows: Mapping[UUID, Message]) -> str:
    if event.change == "head":
        return refresh(event.revision)
    with translation.override(language):
        messages = [rows[pk] for pk in event.message_ids if pk in rows]
        # What is added follows a leaf of the tree, and what follows a leaf has no siblings to count.
        cards = message_cards(messages, have_siblings=event.change != "added")
        ops = _transcript_ops(event, cards, language)
    return encode(Revised("rev", event.revision, ops, *(event.last_frame or ())))


def _transcript_ops(event: TranscriptChanged, cards: list[MessageCard], language: str) -> list[Op]:
    if event.change == "added":
        return [["append", "messages", "".join(_article(card, language) for card in cards)]]
    if event.last_frame:
        return [op for card in cards for op in _closing(card)]
    return [["replace", f"message-{card.id}", _render("_message", card)] for card in cards]


def _closing(card: MessageCard) -> list[Op]:
    """What remains when an answer has streamed to its end: its words stay, with what is selected in them."""
    element = f"message-{card.id}"
    if any(part.data.get("json") for part in card.parts):
        # Until now it looked like code.
        return [["replace", element, _render("_message", card)]]
    return [
        ["set", element, "data-status", card.status],
        ["replace", f"{element}-footer", _render("_message_footer", card)],
    ]


def _article(card: MessageCard, language: str) -> str:
    if card.is_begun:
        return _begun_answer(language).replace(str(NOBODY), str(card.id))
    if card.is_just_said and card.sent_as:
        named = _said(language).replace(NOWHERE, card.url).replace(str(NOBODY), str(card.id))
        # The words come last: whatever they say, nothing is filled into them.
        return named.replace(NEVER.hex, card.sent_as.hex).replace(WORDS, escape(card.text))
    return _render("_message", card)


@cache
def _begun_answer(language: str) -> str:
    """An answer that nothing has come of yet: drawn once for each language, and named afterwards."""
    with translation.override(language):
        return _render("_message", begun_card(NOBODY))


@cache
def _said(language: str) -> str:
    """What somebody has just sent, likewise."""
    with translation.override(language):
        return _render("_message", said_card(NOBODY, url=NOWHERE, sent_as=NEVER, text=WORDS))


def _render(partial: str, card: MessageCard) -> str:
    return render_to_string(f"conversations/partials/{partial}.html", {"message": card})


def sidebar_frames(asked: Sequence[tuple[SidebarChanged, str]]) -> list[str]:
    """For each event and language, what a page does about its sidebar, and about its heading if it shows that
    conversation.
    """
    rows = Conversation.objects.in_bulk([event.conversation_id for event, _ in asked])
    streaming = set(
        Generation.objects.running().filter(conversation__in=rows).values_list("conversation_id", flat=True)
    )
    frames = []
    for event, language in asked:
        pk = event.conversation_id
        with translation.override(language):
            frames.append(encode(Beside(_sidebar_ops(event, rows.get(pk), is_streaming=pk in streaming))))
    return frames


sidebar_frame = Together(sidebar_frames)


def _sidebar_ops(event: SidebarChanged, conversation: Conversation | None, *, is_streaming: bool) -> list[Op]:
    row = f"conversation-{event.conversation_id}"
    if event.change == "reordered":
        page = render_to_string(
            "conversations/partials/_sidebar_page.html", {"page": sidebar_page(event.user_id)}
        )
        return [["inner", "sidebar-list", page]]
    if conversation is None or conversation.deleted_at or conversation.archived:
        return [["remove", row]]
    item = sidebar_item(conversation, is_streaming=is_streaming)
    html = render_to_string("conversations/partials/_sidebar_item.html", {"conversation": item})
    title = _title(conversation)
    if event.change == "in_place" or conversation.pinned:
        return [["replace", row, html], title]
    return [["remove", row], ["prepend", "sidebar-today", html], title]


def _title(conversation: Conversation) -> Op:
    return ["title", str(conversation.pk), str(conversation)]
