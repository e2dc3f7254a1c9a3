"""What the demo says when nothing special is asked: what it is, and what it was sent.

Invariant: it never pretends to have understood; every statement is counted or quoted from the request.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from .code_blocks import find_code_blocks
from .language import UNKNOWN, guess_language
from .pieces import Piece, Say, Think
from .reading import DemoRequest
from .wording import LONGEST_QUOTE, LONGEST_VALUE, as_code, count, join, quote, shorten

OPENINGS = ("Hello!", "Hello, and welcome.", "Good to see you here.")

GREETING = """
I am the **demo** that is built into Chatsite: a small program, without a language model, so that you can try
the page before you connect one.

Write `tour` to see everything an answer can contain, or `help` for the list of what I can show. Anything else
you write, I describe back to you.
""".strip()

CONNECT = """
To talk to a real model, give Chatsite the address of any server that speaks the Chat Completions protocol,
and start it again:

```sh
export OPENAI_BASE_URL=http://127.0.0.1:11434/v1   # Ollama, for example
export OPENAI_API_KEY=sk-…                          # if the server wants a key
make run
```

Further endpoints can be added on the settings page.
""".strip()

REMINDER = (
    "I am the built-in demo, without a language model, so I can describe this but not answer it. "
    "Write `help` to see what I can show, or set `OPENAI_BASE_URL` to connect a real model."
)

LOOKED = "That is what a small program measures in files; no model looked at them or listened to them."

SENTENCE = re.compile(r"([^.!?。！？\n]+)([?？]?)")
PART_NAMES = {"image_url": "image", "input_audio": "audio recording", "file": "file", "video_url": "video"}
MOST_PARAMETERS = 40
MOST_LANGUAGES = 12


def greet(request: DemoRequest) -> Iterator[Piece]:
    yield Say(f"{request.random().choice(OPENINGS)} {GREETING}")


def explain_connecting(request: DemoRequest) -> Iterator[Piece]:
    yield Say(CONNECT)


def describe(request: DemoRequest) -> Iterator[Piece]:
    """The usual answer: what was sent, in a few sentences."""
    remarks = [
        _measure(request),
        *_seen(request),
        _questions(request),
        _code(request),
        _history(request),
        _parameters(request),
    ]
    yield Say("\n\n".join([*filter(None, remarks), REMINDER]))


def think_about(request: DemoRequest) -> Iterator[Piece]:
    """The reasoning that goes before an answer of the reasoning model."""
    text = request.last_text
    words = len(text.split())
    yield Think(
        f"The last message has {count(words, 'word')}. It reads like {guess_language(text)}.\n\n"
        f"Let me count the earlier turns: there are {len(request.turns) - 1} before it. "
        "I have no model to think with, so these are the steps of a small program, sent as reasoning so that "
        "the page has something to fold away.\n\n"
        "First I look for a word that I know, such as `tour` or `table`. "
        "If there is none, I describe the message. Then I write the answer."
    )


def think_and_describe(request: DemoRequest) -> Iterator[Piece]:
    yield from think_about(request)
    yield from describe(request)


def _measure(request: DemoRequest) -> str:
    turn = request.last_turn
    text = request.last_text
    attached = _attachments(tuple(str(part.get("type")) for part in turn.other_parts))
    if not text:
        return f"You sent {attached or 'an empty message'}{' without any words' if attached else ''}."
    words = count(len(text.split()), "word")
    size = f"**{words}**, {count(len(text), 'character')}"
    language = guess_language(text)
    reads = "" if language == UNKNOWN else f", in what looks like {language}"
    return f"You wrote {size}{reads}{f', and sent {attached}' if attached else ''}:\n\n{quote(text)}"


def _attachments(kinds: tuple[str, ...]) -> str:
    counts = Counter(PART_NAMES.get(kind, kind) for kind in kinds)
    return join([count(number, name) for name, number in counts.items()])


def _seen(request: DemoRequest) -> list[str]:
    """What is in the files that came with the last message."""
    remarks = request.attachments.remarks
    return [*remarks, LOOKED] if remarks else []


def _questions(request: DemoRequest) -> str:
    outside = find_code_blocks(request.last_beginning).outside
    sentences = SENTENCE.findall(outside)
    questions = [(text + mark).strip() for text, mark in sentences if mark and re.search(r"\w", text)]
    if not questions:
        return ""
    if len(questions) == 1:
        return "I found one question in it."
    return f"I found {len(questions)} questions in it; the last is “{shorten(questions[-1], LONGEST_QUOTE)}”"


def _code(request: DemoRequest) -> str:
    languages = find_code_blocks(request.last_beginning).languages
    if not languages:
        return ""
    names = dict.fromkeys(shorten(language, LONGEST_VALUE) or "no language named" for language in languages)
    named = ", ".join(list(names)[:MOST_LANGUAGES])
    return f"It holds {count(len(languages), 'block')} of code ({named})."


def _history(request: DemoRequest) -> str:
    earlier = request.user_texts[:-1]
    systems = sum(turn.role in ("system", "developer") for turn in request.turns)
    told = f" I was also given {count(systems, 'system message')}." if systems else ""
    if not earlier:
        return told.strip()
    first = quote(earlier[0])
    sent = count(len(earlier), "earlier message")
    return f"I was sent {sent} of yours with it.{told} The first was:\n\n{first}"


def _parameters(request: DemoRequest) -> str:
    if not request.parameters:
        return ""
    given = list(islice(request.parameters.items(), MOST_PARAMETERS))
    rows = [f"- {as_code(name)}: {as_code(value)}" for name, value in given]
    if more := len(request.parameters) - len(given):
        rows.append(f"- and {more:,} more")
    listed = "\n".join(rows)
    return f"These parameters came with the request:\n\n{listed}"
