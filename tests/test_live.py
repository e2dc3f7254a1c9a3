"""What an open page is told of rows that changed."""

import json
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from conversations.live import NEVER, NOBODY, NOWHERE, WORDS, transcript_frames
from conversations.models import Message
from conversations.presenters import message_cards
from conversations.services.notify import TranscriptChanged
from conversations.services.sending import Outgoing, send_messages
from tests.factories import make_conversation, make_user

pytestmark = pytest.mark.django_db


def drawn(message_id, language):
    """An article as a page that is loaded now shows it."""
    (card,) = message_cards(Message.objects.in_order([message_id]))
    with translation.override(language):
        return render_to_string("conversations/partials/_message.html", {"message": card})


def test_messages_that_are_drawn_together_look_as_they_do_on_a_page_that_is_loaded():
    owner = make_user()
    # Also what means something where they are drawn: markup, and what stands for other things until it is filled in.
    texts = ["Short", f"<b>&'\"{WORDS}{NOBODY}{NOWHERE}{NEVER.hex}", "Long " * 1000, "Lines\n" * 30]
    languages = ["en", "zh-hans", "en", "de"]
    sent = send_messages(
        [
            Outgoing(owner.pk, make_conversation(owner, model="a::b").pk, text, uuid4(), language)
            for text, language in zip(texts, languages, strict=True)
        ]
    )
    events = [
        TranscriptChanged(turn.conversation_id, turn.revision, "added", turn.message_ids) for turn in sent
    ]
    frames = map(json.loads, transcript_frames(list(zip(events, languages, strict=True))))
    assert [frame["ops"] for frame in frames] == [
        [["append", "messages", "".join(drawn(pk, language) for pk in turn.message_ids)]]
        for turn, language in zip(sent, languages, strict=True)
    ]


def test_what_is_gone_when_it_is_to_be_drawn_is_left_out():
    (frame,) = transcript_frames([(TranscriptChanged(uuid4(), 7, "added", (uuid4(),)), "en")])
    assert json.loads(frame) == {"t": "rev", "rev": 7, "ops": [["append", "messages", ""]]}
