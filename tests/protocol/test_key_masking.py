import pytest

from conversations.protocol import mask_keys
from conversations.protocol.key_masking import plain_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-abcdefghij here", "key sk-*** here"),
        ("sk-proj-AbC_123-xyz.", "sk-***."),
        ("Bearer abc.def-ghi_jkl, then", "Bearer ***, then"),
        ("AIzaSyA1234567890abcdefghijklmnop", "AIza***"),
        ("gsk_a1b2c3d4e5f6g7h8", "gsk_***"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc", "eyJ***"),
        ("a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d0", "a1b2***"),
        (
            "GET https://x.example/v1/models?key=Zx9!secret&b=2 failed",
            "GET https://x.example/v1/models?key=***&b=2 failed",
        ),
        ("/models?api-key=hunter2", "/models?api-key=***"),
        ("/models?a=1&access_token=abcdef#top", "/models?a=1&access_token=***#top"),
        ("https://user:p@ss@x.example/v1", "https://***@x.example/v1"),
        ('header "x-api-key": "ab12cd34"', 'header "x-api-key": "***"'),
        ("/search?page=2&keyword=cats", "/search?page=2&keyword=cats"),
        ("api_key: required", "api_key: required"),
        ("already sk-abc***wxyz", "already sk-abc***wxyz"),
        (
            "see https://platform.openai.com/account/api-keys",
            "see https://platform.openai.com/account/api-keys",
        ),
        ("the task-oriented api-reference", "the task-oriented api-reference"),
        ("request id: 20261123021500", "request id: 20261123021500"),
        ("req 123e4567-e89b-12d3-a456-426614174000", "req 123e4567-e89b-12d3-a456-426614174000"),
        ("'max_tokens' and 'top_logprobs'", "'max_tokens' and 'top_logprobs'"),
    ],
)
def test_keys_are_masked_and_nothing_else(text: str, masked: str):
    assert mask_keys(text) == masked


def test_text_is_masked_before_it_is_cut():
    told = plain_text("x" * 480 + " sk-abcdefghijklmnopqrstuvwxyz0123")
    assert told.endswith(" sk-***")
