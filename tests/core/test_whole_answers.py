"""What others' servers and models answer, whole.

Each table is held to the one in `tests/approved/readings`, which somebody has read: what a change
makes of a case that nobody thought of shows in its diff.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chalicelib.core import links, watch, written
from chalicelib.core.errors import FeedUnreadable
from tests import builders, models
from tests.conftest import NOW
from tests.core.listings import listing

Approved = Callable[[str, str], None]


ITEMS = (
    builders.item("Ferry &amp;amp; crew", link="/ferry?utm_source=x&id=7#top", guid="7"),
    builders.item("", link="https://courier.example/b", date="yesterday"),
    builders.item("No address", link="", guid="not one"),
    builders.item(
        "By guid", link="", guid="https://courier.example/c", date="2027-01-01T00:00:00Z"
    ),
    builders.item(
        "A " * 300, link="https://courier.example/d", date="Tue, 24 Mar 2026 10:00:00 +0100"
    ),
    (
        "<item><link>https://courier.example/e</link><description>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;"
        "Two &amp;lt;3&lt;script&gt;x&lt;/script&gt;</description><category>x</category></item>"
    ),
    builders.item("Again", link="https://www.courier.example/b"),
)
FEEDS: dict[str, tuple[str | bytes, str]] = {
    "rss": (builders.rss(*ITEMS, language="en-GB"), "application/xml"),
    "atom": (
        (
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/" xml:lang="de">'
            '<entry><title type="text">a &lt;b&gt;</title><link href="x"/><id>1</id><updated>'
            '2026-03-24T11:00:00Z</updated><content type="html">&lt;i&gt;c&lt;/i&gt;</content>'
            "</entry>"
            '<entry><title type="html">d &amp;lt;e</title><id>https://a.example/2</id></entry></feed>'
        ),
        "application/atom+xml",
    ),
    "json": (
        builders.json_feed(
            {
                "id": "1",
                "url": "https://a.example/1",
                "title": "One",
                "date_published": "2026-03-24T09:00:00Z",
                "summary": "S",
                "content_text": "T",
                "language": "fr",
            },
            {
                "id": "https://a.example/2",
                "content_html": "<p>Two</p>",
                "date_modified": "2026-03-23T09:00:00Z",
            },
            {"external_url": "https://a.example/3", "title": "Three", "id": "3"},
            {"id": "4"},
        ),
        "application/json",
    ),
    "latin": (
        "<rss version='2.0'><channel><item><title>Été</title><link>https://a.example/é</link></item>"
        "</channel></rss>".encode("latin-1"),
        "text/xml; charset=iso-8859-1",
    ),
    "wide": ("<rss version='2.0'><channel/></rss>".encode("utf-16"), "text/xml"),
    "page": ("<!doctype html><html><p>x", "text/html"),
    "nothing": ("", "text/xml"),
    "entities": ('<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"/>', "text/xml"),
    "no feed": ('{"version": "1"}', "application/json"),
    "broken": ('{"version', "application/json"),
    "no items": ('{"version": "https://jsonfeed.org/version/1"}', "application/json"),
}


def test_a_feed_is_read_as_was_approved(approved: Approved) -> None:
    lines = []
    for name, (said, content_type) in FEEDS.items():
        data = said if isinstance(said, bytes) else said.encode()
        try:
            found = links.read(
                data,
                address="https://courier.example/news/feed.xml",
                content_type=content_type,
                source="courier",
                now=NOW,
            )
            lines += [name, *(f"    {one}" for one in found)]
        except FeedUnreadable as error:
            lines.append(f"{name}: {error}")

    approved("readings/feeds.txt", listing(lines))


def test_a_feed_is_watched_as_was_approved(approved: Approved) -> None:
    feed = watch.Feed(address="https://courier.example/rss")
    data = builders.rss(*ITEMS).encode()
    answers = (
        watch.Answer(problem="It does not answer."),
        watch.Answer(status=503, retry_after="86400000"),
        watch.Answer(status=429, retry_after="7200"),
        watch.Answer(status=500, retry_after="Tue, 24 Mar 2026 20:00:00 GMT"),
        watch.Answer(status=500, retry_after="soon"),
        watch.Answer(
            status=200, data=data, address=feed.address, etag="e", moved_to="https://b.example"
        ),
        watch.Answer(status=304),
        watch.Answer(status=200, data=data, address=feed.address),
        watch.Answer(status=200, data=b"<html>", address=feed.address),
        watch.Answer(status=410),
    )
    lines = []
    for hour, answer in enumerate(answers):
        now = NOW + timedelta(minutes=25 * hour)
        is_due = feed in watch.due([feed.address], {feed.address: feed}, now=now)
        feed, new = watch.after(feed, answer, source="courier", now=now)
        told = replace(feed, known={})
        lines.append(f"{answer.status}: was due {is_due}, {feed.state}, {len(new)} new, {told}")
    lines += [f"{id_}: {known}" for id_, known in feed.known.items()]

    approved("readings/watch.txt", listing(lines))


ODD = (
    {},
    {"paragraph": "x", "key_points": []},
    {"paragraph": [], "key_points": []},
    {**models.GOOD, "paragraph": models.GOOD["paragraph"][:1]},
    {
        **models.GOOD,
        "key_points": [
            *models.GOOD["key_points"][:3],
            {"text": "", "sentences": ["s1"]},
            {"text": "word " * 45, "sentences": ["s1"]},
            {"text": "See https://a.example for it.", "sentences": ["s1"]},
            {"text": "The ferry “Skerrin is back.", "sentences": ["s1"]},
            {"text": "He said that she is ready.", "sentences": ["s3"]},
            {"text": "Repairs cost 1.3 million crowns.", "sentences": ["s8"]},
        ],
    },
    {
        **models.GOOD,
        "key_points": [
            {"text": "Repairs cost 1.2 million crowns.", "sentences": ["s8", "s8", "s\u200b8"]},
            {"text": "The repairs cost 1.2 million crowns, the board said.", "sentences": ["s8"]},
            {"text": "The pilot mistook one buoy for another.", "sentences": ["s6"]},
            {"text": "Bakeries opened in Callport.", "sentences": ["s9"]},
            {"text": "The council will vote.", "sentences": ["s10", "s99"]},
            {"text": "All of it.", "sentences": ["s1", "s2", "s3", "s4", "s5"]},
        ],
    },
)


def test_a_models_answer_is_judged_as_was_approved(approved: Approved) -> None:
    asked = models.ferry()
    lines = []
    for given in (models.GOOD, *ODD):
        heard = written.hear(models.says(given), asked)
        lines += [f"{heard.failure}, can be told {heard.tool_use is not None}"]
        lines += [f"    {fault}" for fault in heard.faults]
        if heard.answer is not None:
            judged = written.judge(heard.answer, asked)
            lines += [f"    paragraph: {one}" for one in judged.paragraph]
            lines += [f"    point: {one.text} {one.checks}" for one in judged.key_points]
            lines.append(f"    withheld {judged.withheld}, enough {judged.is_enough}")
    for response in (
        models.in_words("I will not."),
        models.says({}, stopped="max_tokens"),
        models.says({}, stopped="content_filtered"),
        {},
        {"output": [1]},
    ):
        lines.append(f"{written.hear(response, asked)}")
    first = written.hear(models.says(ODD[3]), asked)
    request = written.request(asked, model_id="m", after=first)
    told = {name: request[name] for name in ("modelId", "messages", "inferenceConfig")}
    lines.append(json.dumps(told, indent=1, ensure_ascii=False))
    kept = written.Kept(engine="m", prompt_version="1", answer=first.answer)
    for one in (None, kept, replace(kept, answer=None, failure="refused")):
        lines.append(f"{written.publish(one, asked, model_id='arn:aws/x')}")
    lines.append(written.kept_as(asked, model_id="m"))

    approved("readings/answers.txt", listing(lines))
