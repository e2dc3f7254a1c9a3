"""An exchange with an endpoint as it went over the wire: what was asked, how to ask it again, what came back."""

from __future__ import annotations

import json
import pprint
import shlex
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from conversations import markdown
from conversations.endpoints import CHAT_PATH, mask_for
from conversations.generation.catalog import config_for
from conversations.generation.enclosures import blob_of, link_in_words
from conversations.generation.history import SAID_UNTIL, said_before, written_out
from conversations.models import Completion, Endpoint, Message
from conversations.models import Part as PartRow
from conversations.protocol.blobs import named
from conversations.protocol.events import PartKind
from conversations.protocol.outcome import Part
from conversations.protocol.raw_reply import raw_reply

CURL = """\
curl{no_buffer} {address} \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -d {body}
"""
PYTHON = """\
import os

import httpx

request = {request}
headers = {{"Authorization": f"Bearer {{os.environ['OPENAI_API_KEY']}}"}}
address = {address!r}
with httpx.stream("POST", address, json=request, headers=headers, timeout=600) as reply:
    for line in reply.iter_lines():
        print(line)
"""


class RawExchange(msgspec.Struct, frozen=True):
    """Each is HTML of a block of code; empty where there is nothing to show."""

    request: str
    curl: str
    python: str
    response: str
    was_streamed: bool


def raw_exchange(message: Message) -> RawExchange | None:
    """What an answer was asked with and what came; None when no endpoint was asked. Keys are never in it."""
    completion = message.completion
    if completion is None or not completion.request:
        return None
    request = _request(completion)
    address = _address(completion.endpoint)
    response = _response(completion)
    return RawExchange(
        request=_block("json", _json(request)),
        curl=_block("bash", _curl(request, address)),
        python=_block(
            "python", PYTHON.format(request=pprint.pformat(request, sort_dicts=False), address=address)
        ),
        response=_block("json", _json(response)) if response["choices"] else "",
        was_streamed=bool(request.get("stream")),
    )


def _request(completion: Completion) -> dict[str, Any]:
    # Rows of earlier versions do not name what was said.
    outline = completion.request.get("messages", [{SAID_UNTIL: str(completion.generation.answers_id)}])
    leaves = [UUID(item[SAID_UNTIL]) for item in outline if SAID_UNTIL in item]
    messages = named(written_out(outline, said_before(leaves), link_to=link_in_words))
    model = completion.request.get("model", completion.model)
    return {"model": model, "messages": messages} | {
        name: value for name, value in completion.request.items() if name not in {"model", "messages"}
    }


def _response(completion: Completion) -> dict[str, Any]:
    answers = completion.messages.prefetch_related("parts__attachment").order_by("choice_index")
    return raw_reply(
        completion.response,
        {answer.choice_index: (_parts(answer.parts.all()), answer.extra) for answer in answers},
        members={
            "id": completion.response_id,
            "model": completion.response_model,
            "system_fingerprint": completion.system_fingerprint,
            "usage": completion.usage,
        },
    )


def _parts(rows: Iterable[PartRow]) -> list[Part]:
    known = {kind.value for kind in PartKind}
    return [
        Part(kind=PartKind(row.kind), text=row.text, data={**row.data, **_file(row)})
        for row in rows
        if row.kind in known
    ]


def _file(row: PartRow) -> dict[str, Any]:
    """What stands for the bytes that came, which are a file by now."""
    if row.attachment is None:
        return {}
    is_sound = row.kind == PartKind.AUDIO
    blob = blob_of(row.attachment, as_url=not is_sound, as_it_came=True)
    return {"audio_bytes" if is_sound else "url": str(blob)}


def _address(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return f"$OPENAI_BASE_URL{CHAT_PATH}"
    config = config_for(endpoint)
    return mask_for(config)(str(config.address(CHAT_PATH)))


def _curl(request: Mapping[str, Any], address: str) -> str:
    no_buffer = " --no-buffer" if request.get("stream") else ""
    return CURL.format(no_buffer=no_buffer, address=shlex.quote(address), body=shlex.quote(_json(request)))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _block(language: str, code: str) -> str:
    """Code as answers show it: highlighted, with a button to copy it."""
    return markdown.render(markdown.fenced(code, language))
