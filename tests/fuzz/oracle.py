"""What no upload may break, judged by other means than our own.

The markup is read by lexbor, the parser of a browser engine, and held to a list that was written
for this test: the cleaner's own list, its parser (html5ever) and its writer have no part in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborHTMLParser

from chalicelib.core import api, fold, limits
from chalicelib.core.article import Article
from chalicelib.core.codec import pack
from chalicelib.core.errors import Finding
from chalicelib.core.site import Site

_NAMES = (
    "a abbr b blockquote br caption cite code dd del details dl dt em figcaption figure h2 h3 h4 "
    "h5 h6 hr i img ins kbd li mark ol p pre q s samp small strong sub summary sup table tbody td "
    "tfoot th thead time tr u ul var"
)
_ALLOWED = frozenset(_NAMES.split())
_ANYWHERE = {"lang", "dir", "id"}
_OWN = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height", "loading", "srcset", "sizes"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_TARGET = re.compile(r"(?:https?://[^\s/]|mailto:|tel:|#body-)[^\x00-\x20]*", re.IGNORECASE)
_PICTURE = re.compile(r"/?media/[0-9a-f]{32}\.webp")
_STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def faults(html: str) -> list[str]:
    """Return what a browser would find in *html* that an article's text may not hold."""
    root = LexborHTMLParser(html, is_fragment=True).root
    found: list[str] = []
    for node in root.traverse(include_text=True) if root is not None else ():
        if node.tag == "-text":
            if steers(node.text_content or ""):
                found.append(f"characters that steer: {node.text_content!r:.80}")
        elif node.tag not in _ALLOWED:
            found.append(f"<{node.tag}>")
        else:
            found += _wrong_attributes(node.tag, node.attributes)
    return found


def _wrong_attributes(tag: str, given: Mapping[str, str | None]) -> Iterator[str]:
    for name, value in given.items():
        said = value or ""
        is_wrong = (
            name not in _ANYWHERE | _OWN.get(tag, set())
            or steers(said)
            or (name == "href" and not _TARGET.fullmatch(said))
            or (name == "src" and not _PICTURE.fullmatch(said))
            or (name == "id" and not said.startswith("body-"))
        )
        if is_wrong:
            yield f"<{tag} {name}={said!r:.80}>"


def steers(text: str) -> bool:
    """Tell whether *text* holds what moves, hides or breaks other text where it is shown."""
    return bool(_STEERING.search(text))


def hold(folded: fold.Folded) -> None:
    """Fail unless what became of an upload is complete, safe, and no larger than its rows."""
    told = folded.record.told()
    _hold_json(api.receipt(told, site=Site(), ingested_at=told.received_at))
    assert len(pack(told)) <= limits.MAX_RECEIPT_BYTES
    for finding in (*told.errors, *told.warnings):
        _hold_finding(finding)
    assert (told.outcome == "rejected") == bool(told.errors)
    if folded.article is not None:
        _hold_article(folded.article)


def _hold_json(value: object) -> None:
    """Fail for half a character, and for one that would be shown and steers."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            _hold_json(key)
            _hold_json(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _hold_json(part)
    elif isinstance(value, str):
        assert not steers(value), f"characters that steer: {value!r}"


def _hold_finding(finding: Finding) -> None:
    assert finding.code
    assert finding.message.strip()
    assert finding.fix.strip()
    assert finding.line is None or finding.line > 0
    assert finding.column is None or finding.column > 0


def _hold_article(article: Article) -> None:
    shown = api.article(article, site=Site())
    _hold_json(shown)
    assert faults(shown["body_html"]) == []
    text = article.body.text
    assert len(text.encode()) <= limits.MAX_TEXT_BYTES
    assert len(article.body.html) <= limits.MAX_HTML_LENGTH
    assert 0 < len(article.headline) <= limits.MAX_HEADLINE_LENGTH
    assert len(article.standfirst or "") <= limits.MAX_STANDFIRST_LENGTH
    assert len(article.byline) <= limits.MAX_BYLINES
    assert len(article.tags) <= limits.MAX_TAGS
    assert len(article.corrections) <= limits.MAX_CORRECTIONS
    assert len(article.pictures) <= limits.MAX_PICTURES
    assert len(pack(article.card())) <= limits.MAX_ROW_BYTES
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", article.slug)
    assert len(article.slug) <= limits.MAX_SLUG_LENGTH
    for line in (article.headline, article.standfirst or "", *article.byline, article.source.name):
        assert "\n" not in line
    assert len(article.language) <= limits.MAX_LANGUAGE_LENGTH
    for block in article.body.blocks:
        assert 0 <= block.start < block.end <= len(text)
    for sentence in article.sentences:
        assert text[sentence.start : sentence.end].strip()
    for point in article.summary.key_points:
        for evidence in point.evidence:
            assert text[evidence.start : evidence.end] == evidence.quote
