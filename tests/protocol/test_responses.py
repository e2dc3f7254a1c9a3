import base64

from conversations.protocol import Outcome, completion_of, usage_json
from tests.protocol.stream import choice_of, delta, outcome_of, read


def json_of(outcome: Outcome) -> dict:
    return completion_of(outcome, response_id="chatcmpl-1", created=5, model="m").to_json()


def test_every_member_is_present():
    outcome = outcome_of(
        delta("stop", content="Hi", reasoning="r"), {"usage": {"total_tokens": 3, "cost": 1}}
    )
    assert json_of(outcome) == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None, "reasoning_content": "r"},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 3, "cost": 1},
        "system_fingerprint": None,
    }


def test_content_is_null_only_beside_something_else():
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    calling = json_of(outcome_of(delta(tool_calls=[call])))["choices"][0]
    assert (calling["message"]["content"], calling["finish_reason"]) == (None, "tool_calls")
    assert json_of(outcome_of(delta("stop")))["choices"][0]["message"]["content"] == ""
    refusing = json_of(outcome_of(delta("stop", refusal="No")))["choices"][0]["message"]
    assert (refusing["content"], refusing["refusal"]) == (None, "No")


def test_sound_pictures_and_sources_are_in_the_message():
    outcome = outcome_of(
        delta(
            audio={"id": "x", "data": "AAEC"}, images=["https://i"], annotations=[{"type": "url_citation"}]
        ),
        delta("stop"),
    )
    message = json_of(outcome)["choices"][0]["message"]
    assert base64.b64decode(message["audio"]["data"]) == b"\x00\x01\x02"
    assert message["images"] == [{"type": "image_url", "image_url": {"url": "https://i"}}]
    assert message["annotations"] == [{"type": "url_citation"}]


def test_a_written_reply_is_read_again():
    import json

    outcome = outcome_of(delta(content="<think>why</think>so", mood="calm"), delta("stop"))
    again, _ = read(json.dumps(json_of(outcome)).encode())
    (choice,) = again.choices
    assert (choice.text, choice.reasoning, choice.message["mood"]) == ("so", "why", "calm")
    assert again.complete


def test_unknown_usage_is_zero():
    assert usage_json(None) == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def test_tags_are_not_in_the_content():
    choice = choice_of(delta(content="<think>why</think>so"), delta("stop"))
    assert choice.text == "so"
