"""NewsML-G2 (a newsItem, or a newsMessage around several) and its elder NewsML 1.

The first item with a text is the article; what else came in the envelope is told. The text is
inline: XHTML, NITF, or plain. An `embargoed` element without a time means "until further notice"
in the standard, so it makes a draft.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import html as html_reader
from chalicelib.core.formats import iptc, nitf, text, xml
from chalicelib.core.formats.reading import Inventory, Reading, letters
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TEXTS = ("inlineXML", "inlineData", "DataContent")
_KEPT_OF_FIRST = (
    ("SlugLine", "slugline"),
    ("DateLine", "dateline"),
    ("CreditLine", "creditline"),
    ("CopyrightLine", "copyrightnotice"),
    ("PublicIdentifier", "guid"),
)
_SUMMARIES = ("", "summary", "teaser", "abstract", "standfirst", "lead")


def read(root: Element) -> Reading:
    """Return the first item that has a text. Raises UploadRejected "no-text" where none has."""
    is_second = xml.name_of(root) != "NewsML"
    items = _items(root)
    texts = [(item, text_) for item in items if (text_ := _text(item)) is not None]
    if not texts:
        raise _no_text(root, items)
    item, body = texts[0]
    html, inventory = _html(body)
    metadata = _second(item) if is_second else _first(item)
    names, below = iptc.lifted_byline(html)
    if names and metadata.setdefault("byline", xml.field(body, names)).value == names:
        html = below
    standfirst = metadata.get("standfirst")
    if standfirst and iptc.repeats(str(standfirst.value), xml.words(body)):
        del metadata["standfirst"]
    warnings = []
    if len(texts) > 1:
        warnings.append(several(len(texts), texts[1][0].sourceline))
    draft = metadata.get("draft")
    if draft is not None:
        warnings.append(nitf.endless(draft))
    return Reading(
        format="newsml-g2" if is_second else "newsml",
        metadata=metadata,
        html=html,
        first_line=body.sourceline or 1,
        warnings=tuple(warnings),
        dropped=(*_left_out(root, items, item), *nitf.left_out(body)),
        inventory=inventory,
    )


def several(count: int, line: int | None) -> Finding:
    return Finding(
        code="several-articles",
        message=f"The file holds {count} articles; the first is the article of this key.",
        fix="Send one article a file: an article's identity is its key.",
        line=line,
    )


def _items(root: Element) -> list[Element]:
    if xml.name_of(root) == "NewsML":
        return list(root.iter("{*}NewsItem"))
    return [
        e for e in root.iter("{*}newsItem", "{*}packageItem") if e.find(".//{*}newsItem") is None
    ]


def _text(item: Element) -> Element | None:
    for element in item.iter(*("{*}" + name for name in _TEXTS)):
        if xml.words(element):
            return element
    return None


def _html(element: Element) -> tuple[str, Inventory]:
    content = next(element.iter("{*}body.content"), None)
    if content is not None:
        return nitf.content_html(content), xml.inventory(
            content, names=nitf.NAMES, without=nitf.WITHOUT
        )
    if len(element):
        body = next(element.iter("{*}body"), element)
        return xml.markup(body), xml.inventory(body)
    said = (element.text or "").strip()
    if said.startswith("<") or "html" in (element.get("contenttype") or ""):
        return said, html_reader.inventory(said)
    lines = [line.strip() for line in said.splitlines()]
    html = "".join(f"<p>{escape(p, quote=False)}</p>" for p in text.paragraphs(lines))
    return html, Inventory(letters=letters(said))


def _no_text(root: Element, items: list[Element]) -> UploadRejected:
    kinds = [
        _tail(e) for item in items if (e := xml.first(item, "itemMeta", "itemClass")) is not None
    ]
    kinds = [kind for kind in kinds if kind]
    said = f" (its items are: {', '.join(kinds[:5])})" if kinds else ""
    return UploadRejected(
        Finding(
            code="no-text",
            message=f"No item of the file has a text in it{said}.",
            fix="Send the text inline, as XHTML or NITF; pictures go under media/.",
            line=root.sourceline,
        )
    )


def _left_out(root: Element, items: list[Element], item: Element) -> list[Dropped]:
    told = []
    others = [other for other in items if other is not item]
    if others:
        why = "the first item with a text is the article"
        told.append(
            Dropped(what="other item", count=len(others), why=why, line=others[0].sourceline)
        )
    remote = list(root.iter("{*}remoteContent"))
    if remote:
        why = "its file did not come with the article"
        told.append(
            Dropped(what="remote content", count=len(remote), why=why, line=remote[0].sourceline)
        )
    return told


def _second(item: Element) -> xml.Fields:
    """The metadata of NewsML-G2."""
    fields = xml.Fields()
    meta, content = xml.first(item, "itemMeta"), xml.first(item, "contentMeta")
    for headline in xml.children(content, "headline"):
        is_main = _tail(headline, "role") in ("", "main", "headline")
        fields.put("headline" if is_main else "standfirst", headline)
    fields.put("headline", xml.first(meta, "title"))
    main = fields.get("headline")
    if main is not None and "standfirst" in fields and fields["standfirst"].value == main.value:
        del fields["standfirst"]
    for description in xml.children(content, "description"):
        if _tail(description, "role").lower() in _SUMMARIES:
            fields.put("standfirst", description)
    _put_byline(fields, content, meta)
    fields.put("published_at", xml.first(meta, "versionCreated"))
    fields.put("published_at", xml.first(meta, "firstCreated"))
    fields.put("published_at", xml.first(content, "contentModified"))
    fields.put("published_at", xml.first(content, "contentCreated"))
    embargoed = xml.first(meta, "embargoed")
    if embargoed is not None and not xml.words(embargoed):
        fields.put("draft", embargoed, value=True)
    fields.put("embargo_until", embargoed)
    status = xml.first(meta, "pubStatus")
    fields.put("status", status, _tail(status) if status is not None else None)
    provider, credit = xml.first(meta, "provider"), xml.first(content, "creditline")
    if provider is None or not xml.words(provider):  # a code or a domain; the credit is a name
        fields.put("source", credit, xml.words(credit).strip("-–—/ "))
    fields.put("source", provider, _said(provider))
    notice = xml.first(item, "rightsInfo", "copyrightHolder")
    fields.put("source", notice, _said(notice))
    subjects = xml.children(content, "subject")
    codes = [subject.get("qcode") or subject.get("uri") or "" for subject in subjects]
    if subjects:
        fields.put("section", subjects[0], iptc.section(codes) or "")
    named = [n for s in subjects if (n := xml.words(xml.first(s, "name")))]
    named += [xml.words(keyword) for keyword in xml.children(content, "keyword")]
    if named:
        fields.put("tags", (subjects or xml.children(content, "keyword"))[0], named)
    language = xml.first(content, "language")
    fields.put("language", item, item.get(_LANG) or "")
    fields.put("language", language, language.get("tag") if language is not None else None)
    for key in ("slugline", "urgency", "dateline", "creditline"):
        fields.put(key, xml.first(content, key))
    fields.put("located", xml.first(content, "located", "name"))
    fields.put("ednote", xml.first(meta, "edNote"))
    fields.put("usageterms", xml.first(item, "rightsInfo", "usageTerms"))
    fields.put("copyrightnotice", xml.first(item, "rightsInfo", "copyrightNotice"))
    fields.put("guid", item, item.get("guid") or "")
    return fields


def _put_byline(fields: xml.Fields, content: Element | None, meta: Element | None) -> None:
    by = xml.first(content, "by")
    fields.put("byline", by, iptc.byline(xml.words(by)))
    if "byline" in fields:
        return
    provider = _said(xml.first(meta, "provider")).lower()
    creators = [
        creator
        for creator in xml.children(content, "creator")
        if xml.words(xml.first(creator, "name"))
        and xml.words(xml.first(creator, "name")).lower() != provider
    ]
    if creators:
        names = [xml.words(xml.first(creator, "name")) for creator in creators]
        fields.put("byline", creators[0], names)


def _first(item: Element) -> xml.Fields:
    """The metadata of NewsML 1."""
    fields = xml.Fields()

    def any_of(*names: str) -> Element | None:
        found = (e for name in names for e in item.iter("{*}" + name) if xml.words(e))
        return next(found, None)

    fields.put("headline", any_of("HeadLine"))
    fields.put("standfirst", any_of("SubHeadLine"))
    by = any_of("ByLine")
    fields.put("byline", by, iptc.byline(xml.words(by)))
    fields.put("published_at", any_of("ThisRevisionCreated", "FirstCreated"))
    for name, key in (("Status", "status"), ("Language", "language")):
        formal = next(item.iter("{*}" + name), None)
        value = (formal.get("FormalName") or "").lower() if formal is not None else None
        if value == "embargoed":
            fields.put("draft", formal, value=True)
        else:
            fields.put(key, formal, value)
    fields.put("language", item, item.get(_LANG) or "")
    for name in ("Provider", "Source"):
        party = next(item.iter("{*}" + name), None)
        party = xml.first(party, "Party")
        fields.put("source", party, party.get("FormalName") if party is not None else None)
    properties = [p for p in item.iter("{*}Property") if p.get("FormalName") == "Keyword"]
    if properties:
        fields.put("tags", properties[0], [p.get("Value") or "" for p in properties])
    kinds = ("{*}Subject", "{*}SubjectMatter", "{*}SubjectDetail")
    subjects = list(item.iter(*kinds))
    if subjects:
        codes = [subject.get("FormalName") or "" for subject in subjects]
        fields.put("section", subjects[0], iptc.section(codes) or "")
    for name, key in _KEPT_OF_FIRST:
        fields.put(key, any_of(name))
    return fields


def _said(element: Element | None) -> str:
    """The name of a party: in words, as a literal, or the end of its code."""
    if element is None:
        return ""
    return xml.words(xml.first(element, "name")) or element.get("literal") or _tail(element)


def _tail(element: Element, attribute: str = "qcode") -> str:
    """The last part of a code or address: usable of stat:usable."""
    code = element.get(attribute) or (element.get("uri") if attribute == "qcode" else "") or ""
    return str(code).replace("/", ":").rpartition(":")[2]
