"""Articles of our own, as editors would write them."""

from __future__ import annotations

import json
import random
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from chalicelib.core.article import (
    Article,
    Body,
    Generation,
    Source,
    Summary,
    article_id,
    moment,
)

HEADLINE = "Ferry Skerrin returns to the Callport line"
LEAD = "The ferry Skerrin returned to service on the Callport line after repairs to her rudder."
PARAGRAPHS = (
    LEAD + " The harbour board said on Tuesday that 214 passengers were on the first crossing.",
    "“We have tested every part of her,” said Maren Holt, who runs the line. “She is ready.”",
    "The vessel ran aground in fog in October, when the pilot mistook one buoy for another.",
    "Repairs cost 1.2 million crowns, the board said, of which insurers will pay two thirds.",
    "Traders in Callport had lost a third of their autumn sales, according to their guild.",
    "A second ferry, the Ostrey, will go to the yard in January for the same work.",
    "The council will vote next month on a timetable with four crossings a day.",
    "Fares stay as they are until the spring, Holt said, and then rise by five per cent.",
)


def ago(**time: float) -> str:
    """Return a moment before now as a file or an address states it; less than none is ahead."""
    return moment(datetime.now(UTC) - timedelta(**time))


def markdown(
    headline: str = HEADLINE,
    *,
    date: str = "2026-03-24T09:00:00Z",
    body: str | None = None,
    **metadata: str,
) -> str:
    """Return an article in Markdown with YAML front matter; *metadata* adds lines to it."""
    lines = [f'headline: "{headline}"', f"published_at: {date}" if date else ""]
    lines += [f"{name}: {value}" for name, value in metadata.items()]
    matter = "\n".join(line for line in lines if line)
    text = body if body is not None else "\n\n".join(PARAGRAPHS)
    return f"---\n{matter}\n---\n\n{textwrap.dedent(text)}\n"


def event(number: int) -> str:
    """Return a text about an event of its own: no two numbers' share a name, a word or a figure."""
    chance = random.Random(number)
    words = ["".join(chance.choices("bdfklmnprstv", k=1) + chance.choices("aeiou", k=1) +
             chance.choices("bdfklmnprstv", k=4)) for _ in range(60)]  # fmt: skip
    return " ".join(words).capitalize() + "."


def profile(name: str = "The Callport Courier", **lines: str) -> str:
    """Return a source's profile."""
    given = {"home_url": "https://courier.example/", "kind": "newspaper", **lines}
    return "\n".join([f"name: {name}", *(f"{key}: {value}" for key, value in given.items())])


def picture(width: int = 64, height: int = 48, *, colour: str = "teal") -> bytes:
    """Return a PNG image of one colour."""
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def made(key: str, text: str, *, public_at: datetime, source: str = "courier") -> Article:
    """Return the article that ingest would have made of a text, without its summary."""
    generation = Generation(method="extractive", engine="none", engine_version="0")
    return Article(
        id=article_id(key),
        key=key,
        revision=1,
        headline=text[:40],
        slug="slug",
        source=Source(id=source, name=source),
        published_at=public_at,
        updated_at=public_at,
        received_at=public_at,
        body=Body(html="", text=text, blocks=()),
        sentences=(),
        summary=Summary(text="", evidence=(), key_points=(), generation=generation),
    )


def item(headline: str, *, link: str, date: str = "2026-03-24T09:00:00Z", guid: str = "") -> str:
    """Return one item of an RSS feed, without what is empty."""
    told = {"title": headline, "link": link, "pubDate": date, "guid": guid}
    return "<item>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in told.items() if v) + "</item>"


def rss(*items: str, language: str = "") -> str:
    """Return an RSS feed of these items."""
    itunes = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    head = f"<title>The Callport Courier</title><language>{language}</language>"
    return f'<rss version="2.0" {itunes}><channel>{head}{"".join(items)}</channel></rss>'


def json_feed(*items: dict[str, str]) -> str:
    """Return a JSON Feed of these items."""
    told = {"version": "https://jsonfeed.org/version/1.1", "title": "Courier", "items": items}
    return json.dumps(told)


def opml(*outlines: dict[str, str]) -> bytes:
    """Return a subscription list, in one folder."""
    told = "".join(
        f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in outline.items())}/>"
        for outline in outlines
    )
    body = f'<body><outline text="News">{told}</outline></body>'
    return f'<?xml version="1.0"?><opml version="2.0">{body}</opml>'.encode()


def real_feeds(shared: Path) -> list[Path]:
    """Return real publishers' feeds, without what others' tests expect of them."""
    folders = ("fastfeedparser/real", "fastfeedparser/integration", "rss-parser/input")
    files = [path for folder in folders for path in (shared / "data/feeds" / folder).iterdir()]
    return sorted(
        path for path in files if path.suffix != ".json" or path.name == "json_feed_sample.json"
    )
