"""The long Markdown tour: one of everything that an answer may contain.

Invariant: the text is plain data; what it looks like is the renderer's work.
"""

from collections.abc import Iterator

from .pieces import Piece, Say
from .reading import DemoRequest

TEXT = r"""
# A tour of Markdown

Everything below is written by the built-in demo, one piece at a time, as a model would write it. You can
stop it, reload the page, or open it in a second tab while it runs.

## Text

Words can be *emphasised*, **strong**, ***both***, ~~struck out~~ or `set as code`. A line can be broken\
where the writer wants it. Links lead [to a page](https://commonmark.org/help/), and bare addresses such as
https://example.com/a_b?c=1 work as well. Quotation marks, dashes – like these – and emoji 🙂 stay as they are,
and so do other scripts: Привет, γειά σου, こんにちは, 你好, مرحبا.

HTML is shown, not executed: <script>alert("no")</script>.

### A third level

#### A fourth level

Headings below the third level are rare in answers, but they are allowed.

---

## Lists

- Apples
- Pears
  - Conference
  - Williams
    - picked early
    - picked late
- Plums

1. Read the question.
2. Think about it:
   1. what is known,
   2. what is asked.

   A list item may hold a second paragraph, or code:

   ```sh
   make test
   ```
3. Answer it.

- [x] Streaming answers
- [x] Stopping and continuing
- [ ] Knowing everything

## Quotation

> The purpose of computing is insight, not numbers.
>
> > A quotation may hold another one,
>
> - and a list,
> - with two entries.
>
> — R. W. Hamming

> [!NOTE]
> Some writers mark a remark like this.

## Table

| Planet  | Moons | Day, in hours | Remark                     |
|:--------|------:|:-------------:|----------------------------|
| Mercury |     0 |    1,407.6    | closest to the Sun         |
| Earth   |     1 |     24.0      | **inhabited**              |
| Mars    |     2 |     24.6      | `Phobos` and `Deimos`      |
| Jupiter |    97 |      9.9      | the number keeps changing  |

## Code

Python:

```python
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    x: float
    y: float

    def distance(self, other: "Point") -> float:
        \"\"\"The straight way.\"\"\"
        return ((self.x - other.x) ** 2 + (self.y - other.y) ** 2) ** 0.5


print(Point(0, 0).distance(Point(3, 4)))  # 5.0
```

JavaScript:

```javascript
const greet = (name = "world") => `Hello, ${name}!`;
console.log(["Ada", "Alan"].map(greet).join("\n"));
```

SQL:

```sql
SELECT author, count(*) AS books
FROM library
WHERE published < 1900
GROUP BY author
HAVING count(*) > 3
ORDER BY books DESC;
```

A difference:

```diff
- colour = "grey"
+ colour = "gray"
```

Without a language:

```
+-------+      +--------+
| page  | ---> | server |
+-------+      +--------+
```

And a block that holds a fence itself:

````markdown
```json
{"nested": true}
```
````

## Mathematics

Euler's identity $e^{i\pi} + 1 = 0$ fits into a line. Longer formulas stand alone:

$$
\int_{-\infty}^{\infty} e^{-x^2}\,dx = \sqrt{\pi}
\qquad
\sum_{k=1}^{n} k = \frac{n(n+1)}{2}
$$

\[
A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}, \qquad \det A = -2
\]

A price of $5 or $10 is not mathematics.

## Footnotes

Footnotes[^first] collect at the end[^second].

[^first]: This is the first one.
[^second]: The second holds `code` and a [link](https://example.com).

That was the tour of text. Write `draw a red sun` for a picture, `speak` for sound, and `help` to see what else can be
shown.
""".replace('\\"\\"\\"', '"""').strip()


def show_tour(request: DemoRequest) -> Iterator[Piece]:
    yield Say(TEXT)
