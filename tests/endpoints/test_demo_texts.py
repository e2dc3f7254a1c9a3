"""The demo's small machines keep their promises for any text."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.endpoints.demo.language import guess_language
from conversations.endpoints.demo.pieces import Say, Think
from conversations.endpoints.demo.plan import plan_choice, split_tokens
from conversations.endpoints.demo.reading import read_request
from conversations.endpoints.demo.replies import describe
from conversations.endpoints.demo.titles import LONGEST, title_of

TEXTS = st.text(max_size=300)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_tokens_join_to_the_text(text):
    assert "".join(split_tokens(text)) == text


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS, st.lists(st.text(min_size=1, max_size=3), max_size=3), st.integers(0, 40))
def test_plan_keeps_stop_and_limit(thought, text, stop, limit):
    plan = plan_choice([Think(thought), Say(text)], stop=stop, limit=limit)
    assert thought.startswith(plan.reasoning)
    assert text.startswith(plan.text)
    assert len(plan.tokens) <= limit
    assert not any(word in plan.text for word in stop)
    assert plan.finish_reason in ("stop", "length")


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_titles_are_one_short_line(text):
    title = title_of(text)
    assert 0 < len(title) <= LONGEST
    assert "\n" not in title
    assert not re.search(r"[*`]", title)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('"To be" is how it begins', "To be is how it begins"),
        ('" a stray mark', "A stray mark"),
        ("What is “DNA”?", "What is DNA"),
        ("'tis the dogs' day, isn't it?", "Tis the dogs day, isn't it"),
        ("1. One thing and another", "1. One thing and another"),
        ("First. Second.", "First"),
    ],
)
def test_titles_begin_and_end_with_words(text, title):
    assert title_of(text) == title


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_any_text_can_be_described(text):
    request = read_request({"model": "demo", "messages": [{"role": "user", "content": text}]})
    assert "I am the built-in demo" in "".join(piece.text for piece in describe(request))
    assert guess_language(text)


# The demo answers on the event loop of the whole site: a paste that it reads too closely would hold up everybody.
LONG_MESSAGES = """
import sys
from conversations.endpoints.demo.reading import read_request
from conversations.endpoints.demo.replies import describe
from conversations.endpoints.demo.scenarios import SCENARIOS
from conversations.endpoints.demo.titles import write_title
text = sys.argv[1] * (1_000_000 // len(sys.argv[1]))
request = read_request({"model": "demo", "messages": [{"role": "user", "content": text}]})
for scenario in SCENARIOS:
    scenario.pattern.search(text)
assert list(describe(request))
assert list(write_title(request))
"""


@pytest.mark.parametrize(
    "repeated", ["word ", "x", " ", "`", "```\\n", "~~~ a\\n", "[", "7", "?", "\\n", "user: ", "3 ", "写"]
)
def test_a_message_of_a_megabyte_is_read_in_no_time(repeated):
    done = subprocess.run(
        [sys.executable, "-c", LONG_MESSAGES, repeated], timeout=30, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
