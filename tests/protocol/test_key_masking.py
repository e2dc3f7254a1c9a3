import pytest

from conversations.protocol import mask_keys


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
