"""Documents in HTML as an article may hold them, and worse: strategies for Hypothesis."""

from __future__ import annotations

from html import escape

from hypothesis import strategies as st

HOSTILE = st.sampled_from(
    ["---", "+++", "# no heading", "1. no list", "- no list", "> no quote", "a: b", "~~~", "***",
     "[a](b)", "![a](b)", "`a`", "``", "_a_", "*a*", "<b>a</b>", "&amp;", "&copy", "A & B", "a|b",
     "{% raw %}", "{{< a >}}", "\\", "\\*", "null", "~", "yes", "1.10", "“quoted”", "'a' \"b\"",
     "[^1]", "http://a.example", "Setext\n---", "| a | b |", "مرحبا بالعالم", "記事", "🚢", "Image",
     "\u202eover", "  spaces  ", "a\tb", "e\u0301", "--", "=====", "#", "@a", "%", "<!-- a -->"],
)  # fmt: skip
WORDS = st.one_of(HOSTILE, st.text(max_size=12), st.lists(HOSTILE, max_size=3).map(" ".join))

_ATTRIBUTES = st.sampled_from(["", ' id="a1"', ' lang="ar" dir="rtl"'])
_PICTURES = st.sampled_from(
    ['<img src="media/a.jpg" alt="A &quot;boat&quot;">', '<img src="/media/b%20c.jpg">',
     '<img src="https://e.example/a.jpg" alt="Far &amp; away">',
     '<img src="https://e.example/a.jpg">'],
)  # fmt: skip
_MARKS = st.sampled_from(['<sup><a href="#fn1" id="fnref1">[1]</a></sup>', "<br>", "<br>\n"])
_FORMATS = ("em", "strong", "b", "i", "code", "sub", "mark", "s", "q")
_LINKS = st.sampled_from(
    ["https://e.example/?a=1&amp;b=(2)", "#a1", "mailto:a@b.example", "http://[", "/relative"]
)


def _element(tag: str, inside: str, attributes: str = "") -> str:
    return f"<{tag}{attributes}>{inside}</{tag}>"


_words = WORDS.map(lambda words: escape(words, quote=False))
_text = st.recursive(
    st.one_of(_words, _MARKS, st.tuples(_words, _PICTURES).map(" ".join)),
    lambda inner: st.one_of(
        st.builds(_element, st.sampled_from(_FORMATS), inner, _ATTRIBUTES),
        st.builds(lambda href, words: f'<a href="{href}" title="t">{words}</a>', _LINKS, _words),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=6,
)
_leaf = st.one_of(
    st.builds(_element, st.sampled_from(["p", "p", "h1", "h2", "h3", "h4"]), _text, _ATTRIBUTES),
    st.builds(lambda code: f"<pre><code>{code}</code></pre>", st.lists(_words).map("\n".join)),
    st.builds(_element, st.just("pre"), st.lists(_words).map("\n".join)),
    st.builds("<figure>{}<figcaption>{}</figcaption></figure>".format, _PICTURES, _text),
    st.builds("<dl><dt>{}</dt><dd>{}</dd></dl>".format, _text, _text),
    st.builds(
        "<table><caption>{0}</caption><thead><tr><th>{0}</th><th>{1}</th></tr></thead><tbody><tr>"
        '<td colspan="2">{1}</td></tr></tbody></table>'.format,
        _text,
        _text,
    ),
    st.builds(
        "<table><thead><tr><th>{0}</th><th>{1}</th></tr></thead><tbody><tr><td>{1}</td><td>{0}</td>"
        "</tr></tbody></table>".format,
        _words,
        _words,
    ),
    st.builds('<ol><li id="fn1"><p>{} <a href="#fnref1">back</a></p></li></ol>'.format, _text),
    st.just("<hr>"),
    _text,
)


def _lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    entries = st.lists(st.one_of(inner, _text).map(lambda one: f"<li>{one}</li>"), max_size=3)
    opening = st.sampled_from(["ul", "ol"])
    return st.builds(_element, opening, entries.map("".join), st.sampled_from(["", ' start="3"']))


_block = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        _lists(inner),
        st.builds(_element, st.just("blockquote"), st.lists(inner, max_size=3).map("\n".join)),
        st.builds("<details><summary>{}</summary>{}</details>".format, _words, inner),
    ),
    max_leaves=5,
)
DOCUMENTS = st.lists(_block, max_size=4).map("\n".join)
