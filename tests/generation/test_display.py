"""An answer while it is written: its operations, its snapshot and its record say the same."""

import time
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations import markdown
from conversations.generation.display import LiveMessage
from conversations.presenters import PartCard
from conversations.protocol.events import (
    ChoiceFinished,
    PartData,
    PartDelta,
    PartFinished,
    PartKind,
    PartKindChanged,
    PartStarted,
)
from conversations.services.generations import PartRecord


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def message(clock):
    return LiveMessage(0, "m", clock=clock)


def feed(message, *events):
    for event in events:
        message.apply(event)


def started(part, kind=PartKind.TEXT, **data):
    return PartStarted(0, part, kind, data)


def test_text_is_recorded_as_it_came_with_its_html(message):
    feed(message, started(0), PartDelta(0, 0, "Hello **wor"), PartDelta(0, 0, "ld**"))
    (record,) = message.records()
    assert (record.text, record.html) == ("Hello **world**", "<p>Hello <strong>world</strong></p>")


def test_what_stands_around_the_answer_is_in_its_own_language_whoever_asks():
    message = LiveMessage(0, "m", language="zh-hans")
    feed(message, started(0, PartKind.REASONING), PartDelta(0, 0, "Hm"))
    with translation.override("en"):
        reasoning, _ = message.snapshot()
    assert "思考中…" in reasoning[2]


def test_reasoning_ends_when_the_answer_begins_and_lasts_until_then(message, clock):
    feed(message, started(0, PartKind.REASONING), PartDelta(0, 0, "Hm"))
    clock.now = 3.0
    feed(message, started(1), PartDelta(0, 1, "Yes"))
    clock.now = 9.0
    message.finish()
    assert [record.seconds for record in message.records()] == [3.0, 6.0]


def test_the_summary_of_reasoning_changes_when_it_ends(message):
    feed(message, started(0, PartKind.REASONING), PartDelta(0, 0, "Hm"))
    assert "Thinking" in str(message.flush())
    feed(message, PartFinished(0, 0))
    assert "Thought for a moment" in str(message.flush())


def test_text_that_turns_out_to_be_reasoning_moves_there(message):
    feed(message, started(0), PartDelta(0, 0, "I count."), PartFinished(0, 0))
    message.flush()
    feed(message, PartKindChanged(0, 0, PartKind.REASONING))
    remove, append, *_ = message.flush()
    assert remove == ["remove", "part-m-0"]
    assert append[:2] == ["append", "message-m-reasoning"]
    assert "I count." in append[2]
    assert [record.kind for record in message.records()] == ["reasoning"]


def test_a_snapshot_holds_everything_and_later_operations_fit_it(message):
    feed(message, started(0), PartDelta(0, 0, "One\n\nTw"))
    reasoning, body = message.snapshot()
    assert (reasoning[1:], body[1]) == (["message-m-reasoning", ""], "message-m-body")
    assert "One" in body[2]
    feed(message, PartDelta(0, 0, "o"))
    (operation,) = message.flush()
    assert f'id="{operation[1]}"' in body[2]
    assert operation[2] == "o"


@pytest.fixture
def continued(clock):
    """Makes an answer that goes on with the parts given as (kind, text)."""

    def make(*base):
        records = [
            PartRecord(kind, text, html=markdown.render(text), html_version=1, seconds=2.0)
            for kind, text in base
        ]
        return LiveMessage(0, "m", base=records, clock=clock)

    return make


def said(message):
    return [(record.kind, record.text) for record in message.records()]


def test_a_sentence_that_was_cut_closes_up(continued, clock):
    message = continued(("text", "Once **upon"))
    feed(message, started(0), PartDelta(0, 0, " a** time"))
    (operation,) = message.flush()[:1]
    assert operation[:2] == ["replace", "part-m-0"]
    assert "<strong>upon a</strong> time" in message.snapshot()[1][2]
    clock.now = 3.0
    message.finish()
    (record,) = message.records()
    assert (record.text, record.html) == ("Once **upon a** time", "<p>Once <strong>upon a</strong> time</p>")
    assert record.seconds == 5.0


def test_a_block_of_code_that_was_cut_goes_on(continued):
    message = continued(("text", "```python\nprint("))
    feed(message, started(0), PartDelta(0, 0, "1)\n```\nDone"))
    message.finish()
    assert message.records()[0].html == markdown.render("```python\nprint(1)\n```\nDone")


def test_thinking_first_does_not_keep_a_sentence_from_closing_up(continued):
    message = continued(("reasoning", "Hm"), ("text", "Once"))
    feed(message, started(0, PartKind.REASONING), PartDelta(0, 0, "On"), started(1), PartDelta(0, 1, " upon"))
    assert said(message) == [("reasoning", "Hm"), ("text", "Once upon"), ("reasoning", "On")]


def test_what_follows_a_tool_call_is_a_text_of_its_own(continued):
    message = continued(("text", "Let me see"), ("tool_call", "{}"))
    feed(message, started(0), PartDelta(0, 0, "Well"))
    assert said(message) == [("text", "Let me see"), ("tool_call", "{}"), ("text", "Well")]


def test_a_continued_answer_that_brings_nothing_keeps_its_beginning(continued):
    message = continued(("text", "Once"))
    assert not message.has_content
    assert "Once" in message.snapshot()[1][2]
    feed(message, started(0))
    assert not message.has_content
    assert said(message) == [("text", "Once")]


def test_reasoning_without_a_beginning_does_not_swallow_what_was_said_before(continued):
    message = continued(("text", "Once"))
    feed(message, started(0), PartDelta(0, 0, "go on, but how?"), PartKindChanged(0, 0, PartKind.REASONING))
    feed(message, started(1), PartDelta(0, 1, " upon"))
    message.finish()
    assert said(message) == [("text", "Once upon"), ("reasoning", "go on, but how?")]


@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=6))
def test_a_continued_text_looks_like_one_written_in_one_go(beginning, pieces):
    message = LiveMessage(0, "m", base=[PartRecord("text", beginning, html=markdown.render(beginning))])
    feed(message, started(0))
    for piece in pieces:
        feed(message, PartDelta(0, 0, piece))
        message.flush()
    message.finish()
    (record,) = message.records()
    assert record.html == markdown.render(beginning + "".join(pieces))


def test_sound_is_joined_as_bytes_and_is_no_data(message):
    feed(message, started(0, PartKind.AUDIO, id="a"), PartData(0, 0, {"audio_bytes": b"\x00\x01"}))
    feed(message, PartData(0, 0, {"audio_bytes": b"\x02"}), PartDelta(0, 0, "Hello"))
    (record,) = message.records()
    assert (record.text, record.data) == ("Hello", {"id": "a"})
    assert message.live[0].content == b"\x00\x01\x02"


def test_a_tool_call_is_shown_with_its_name_and_arguments(message):
    feed(message, started(0, PartKind.TOOL_CALL, id="c", name="clock"), PartDelta(0, 0, '{"zone":'))
    assert "clock" in str(message.flush())
    feed(message, PartDelta(0, 0, '"UTC"}'))
    assert "{&quot;zone&quot;:&quot;UTC&quot;}" in str(message.flush())


def test_a_wait_is_explained_until_something_comes(message):
    message.say("The endpoint is busy.")
    assert "The endpoint is busy." in str(message.flush())
    assert "The endpoint is busy." in str(message.snapshot())
    feed(message, started(0), PartDelta(0, 0, "x"))
    assert "busy" not in str(message.snapshot())


def test_how_it_ended_is_remembered(message):
    feed(message, started(0), ChoiceFinished(0, "length"))
    assert message.finish_reason == "length"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.text(max_size=20), st.booleans()), max_size=30))
def test_checkpoints_put_together_are_the_answer(pieces):
    from conversations.generation.run import Run

    run = Run(uuid4(), uuid4(), pace=lambda: 1)
    run.messages[0] = LiveMessage(0, uuid4())
    feed(run.messages[0], *(started(part) for part in range(3)))
    kept = ["", "", ""]

    def keep():
        due = run.unkept()
        if due:
            record, mark = due
            for _, index, _, text, _ in record.data:
                kept[index] += text
            mark()

    for part, text, checkpoint in pieces:
        run.messages[0].apply(PartDelta(0, part, text))
        if checkpoint:
            keep()
    keep()
    assert kept == [part.text for part in run.messages[0].live.values()]
    assert run.unkept() is None


def test_sound_in_many_pieces_costs_what_it_is_long(clock):
    def seconds(count):
        message = LiveMessage(0, "m", clock=clock)
        feed(message, started(0, PartKind.AUDIO))
        events = [PartData(0, 0, {"audio_bytes": b"x" * 2000})] * count
        start = time.process_time()
        feed(message, *events)
        message.flush()
        assert len(message.live[0].content) == 2000 * count
        return time.process_time() - start

    seconds(10)
    assert seconds(5000) < 40 * max(seconds(500), 0.005)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_drawn_once_for_every_beginning_looks_as_if_drawn_for_each(language):
    message = LiveMessage(0, uuid4(), language=language)
    feed(message, started(0))
    (_, place, html), *_ = message.flush()
    part = PartCard(element_id=f"part-{message.message_id}-0", kind="text", is_open=True)
    with translation.override(language):
        drawn = render_to_string("conversations/partials/_part.html", {"part": part, "role": "assistant"})
    assert (place, html) == (f"message-{message.message_id}-body", drawn)
