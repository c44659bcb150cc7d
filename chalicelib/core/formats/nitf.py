"""NITF 3.x (News Industry Text Format): one agency story in XML.

`docdata` says what may be done with the text and `body.head` what stands above it. A release
later than the issue is an embargo; a status of "embargoed" without one makes a draft, because
nobody has said that the text may be read. Editors' notes are for editors and are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import iptc, xml
from chalicelib.core.formats.reading import Field, Reading
from chalicelib.core.metadata import parse_moment
from chalicelib.core.receipt import Dropped

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAMES = {
    "hl1": "h2",
    "hl2": "h3",
    "bq": "blockquote",
    "block": "div",
    "credit": "p",
    "datasource": "p",
    "tagline": "p",
    "nitf-table": "div",
    "fn": "p",
    "table-caption": "caption",
}
WITHOUT = frozenset({"media", "note", "nitf-table-metadata"})
# A template's field that nobody filled in: norm="YYYYMMDD000000-HHMM".
_UNFILLED = re.compile(r"(?=.*YY)[YMDHS0:TZ+-]+", re.IGNORECASE)


def read(root: Element) -> Reading:
    """Return the story. Raises UploadRejected "no-text" where there is no body."""
    head = xml.first(root, "head")
    body = xml.first(root, "body")
    content = xml.first(body, "body.content")
    if content is None:
        raise no_text(root)
    metadata = _metadata(root, head, xml.first(body, "body.head"), content)
    html = content_html(content)
    names, below = iptc.lifted_byline(html)
    if names and metadata.setdefault("byline", xml.field(content, names)).value == names:
        html = below
    end = xml.first(body, "body.end")
    return Reading(
        format="nitf",
        metadata=metadata,
        html=html + (content_html(end) if end is not None else ""),
        first_line=content.sourceline or 1,
        warnings=open_embargo(metadata, head),
        dropped=tuple(left_out(root)),
        inventory=xml.inventory(content, names=NAMES, without=WITHOUT),
    )


def content_html(content: Element) -> str:
    """Write a `body.content` as HTML."""
    return xml.markup(content, names=NAMES, without=WITHOUT)


def left_out(root: Element) -> list[Dropped]:
    """Tell which parts of the text are not in the article."""
    told = (
        ("media", "picture or film with its caption", "its file did not come with the article"),
        ("note", "editor's note", "it is for editors, not for readers"),
    )
    return [
        Dropped(what=what, count=len(found), why=why, line=found[0].sourceline)
        for name, what, why in told
        if (found := list(root.iter("{*}" + name)))
    ]


def no_text(root: Element) -> UploadRejected:
    return UploadRejected(
        Finding(
            code="no-text",
            message="The document has no body.content, where NITF keeps the text.",
            fix="Send the story with its text.",
            line=root.sourceline,
        )
    )


def open_embargo(metadata: dict[str, Field], head: Element | None) -> tuple[Finding, ...]:
    """Make a draft of what is embargoed without an end, and say so."""
    docdata = xml.first(head, "docdata")
    status = (docdata.get("management-status") or "").lower() if docdata is not None else ""
    if docdata is None or status != "embargoed" or "embargo_until" in metadata:
        return ()
    metadata["draft"] = xml.field(docdata, value=True)
    return (endless(metadata["draft"]),)


def endless(where: Field) -> Finding:
    return Finding(
        code="embargo-without-end",
        message="The file is embargoed, but does not say until when: it is kept as a draft.",
        fix="Send it again with the time of its release, or when it is released.",
        line=where.line,
        pointer=where.pointer,
    )


def _metadata(
    root: Element, head: Element | None, top: Element | None, content: Element
) -> dict[str, Field]:
    docdata = xml.first(head, "docdata")
    fields = xml.Fields()
    put = fields.put
    hedline = xml.first(top, "hedline")
    put("headline", xml.first(hedline, "hl1"))
    put("headline", xml.first(head, "title"))
    abstract = xml.first(top, "abstract")
    opening = " ".join(xml.words(part) for part in list(content.iterchildren("*"))[:4])
    if abstract is not None and not iptc.repeats(xml.words(abstract), opening):
        put("standfirst", abstract)
    subhead = xml.first(hedline, "hl2")
    put("standfirst" if "standfirst" not in fields else "subheadline", subhead)
    put("byline", *_byline(xml.first(top, "byline")))
    put("byttl", xml.first(xml.first(top, "byline"), "byttl"))
    put("dateline", xml.first(top, "dateline"))
    _put_times(fields, docdata)
    status = (docdata.get("management-status") or "").lower() if docdata is not None else ""
    if docdata is not None and status and status != "embargoed":
        put("status", docdata, status)
    put("source", xml.first(top, "distributor"))
    holder = xml.first(docdata, "doc.copyright")
    put("source", holder, holder.get("holder") if holder is not None else None)
    subjects = list(head.iter("{*}tobject.subject")) if head is not None else []
    codes = [subject.get("tobject.subject.refnum") or "" for subject in subjects]
    scopes = [scope.get("scope") or "" for scope in xml.children(docdata, "doc-scope")]
    named = next((scope for scope in scopes if scope.lower() in iptc.SECTIONS.values()), None)
    put("section", xml.first(docdata, "doc-scope"), named or "")
    if subjects:
        put("section", subjects[0], iptc.section(codes) or "")
    keywords = list(docdata.iter("{*}keyword")) if docdata is not None else []
    if keywords:
        put("tags", keywords[0], [k for w in keywords if (k := w.get("key") or xml.words(w))])
    language = root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("baselang")
    put("language", root, language or "")
    for name, attribute in (("doc-id", "id-string"), ("urgency", "ed-urg"), ("ed-msg", "info")):
        element = xml.first(docdata, name)
        put(name, element, element.get(attribute) or "" if element is not None else None)
    return fields


def _byline(element: Element | None) -> tuple[Element | None, list[str]]:
    if element is None:
        return None, []
    people = [name for e in xml.children(element, "person") for name in iptc.byline(xml.words(e))]
    return element, people or iptc.byline(xml.words(element))


def _put_times(fields: dict[str, Field], docdata: Element | None) -> None:
    moments = {
        name: Field(element.get("norm"), xml.field(element).pointer, element.sourceline)
        for name in ("date.issue", "date.release", "date.expire")
        if (element := xml.first(docdata, name)) is not None
        and not _UNFILLED.fullmatch(element.get("norm") or "")
        and (element.get("norm") or "").strip()
    }
    if "date.issue" in moments:
        fields["published_at"] = moments["date.issue"]
    if "date.expire" in moments:
        fields["expires_at"] = moments["date.expire"]
    release = moments.get("date.release")
    if release is not None and not _is_not_later(release, moments.get("date.issue")):
        fields["embargo_until"] = release


def _is_not_later(release: Field, issue: Field | None) -> bool:
    """True for a release that is no embargo: the text was issued when it might be read."""
    if issue is None:
        return False
    try:
        return parse_moment(release.value)[0] <= parse_moment(issue.value)[0]
    except ValueError:
        return False  # what cannot be read may be an embargo, and is refused
