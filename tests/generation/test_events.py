"""What travels to pages: little around a few characters."""

import json

from conversations.generation import events
from conversations.generation.events import Shorthand


def test_a_text_operation_names_its_element_only_when_that_changes():
    short = Shorthand()
    assert short.of([["text", "a", "x"], ["text", "a", "y"], ["append", "p", "<p>"], ["text", "a", "z"]]) == [
        ["text", "a", "x"],
        "y",
        ["append", "p", "<p>"],
        "z",
    ]
    assert short.of([["text", "a", "1"], ["text", "b", "2"]]) == ["1", ["text", "b", "2"]]


def test_somebody_who_joins_is_told_the_element_again():
    short = Shorthand()
    short.of([["text", "a", "x"]])
    short.forget()
    assert short.of([["text", "a", "y"]]) == [["text", "a", "y"]]


def test_a_frame_of_a_few_characters_is_hardly_longer_than_they_are():
    frame = events.frame("3f2a9c1b", 1234, ["hello"])
    assert json.loads(frame) == ["3f2a9c1b", 1234, "hello"]
    assert len(frame) <= len("hello") + 20
