"""Files of our own making, as suppliers' programs write them: Word documents, mails, agency XML."""

from __future__ import annotations

import zipfile
from email.message import EmailMessage
from io import BytesIO

from chalicelib.core import formats
from chalicelib.core.errors import Finding, UploadRejected

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TEXTS = (
    "The ferry Skerrin returned to service on the Callport line after repairs to her rudder.",
    "The harbour board said on Tuesday that 214 passengers were on the first crossing.",
    "Repairs cost 1.2 million crowns, the board said, of which insurers will pay two thirds.",
)
STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
    '<w:name w:val="Normal"/></w:style>'
    + "".join(
        f'<w:style w:type="paragraph" w:styleId="{id_}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{base}"/></w:style>'
        for id_, name, base in (
            ("Title", "Title", "Normal"),
            ("Subtitle", "Subtitle", "Normal"),
            ("Heading1", "heading 1", "Normal"),
            ("Heading2", "heading 2", "Normal"),
            ("House", "Our own crosshead", "Heading2"),
            ("Quote", "Quote", "Normal"),
            ("Caption", "caption", "Normal"),
            ("Code", "HTML Preformatted", "Normal"),
            ("Byline", "Byline", "Normal"),
            ("TOC1", "toc 1", "Normal"),
            ("ListBullet", "List Bullet", "Normal"),
        )
    )
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
)


def refusal(name: str, data: bytes) -> tuple[Finding, ...]:
    """Why the file is refused; nothing for one that is read. Any other error is the test's."""
    try:
        formats.read(name, data)
    except UploadRejected as error:
        return error.findings
    return ()


def p(text: str, style: str = "", *, item: tuple[int, int] | None = None) -> str:
    """A paragraph; *item* is the number of its list and its level."""
    numbered = (
        f'<w:numPr><w:ilvl w:val="{item[1]}"/><w:numId w:val="{item[0]}"/></w:numPr>'
        if item
        else ""
    )
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{numbered}</w:pPr>{r(text)}</w:p>"


def r(text: str, properties: str = "") -> str:
    """A run; what begins with < is markup of its own."""
    inner = text if text.startswith("<") else f'<w:t xml:space="preserve">{text}</w:t>'
    return f"<w:r><w:rPr>{properties}</w:rPr>{inner}</w:r>"


def drawing(relation: str, *, descr: str = "", crop: str = "", around: str = "{}") -> str:
    """A paragraph with a picture, as Word writes one."""
    picture = (
        '<w:drawing><wp:inline xmlns:wp="urn:wp"><wp:docPr id="1" '
        f'descr="{descr}"/><a:graphic><pic:pic xmlns:pic="urn:pic"><pic:blipFill>'
        f'<a:blip r:embed="{relation}"/>{crop}</pic:blipFill></pic:pic></a:graphic></wp:inline>'
        "</w:drawing>"
    )
    return f"<w:p>{r(around.format(picture))}</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def xml(name: str, inner: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><w:{name} xmlns:w="{WORD}" '
        f'xmlns:r="{OFFICE}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
        f'xmlns:v="urn:schemas-microsoft-com:vml">{inner}</w:{name}>'
    )


def docx(
    body: str,
    *,
    core: str = "",
    custom: str = "",
    footnotes: str = "",
    links: dict[str, str] | None = None,
    images: dict[str, bytes] | None = None,
    parts: dict[str, str | bytes] | None = None,
) -> bytes:
    """A Word document with this body; *core* is the inside of its properties.

    *links* and *images* are by the ids of their relations.
    """
    kinds = ("styles", "numbering", "footnotes")
    inside = (
        "".join(
            f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{kind}.xml"/>'
            for n, kind in enumerate(kinds)
        )
        + "".join(
            f'<Relationship Id="{id_}" Type="{OFFICE}/hyperlink" Target="{target}" '
            'TargetMode="External"/>'
            for id_, target in (links or {}).items()
        )
        + "".join(
            f'<Relationship Id="{id_}" Type="{OFFICE}/image" Target="media/{id_}.png"/>'
            for id_ in images or {}
        )
    )
    package = (
        f'<Relationship Id="a" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="b" Type="{PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/>'
        f'<Relationship Id="c" Type="{OFFICE}/custom-properties" Target="docProps/custom.xml"/>'
    )
    relations = f'<Relationships xmlns="{PACKAGE}/relationships">'
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f"{relations}{package}</Relationships>",
        "word/_rels/document.xml.rels": f"{relations}{inside}</Relationships>",
        "word/document.xml": xml("document", f"<w:body>{body}</w:body>"),
        "word/styles.xml": xml("styles", STYLES),
        "word/numbering.xml": xml("numbering", NUMBERING),
        "word/footnotes.xml": xml("footnotes", footnotes),
        "docProps/core.xml": '<c:coreProperties xmlns:c="urn:core" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:dcterms="http://purl.org/dc/terms/">{core}</c:coreProperties>',
        "docProps/custom.xml": f"<Properties>{custom}</Properties>",
        **{f"word/media/{id_}.png": data for id_, data in (images or {}).items()},
        **(parts or {}),
    }
    return zipped(files)


def zipped(files: dict[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def mail(text: str = "", *, html: str = "", **headers: str) -> bytes:
    """A mail; `List_Id` is the header List-Id."""
    message = EmailMessage()
    given = {
        "From": "Ilse Marrow <ilse@courier.example>",
        "To": "desk@courier.example",
        "Subject": "Ferry returns",
        "Date": "Tue, 24 Mar 2026 10:00:00 +0100",
        **headers,
    }
    for name, value in given.items():
        message[name.replace("_", "-")] = value
    if text or not html:
        message.set_content(text or "\n\n".join(TEXTS))
    if html:
        add = message.add_alternative if text else message.set_content
        add(html, subtype="html")
    return bytes(message)


def nitf(content: str = "", *, head: str = "", top: str = "", status: str = "usable") -> bytes:
    content = content or "".join(f"<p>{text}</p>" for text in TEXTS)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">\n'
        f'<nitf><head><docdata management-status="{status}">'
        f'<date.issue norm="20260324T090000+0000"/>{head}</docdata></head>'
        f"<body><body.head><hedline><hl1>Ferry returns</hl1></hedline>{top}</body.head>"
        f"<body.content>{content}</body.content></body></nitf>"
    ).encode()


def news_item(
    content: str = "", *, meta: str = "", about: str = "", kind: str = "application/xhtml+xml"
) -> bytes:
    inner = content or "".join(f"<p>{text}</p>" for text in TEXTS)
    return (
        '<?xml version="1.0"?><newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" '
        'guid="urn:newsml:courier.example:1" xml:lang="en"><itemMeta>'
        '<itemClass qcode="ninat:text"/><provider literal="courier.example"/>'
        f"<versionCreated>2026-03-24T09:00:00Z</versionCreated>{meta}</itemMeta>"
        f"<contentMeta><headline>Ferry returns</headline>{about}</contentMeta>"
        f'<contentSet><inlineXML contenttype="{kind}"><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<body>{inner}</body></html></inlineXML></contentSet></newsItem>"
    ).encode()


def rss(item: str = "", *, channel: str = "") -> bytes:
    item = item or f"<description>{' '.join(TEXTS)}</description>"
    return (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/"><channel><title>The Courier</title>'
        f"<language>en-gb</language>{channel}<item><title>Ferry returns</title>"
        f"<pubDate>Tue, 24 Mar 2026 09:00:00 GMT</pubDate>{item}</item></channel></rss>"
    ).encode()
