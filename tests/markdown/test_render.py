"""What each construct becomes."""

from __future__ import annotations

import pytest

from conversations.markdown import render
from conversations.markdown.highlight import MAX_HIGHLIGHTED, highlight
from tests.markdown.dom import parse

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'
CASES = {
    "soft breaks stay line ends": ("a\nb", "<p>a\nb</p>"),
    "hard breaks": ("a  \nb\\\nc", "<p>a<br>b<br>c</p>"),
    "spans": ("*a* **b** ~~c~~ `d<`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d&lt;</code></p>"),
    "headings": ("# a\n\nb\n===", "<h1>a</h1><h1>b</h1>"),
    "rule": ("a\n\n---", "<p>a</p><hr>"),
    "tight list": ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
    "loose list": ("- a\n\n- b", '<ul><li>a</li><li class="loose">b</li></ul>'),
    "ordered list": ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
    "nested list": ("- a\n  1. b\n\n  c", "<ul><li>a<ol><li>b</li></ol><p>c</p></li></ul>"),
    "tasks": (
        "- [x] a\n- [ ] b",
        '<ul><li class="task-item"><input type="checkbox" disabled="" checked=""> a</li>'
        '<li class="task-item"><input type="checkbox" disabled=""> b</li></ul>',
    ),
    "quote": ("> a\nlazy", "<blockquote><p>a\nlazy</p></blockquote>"),
    "remark": (
        "> [!warning]\n> a",
        '<blockquote class="alert alert-warning"><p class="alert-title">Warning</p><p>a</p></blockquote>',
    ),
    "no remark": ("> [!NOTE] a", "<blockquote><p>[!NOTE] a</p></blockquote>"),
    "table": (
        "|a|b|\n|-|:-:|\n|1|*2*|",
        '<div class="table-scroll" tabindex="0"><table><thead><tr><th scope="col">a</th>'
        '<th scope="col" class="align-center">b</th></tr></thead><tbody><tr><td>1</td>'
        '<td class="align-center"><em>2</em></td></tr></tbody></table></div>',
    ),
    "short rows": (
        "|a|b|c|\n|-|-|-|\n|1|\n|1|2|\n|1|2||",
        '<div class="table-scroll" tabindex="0"><table><thead><tr><th scope="col">a</th><th scope="col">b</th>'
        '<th scope="col">c</th></tr></thead><tbody><tr><td>1</td><td colspan="2"></td></tr>'
        "<tr><td>1</td><td>2</td><td></td></tr><tr><td>1</td><td>2</td><td></td></tr></tbody></table></div>",
    ),
    "link": ("[a](http://x.y 'T')", f'<p><a href="http://x.y" title="T" {LINK}>a</a></p>'),
    "mail": ("<a@b.c>", f'<p><a href="mailto:a@b.c" {LINK}>a@b.c</a></p>'),
    "reference": ("[a][B  c]\n\n[b c]: http://x.y", f'<p><a href="http://x.y" {LINK}>a</a></p>'),
    "bare link": ("(see https://x.y/a_b_(c).)", f'<p>(see <a href="https://x.y/a_b_(c)" {LINK}>https://x.y/a_b_(c)</a>.)</p>'),
    "no link inside words": ("xhttp://y.z", "<p>xhttp://y.z</p>"),
    "footnote": (
        "a[^n]\n\n[^n]: note",
        '<p>a<sup class="footnote-ref">1</sup></p><div class="footnote"><sup class="footnote-label">1</sup>'
        '<div class="footnote-text"><p>note</p></div></div>',
    ),
    "footnotes count in the order of their definitions": (
        "[^Name] [^b] [^ name ]\n\n[^name]: x\n\n[^b]: y",
        '<p><sup class="footnote-ref">1</sup> <sup class="footnote-ref">2</sup> <sup class="footnote-ref">1</sup></p>'
        '<div class="footnote"><sup class="footnote-label">1</sup><div class="footnote-text"><p>x</p></div></div>'
        '<div class="footnote"><sup class="footnote-label">2</sup><div class="footnote-text"><p>y</p></div></div>',
    ),
    "brackets that are no footnote": ("[^a-z]", "<p>[^a-z]</p>"),
    "inline formula": ("$x^2$", "<p><math><msup><mi>x</mi><mn>2</mn></msup></math></p>"),
    "display formula": ("$$x$$", '<p><math display="block"><mi>x</mi></math></p>'),
    "bracketed formulas": (r"\(x\) \[y\]", '<p><math><mi>x</mi></math> <math display="block"><mi>y</mi></math></p>'),
    "emphasis does not break a bracketed formula": (
        r"\(a_1 *\) and \(c* b_2\)",
        '<p><math><msub><mi>a</mi><mn>1</mn></msub><mo lspace="0" rspace="0">∗</mo></math> and '
        '<math><mi>c</mi><mo lspace="0.2222em" rspace="0.2222em">∗</mo>'
        "<msub><mi>b</mi><mn>2</mn></msub></math></p>",
    ),
    "brackets in code": (r"`\(x\)`", r"<p><code>\(x\)</code></p>"),
    "wrong formula": (r"$\nosuch$", r'<p><code class="math-error">$\nosuch$</code></p>'),
    "wrong bracketed formula": (r"\(\nosuch\)", r'<p><code class="math-error">\(\nosuch\)</code></p>'),
    "prices": ("$5 and $6", "<p>$5 and $6</p>"),
    "a range of prices": ("costs $5-$10, $20/$30", "<p>costs $5-$10, $20/$30</p>"),
    "many prices": ("$1$2$3$4$5", "<p>$1$2$3$4$5</p>"),
    "a formula after prices": ("$5-$10 for $x$.", "<p>$5-$10 for <math><mi>x</mi></math>.</p>"),
    "a formula among letters": ("a$b$c", "<p>a<math><mi>b</mi></math>c</p>"),
    "dollars beside spaces": ("$ 5$ or $5 $", "<p>$ 5$ or $5 $</p>"),
    "prices in code": ("`$5-$10`", "<p><code>$5-$10</code></p>"),
    "prices in emphasis": ("*$5-$10*", "<p><em>$5-$10</em></p>"),
    "prices in a link": (
        "[$5-$10](http://x/$5-$10)",
        f'<p><a href="http://x/$5-$10" {LINK}>$5-$10</a></p>',
    ),
    "prices in a label": (
        "[$5-$10]\n\n[$5-$10]: http://x.y",
        f'<p><a href="http://x.y" {LINK}>$5-$10</a></p>',
    ),
    "an address with prices": ("http://x/?a=$5-$10&b", f'<p><a href="http://x/?a=$5-$10&amp;b" {LINK}>http://x/?a=$5-$10&amp;b</a></p>'),
    "formatting tags": ("H<sub>2</sub>O <KBD>x</KBD><br/>y", "<p>H<sub>2</sub>O <kbd>x</kbd><br>y</p>"),
    "details": (
        "<details>\n<summary>S</summary>\n\n*a*\n\n</details>\n\nb",
        "<details><summary>S</summary><p><em>a</em></p></details><p>b</p>",
    ),
    "details never closed": ("<details>\n\na", "<details><p>a</p></details>"),
    "text right after details": (
        "<details>\n\na\n\n</details>\nb",
        '<details><p>a</p></details><p class="raw-html">b</p>',
    ),
    "block of other tags": ("<div>\n*a*\n</div>", '<p class="raw-html">&lt;div&gt;\n*a*\n&lt;/div&gt;</p>'),
    "image of another host": (
        "![a](http://x.y/z.png)",
        f'<p><a class="remote-image" data-src="http://x.y/z.png" href="http://x.y/z.png" {LINK}>a</a></p>',
    ),
    "image in a link": (
        "[![a](http://x.y/z.png)](http://l.m)",
        f'<p><a href="http://l.m" {LINK}><span class="remote-image" data-src="http://x.y/z.png">a</span></a></p>',
    ),
    "image in the text": (
        "![a](data:image/png;base64,AAAA)",
        '<p><img src="data:image/png;base64,AAAA" alt="a"></p>',
    ),
    "windows line ends": ("a\r\n\r\nb\rc", "<p>a</p><p>b\nc</p>"),
    "characters that HTML cannot carry": ("a\x00\x1bb\ud800c", "<p>a\ufffd\ufffdb\ufffdc</p>"),
    "nothing": ("", ""),
    "blank": (" \n\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_construct(name: str) -> None:
    text, html = CASES[name]
    assert render(text) == html


def test_code_block() -> None:
    assert render("```Python title=x\nif a:\n    b()\n```") == (
        '<div class="code-block" data-language="python"><div class="code-head">'
        '<span class="code-language">Python</span>'
        '<button type="button" class="code-copy" data-copy-code=""></button></div><pre tabindex="0">'
        '<code class="highlight"><span class="k">if</span> <span class="n">a</span><span class="p">:</span>\n'
        '    <span class="n">b</span><span class="p">()</span>\n</code></pre></div>'
    )


@pytest.mark.parametrize("fence", ["```nosuchlanguage", "```", '```"><b>', "~~~"])
def test_code_of_an_unknown_language_is_plain(fence: str) -> None:
    root = parse(render(f"{fence}\na < b\n{fence[:3]}"))
    code = next(element for element in root.elements() if element.tag == "code")
    assert code.children == ["a < b\n"]


@pytest.mark.parametrize(
    "language", ["python", "javascript", "json", "bash", "html", "sql", "rust", "c++", "diff", "yaml"]
)
def test_highlighting_keeps_every_character(language: str) -> None:
    code = "a = '<b>' && \"x\" # é 日本\n\n\t{[(\n-- 'open\n"
    assert parse("".join(highlight(code, language))).text() == code


def test_only_the_beginning_of_huge_code_is_highlighted() -> None:
    code = "x = 'y'\n" * MAX_HIGHLIGHTED
    tokens = highlight(code, "python")
    assert parse("".join(tokens)).text() == code
    assert len(tokens[-1]) > len(code) - MAX_HIGHLIGHTED - 100


def test_a_huge_line_is_not_highlighted() -> None:
    assert highlight("x = 1; " * 10_000, "python") == ["x = 1; " * 10_000]
