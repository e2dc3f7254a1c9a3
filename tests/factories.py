"""Rows for tests, made the way the site makes them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User

from conversations import markdown
from conversations.models import Conversation, Endpoint, Message, Part
from conversations.services.sending import Outgoing, send_messages
from conversations.services.turn_rows import Turn


def make_user(name: str = "alice", **fields: Any) -> User:
    return User.objects.create_user(name, f"{name}@example.org", "correct horse battery", **fields)


def make_endpoint(base_url: str, name: str = "Test server", **fields: Any) -> Endpoint:
    slug = fields.pop("slug", name.lower().replace(" ", "-"))
    return Endpoint.objects.create(name=name, slug=slug, base_url=base_url, **fields)


def make_conversation(owner: User, **fields: Any) -> Conversation:
    fields.setdefault("title", "A conversation")
    return Conversation.objects.create(owner=owner, **fields)


def make_exchange(conversation: Conversation, said: str = "Hello", answered: str = "Hi **there**") -> Message:
    """A question and its complete answer at the conversation's head; returns the answer."""
    asked = Message.objects.create(conversation=conversation, parent_id=conversation.head_id, role="user")
    Part.objects.create(message=asked, index=0, kind="text", text=said)
    return make_answer(conversation, asked, answered)


def make_answer(
    conversation: Conversation, asked: Message, text: str = "Hi **there**", **fields: Any
) -> Message:
    answer = Message.objects.create(conversation=conversation, parent=asked, role="assistant", **fields)
    Part.objects.create(
        message=answer,
        index=0,
        kind="text",
        text=text,
        html=markdown.render(text),
        html_version=markdown.RENDERER_VERSION,
    )
    conversation.head = answer
    conversation.save()
    return answer


def make_long_conversation(owner: User, messages: int) -> Conversation:
    """`messages` messages in one branch, question and answer in turn, written in bulk."""
    conversation = make_conversation(owner, title=f"{messages} messages")
    rows: list[Message] = []
    for number in range(messages):
        role = "assistant" if number % 2 else "user"
        rows.append(Message(conversation=conversation, parent=rows[-1] if rows else None, role=role))
    Message.objects.bulk_create(rows, batch_size=500)
    Part.objects.bulk_create(
        (
            Part(message=row, index=0, kind="text", text=f"Message {number}", html=f"<p>Message {number}</p>")
            for number, row in enumerate(rows)
        ),
        batch_size=500,
    )
    conversation.head = rows[-1]
    conversation.save()
    return conversation


def ask(conversation: Conversation, text: str = "Hello", *, process: str = "", model_key: str = "") -> Turn:
    """Its owner sends a message; raises what refuses it."""
    outgoing = Outgoing(conversation.owner_id, conversation.pk, text, uuid4(), "en", model_key)
    (turn,) = send_messages([outgoing], process=process)
    if not isinstance(turn, Turn):
        raise turn or AssertionError("nothing is due")
    return turn
