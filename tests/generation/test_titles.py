"""What a model answers when asked for a title, and what of it can be one."""

import pytest

from conversations.generation.titles import clean_title
from conversations.services.conversations import TITLE_LENGTH


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("A trip to Rome", "A trip to Rome"),
        ('"A trip to Rome."', "A trip to Rome"),
        ("\n\n**Title:** A trip to Rome\n\nHere is why …", "A trip to Rome"),
        ("# A trip to Rome", "A trip to Rome"),
        ("- A trip to Rome", "A trip to Rome"),
        ("罗马之旅", "罗马之旅"),
        ("<b>Rome</b>", "Rome"),
        ("", ""),
        ("…", ""),
        ("x" * (TITLE_LENGTH + 1), ""),
    ],
)
def test_the_first_line_without_markup_is_the_title(answer, title):
    assert clean_title(answer) == title
