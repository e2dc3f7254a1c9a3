"""Makes a short title of a conversation when one is asked for.

Invariant: a title is one line of at most 48 characters, without Markdown and without a full stop.
"""

import re
from collections.abc import Iterator

from .pieces import Piece, Say
from .reading import DemoRequest

TALK = r"(?:conversation|chat|discussion|dialogue|exchange)"
# A request for a title holds all of these near its beginning; one for a chat program with a title bar does not.
ASKING_WORDS = (
    re.compile(
        rf"\btitle\b(?! (?:bar|element|field|page|screen|tag)\b)[^.?!\n]{{0,80}}\b{TALK}\b"
        rf"|\b{TALK}(?:'s)?(?: [\w-]+,?){{0,2}} title\b",
        re.I,
    ),
    re.compile(
        r"\b(write|suggest|generate|give|make|create|answer|reply|respond|propose|find|name|return)\b", re.I
    ),
)
LEAD_IN = re.compile(
    r"^(hello|hi|hey|good (morning|evening)|please|could you|can you|would you|will you|i would like (you )?to"
    r"|i want (you )?to|i need (you )?to|help me( to)?|tell me|show me|let us|let's)\b[\s,.!:]*",
    re.I,
)
SPEAKER = re.compile(r"^[^\w\n]*(user|human)[^\w\n]*:\s*(?P<text>\S.*)$", re.I | re.M)
SENTENCE_END = re.compile(r"(?:(?<=\D[.!?])|(?<=[。！？]))\s")
LONGEST_READ = 2_000
LONGEST = 48
MOST_WORDS = 7
FALLBACK = "New conversation"


def asks_for_title(request: DemoRequest) -> bool:
    """Whether the last user text, or the last system text, asks for a conversation's title."""
    systems = [turn.text for turn in request.turns if turn.role in ("system", "developer")]
    return _asks(request.last_text) or _asks(systems[-1] if systems else "")


def _asks(text: str) -> bool:
    return all(word.search(text[:600]) for word in ASKING_WORDS)


def write_title(request: DemoRequest) -> Iterator[Piece]:
    yield Say(title_of(_first_message(request)))


def title_of(text: str) -> str:
    """A title made of the beginning of a message; FALLBACK when it holds no words."""
    plain = re.sub(r"```.*?(```|$)", " ", text[:LONGEST_READ], flags=re.S)
    plain = re.sub(r"!?\[([^\[\]]*)\]\([^)]*\)", r"\1", plain)
    plain = re.sub(r"[*_`#>~|]+", " ", plain)
    plain = re.sub(
        r"[\"“”„]|(?<!\w)['‘’]|['‘’](?!\w)", "", plain
    )  # a quotation that is cut has one mark only
    lines = (" ".join(line.split()) for line in plain.splitlines())
    line = next((line for line in lines if re.search(r"\w", line)), "")
    sentence = SENTENCE_END.split(_without_lead_in(line))[0]
    words = sentence.split()[:MOST_WORDS]
    while len(words) > 1 and len(" ".join(words)) > LONGEST:
        words.pop()
    title = " ".join(words)[:LONGEST].strip(" .,;:!?。，！？-–—\"'“”")
    return title[:1].upper() + title[1:] if title else FALLBACK


def _without_lead_in(line: str) -> str:
    shorter = LEAD_IN.sub("", line)
    while shorter != line and re.search(r"\w", shorter):
        line, shorter = shorter, LEAD_IN.sub("", shorter)
    return line


def _first_message(request: DemoRequest) -> str:
    """The conversation may come as earlier turns, or quoted inside the request for the title."""
    if len(request.user_texts) > 1:
        return request.user_texts[0]
    asking = request.last_beginning
    if quoted := SPEAKER.search(asking):
        return quoted["text"]
    if not _asks(asking):
        return asking  # the system text asked; the user text is the conversation itself
    _, _, rest = asking.partition("\n\n")
    return rest
