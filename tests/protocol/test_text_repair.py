from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.protocol import clean_text, clean_value
from conversations.protocol.text_repair import MAX_DEPTH, TextRepair

halves = st.text(st.sampled_from("ab\0é😀\ud83d\ude00\udbff\udc00"), max_size=30)


def repaired(pieces: list[str]) -> list[str]:
    repair = TextRepair()
    return [*(repair.feed(piece) for piece in pieces), repair.close()]


def test_halves_of_a_pair_are_joined_across_pieces():
    assert repaired(["a\ud83d", "\ude00b"]) == ["a", "😀b", ""]


def test_only_a_trailing_high_half_is_held_back():
    assert repaired(["a\ude00", "b\ud83dc", "\ud83d"]) == ["a\ufffd", "b\ufffdc", "", "\ufffd"]


def test_nul_is_removed_even_between_halves():
    assert repaired(["a\0b", "\ud83d\0", "\ude00"]) == ["ab", "", "😀", ""]


@given(halves, st.lists(st.integers(0, 30), max_size=6))
@settings(max_examples=200, deadline=None)
def test_pieces_give_what_the_whole_gives(text: str, places: list[int]):
    cuts = sorted({place % (len(text) + 1) for place in places})
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    joined = "".join(repaired(pieces))
    assert joined == clean_text(text)
    joined.encode()
    assert "\0" not in joined


def test_values_are_cleaned_names_included_and_cut_where_too_deep():
    deep: list = []
    for _ in range(MAX_DEPTH + 10):
        deep = [deep]
    cleaned = clean_value({"a\0": ["\ud83d\ude00", 1, None, True], "deep": deep})
    assert cleaned["a"] == ["😀", 1, None, True]
    assert repr(cleaned["deep"]).count("[") == MAX_DEPTH - 1
