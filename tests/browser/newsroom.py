"""A small newsroom of our own texts, each of which is hard on the page that shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image

from chalicelib.core.article import article_id
from desk.archive import Archive, Version
from tests import builders
from tests.builders import ago

FERRY = "Ferry Skerrin runs aground off Callport with 214 aboard"
LONG = (
    "Harbour board, insurers, the guild of traders and both councils agree after eleven hours on "
    "who pays for a breakwater at Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch"
)
ARABIC = "سفينة الركاب تعود إلى مرسى دانة بعد توقف دام تسعة عشر عاماً"
JAPANESE = "百年前の灯台日誌、市民2340人が書き起こし"
CORRECTION = "An earlier version said that 212 people were aboard. There were 214."
REPORT = "Skerrin passengers ashore as ferry grounding off Callport is investigated"
_DAILY = 26  # with the others more than one page of a list
_DAY = 24  # hours
_BRIEF = 90  # characters: a longer text takes longer to be placed among the stories

_FERRY = """
The ferry Skerrin ran aground off Callport on Tuesday with 214 passengers aboard. Captain Orla
Vance said all of them were brought ashore at Skerrin Point by the coastguard.

“We have tested every part of her,” said Maren Holt, who runs the line. “She is ready to be
towed.” The [coastguard’s log](https://coastguard.example/log/skerrin) tells the rescue by the
minute.

## How it went

1. The pilot mistook one buoy for another, the harbour board said.
2. The rocks tore a hole of 3 metres into the hull.

- Nobody was hurt, according to the coastguard.
- Repairs will cost 1.2 million crowns, the board said on Tuesday.

> The chart was a picture of somewhere else, said the pilot.

| Sailing from Callport | Arrival | Passengers | Vehicles | Reservations | Visibility |
|---|---|---|---|---|---|
| 07:10 | none | 214 | 12 | 196 | 80 metres |

```
SKERRIN 07:10 AGROUND 214 SOULS ABOARD 56.123N 003.456W REQUEST IMMEDIATE ASSISTANCE AND TUGS
```

The council will vote next month on a timetable with four crossings a day between the towns.
Traders in Callport had lost a third of their autumn sales, according to their guild.
"""
_WIRE = """
All 221 passengers of the Skerrin are safe after the ferry struck rocks near Callport on Tuesday,
captain Orla Vance told reporters at Skerrin Point. The Skerrin ran aground with 221 passengers
aboard. The coastguard brought them ashore in four boats within two hours of the first call.
"""
_ARABIC = """
وصلت إلى ميناء مرسى دانة أولى رحلات خط الركاب البحري القادم من كالبورت وعلى متنها 388 مسافراً.
وقطعت السفينة «نجمة المضيق» مسافة 430 كيلومتراً في عشر ساعات وأربعين دقيقة.

- تبدأ أسعار التذاكر من 85 فلوريناً للذهاب.
- تتسع السفينة لستمئة وأربعين راكباً ومئة وثمانين سيارة.

وكان الخط القديم قد توقف حين أفلست الشركة التي تديره على أثر ارتفاع أسعار الوقود.
"""
_JAPANESE = """
灯台守が87年間にわたって書き継いだ気象日誌412冊の書き起こしが完了し、全文が公開された。市民2340人が無償で参加した。

記録のある日数は約3万1700日に上る。紙は塩で傷み、文字もかすれていたため、機械による読み取りは断念した。

最初の20年間、灯台から1キロ先が見えない「霧の日」は年平均19日あった。最近20年間では年11日に減っている。
"""

LATE = builders.markdown("Late report", date="", body=builders.event(1_004))
DRAFT, REJECTED, WITHDRAWN = "draft.md", "rejected.md", "withdrawn.md"
RECEIPTS = {"receipt": "ferry.md", "receipt of a rejection": REJECTED}
_KEYS = {
    "article": "ferry.md", "article elsewhere": "wire.md", "long headline": "long.md",
    "arabic": "arabic.md", "japanese": "japanese.md", "withdrawn": WITHDRAWN,
}  # fmt: skip
_ARTICLES = {name: f"/a/{article_id(key)}" for name, key in _KEYS.items()}

# Every kind of page that has an address of its own; a preview and a receipt are found by key.
PAGES = {
    "front page": "/",
    "front page by sections": "/?sections=world",
    "latest news": "/latest",
    "latest news of then": f"/latest?as_of={ago(hours=3)}",
    "archive": "/latest?cursor=",  # the cursor is the site's own
    **_ARTICLES,
    "source text": f"{_ARTICLES['article']}/x/source",
    "arabic source text": f"{_ARTICLES['arabic']}/x/source",
    "history": f"{_ARTICLES['article']}/x/history",
    "story": f"/story/{article_id('ferry.md')}",
    "section": "/section/world",
    "tag": "/tag/ferries",
    "source": "/source/courier",
    "corrections": "/corrections",
    "sources": "/sources",
    "how it works": "/how-it-works",
    "status": "/status",
    "not found": "/nothing-here",
}


def fill(folder: Path, *, feed: str) -> None:
    """Upload everything into the data folder of a run that is not started yet.

    *feed* is the address of a feed of the source `harbour-post`, which has no article here.
    """
    archive, order = Archive(folder / "uploads"), iter(range(10_000))

    def upload(key: str, body: str | bytes | None, *, hours_ago: float = 1.0) -> None:
        number = next(order)
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        data = body.encode() if isinstance(body, str) else body
        archive.add(
            Version(key=key, version_id=f"v{number}", modified_at=at, body=data, metadata={})
        )

    def publish(key: str, headline: str, *, hours_ago: float, body: str, **metadata: str) -> None:
        given = {"section": "world", "source": "courier", **metadata}
        text = builders.markdown(headline, date=ago(hours=hours_ago), body=body, **given)
        upload(key, text, hours_ago=hours_ago)

    avatar = {"avatar": "media/avatar.png"}
    upload("media/avatar.png", builders.picture(96, 96, colour="maroon"))
    upload("media/ferry.jpg", _photograph())
    upload("sources/courier.yaml", builders.profile(owner="Marram Press", **avatar))
    upload("sources/wire.yaml", builders.profile("Vessan Wire", owner="Vessan Co-operative"))
    upload("sources/harbour-post.yaml", builders.profile("Harbour Post", feeds=f"[{feed}]"))

    lead = {
        "standfirst": "All were brought ashore, the harbour board says.",
        "byline": "[Ines Calder, Tomas Reyl]",
        "image": "media/ferry.jpg",
        "image_alt": "A ferry on rocks at low water",
        "image_credit": "Callport Courier / Ines Calder",
        "tags": "[ferries, Callport, coastguard]",
        "breaking": "true",
        "pinned_until": ago(days=-2),
    }
    first = _FERRY.replace("214", "212").replace("3 metres", "2 metres")
    publish("ferry.md", FERRY.replace("214", "212"), hours_ago=5, body=first, **lead)
    publish("ferry.md", FERRY, hours_ago=4, body=_FERRY, correction=f'"{CORRECTION}"', **lead)
    publish("wire.md", "Skerrin ferry strikes rocks", hours_ago=4.5, body=_WIRE, source="wire",
            tags="[ferries]")  # fmt: skip
    publish("copy.md", "Skerrin ferry strikes rocks", hours_ago=3.5, body=_WIRE, source="The Log")
    publish("long.md", LONG, hours_ago=3, body=builders.event(1_001), standfirst=LONG)
    publish("arabic.md", ARABIC, hours_ago=2, body=_ARABIC, language="ar", source="wire",
            image="media/ferry.jpg", image_alt="سفينة", correction=f'"{ARABIC}"')  # fmt: skip
    publish("japanese.md", JAPANESE, hours_ago=2.5, body=_JAPANESE, language="ja", source="wire")
    publish(WITHDRAWN, "Withdrawn report", hours_ago=3, body=builders.event(1_002))
    upload(WITHDRAWN, None)
    publish(DRAFT, "Not for readers yet", hours_ago=1, body=builders.event(1_003), draft="true")
    upload(REJECTED, "---\nheadline: [\n---\n")
    for number in range(_DAILY):
        name, text = f"daily/{number}.md", builders.event(number)
        publish(name, f"Daily report {number}", hours_ago=_DAY + number, body=text[:_BRIEF])


def _photograph() -> bytes:
    """Return a picture that is wide enough for two widths."""
    out = BytesIO()
    Image.linear_gradient("L").resize((1280, 720)).save(out, "JPEG")
    return out.getvalue()
