"""The page's own script applies a stream's operations so that the DOM is that of the text rendered in one pass."""

import json
import random
import re

import pytest

from conversations.markdown import MarkdownStream
from tests.browser.pages import NORMAL_FORM, ChatPage, rendered

TEXTS = {
    "prose": "One *two* **three**\nfour  \nfive\n\n> six\n> seven\n\n# Eight\n\nnine `ten` ~~eleven~~ <b>twelve</b>",
    "lists": "- a\n- b\n  - c\n\n    d\n- [x] e\n\n1. f\n2. g\n\n   ```sh\n   h\n   ```\n3. i",
    "table": "| a | b |\n|:--|--:|\n| 1 | `x|y` |\n| 2 |\n| **3** | [l](https://example.com) |\n\nafter",
    "code": "before\n\n```python\ndef f(x):\n    return '<' + x\n\n\n# end\n```\n\n~~~\na & b\n~~~\n\n    indented\n",
    "formulas": "a $x^2$ b\n\n$$\n\\frac{a}{b}\n$$\n\n\\[ y = \\sqrt{2} \\]\n\nprice of $5 and $6",
    "notes": "see[^1] and [ref].\n\n[^1]: the note\n\n[ref]: https://example.com/ref\n\nlast [ref] again",
    "scripts": "你好 **мир** 🙂👩‍👩‍👧 \u202e é\r\n\r\n- עברית\r\n- ไทย",
    "hostile": "<script>f()</script>\n\n[x](javascript:f()) <img src=x onerror=f()>\n\n<div>\n\n*in*\n\n</div>",
    "unfinished": "**bold\n\n```js\nlet a = `",
}

APPLY = f"""async ([module, cases]) => {{
  const {{ applyOps }} = await import(module);
  return cases.map((flushes) => {{
    const part = document.createElement("div");
    part.id = "part-under-test";
    document.body.append(part);
    try {{
      for (const ops of flushes) applyOps(ops);
      return ({NORMAL_FORM})(part);
    }} catch (error) {{
      return String(error);
    }} finally {{
      part.remove();
    }}
  }});
}}"""


@pytest.fixture
def module(chat: ChatPage) -> str:
    """The address of the script that applies operations."""
    chat.new()
    found = re.search(r'[^"]*/js/lib/ops[^"]*\.js', chat.page.content())
    assert found
    return found[0]


def flushes_of(text: str, chance: random.Random) -> list[list[object]]:
    """The operations of a stream that gets the text in pieces of random length, flushed now and then."""
    stream = MarkdownStream("part-under-test")
    most = chance.choice([1, 4, 15, 60])
    flushes, start = [], 0
    while start < len(text):
        end = start + chance.randint(1, most)
        stream.feed(text[start:end])
        start = end
        if chance.random() < 0.7:
            flushes.append(stream.flush())
    return [*flushes, stream.flush(), stream.close()]


@pytest.mark.parametrize("name", TEXTS)
def test_streamed_operations_give_the_dom_of_the_whole_text(chat: ChatPage, module: str, name: str) -> None:
    seeds = range(40)
    cases = [flushes_of(TEXTS[name], random.Random(f"{name}/{seed}")) for seed in seeds]
    results = chat.page.evaluate(APPLY, [module, json.loads(json.dumps(cases))])
    wanted = rendered(chat.page, TEXTS[name])
    assert {seed: result for seed, result in zip(seeds, results, strict=True) if result != wanted} == {}
