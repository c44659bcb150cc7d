"""Attacks in a browser: no upload runs a script, calls out, moves the reader or hides the page.

The application answers the browser without a server between them: every request is seen, and the
second look is without the content security policy, so that the markup alone must hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chalice.test import Client
from playwright.sync_api import Browser, Page, Route

from chalicelib.core.article import article_id
from tests import builders
from tests.browser.conftest import DESKTOP
from tests.builders import ago
from tests.conftest import Paper

HOST = "http://news.test"
RUN = "window.ran=1;alert(1);location='//evil.test/'"
BODIES = {
    "script": f"<script>{RUN}</script><p>x</p>",
    "handlers": f'<img src=x onerror="{RUN}"><p onclick="{RUN}" onpointerenter="{RUN}">x</p>'
    f'<details open ontoggle="{RUN}"><summary>x</summary></details>',
    "addresses": f'<a href="javascript:{RUN}">x</a><a href="java&#10;script:{RUN}">y</a>'
    f'<iframe src="javascript:{RUN}"></iframe><form action="javascript:{RUN}"><button>z</form>',
    "foreign": f'<svg onload="{RUN}"><animate onbegin="{RUN}" attributeName=x><script>{RUN}'
    f'</script></svg><math><mtext><table><mglyph><style><img src=x onerror="{RUN}">',
    "mutation": f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript>'
    f'<form><math><mtext></form><form><mglyph><style></math><img src onerror="{RUN}">',
    "comments": f'<!--><img src=x onerror="{RUN}">--><![CDATA[><script>{RUN}</script>]]>',
    "calling out": '<img src="//evil.test/1.png"><video src="//evil.test/2" autoplay></video>'
    '<link rel=stylesheet href="//evil.test/3"><style>@import "//evil.test/4"</style>'
    '<p style="background:url(//evil.test/5)">x</p><input type=image src="//evil.test/6">',
    "moving on": '<meta http-equiv=refresh content="0;url=//evil.test/"><base href="//evil.test/">'
    '<object data="//evil.test/"></object><embed src="//evil.test/"><a href="/x">x</a>',
    "covering": '<div style="position:fixed;inset:0;z-index:99999;background:#fff">x</div>'
    '<p class="notice" style="margin:-999px">x</p><table width=9999 height=9999><tr><td nowrap>x'
    '</table><img width=9999 height=9999 src=media/a.png><marquee>x'
    "</marquee><dialog open>x</dialog>",
    "long": f"<p>{'x' * 4_000}</p><pre>{'y' * 4_000}</pre><table><tr><td>{'z' * 90}"
    f"{'<td>z' * 90}</table><p>{'W' + chr(0x301) * 400}</p>",
    "nesting": "".join(f"{tag * 40}x{end * 40}" for tag, end in (
        ("<ul><li>", "</ul>"), ("<ol>", "</ol>"), ("<blockquote>", "</blockquote>"),
        ("<dl><dd>", "</dl>"), ("<figure>", "</figure>"), ("<details open>", "</details>"),
        ("<ul><blockquote>", "</blockquote></ul>"))),
    "spans": "<table><tr><td colspan=1000 rowspan=65534>x<td>y</table><ol start=999999999 reversed>"
    "<li value=-99999999>x</ol>",
    "names": "<a id=location name=location>x</a><img name=cookie src=media/a.png><form id=body>"
    "<input name=attributes></form><p id=full>x</p><p id=body-body>y</p>",
    "direction": "<p>\u202eabc\u2066def</p><p dir=rtl>abc</p><bdo dir=rtl>abc</bdo>",
}  # fmt: skip
HEADLINE = f'</title><script>{RUN}</script>\u202e" onload=\'{RUN}\' <img src=x onerror="{RUN}"> '

NAMES = {
    "headline": HEADLINE[:290], "standfirst": HEADLINE, "byline": HEADLINE, "tags": HEADLINE,
    "section": HEADLINE, "source": HEADLINE, "image": "media/a.png", "image_alt": HEADLINE,
    "image_credit": HEADLINE, "correction": HEADLINE, "original_url": "https://a.test/\"'<x>",
    "slug": "ferry", HEADLINE: HEADLINE,
}  # fmt: skip

# What may not be seen of an article's text: an element that leaves the flow or its column, a page
# that is wider than its window, or a header that something lies over.
_FAULTS = """() => {
  const found = [], text = document.querySelector('.text');
  if (document.documentElement.scrollWidth > innerWidth)
    found.push('the page is wider than its window');
  const scrolls = (one) => one && one !== text &&
    (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));
  for (const one of text ? text.querySelectorAll('*') : []) {
    const box = one.getBoundingClientRect(), column = text.getBoundingClientRect();
    if (!['static', 'relative'].includes(getComputedStyle(one).position))
      found.push(`${one.tagName} leaves the flow`);
    if (box.width && !scrolls(one)
        && (box.left < column.left - 1 || box.right > column.right + 1))
      found.push(`${one.tagName} leaves its column by ${box.right - column.right} pixels`);
  }
  scrollTo(0, 0);
  for (const link of document.querySelectorAll('header a')) {
    const box = link.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (box.width && box.top < innerHeight && !top.closest('header'))
      found.push(`${top.tagName} lies over the header`);
  }
  if (window.ran) found.push('a script ran');
  return found;
}"""


class Watched:
    """A page of a browser that the application answers; what it does besides is kept."""

    def __init__(self, chrome: Browser, client: Client, *, has_policy: bool) -> None:
        self._context = chrome.new_context(base_url=HOST, viewport=DESKTOP)
        self._client, self._has_policy = client, has_policy
        self.page: Page = self._context.new_page()
        self.found: list[str] = []
        self._files: dict[str, str] = {}
        self.page.on("dialog", lambda dialog: (self.found.append("a dialog"), dialog.dismiss()))
        self._context.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        address = route.request.url
        if not address.startswith(f"{HOST}/"):
            self.found.append(f"a request of {address}")
            route.abort()
            return
        parts = urlsplit(address)
        if parts.path in self._files:
            route.fulfill(content_type="text/html; charset=utf-8", body=self._files[parts.path])
            return
        answer = self._client.http.get(parts.path + (f"?{parts.query}" if parts.query else ""))
        headers = dict(answer.headers)
        if not self._has_policy:
            headers.pop("Content-Security-Policy", None)
        route.fulfill(status=answer.status_code, headers=headers, body=answer.body)

    def faults(self, address: str) -> list[str]:
        self.found.clear()
        self.page.goto(address)
        found = list(self.page.evaluate(_FAULTS))
        if urlsplit(self.page.url).path != urlsplit(HOST + address).path:
            found.append(f"went on to {self.page.url}")
        return found + self.found

    def faults_of_file(self, html: str) -> list[str]:
        """Look at a page that is a file, as receipts are: no header comes with it."""
        if not self._has_policy:
            html = html.replace("Content-Security-Policy", "none")
        self._files["/file"] = html
        return self.faults("/file")

    def close(self) -> None:
        self._context.close()


@pytest.fixture(params=[True, False], ids=["with policy", "without policy"])
def watched(chrome: Browser, client: Client, request: pytest.FixtureRequest) -> Iterator[Watched]:
    watched = Watched(chrome, client, has_policy=request.param)
    yield watched
    watched.close()


def _publish(paper: Paper, key: str, body: str, **told: str) -> str:
    """Publish an article as our own JSON has it, and return the address of its page."""
    article = {"headline": "Ferry", "published_at": ago(hours=1), "body_html": body, **told}
    paper.upload("media/a.png", builders.picture())
    paper.upload(key, json.dumps(article))
    assert paper.ingest(key).receipt.outcome in ("published", "corrected", "updated")
    return f"/a/{article_id(key)}/ferry"


def test_no_text_of_an_article_does_anything_in_a_browser(paper: Paper, watched: Watched) -> None:
    prose = "".join(f"<p>{text}</p>" for text in builders.PARAGRAPHS[:2])
    found = {}
    for number, (name, body) in enumerate(BODIES.items()):
        address = _publish(paper, f"{number}.json", f"{prose}{number}{body}")
        if faults := watched.faults(address):
            found[name] = faults
    assert found == {}


def test_no_name_of_an_article_does_anything_on_any_page(paper: Paper, watched: Watched) -> None:
    prose = "".join(f"<p>{text} {HEADLINE}</p>" for text in builders.PARAGRAPHS)
    address = _publish(paper, "a.json", prose)
    _publish(paper, "a.json", prose + "<p>More.</p>", **NAMES)
    _publish(paper, "b.json", prose, **{**NAMES, "slug": "ferry-two"})
    addresses = [f"{address}", f"{address}/source", f"{address}/history",
                 f"/story/{article_id('a.json')}", "/latest", "/corrections",
                 "/sources"]  # fmt: skip

    assert {one: found for one in addresses if (found := watched.faults(one))} == {}


def test_nothing_of_a_draft_does_anything_in_its_preview_or_its_receipt(
    paper: Paper, watched: Watched
) -> None:
    found = {}
    for number, (name, body) in enumerate(BODIES.items()):
        key = f"{number}.json"
        paper.upload(
            key, json.dumps({**NAMES, "body_html": f"<p>{number}</p>{body}", "draft": True})
        )
        assert paper.ingest(key).receipt.outcome == "draft"
        preview = urlsplit(paper.receipt(key)["preview_url"]).path
        if faults := watched.faults(preview) + watched.faults_of_file(paper.receipt_page(key)):
            found[name] = faults
    assert found == {}


def test_nothing_of_a_refused_file_does_anything_in_its_receipt(
    paper: Paper, watched: Watched
) -> None:
    for key, content in {
        f"{RUN}.md": f"---\n{HEADLINE}\n---\n",
        "a.xml": f"<a>{HEADLINE}",
        "b.json": f'{{"{HEADLINE}',
        "c.json": json.dumps({"headline": HEADLINE * 3, "status": HEADLINE, "body": HEADLINE}),
        "sources/d.yaml": f"<script>{RUN}</script>: <img src=x onerror={RUN}>",
    }.items():
        paper.upload(key, content)
        assert paper.ingest(key).receipt.outcome == "rejected"
        assert watched.faults_of_file(paper.receipt_page(key)) == []


@pytest.mark.long
def test_no_vector_of_the_sanitisers_does_anything_in_a_browser(
    paper: Paper, watched: Watched, shared: Path
) -> None:
    folder = shared / "data" / "hostile"
    vectors = json.loads((folder / "lists" / "dompurify_vectors.json").read_text(encoding="utf-8"))
    payloads = [vector["payload"] for vector in vectors]
    payloads += [path.read_text("utf-8", "replace") for path in sorted(folder.glob("bleach/*"))]
    found = {}
    for number, payload in enumerate(payloads):
        body = f"<p>{builders.event(number)}</p>{payload}"
        if faults := watched.faults(_publish(paper, f"{number}.json", body)):
            found[payload] = faults
    assert found == {}
