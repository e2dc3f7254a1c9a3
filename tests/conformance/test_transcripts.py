"""Every transcript gives its expected normal form, however its bytes are cut."""

from __future__ import annotations

import random

import pytest

from conversations.protocol import Outcome, PartEvent, history_message
from tests.conformance.cases import Case, all_cases, expected_form, normal_form
from tests.protocol.part_replay import replay

CASES = all_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.sidecar["id"] for case in CASES])


def random_pieces(body: bytes, seed: int) -> list[bytes]:
    generator = random.Random(seed)
    pieces, position = [], 0
    while position < len(body):
        size = generator.randint(1, 40)
        pieces.append(body[position : position + size])
        position += size
    return pieces


def cuts_of(body: bytes) -> list[list[bytes]]:
    single_bytes = [body[place : place + 1] for place in range(len(body))]
    return [[body], single_bytes, *(random_pieces(body, seed) for seed in range(4))]


def check(case: Case, outcome: Outcome, events: list[PartEvent]) -> None:
    got = [normal_form(outcome, expect) for expect in case.expected]
    wanted = [expected_form(expect) for expect in case.expected]
    if not any(one == other for one, other in zip(got, wanted, strict=True)):
        assert got[0] == wanted[0]
    parts, reasons = replay(events)
    assert parts == {choice.index: choice.parts for choice in outcome.choices if choice.parts}
    assert reasons == {
        choice.index: choice.finish_reason for choice in outcome.choices if choice.finish_reason is not None
    }


def test_all_transcripts_are_here():
    assert len(CASES) == 95


@each_case
def test_transcript_fed_whole(case: Case):
    check(case, *case.receive([case.body]))


@each_case
def test_transcript_fed_byte_by_byte(case: Case):
    check(case, *case.receive(case.body[place : place + 1] for place in range(len(case.body))))


@each_case
@pytest.mark.parametrize("seed", range(4))
def test_transcript_fed_in_random_pieces(case: Case, seed: int):
    check(case, *case.receive(random_pieces(case.body, seed)))


@each_case
def test_events_are_the_same_text_for_every_cut(case: Case):
    outcomes = {repr(case.receive(pieces)[0].choices) for pieces in cuts_of(case.body)}
    assert len(outcomes) == 1


@pytest.mark.parametrize("case", [c for c in CASES if c.sidecar["expect"].get("run_tools")], ids=str)
def test_whole_calls_run_whatever_the_finish_reason_says(case: Case):
    outcome, _ = case.receive([case.body])
    assert outcome.tool_calls_to_run() == outcome.choices[0].tool_calls != []


@pytest.mark.parametrize("case", [c for c in CASES if c.sidecar["expect"].get("next_request")], ids=str)
def test_next_request_carries_what_the_endpoint_wants_back(case: Case):
    outcome, _ = case.receive([case.body])
    wanted = case.sidecar["expect"]["next_request"]
    message = history_message(outcome.choices[0].message, now=1_700_000_000)
    if "assistant_audio" in wanted:
        assert message == {"role": "assistant", "audio": wanted["assistant_audio"]}
    for path in wanted.get("must_send_back", ()):
        holder, _, member = path.rpartition(".")
        assert member in (message["tool_calls"][0] if holder == "tool_calls[0]" else message)
