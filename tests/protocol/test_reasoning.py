import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.protocol import PartKind
from conversations.protocol.reasoning import ThinkTags, merge_reasoning_details
from tests.protocol.stream import choice_of, delta


def split(*pieces: str) -> tuple[str, str]:
    """Reasoning and text of the content."""
    tags = ThinkTags()
    segments = [segment for piece in pieces for segment in tags.feed(piece)] + tags.flush()
    found = {PartKind.REASONING: "", PartKind.TEXT: ""}
    for kind, text in segments:
        if kind is None:
            found = {PartKind.REASONING: found[PartKind.TEXT], PartKind.TEXT: ""}
        else:
            found[kind] += text
    return found[PartKind.REASONING], found[PartKind.TEXT]


@pytest.mark.parametrize(
    ("content", "reasoning", "text"),
    [
        ("<think>a</think>b", "a", "b"),
        (" \n<think>\na\n</think>\n\nb", "a\n", "b"),
        ("<thinking>a</thinking> b", "a", "b"),
        ("<thinking>a</think>b</thinking>c", "a</think>b", "c"),
        ("<think>never closed </thi", "never closed </thi", ""),
        ("<think></think>b", "", "b"),
        ("<think> \n </think>b", "", "b"),
        ("</think>b", "", "b"),
        ("a</think>b", "a", "b"),
        ("a</think>b</think>c", "a", "b</think>c"),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("The tag <think>x</think> is text", "", "The tag <think>x</think> is text"),
        ("It ends with `</think>` there", "", "It ends with `</think>` there"),
        ("use `x`</think>b", "use `x`", "b"),
        ("a `</think>", "", "a `</think>"),
        ("write `a </think> b` there", "", "write `a </think> b` there"),
        ("write ``a ` </think>`` there", "", "write ``a ` </think>`` there"),
        ("a ` stray\nso</think>b", "a ` stray\nso", "b"),
        ("a ` stray</think>b\n`", "a ` stray", "b\n`"),
        ("a ` stray</think>" + "b" * 300 + "`", "a ` stray", "b" * 300 + "`"),
        ('the "</think>" tag', "", 'the "</think>" tag'),
        ("das „x“ “</think>” tag", "", "das „x“ “</think>” tag"),
        ('he said "so</think>b', 'he said "so', "b"),
        ("```\n</think>\n```", "", "```\n</think>\n```"),
        ("````\nx\n````\nso</think>b", "````\nx\n````\nso", "b"),
        ("```x``` then</think>b", "```x``` then", "b"),
        ("<thin", "", "<thin"),
        ("<b>bold</b> < 3", "", "<b>bold</b> < 3"),
        ("  ", "", "  "),
        ("", "", ""),
    ],
)
def test_tags_at_the_start_split_content_for_every_cut(content: str, reasoning: str, text: str):
    assert split(content) == (reasoning, text)
    assert split(*content) == (reasoning, text)
    for place in range(len(content)):
        assert split(content[:place], content[place:]) == (reasoning, text)


@given(
    st.lists(
        st.sampled_from(
            [
                "<think>",
                "</think>",
                "<thinking>",
                "</thinking>",
                "`",
                "``",
                "```",
                '"',
                "\n",
                " ",
                "a",
                "<",
                "/",
            ]
        ),
        max_size=9,
    ),
    st.lists(st.integers(0, 60), max_size=5),
)
@settings(max_examples=300, deadline=None)
def test_any_cut_of_any_content_gives_the_same(words: list[str], places: list[int]):
    content = "".join(words)
    cuts = sorted({place % (len(content) + 1) for place in places})
    pieces = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert split(*pieces) == split(content)


def test_text_is_not_held_back_longer_than_a_tag_could_be():
    tags = ThinkTags()
    assert tags.feed("Hello <b") == [(PartKind.TEXT, "Hello <b")]
    assert tags.feed(" and </thi") == [(PartKind.TEXT, " and ")]
    assert tags.feed("s>") == [(PartKind.TEXT, "</this>")]


def test_closing_tag_is_text_when_reasoning_came_under_its_own_name():
    choice = choice_of(delta(reasoning_content="r"), delta(content="a</think>b"), delta("stop"))
    assert (choice.reasoning, choice.text) == ("r", "a</think>b")


def test_first_name_that_is_not_empty_is_used():
    choice = choice_of(
        delta(
            reasoning_content="", reasoning="a", reasoning_details=[{"type": "reasoning.text", "text": "a"}]
        ),
        delta(
            reasoning_details=[{"type": "reasoning.summary", "summary": "b"}, {"type": "reasoning.encrypted"}]
        ),
        delta("stop", content="c"),
    )
    assert (choice.reasoning, choice.text) == ("ab", "c")


def test_reasoning_may_resume_after_content():
    choice = choice_of(
        delta(reasoning="a"), delta(content="b"), delta(reasoning="c"), delta(content="d"), delta("stop")
    )
    assert [(part.kind, part.text) for part in choice.parts] == [
        (PartKind.REASONING, "a"),
        (PartKind.TEXT, "b"),
        (PartKind.REASONING, "c"),
        (PartKind.TEXT, "d"),
    ]


def test_streamed_details_are_joined_and_others_kept_in_order():
    text = {"type": "reasoning.text", "index": 0, "format": "f"}
    encrypted = {"type": "reasoning.encrypted", "data": "xyz", "index": 1}
    assert merge_reasoning_details(
        [
            {**text, "text": "a"},
            {**text, "text": "b"},
            {**text, "signature": "s"},
            encrypted,
            encrypted,
            "odd",
        ]
    ) == [{**text, "text": "ab", "signature": "s"}, encrypted, encrypted, "odd"]


def test_details_of_different_places_stay_apart():
    details = [
        {"type": "reasoning.summary", "index": 0, "summary": "a"},
        {"type": "reasoning.summary", "index": 1, "summary": "b"},
    ]
    assert merge_reasoning_details(details) == details
