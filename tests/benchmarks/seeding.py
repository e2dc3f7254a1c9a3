"""Rows for the benchmarks and readings of them, made inside the site's own Django (`manage.py shell`).

Reads `[command, arguments]` as JSON from standard input and writes what the command returns to standard output.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from conversations.models import Conversation, Generation, Part
from conversations.services.conversations import create_conversation
from conversations.services.endpoints import choose, configure_endpoints
from tests.factories import make_long_conversation

Visitor = dict[str, str]


def visitors(count: int, model: str) -> list[Visitor]:
    """New users with a session and an empty conversation each."""
    configure_endpoints()
    choice = choose(model)
    assert choice is not None
    made = []
    with transaction.atomic():
        for _ in range(count):
            user = _user()
            conversation = create_conversation(
                user, endpoint=choice.endpoint, model=model, first_text="Go on"
            )
            made.append(_visitor(user, conversation))
    return made


def long_conversations(lengths: list[int]) -> list[Visitor]:
    """One user with a conversation of each of these numbers of messages."""
    user = _user()
    session = _session(user)
    return [_visitor(user, make_long_conversation(user, length), session) for length in lengths]


def outcomes(conversations: list[str]) -> list[dict[str, Any]]:
    """How the only answer in each conversation ended: `status`, `text`, and the size of its HTML in `html_bytes`."""
    return [_outcome(Conversation.objects.get(pk=pk)) for pk in conversations]


def _outcome(conversation: Conversation) -> dict[str, Any]:
    runs = list(Generation.objects.filter(conversation=conversation))
    parts = list(Part.objects.filter(message=conversation.head_id).order_by("index"))
    return {
        "runs": [run.status for run in runs],
        "text": "".join(part.text for part in parts),
        "html_bytes": sum(len(part.html.encode()) for part in parts),
    }


def _user() -> User:
    return User.objects.create(username=f"visitor-{uuid4().hex}", password="!")


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _visitor(user: User, conversation: Conversation, session: str | None = None) -> Visitor:
    return {
        "session": session or _session(user),
        "conversation": str(conversation.pk),
        "path": conversation.get_absolute_url(),
    }


COMMANDS = {command.__name__: command for command in (visitors, long_conversations, outcomes)}


def main() -> None:
    name, arguments = json.load(sys.stdin)
    json.dump(COMMANDS[name](**arguments), sys.stdout)
