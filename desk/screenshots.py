"""The screenshots that the documentation shows, all taken of the sample newsroom by one command.

The newsroom runs in a process in which time stands still, at the same moment whenever that is
done: every age and date is the same again, so a screenshot changes when its page does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from chalicelib.core.article import article_id
from desk import chromium, local, samples
from desk.archive import Archive, Version
from desk.errors import DeskError
from desk.terminal import progress
from desk.venv import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from desk.stage import Stage

FOLDER = ROOT / "docs" / "images"
_AS_OF = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
_END_WITHIN_S = 10
_NOISE = 48  # of 255: no two drawings of a letter's edge are quite the same
_QUALITY = 80  # of WebP: letters are sharp, and a page has some 50 KB
_DESKTOP = {"viewport": {"width": 1280, "height": 900}}
_PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}

_FERRY = "world/skerrin-star-aground.md"
_WITHDRAWN = "sport/tarrow-gig-race.txt"
_REJECTED = "world/lighthouse.md"
_CORRECTED = {
    b"Three people": b"Four people",
    b"section: world": b"section: world\ncorrection: We said that three were hurt. Four were.",
}
_UNREADABLE = b"""\
---
headline: The lighthouse at Tarrow: a hundred years
published_at: 31 Nov 2026
---

The lighthouse is a hundred years old.
"""

_RUN = """\
import sys, time_machine
from desk.__main__ import main
with time_machine.travel(sys.argv[1], tick=False):
    words = ["--no-samples", "--port", "0", "--aws-port", "0", "--data-dir", sys.argv[2]]
    sys.exit(main(["run", *words]))
"""

EXAMPLES = """\
  python -m desk screenshots
  CHROMIUM=/opt/chrome/chrome python -m desk screenshots --out /tmp/screenshots"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screenshot:
    """What one shows, on which screen, by which light."""

    name: str
    path: str = ""  # of a page of the site
    receipt: str = ""  # or the key of the upload whose receipt it shows
    is_phone: bool = False
    is_dark: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.webp"


def _article(key: str, page: str = "") -> str:
    return f"a/{article_id(key)}" + (f"/x/{page}" if page else "")


SCREENSHOTS = (
    Screenshot(name="front"),
    Screenshot(name="front-dark", is_dark=True),
    Screenshot(name="front-phone", is_phone=True),
    Screenshot(name="article", path=_article(_FERRY)),
    Screenshot(name="article-phone", path=_article(_FERRY), is_phone=True),
    Screenshot(name="article-phone-dark", path=_article(_FERRY), is_phone=True, is_dark=True),
    Screenshot(name="article-arabic-phone", path=_article("world/rihan-ferry-line-ar.md"),
            is_phone=True),
    Screenshot(name="source-text", path=_article(_FERRY, "source") + "#s3"),
    Screenshot(name="history", path=_article(_FERRY, "history")),
    Screenshot(name="story", path=f"story/{article_id(_FERRY)}"),
    Screenshot(name="section", path="section/world"),
    Screenshot(name="latest", path="latest"),
    Screenshot(name="corrections", path="corrections"),
    Screenshot(name="sources", path="sources"),
    Screenshot(name="how-it-works", path="how-it-works"),
    Screenshot(name="status", path="status"),
    Screenshot(name="withdrawn-phone", path=_article(_WITHDRAWN), is_phone=True),
    Screenshot(name="receipt", receipt=_REJECTED),
)  # fmt: skip


def take(folder: Path, browser: Browser) -> Iterator[Path]:
    """Take every screenshot into *folder*, yielding each; what looks as before is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data_dir:
        _fill(Path(data_dir))
        with _newsroom(Path(data_dir)) as stage:
            for shot in SCREENSHOTS:
                path = folder / shot.file
                taken = _as_webp(_taken(shot, browser, stage))
                if not (path.exists() and look_alike(path.read_bytes(), taken)):
                    path.write_bytes(taken)
                yield path


def _fill(data_dir: Path) -> None:
    """Upload the samples, and what they alone do not show: a correction, an end, a mistake."""
    archive, numbers = Archive(data_dir / "uploads"), count(1)

    def upload(key: str, body: bytes | None, *, minutes_ago: int) -> None:
        at = _AS_OF - timedelta(minutes=minutes_ago)
        version = str(next(numbers))
        archive.add(Version(key=key, version_id=version, modified_at=at, body=body, metadata={}))

    for file in samples.listed():
        body = samples.content(file, _AS_OF)
        upload(file.key, body, minutes_ago=50)
        if file.key == _FERRY:
            for said, right in _CORRECTED.items():
                body = body.replace(said, right)
            upload(file.key, body, minutes_ago=20)
    upload(_WITHDRAWN, None, minutes_ago=10)
    upload(_REJECTED, _UNREADABLE, minutes_ago=5)


@contextmanager
def _newsroom(data_dir: Path) -> Iterator[Stage]:
    """Run a newsroom over the folder, in which time stands still."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", _RUN, _AS_OF.isoformat(), str(data_dir)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            if "ready\n" not in (run.stdout or ()):
                raise DeskError("no newsroom started: `python -m desk run` tells what keeps it")
            yield local.stage_of(local.find(data_dir))
        finally:
            run.terminate()
            run.wait(_END_WITHIN_S)


def _taken(shot: Screenshot, browser: Browser, stage: Stage) -> bytes:
    screen: dict[str, Any] = _PHONE if shot.is_phone else _DESKTOP
    context = browser.new_context(
        **screen, color_scheme="dark" if shot.is_dark else "light", java_script_enabled=False
    )
    try:
        page = context.new_page()
        page.goto(_address(shot, stage))
        return page.screenshot()
    finally:
        context.close()


def _address(shot: Screenshot, stage: Stage) -> str:
    if not shot.receipt:
        return f"{stage.site}/{shot.path}"
    asked = {"Bucket": stage.receipts, "Key": f"{shot.receipt}.html"}
    return stage.s3().generate_presigned_url("get_object", Params=asked)


def _as_webp(screenshot: bytes) -> bytes:
    from PIL import Image

    out = BytesIO()
    with Image.open(BytesIO(screenshot)) as image:
        image.convert("RGB").save(out, "WEBP", quality=_QUALITY, method=6)
    return out.getvalue()


def look_alike(one: bytes, other: bytes) -> bool:
    """Tell whether nobody could see the two apart."""
    from PIL import Image, ImageChops

    with Image.open(BytesIO(one)) as first, Image.open(BytesIO(other)) as second:
        if first.size != second.size:
            return False
        apart = ImageChops.difference(first, second).convert("L")
        return apart.point(lambda level: level > _NOISE).getbbox() is None


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: docs/images")
    parser.add_argument("--json", action="store_true", help="{screenshot, bytes}, one a line")


def run(arguments: argparse.Namespace) -> None:
    with (
        chromium.opened() as browser,
        progress(len(SCREENSHOTS), "taking", unit="screenshot") as bar,
    ):
        for path in take(arguments.out or FOLDER, browser):
            told = {"screenshot": str(path), "bytes": path.stat().st_size}
            line = (
                json.dumps(told) if arguments.json else "{screenshot}  {bytes} bytes".format(**told)
            )
            bar.write(line, file=sys.stdout)
            bar.update()
