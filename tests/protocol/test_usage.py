from typing import Any

import pytest

from conversations.protocol import Usage, read_usage
from tests.protocol.stream import delta, outcome_of


def usage_of(*events: Any) -> Usage | None:
    return outcome_of(*events, delta("stop", content="a")).usage


def test_every_number_has_its_name():
    raw = {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "prompt_tokens_details": {
            "cached_tokens": 4,
            "text_tokens": 5,
            "audio_tokens": 6,
            "image_tokens": 7,
            "cache_write_tokens": 8,
        },
        "completion_tokens_details": {
            "text_tokens": 9,
            "audio_tokens": 10,
            "reasoning_tokens": 11,
            "accepted_prediction_tokens": 12,
            "rejected_prediction_tokens": 13,
            "image_tokens": 14,
        },
        "cost": 0.5,
        "odd": [1],
    }
    assert read_usage(raw) == Usage(
        prompt_tokens=1,
        completion_tokens=2,
        total_tokens=3,
        cached_tokens=4,
        prompt_text_tokens=5,
        prompt_audio_tokens=6,
        prompt_image_tokens=7,
        cache_write_tokens=8,
        completion_text_tokens=9,
        completion_audio_tokens=10,
        reasoning_tokens=11,
        accepted_prediction_tokens=12,
        rejected_prediction_tokens=13,
        completion_image_tokens=14,
        cost=0.5,
        raw=raw,
    )


@pytest.mark.parametrize("value", [None, "5", True, -1, 1.5, [], {}])
def test_what_is_no_count_is_unknown(value: Any):
    usage = read_usage({"prompt_tokens": value, "total_tokens": 3.0, "cost": value and "x"})
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.cost) == (
        None,
        None,
        3,
        None,
    )


def test_other_names_are_understood():
    usage = read_usage({"input_tokens": 1, "output_tokens": 2, "prompt_cache_hit_tokens": 0})
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) == (1, 2, 0)


@pytest.mark.parametrize(
    "event",
    [
        {"choices": [], "usage": {"total_tokens": 7}},
        {"choices": [{"index": 0, "delta": {}, "usage": {"total_tokens": 7}}]},
        {"choices": [], "x_groq": {"id": "x", "usage": {"total_tokens": 7}}},
        {"usage": {"total_tokens": 7}},
    ],
)
def test_usage_is_found_wherever_it_is(event: dict[str, Any]):
    usage = usage_of(event)
    assert usage is not None
    assert usage.total_tokens == 7


def test_last_usage_that_is_not_empty_wins():
    usage = usage_of(
        {"usage": {"total_tokens": 1}},
        {"usage": {"total_tokens": 2}},
        {"usage": None, "choices": []},
        {"usage": {"total_tokens": 0, "prompt_tokens_details": {"cached_tokens": 0}}},
        {"usage": {"prompt_tokens_details": None}},
    )
    assert usage is not None
    assert usage.total_tokens == 2


def test_no_usage_is_none():
    assert usage_of({"usage": {"total_tokens": 0}}) is None
