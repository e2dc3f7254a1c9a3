"""A reply that comes whole is the same reply: what a stream gave, put together and read again, gives it once more."""

from __future__ import annotations

import json

import pytest

from conversations.generation.ending import STORED_AS_PARTS
from conversations.protocol.raw_reply import raw_reply, response_outline
from tests.conformance.cases import Case, all_cases, normal_form, receive

STREAMED = [
    case
    for case in all_cases()
    if case.body.lstrip().startswith((b"data:", b":")) and case.sidecar["expect"]["complete"]
]


def test_there_are_streams_to_compare():
    assert len(STREAMED) > 40


@pytest.mark.parametrize("case", STREAMED, ids=[case.sidecar["id"] for case in STREAMED])
def test_a_whole_reply_gives_what_its_stream_gave(case: Case):
    streamed, _ = case.receive([case.body])
    whole = raw_reply(
        response_outline(streamed),
        {choice.index: (choice.parts, _members(choice.message)) for choice in streamed.choices},
        members={
            "id": streamed.response_id,
            "model": streamed.model,
            "usage": streamed.usage and streamed.usage.raw,
        },
    )
    read, _ = receive([json.dumps(whole).encode()])
    expect = case.sidecar["expect"]
    assert normal_form(read, expect) == normal_form(streamed, expect)


def _members(message):
    """Those that parts do not tell, as they are stored."""
    return {name: value for name, value in message.items() if name not in STORED_AS_PARTS}
