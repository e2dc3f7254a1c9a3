"""Markdown as Hypothesis makes it: pieces of every construct, whole or broken, joined in any order."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    "para text here ", "a", "b ", "Word ", "**bold** ", "*em", "*", "**", "_x_", "__", "~~gone~~ ", "~~",
    "`code`", "`", "``", "\n", "\n", "\n", "\n\n", "\n\n", "  ", "   ", "    ", "\t", "\\", "\r\n", "  \n",
    "- ", "* ", "+ ", "1. ", "2) ", "10. ", "- [x] ", "- [ ] ", "\n- item", "\n- item\n\n- item",
    "\n  - nested", "\n\n  more of it", "> ", "\n> q",
    "\n\n> [!NOTE]\n> ", "> [!tip]\n", "\n> [!CAUTION]\n> - x\n>\n> y\n",
    ">> ", "\n> - in quote\n> - again", "# ", "## x\n",
    "\n### y ###\n", "---\n", "\n---\n", "===\n", "***\n", "```\n", "```py\n", "\n```\n", "~~~\n", "````\n",
    "def f(x):\n    return 1\n", "    indented code\n", "\n\n    four spaces\n", "| a | b |\n",
    "|---|:-:|\n", "| 1 | 2 |\n", "\n| h | i |\n|---|--:|\n| 3 | *4* |\n", "a | b\n-|-\nc | d\n", "[foo]",
    "[foo][]", "[Foo bar][foo]", "[foo]: /url\n", "[foo]: http://x.y 'title'\n",
    "\n\n[foo]: http://late.example\n", "[bar]", "\n\n[bar]:\nhttp://x.z\n'a\ntitle'\n", "[^1]",
    "[^1]: note\n", "\n\n[^note]: more\n\n    of it\n", "[^note]", "<b>", "</b>", "<sub>2</sub>", "<br>",
    "<div>\n", "</div>", "<!-- c -->", "Vec<String>", "<tool_call>\n{}\n</tool_call>\n", "<details>\n",
    "<summary>s</summary>\n", "</details>\n",
    "\n\n<details>\n<summary>T</summary>\n\n*x*\n\n</details>\n\n", "$x^2$", "$", "$$", "$$\na\n$$\n",
    "\n\n$$\n\\frac{a}{b}\n= c\n$$\n\n", "\\(", "\\)", "\\( a_1 \\)", "\\[", "\\]", "\\[ x \\]", "$5", "$5-$10",
    "http://a.b/c ", "https://e.x/(y)_z.", "mailto:a@b.c", "<http://l.m>", "![alt](http://i.j/k.png)",
    "[l](http://x)", "[x](y)", "[![i](http://p.q/r.png)](http://s.t)", "![d](data:image/png;base64,AAAA)",
    "&amp;", "&", "<", ">", "&#35;",
    "&#xFEFF;", "&#0;", "&nbsp;", "|", "!", "é", "日本", "🎉", "\u2028", "\xa0", "\x0c", "\x00", "\ufeff",
    "foo: bar", "-$", "[$5-$10]",
]  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
    "<svg/onload=alert(1)>", "[x](data:text/html,<script>)", "![x](data:image/svg+xml;base64,AAAA)",
    "<a href='javascript:1'>", "</p></div>", "<style>*{}</style>", "<b style=x>", "<iframe src=//e>",
    '```"onload=1\n', '```js onmouseover="x"\n', "<JaVaScRiPt:1>", '[a](http://x"onclick="y)',
    '[a](http://x \'on"click="y\')', '!["><script>](http://x/"><script>)', "<math><mi//xlink:href=x>",
    "$\\href{javascript:1}{x}$", "$\\text{<img src=x onerror=1>}$", "$<script>$",
    "[t]: javascript:alert(1)\n", "[t]", "<vbscript:x>", "<textarea>", "<plaintext>", "<!--", "-->",
    "<![CDATA[", "]]>", "<?x", "<!x>", "<table><tr><td>", "<template>", "<noscript>", "<select><option>",
    "<math><annotation-xml encoding=text/html><img src=x>", "<input onfocus=1 autofocus>", "<b onclick=1>",
]  # fmt: skip

markdown = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join)
hostile = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.sampled_from(PIECES), st.text(max_size=3)), max_size=20
).map("".join)
