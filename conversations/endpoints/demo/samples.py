"""Samples on request: code, a table, mathematics, speech, counting and texts of any length.

Invariant: every sample is ordinary Markdown; a text of a given length comes within a few percent of it.
"""

import re
from collections.abc import Iterator

from .pieces import Aloud, Piece, Say
from .plan import count_tokens
from .reading import DemoRequest

CODE = """
Here is a small program in three languages. It counts the words of a text.

```python
import sys
from collections import Counter

words = Counter(sys.stdin.read().lower().split())
for word, count in words.most_common(10):
    print(f"{count:6} {word}")
```

```go
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	counts := map[string]int{}
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		counts[scanner.Text()]++
	}
	fmt.Println(counts)
}
```

```sh
tr -s '[:space:]' '\\n' < text.txt | sort | uniq -c | sort -rn | head
```

The last one needs no program at all.
""".strip()

TABLE = """
| Unit      | In metres | Used for            |
|:----------|----------:|:--------------------|
| Inch      |    0.0254 | screens             |
| Foot      |    0.3048 | heights             |
| Yard      |    0.9144 | cloth               |
| Mile      | 1,609.344 | roads               |
| Sea mile  | 1,852     | ships and aircraft  |

All of them are exact by definition.
""".strip()

MATH = r"""
The solutions of $ax^2 + bx + c = 0$ with $a \neq 0$ are

$$x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}.$$

For $x^2 - 5x + 6 = 0$ this gives

\[
x_{1,2} = \frac{5 \pm \sqrt{25 - 24}}{2}, \qquad x_1 = 3, \quad x_2 = 2.
\]
""".strip()

SUBJECTS = (
    ("Reading", "A page is read faster when its lines are neither long nor crowded."),
    ("Writing", "A sentence that can be cut in two is usually better for it."),
    ("Waiting", "An answer that begins at once feels shorter than one that comes whole."),
    ("Measuring", "A number without its unit is only half a number."),
    ("Naming", "A good name saves the comment that would have explained it."),
    ("Keeping", "What is stored twice will one day differ."),
)

SENTENCES = (
    "This paragraph exists so that there is something to read while the answer grows.",
    "Nothing in it is secret, and little of it is important.",
    "Scroll up while it is being written, and the page should stay where you are.",
    "Scroll down to the end again, and it should follow.",
    "Stop it at any time; what has arrived is kept.",
    "A second window on the same conversation shows the same words.",
    "Long answers are ordinary, so they should cost no more for each word than short ones.",
    "Some words are *emphasised*, and some are **strong**.",
    "A piece of `code` in the middle of a line should not disturb its height.",
    "The writer of these lines is a small program without any model behind it.",
)

SPOKEN = (
    "You hear the built-in demo. It has no voice and no model: it plays one soft tone for each syllable, as fast as "
    "somebody would read this aloud. A real model would speak here, and you would read what it says beside it."
)

LONGEST_TEXT = 200_000
LONGEST_COUNT = 20_000
USUAL_LENGTH = 3000


def show_code(request: DemoRequest) -> Iterator[Piece]:
    yield Say(CODE)


def show_table(request: DemoRequest) -> Iterator[Piece]:
    yield Say(TABLE)


def show_math(request: DemoRequest) -> Iterator[Piece]:
    yield Say(MATH)


def speak(request: DemoRequest) -> Iterator[Piece]:
    yield Aloud()
    yield Say(SPOKEN)


def count_up(request: DemoRequest) -> Iterator[Piece]:
    """Counts to the number in the last text, in words separated by blanks."""
    last = min(_number(request.last_text, 50), LONGEST_COUNT)
    yield Say(" ".join(str(number) for number in range(1, last + 1)))


def write_long(request: DemoRequest) -> Iterator[Piece]:
    """About as many tokens as the last text asks for, at most LONGEST_TEXT."""
    yield Say(long_text(request, min(_number(request.last_text, USUAL_LENGTH), LONGEST_TEXT)))


def long_text(request: DemoRequest, tokens: int) -> str:
    chances = request.random()
    parts = [f"# About {tokens:,} tokens"]
    written = count_tokens(parts[0])
    while written < tokens:
        number = len(parts)
        subject, remark = SUBJECTS[number // 4 % len(SUBJECTS)]
        if number % 4 == 1:
            part = f"## {number // 4 + 1}. {subject}"
        elif number % 16 == 8:
            part = "\n".join(f"- {sentence}" for sentence in chances.sample(SENTENCES, 4))
        else:
            part = " ".join([remark, *chances.sample(SENTENCES, 5)])
        parts.append(part)
        written += count_tokens("\n\n" + part)
    return "\n\n".join(parts)


def _number(text: str, usual: int) -> int:
    found = re.search(r"\d[\d,_]*", text)
    return int(re.sub(r"[,_]", "", found[0])) if found else usual
