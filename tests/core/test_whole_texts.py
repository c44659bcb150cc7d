"""What odd texts, markup and changes come to, whole.

Each table is held to the one in `tests/approved/readings`, which somebody has read: what a change
makes of a case that nobody thought of shows in its diff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chalicelib.core import edits, language
from chalicelib.core.article import Correction, Image
from chalicelib.core.clean import clean
from chalicelib.core.stories import words as story_words
from tests.conftest import NOW
from tests.core.listings import listing
from tests.core.pages_newsroom import full_article, text_of
from tests.core.test_stories import FERRY

Approved = Callable[[str, str], None]


TEXTS = {
    "en": FERRY,
    "de": "Die Fähre ist nach vier Wochen auf die Linie zurückgekehrt, wie die Hafenbehörde "
    "am Dienstag mitteilte, und sie fährt nun wieder jeden Tag mit 214 Menschen.",
    "fr": "Le ferry est de retour sur la ligne après quatre semaines au chantier, et les gens "
    "de l'île sont contents, car ils ont attendu le bateau pendant tout le mois de février.",
    "ja": "港の委員会は火曜日、島々への定期船を三月に廃止することを決めた。",
    "zh": "港务局星期二决定关闭航线。",
    "ru": "Паром вернулся на линию после ремонта.",
    "ar": "عادت العبارة إلى الخدمة.",
    "he": "המעבורת חזרה.",
    "el": "Το πλοίο επέστρεψε.",
    "ko": "배가 돌아왔다.",
    "th": "เรือกลับมาแล้ว",
    "hi": "नाव लौट आई।",
    "short": "Le ferry est de retour.",
    "none": "1 2 3",
    "classes": "The classes' buses of Paris, the bus' crises, Holt's ferries, stories, ties: 1 x.",
}


def test_a_text_has_the_language_words_and_terms_that_were_approved(approved: Approved) -> None:
    lines = []
    for name, text in TEXTS.items():
        guessed = language.guess_language(text)
        own = language.terms("The Ferry of Skerrin", text, ("sea", "port"), guessed)
        as_en = language.terms("", text, (), "en", limit=6)
        words = " ".join(
            f"{w.kind[0]}:{w.stem}:{w.rarity}" for w in story_words.words(text, guessed)
        )
        lines += [
            f"{name}: {guessed}, {language.count_words(text)} words",
            f"    terms: {' '.join(own)}",
            f"    as English: {' '.join(as_en)}",
            f"    words: {words}",
        ]

    approved("readings/languages.txt", listing(lines))


HTML = (
    "<em><p>a</p><p>b</p></em>c<br>d<ul>x<li>y<p>z</ul><dl><dt>t<dd>d</dl>",
    "<h1>One</h1><h5>V <a href='/x'>x</a></h5><a href='#n'>n</a> <a id='n' href='mailto:a@b'>m</a>",
    "<pre>\n a\n  b</pre><p>  a \n b  </p><p></p><hr><hr><blockquote>q</blockquote>",
    "<table><caption>c</caption><tr><td colspan=2>a<td><p>b</p><p>c</p></table>",
    "<p><img src='media/a.jpg'><img src='https://x.example/a.jpg' alt='A'><img src='x'></p>",
    "<figure><img src='media/b.jpg' alt='B'><figcaption>c</figcaption></figure><script>x</script>",
    "<p dir='RTL' lang='he'>x</p><ol start='3' reversed><li value='7'>a</ol><iframe></iframe>",
    "<a href='https://a.example'>x <a href='https://b.example'>y</a></a><b>u<i>v</b>w</i>",
    "<p>a<sup><a href='#fn1' id='fnref1'>1</a></sup></p><ol><li id='fn1'>n</li></ol><svg></svg>",
    "<div>a<div>b</div>c</div><time datetime='2026'>t</time><q cite='x'>q</q><video>v</video>",
    "<li>alone<td>cell<dir><li>d</dir><menu><li>m</menu><center>c</center><font>f</font>",
    "<em dir='sideways' lang='he' id='1x'>x</em><b dir='RTL' id='a.b'>y</b>",
    "<a href='JavaScript:x' onclick='y'>z</a><p onload=x ONLOAD=y>w</p><form action='data:x'>",
    "<ul><hr><li>a<hr>b</ul><table><tr><td>a<hr>b</table><dl><hr><dt>c</dl><hr>d",
    "<a href='tel:1'>t</a><a href='mailto:a@b'>m</a><a href='ftp://x'>f</a><a href='//h.example'>p",
    "<td>a<th>b<p>c<br>d<h6>e</h6><pre>f</pre><code>g\n h</code>",
    "<table><tr><td><img src='media/a.jpg' alt='A'></td><td>x<br>y</td></tr><tr></tr></table>",
    "<p>a&nbsp;b&shy;c &amp; &lt;d&gt; \u200b e</p><p>   </p><p>\u00a0</p>",
    "<em>a<strong>b</em>c</strong><del>d</del><ins>e</ins><mark>f</mark><small>g</small>",
    "<p><a href='https://a.example'><img src='https://x.example/a.jpg'></a> <img src='embedded/9'>",
    "<details><summary>s</summary>t</details><address>u</address><blockquote><ul><li>v</ul>",
    "<h1>One</h1><h1>One</h1><h2></h2><h3> One </h3><p>One</p>",
    "<ol type='a' start='0'><li>x</li></ol><td colspan='x'>y</td><time>z</time><abbr title='t'>u",
)


def test_markup_is_cleaned_as_was_approved(approved: Approved) -> None:
    lines = []
    for one in HTML:
        cleaned = clean(one, base_url="https://courier.example/news/", without_heading="One")
        told = [f"    {b.kind} {cleaned.body.text[b.start : b.end]!r}" for b in cleaned.body.blocks]
        told += [f"    {name}: {count}" for name, count in cleaned.kept.items() if count]
        told += [f"    dropped {d.count} {d.what}, {d.line}: {d.why}" for d in cleaned.dropped]
        without = clean(one)
        told.append(f"    without an address: {without.body.html!r}")
        pictures = f"    pictures {cleaned.pictures}, without a word {cleaned.undescribed}"
        lines += [one, f"    {cleaned.body.html!r}", *told, pictures]

    approved("readings/markup.txt", listing(lines))


def test_a_revision_is_told_as_was_approved(approved: Approved) -> None:
    before = full_article()
    body, sentences = text_of(
        [("paragraph", ("The ferry ran aground at six.", "All came ashore."))]
    )
    image = Image(key="media/g.jpg", alt="B", stated_credit="C", stated_caption="D")
    after = full_article(
        headline="What happened then",
        standfirst="x" * 400,
        byline=("Ada", "Ben"),
        tags=("sea",),
        published_at=before.published_at + timedelta(hours=1),
        updated_at=NOW,
        section="sea",
        original_url=None,
        language="de",
        image=image,
        embargo_until=NOW,
        expires_at=NOW,
        corrections=(*before.corrections, Correction(at=NOW, text="x")),
        pinned_until=None,
        breaking=False,
        slug="then",
        same_story=("a.md",),
        not_same_story=("b.md",),
        replaces="c.md",
        credited_to="Wire",
        extra={"n": 1, "s": "t"},
        body=body,
        sentences=sentences,
    )
    told = []
    for one, other in ((before, after), (after, before), (before, replace(before, revision=2))):
        found = edits.edits(one, other)
        told += [f"since {found.since_revision}: +{found.words_added} -{found.words_removed}"]
        told += [f"    {c.name}: {c.before!r} -> {c.after!r}" for c in found.metadata]
        told += [f"    {' | '.join(f'{p.kind} {p.text!r}' for p in ps)}" for ps in found.paragraphs]
        told += [f"    untold {found.untold}, markup {found.markup_changed}"]

    approved("readings/edits.txt", listing(told))
