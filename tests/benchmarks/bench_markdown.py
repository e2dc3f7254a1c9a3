"""Cost of streaming Markdown by shape and length: python tests/benchmarks/bench_markdown.py [tokens per flush]

A token is four characters. Columns: CPU microseconds per token (feed, flush and close), bytes of all operations as
JSON for each byte of final HTML, and the same without the operations' names and addresses (what they carry).
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from conversations.markdown import MarkdownStream, render

ELEMENT_ID = "part-0b0e7d1e-9a3c-4b57-8a52-3c1f3d0f7a11-0"
WORDS = (
    "the model reads a long answer and sends every word as soon as it is known while people look at the page "
    "which must stay calm and quick even when server networks are slow because nobody likes waiting for text"
).split()


def sentence(rng: random.Random, words: int = 12) -> str:
    return " ".join(rng.choices(WORDS, k=words)).capitalize() + rng.choice(
        ". . . , and so on.|!|?".split("|")
    )


def rich_sentence(rng: random.Random) -> str:
    spans = (" **is bold**", " *leans*", " `code_name`", " [a link](https://example.org/page)", "", "", "")
    return sentence(rng)[:-1] + rng.choice(spans) + "."


def prose(rng: random.Random) -> Iterator[str]:
    for _ in itertools.count():
        yield " ".join(rich_sentence(rng) for _ in range(rng.randint(2, 5))) + "\n\n"


def code(rng: random.Random) -> Iterator[str]:
    yield "```python\n"
    for number in itertools.count():
        yield f'def handle_{number}(request, *, limit={number % 97}):\n    """{sentence(rng, 5)}"""\n'
        yield f"    rows = [row for row in request.rows if row['id'] > {number}]\n    return rows[:limit]\n\n\n"


def table(rng: random.Random) -> Iterator[str]:
    yield "| Name | Count | Remark |\n|:-----|------:|--------|\n"
    for number in itertools.count():
        yield f"| {rng.choice(WORDS)} {number} | {number * 37 % 1009} | {sentence(rng, 5)} |\n"


def tight_list(rng: random.Random) -> Iterator[str]:
    while True:
        yield f"- {rich_sentence(rng)}\n"


def loose_list(rng: random.Random) -> Iterator[str]:
    for number in itertools.count(1):
        yield f"{number}. {rich_sentence(rng)}\n\n    {sentence(rng)}\n\n"
        yield "".join(f"    - {sentence(rng, 7)}\n" for _ in range(3)) + "\n"


def quote(rng: random.Random) -> Iterator[str]:
    while True:
        yield f"> {rich_sentence(rng)} {sentence(rng)}\n>\n"


def paragraph(rng: random.Random) -> Iterator[str]:
    while True:
        yield rich_sentence(rng) + " "


def plain_paragraph(rng: random.Random) -> Iterator[str]:
    while True:
        yield sentence(rng) + " "


def maths(rng: random.Random) -> Iterator[str]:
    for number in itertools.count():
        rows = r" \\ ".join(f"x_{{{number + row}}} &= \\frac{{{row}}}{{y^{{{row}}}}}" for row in range(4))
        yield f"$$\n\\begin{{aligned}} {rows} \\end{{aligned}}\n$$\n\n"


def one_formula(rng: random.Random) -> Iterator[str]:
    yield "$$\nx_0\n"
    for number in itertools.count():
        yield f"= x_{{{number}}} \\cdot \\frac{{a}}{{b_{{{number}}}}} \\\\\n"


def headings(rng: random.Random) -> Iterator[str]:
    for level in itertools.cycle((1, 2, 3, 2, 4)):
        yield f"{'#' * level} {sentence(rng, 4)}\n"


SHAPES: dict[str, Callable[[random.Random], Iterator[str]]] = {
    "prose": prose,
    "code": code,
    "table": table,
    "tight list": tight_list,
    "loose nested list": loose_list,
    "quote": quote,
    "one paragraph": paragraph,
    "one plain paragraph": plain_paragraph,
    "display maths": maths,
    "one formula": one_formula,
    "headings": headings,
}


def sample(shape: str, tokens: int) -> str:
    text = ""
    pieces = []
    for piece in SHAPES[shape](random.Random(7)):
        pieces.append(piece)
        if sum(map(len, pieces[-1:])) + len(text) >= tokens * 4:
            break
        text += piece
    return (text + pieces[-1])[: tokens * 4]


def measure(shape: str, tokens: int, per_flush: int) -> tuple[float, float, float]:
    text = sample(shape, tokens)
    pieces = [text[start : start + 4] for start in range(0, len(text), 4)]
    stream = MarkdownStream(ELEMENT_ID)
    batches = []
    started = time.process_time()
    for index, piece in enumerate(pieces, 1):
        stream.feed(piece)
        if not index % per_flush:
            batches.append(stream.flush())
    batches.append(stream.close())
    spent = time.process_time() - started
    html = stream.final_html
    if html != render(text):
        raise AssertionError(shape)
    sent = sum(
        len(json.dumps(ops, separators=(",", ":"), ensure_ascii=False).encode()) for ops in batches if ops
    )
    carried = sum(len(str(op[-1]).encode()) for ops in batches for op in ops)
    return spent / len(pieces) * 1e6, sent / len(html.encode()), carried / len(html.encode())


def main() -> None:
    per_flush = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    print(f"{per_flush} tokens per flush")
    print(f"{'shape':<20} {'tokens':>7} {'µs/token':>9} {'JSON/HTML':>10} {'carried':>8}")
    for shape in SHAPES:
        for tokens in (1000, 16000):
            spent, sent, carried = min(measure(shape, tokens, per_flush) for _ in range(2))
            print(f"{shape:<20} {tokens:>7} {spent:>9.1f} {sent:>10.2f} {carried:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
