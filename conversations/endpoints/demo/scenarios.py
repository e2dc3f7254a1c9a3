"""Which words of the user lead to which answer: the demo's understanding, as data.

Invariant: the first scenario that fits answers; long messages are never taken for commands.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from .drawing import draw_picture
from .faults import cut_off, fail_halfway, go_slowly, refuse_for_rate, refuse_with_error, stay_silent
from .pieces import Piece, Refuse, Say, Think
from .reading import DemoRequest
from .replies import describe, explain_connecting, greet, think_about, think_and_describe
from .samples import count_up, show_code, show_math, show_table, speak, write_long
from .structured import answer_as_json, wants_json
from .titles import asks_for_title, write_title
from .tour import show_tour

REASONING_MODEL = "demo-reasoning"
LONGEST_COMMAND = 80
MOST_CHOICES = 8
NUMBERS = {"two": 2, "three": 3, "four": 4, "several": 3}


class Scenario(msgspec.Struct, frozen=True):
    """Words that lead to an answer; `example` and `about` make the help text (no example: not listed)."""

    pattern: re.Pattern[str]
    reply: Callable[[DemoRequest], Iterable[Piece]]
    example: str = ""
    about: str = ""


POLITE = r"(?:please )?(?:(?:can|could) you )?(?:(?:show|give|send|write|make|simulate|return) (?:me )?)?(?:an? |the )?"
AFTER = r"(?: (?:text|answer|reply|response|tokens|please))*[.!]*"
SEVERAL = re.compile(
    rf"\A{POLITE}(?P<n>[2-8]|two|three|four|several) (?:different )?(?:choices|answers|versions|alternatives)"
    rf"(?: (?:about|for|of|to)\b.*)?{AFTER}\Z",
    re.I | re.S,
)

ALOUD = re.compile(
    rf"\A{POLITE}(?:some )?(?:sounds?|voice|speech|speak(?:ing)?(?: to me| up)?|talk(?:ing)? to me"
    rf"|(?:speak|say|read|answer)\b.{{0,60}}\b(?:aloud|out loud)){AFTER}\Z|朗读|声音|说话",
    re.I | re.S,
)


def _contains(pattern: str, chinese: str = "") -> re.Pattern[str]:
    """Any of the words; Chinese ones stand without spaces around them."""
    return re.compile(rf"\b(?:{pattern})\b" + (f"|{chinese}" if chinese else ""), re.I)


def _is(pattern: str) -> re.Pattern[str]:
    """The whole message, but for polite words around it: "Why do I see an error?" must not cause one."""
    return re.compile(rf"\A{POLITE}(?:{pattern}){AFTER}\Z", re.I)


def show_help(request: DemoRequest) -> Iterator[Piece]:
    rows = "\n".join(
        f"| `{scenario.example}` | {scenario.about} |" for scenario in SCENARIOS if scenario.example
    )
    yield Say(
        "I am the built-in demo, a small program without a language model. These words have an effect:\n\n"
        f"| Write | What happens |\n|:------|:-------------|\n{rows}\n\n"
        "To anything else I reply with a description of what I was sent. The model `demo-reasoning` does the "
        "same, and thinks first."
    )


def offer_choice(request: DemoRequest) -> Iterator[Piece]:
    yield Say(
        f"This is answer number {request.choice + 1} of {choices_of(request)}. All of them came from one request; "
        "look for the arrows below the message to see the others."
    )


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(_contains(r"help|what can you (do|show)|commands", "你能做什么|帮助"), show_help, "help", "this list"),
    Scenario(_contains(r"connect|OPENAI_BASE_URL"), explain_connecting, "connect", "how to connect a real model"),
    Scenario(_contains(r"tour|markdown"), show_tour, "tour", "a long answer with every kind of Markdown"),
    Scenario(SEVERAL, offer_choice, "3 choices", "several answers to one message"),
    Scenario(_is(r"rate[- ]?limit( error)?|429|busy"), refuse_for_rate, "rate limit", "waits, then refuses (429)"),
    Scenario(_is(r"(error|fail(ure)?) (halfway|(in the )?middle|later)|mid-?stream error"), fail_halfway,
             "error halfway", "an error after some text"),
    Scenario(_is(r"((server|http) )?(error|500)"), refuse_with_error, "error", "a server error (500), no answer"),
    Scenario(_is(r"cut( it| me)? ?off( answer)?|disconnect"), cut_off, "cut off", "the connection breaks midway"),
    Scenario(_is(r"say nothing|empty"), stay_silent, "say nothing", "an answer without any words"),
    Scenario(_is(r"(very )?slow(ly)?|answer slowly"), go_slowly, "slow", "a slow answer, to try stopping"),
    Scenario(_is(r"(very )?long(( text| answer)?( of| with)?( about)? \d[\d,_]*)?"), write_long,
             "long 5000", "a text of about that many tokens"),
    Scenario(_is(r"count( up)? to \d[\d,_]*"), count_up, "count to 50", "numbers, one after the other"),
    Scenario(_contains(r"think|reason(ing)?", "思考|想一想"), think_and_describe,
             "think", "reasoning before the answer"),
    Scenario(_contains(r"pictures?|images?|draw(ing)?|paint(ing)?|photos?", "图片|图像|画"), draw_picture,
             "draw a red sun", "a picture, drawn by a small program"),
    Scenario(ALOUD, speak, "speak", "a spoken answer, in tones"),
    Scenario(_contains(r"table"), show_table, "table", "a table"),
    Scenario(_contains(r"code|program|python|javascript", "代码"), show_code, "code", "code in several languages"),
    Scenario(_contains(r"math(s|ematics)?|formulas?|latex"), show_math, "math", "formulas"),
    Scenario(_contains(r"\A(hello|hi|hey|good (morning|afternoon|evening)|hallo|bonjour|hola|ciao)", r"\A你好"), greet),
    Scenario(_contains(r"who are you|what are you"), greet),
)  # fmt: skip


def reply_to(request: DemoRequest) -> Iterable[Piece]:
    """The pieces of one choice's answer."""
    if asks_for_title(request):
        return write_title(request)
    if wants_json(request):
        return answer_as_json(request)
    reply = _scenario_reply(request)
    if "image" in request.modalities and reply is describe and not request.last_turn.other_parts:
        reply = draw_picture
    pieces = list(reply(request))
    thinks = any(isinstance(piece, Refuse | Think) for piece in pieces)
    if request.model == REASONING_MODEL and not thinks:
        return [*think_about(request), *pieces]
    return pieces


def choices_of(request: DemoRequest) -> int:
    """How many answers: what `n` says, or what the last text asks for in words."""
    found = SEVERAL.search(request.last_text) if _is_command(request) else None
    if request.n > 1 or not found:
        return request.n
    word = found["n"].lower()
    return min(NUMBERS.get(word) or int(word), MOST_CHOICES)


def _scenario_reply(request: DemoRequest) -> Callable[[DemoRequest], Iterable[Piece]]:
    if _is_command(request):
        for scenario in SCENARIOS:
            if scenario.pattern.search(request.last_text):
                return scenario.reply
    return describe


def _is_command(request: DemoRequest) -> bool:
    return len(request.last_text) <= LONGEST_COMMAND and not request.last_turn.other_parts
