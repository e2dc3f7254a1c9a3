"""A conversation's title, written by the model that answered in it, once its first answer is there."""

from __future__ import annotations

import re
from typing import Any

import structlog

from conversations.generation.catalog import Catalog
from conversations.generation.database import in_database
from conversations.generation.plan import Plan
from conversations.models import Conversation, Message
from conversations.protocol.errors import EndpointError
from conversations.services.conversations import TITLE_LENGTH, accept_model_title

EXCERPT = 1500
INSTRUCTION = (
    "Write a title for the conversation below: at most six words, in the conversation's language, "
    "without quotation marks and without a full stop. Answer with the title only."
)

log = structlog.get_logger(__name__)


async def write_title(catalog: Catalog, plan: Plan) -> None:
    """Ask for a title and take it if it can be one; the first words stay if not."""
    exchange = await in_database(_first_exchange, plan)
    if exchange is None:
        return
    conversation, said, answered = exchange
    try:
        client = await catalog.client_for(plan)
        outcome = await client.complete(_request(plan.body["model"], said, answered))
    except EndpointError as failed:
        log.info("title_not_written", reason=failed.message)
        return
    title = clean_title(outcome.choices[0].text) if outcome.choices and outcome.complete else ""
    if title:
        await in_database(accept_model_title, conversation, title)


def clean_title(answer: str) -> str:
    """The title in a model's answer: its first line without markup; empty if that is no title."""
    lines = [line.strip() for line in answer.strip().splitlines()]
    line = next((line for line in lines if line), "")
    line = re.sub(r"</?\w+>|[*_`#<>|\\]+", "", line)
    line = re.sub(r"^\s*(-\s+|title\s*:\s*)+", "", line, flags=re.IGNORECASE)
    line = line.strip(" \"'“”‘’«».:;,…\t")
    return line if 1 < len(line) <= TITLE_LENGTH else ""


def _request(model: str, said: str, answered: str) -> dict[str, Any]:
    conversation = f"User: {said[:EXCERPT]}\n\nAssistant: {answered[:EXCERPT]}"
    return {
        "model": model,
        "messages": [{"role": "user", "content": f"{INSTRUCTION}\n\n{conversation}"}],
        "max_tokens": 200,
    }


def _first_exchange(plan: Plan) -> tuple[Conversation, str, str] | None:
    conversation = Conversation.objects.get(pk=plan.conversation_id)
    if conversation.title_source != Conversation.TitleSource.WORDS:
        return None
    path = Message.objects.path_ids(plan.message_id)[:2]
    said = [message.text for message in Message.objects.in_order(path)]
    return (conversation, said[0], said[1]) if len(said) == 2 else None
