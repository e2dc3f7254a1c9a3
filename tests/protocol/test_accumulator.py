from typing import Any

import pytest

from conversations.protocol import (
    ChatCompletionChunk,
    ChoiceFinished,
    ChunkAccumulator,
    EndpointError,
    ErrorKind,
    PartDelta,
    PartFinished,
    PartKind,
    PartKindChanged,
    PartStarted,
    Retry,
)
from tests.protocol.stream import DONE, body_of, choice_of, delta, items_of, outcome_of, read, whole


def test_events_of_a_short_answer():
    _, events = read(body_of(delta(role="assistant", content=""), delta(content="Hi"), delta("stop"), DONE))
    assert events == [
        PartStarted(0, 0, PartKind.TEXT, {}),
        PartDelta(0, 0, "Hi"),
        PartFinished(0, 0),
        ChoiceFinished(0, "stop"),
    ]


def test_closing_tag_without_opening_changes_the_kind_of_what_was_text():
    _, events = read(body_of(delta(content="thought"), delta("stop", content="</think>answer"), DONE))
    assert events == [
        PartStarted(0, 0, PartKind.TEXT, {}),
        PartDelta(0, 0, "thought"),
        PartFinished(0, 0),
        PartKindChanged(0, 0, PartKind.REASONING),
        PartStarted(0, 1, PartKind.TEXT, {}),
        PartDelta(0, 1, "answer"),
        PartFinished(0, 1),
        ChoiceFinished(0, "stop"),
    ]


def test_outcome_is_there_at_any_time_and_does_not_change_later():
    accumulator = ChunkAccumulator()
    first, second = items_of(body_of(delta(content="a"), delta(content="b")))
    accumulator.feed(first)
    early = accumulator.outcome
    accumulator.feed(second)
    assert (early.choices[0].text, early.complete) == ("a", False)
    assert accumulator.outcome.choices[0].text == "ab"


def test_choices_are_keyed_by_index_and_sorted():
    outcome = outcome_of(
        delta("stop", _choice=1, content="b"), delta(_choice=0, content="a"), delta("stop", _choice=0)
    )
    assert [(choice.index, choice.text) for choice in outcome.choices] == [(0, "a"), (1, "b")]


def test_two_deltas_of_one_choice_in_a_chunk_merge():
    chunk = delta(content="a")
    chunk["choices"] += delta("stop", content="b")["choices"]
    assert choice_of(chunk).text == "ab"


def test_identity_is_the_first_that_is_not_empty():
    outcome = outcome_of(
        {"id": "", "model": "", "created": 0, "choices": [{"delta": {}}]},
        {"id": "ping-1", "object": "ping"},
        {**delta(content="a"), "created": 1.9, "system_fingerprint": "fp", "service_tier": "default"},
        {**delta("stop"), "id": "other", "model": "other"},
    )
    assert (outcome.response_id, outcome.model, outcome.created) == ("c-1", "m-1", 1)
    assert (outcome.system_fingerprint, outcome.service_tier) == ("fp", "default")


def test_unknown_members_survive_at_every_level():
    chunk = {**delta("stop", content="a", mood="calm"), "weather": {"sky": 1}, "provider": "P"}
    chunk["choices"][0]["native_finish_reason"] = "end_turn"
    chunk["choices"][0]["odd"] = [1]
    outcome = outcome_of(chunk)
    assert outcome.extra == {"weather": {"sky": 1}, "provider": "P"}
    assert outcome.choices[0].extra == {"odd": [1], "native_finish_reason": "end_turn"}
    assert outcome.choices[0].message == {"mood": "calm", "role": "assistant", "content": "a"}


def test_unknown_members_of_deltas_are_merged():
    choice = choice_of(
        delta(x="a", same="s", list=[1], object={"t": "a", "n": 1}, number=1, none=None),
        delta(x="b", same="s", list=[2], object={"t": "b", "n": 2}, number=2, none=None),
    )
    assert {name: choice.message[name] for name in ("x", "same", "list", "object", "number")} == {
        "x": "ab",
        "same": "s",
        "list": [1, 2],
        "object": {"t": "ab", "n": 2},
        "number": 2,
    }
    assert "none" not in choice.message


def test_finish_reason_counts_once():
    _, events = read(body_of(delta("stop", content="a"), delta("stop"), delta("length"), DONE))
    assert [event for event in events if isinstance(event, ChoiceFinished)] == [ChoiceFinished(0, "stop")]


@pytest.mark.parametrize("reason", ["", "null", None, "None"])
def test_words_for_not_finished(reason: Any):
    outcome, _ = read(body_of(delta(reason, content="a")))
    assert outcome.choices[0].finish_reason is None
    assert outcome.error is not None
    assert outcome.error.kind is ErrorKind.INCOMPLETE_STREAM


def test_delta_wins_over_the_cumulative_message_beside_it():
    first, second, last = delta(content="a"), delta(content="b"), delta("stop", content="")
    first["choices"][0]["message"] = {"content": "a"}
    second["choices"][0]["message"] = {"content": "ab"}
    last["choices"][0]["message"] = {"content": "ab"}
    assert choice_of(first, second, last).text == "ab"


def test_whole_message_in_a_stream_is_used():
    chunk = delta("stop")
    chunk["choices"][0]["message"] = {"content": "all at once"}
    assert choice_of(chunk).text == "all at once"


def test_citations_and_annotations_and_images_are_parts_once():
    annotation = {"type": "url_citation", "url_citation": {"url": "https://a"}}
    choice = choice_of(
        {**delta(content="a", annotations=[annotation]), "citations": ["https://a"]},
        {**delta(content="b", annotations=[annotation]), "citations": ["https://a", {"url": "https://b"}, 5]},
        delta(images=["https://c", {"image_url": "https://c"}, {"type": "image"}, {"b64_json": "AA=="}]),
        delta("stop"),
    )
    assert [(part.kind.value, part.data or part.text) for part in choice.parts] == [
        ("text", "ab"),
        ("annotation", annotation),
        ("image", {"url": "https://c"}),
        ("image", {"url": "data:image/png;base64,AA=="}),
        ("citation", {"url": "https://a"}),
        ("citation", {"url": "https://b"}),
    ]


def test_pictures_inside_content_are_parts_in_order():
    content = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "https://i"}},
        "b",
        {"type": "reference", "reference_ids": [1]},
    ]
    choice = choice_of(delta(content=content), delta("stop"))
    assert [part.kind.value for part in choice.parts] == ["text", "image", "text"]
    assert choice.text == "ab"


def test_late_audio_is_taken_after_the_finish_and_pieces_are_decoded_one_by_one():
    _, events = read(body_of(delta(audio={"id": "x", "data": "AA=="}), delta("stop"), DONE))
    outcome = outcome_of(
        delta(audio={"id": "x", "data": "AA==", "transcript": "Hel"}),
        delta("stop"),
        {"choices": [], "usage": {"total_tokens": 1}},
        {"choices": [{"index": 0, "delta": {"audio": {"data": "_-8", "transcript": "lo", "id": "x"}}}]},
        {"choices": [{"delta": {"audio": {"expires_at": 9.0, "data": "!"}}}]},
    )
    (part,) = outcome.choices[0].parts
    assert part.text == "Hello"
    assert part.data == {"id": "x", "expires_at": 9, "audio_bytes": b"\x00\xff\xef"}
    assert outcome.choices[0].message["audio"] == {"id": "x", "expires_at": 9, "transcript": "Hello"}
    assert events[-1] == PartFinished(0, 0)


def test_logprobs_are_appended():
    first, second = delta(content="a"), delta("stop", content="b")
    first["choices"][0]["logprobs"] = {"content": [{"token": "a"}]}
    second["choices"][0]["logprobs"] = {"content": [{"token": "b\0"}], "refusal": None}
    assert choice_of(first, second).logprobs == {"content": [{"token": "a"}, {"token": "b"}]}


def test_an_error_keeps_what_came_and_is_for_the_user_to_repeat():
    outcome, _ = read(body_of(delta(content="a"), {"error": {"message": "Overloaded", "code": 529}}))
    assert outcome.choices[0].text == "a"
    assert outcome.error is not None
    assert (outcome.error.retry, outcome.error.status, outcome.complete) == (Retry.USER, 200, False)


def test_connection_faults_do_not_matter_after_every_finish_reason():
    accumulator = ChunkAccumulator()
    for item in items_of(body_of(delta("stop", content="a"))):
        accumulator.feed(item)
    accumulator.feed(EndpointError(ErrorKind.TIMEOUT, "idle", retry=Retry.YES))
    accumulator.close(cut=True)
    assert (accumulator.outcome.error, accumulator.outcome.complete) == (None, True)


def test_told_errors_matter_even_after_the_finish_reason():
    outcome, _ = read(body_of(delta("stop", content="a"), {"error": "broken"}))
    assert outcome.error is not None
    assert not outcome.complete


def test_only_the_first_error_counts():
    accumulator = ChunkAccumulator()
    accumulator.feed(EndpointError(ErrorKind.QUOTA, "first"))
    accumulator.feed(EndpointError(ErrorKind.AUTH, "second"))
    accumulator.close()
    assert accumulator.outcome.error is not None
    assert accumulator.outcome.error.message == "first"


def test_unfinished_choice_beside_a_finished_one_is_incomplete():
    body = body_of(delta("stop", _choice=0, content="a"), delta(_choice=1, content="b"))
    assert read(body)[0].complete is False
    assert read(body + body_of(DONE))[0].complete is True


@pytest.mark.parametrize("reason", ["error", "insufficient_system_resource"])
def test_finish_reasons_that_are_failures(reason: str):
    outcome = outcome_of(delta(content="a"), delta(reason))
    assert (outcome.error, outcome.complete) == (None, False)


def test_finish_without_content_is_a_complete_but_empty_reply():
    outcome = outcome_of(delta(role="assistant", content=""), delta("stop"))
    assert (outcome.error, outcome.complete, outcome.is_empty) == (None, True, True)
    assert outcome_of(delta("stop", content="a")).is_empty is False


@pytest.mark.parametrize("events", [[DONE], [delta(role="assistant", content=""), DONE], []])
def test_nothing_at_all_is_an_error_that_may_be_repeated(events: list[Any]):
    error = read(body_of(*events))[0].error
    assert error is not None
    assert (error.kind, error.retry) == (ErrorKind.EMPTY_RESPONSE, Retry.YES)


def test_closing_twice_changes_nothing():
    accumulator = ChunkAccumulator()
    accumulator.feed(ChatCompletionChunk(done=True))
    accumulator.close()
    before = accumulator.outcome
    assert accumulator.close(cut=True) == []
    assert repr(accumulator.outcome) == repr(before)


def test_refusal_is_its_own_part():
    choice = choice_of(delta(refusal="No"), delta("stop", refusal="."))
    assert (choice.refusal, choice.text, choice.message["refusal"]) == ("No.", "", "No.")


def test_surrogate_halves_in_two_deltas_are_joined():
    choice = choice_of(
        delta(content="a\ud83d"), delta(content="\ude00b\0"), delta(reasoning="\ud83d"), delta("stop")
    )
    assert (choice.text, choice.reasoning) == ("a😀b", "\ufffd")


def test_whole_reply_keeps_everything_a_stream_would():
    outcome, _ = read(whole(content="a", reasoning="r", refusal=None, mood="calm"))
    assert outcome.choices[0].message == {
        "mood": "calm",
        "role": "assistant",
        "content": "a",
        "reasoning": "r",
    }
    assert outcome.complete
