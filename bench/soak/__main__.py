"""Soak a newsroom, and print what came of it. Ends with 1 where anything was wrong.

python -m bench.soak --views 20000 --uploads 2000
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bench.soak.faults import Delivery
from bench.soak.processes import Process, started
from bench.soak.readers import Readers, View, headline
from chalicelib.core.article import article_id
from chalicelib.core.receipt import receipt_key
from chalicelib.newsroom import refresh_latest
from desk.configured import LOCAL
from desk.stage import Stage

READERS = 4
MOST_WAITING = 8  # views that no reader has begun
ASK_EVERY = 10  # uploads: then the soak waits until the functions have caught up
SAMPLES = 200  # of memory
MAX_GROWTH_MB = 8.0  # of the newsroom over the second half: what a fragmented heap varies by
SETTLED_WITHIN_S = 180
_LISTS = ("/", "/latest", "/v1/latest", "/feed.xml", "/feed.json", "/v1/articles?section=world",
          "/v1/articles", "/v1/changes", "/sitemap.xml", "/sources", "/v1/health")  # fmt: skip
_OF_ARTICLE = ("/v1/articles/{}", "/v1/articles/{}", "/a/{}/x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is done, and how often something fails: one in so many."""

    views: int
    uploads: int
    seed: int = 1
    failing_calls: int = 400  # of the functions to AWS; an upload makes some sixty
    dying_functions: int = 25
    delivery: Delivery = field(default_factory=lambda: Delivery(lost=25, twice=15, late=15))

    @property
    def keys(self) -> int:
        """Articles; each has some three states."""
        return max(1, self.uploads // 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a soak; `wrong` is empty where all was right."""

    wrong: tuple[str, ...]
    views: int
    unchanged: int  # answered 304
    uploads: int
    most_late_s: float
    faults: Mapping[str, int]
    rows: int
    memory_mb: tuple[float, ...]  # of the newsroom, in even steps
    aws_memory_mb: float
    took_s: float

    @property
    def growth_mb(self) -> float:
        """By how much the newsroom's memory grew over the second half, by the line through it."""
        half = self.memory_mb[len(self.memory_mb) // 2 :]
        return statistics.linear_regression(range(len(half)), half).slope * (len(half) - 1)

    def table(self) -> str:
        half = self.memory_mb[len(self.memory_mb) // 2]
        rows = {
            "page views": f"{self.views:,}, of them {self.unchanged:,} answered 304",
            "uploads and withdrawals": f"{self.uploads:,}",
            **{f"fault: {name}": f"{count:,}" for name, count in sorted(self.faults.items())},
            "oldest state that was read": f"superseded {self.most_late_s:.1f} s before",
            "rows, as a rebuild makes them": f"{self.rows:,}",
            "newsroom's memory": f"{self.memory_mb[0]:.0f} MB at first, {half:.0f} half-way, "
            f"{self.memory_mb[-1]:.0f} in the end; {self.growth_mb:+.1f} in the second half",
            "embedded AWS's memory": f"{self.aws_memory_mb:.0f} MB, all that it was given",
            "time": f"{self.took_s:.0f} s",
            "wrong": f"{len(self.wrong)}",
        }
        return "\n".join(["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])


def soak(plan: Plan, *, told: Callable[[int], object] = lambda _: None) -> Report:
    """Run *plan* to its end; *told* is called with the number of each step that was done."""
    began_at = time.monotonic()
    seed = "--seed", str(plan.seed)
    with started("aws", "--every", str(plan.failing_calls), *seed) as aws:
        words = ("--where", json.dumps(aws.where), "--every", str(plan.dying_functions))
        with started("newsroom", *words, *seed) as newsroom:
            stage = Stage(
                name=LOCAL,
                table=aws.where["Table"],
                uploads=aws.where["UploadsBucket"],
                receipts=aws.where["ReceiptsBucket"],
                site=newsroom.where["site"],
                endpoint=aws.where["endpoint"],
                region="us-east-1",
            )
            # There is a list before its first reader comes, as there is after a deployment.
            refresh_latest(store=stage.store(), now=datetime.now(UTC).replace(microsecond=0))
            run = _Run(plan, stage, newsroom, told)
            run.everything()
            wrong = [*run.readers.wrong, *run.unsettled()]
            rows, more_wrong = _rebuilt(stage)
            failed = {f"an error of AWS's, {when} the call": n for when, n in aws.ask(1).items()}
            return Report(
                wrong=(*wrong, *more_wrong),
                views=run.readers.views,
                unchanged=run.readers.unchanged,
                uploads=plan.uploads,
                most_late_s=run.readers.most_late_s,
                faults={**run.faults, **failed},
                rows=rows,
                memory_mb=tuple(run.memory_mb),
                aws_memory_mb=aws.memory_mb(),
                took_s=time.monotonic() - began_at,
            )


class _Run:
    """The steps of a soak, in one order for each seed."""

    def __init__(
        self, plan: Plan, stage: Stage, newsroom: Process, told: Callable[[int], object]
    ) -> None:
        self.readers = Readers()
        self.faults: Counter[str] = Counter()
        self.memory_mb: list[float] = []
        self._plan, self._stage, self._newsroom, self._told = plan, stage, newsroom, told
        self._chance = random.Random(plan.seed)  # noqa: S311 - of a trial
        self._s3 = stage.s3()
        self._late: dict[int, list[str]] = {}  # names of which an event comes, by its step
        self._newest: dict[str, str] = {}  # version by name
        self._connections: dict[int, http.client.HTTPConnection] = {}  # by thread

    def everything(self) -> None:
        plan = self._plan
        steps = ["upload"] * plan.uploads + ["view"] * plan.views
        self._chance.shuffle(steps)
        sample_every = max(1, len(steps) // SAMPLES)
        waiting = threading.Semaphore(READERS + MOST_WAITING)
        uploads = 0
        with ThreadPoolExecutor(READERS) as pool:
            for number, step in enumerate(steps):
                for name in self._late.pop(number, ()):
                    self._event(name)
                if step == "upload":
                    self._upload(number)
                    uploads += 1
                    if uploads % ASK_EVERY == 1:
                        self._newsroom.ask([])
                else:
                    path, key = self._some_view()
                    waiting.acquire()
                    pool.submit(self._view, path, key).add_done_callback(
                        lambda _: waiting.release()
                    )
                if number % sample_every == 0:
                    self.memory_mb.append(self._newsroom.memory_mb())
                self._told(number)
        for connection in self._connections.values():
            connection.close()
        for name in (name for names in self._late.values() for name in names):
            self._event(name)

    # Editors

    def _upload(self, number: int) -> None:
        key = self._chance.randrange(self._plan.keys)
        name, article = _name(key), self.readers.articles.get(key)
        is_there = article is not None and article.newest not in article.deletions
        if is_there and self._chance.randrange(8) == 0:
            self.readers.uploads(key, is_deletion=True)
            answer: Any = self._s3.delete_object(Bucket=self._stage.uploads, Key=name)
        else:
            body = _article(key, self.readers.uploads(key), self._chance)
            answer = self._s3.put_object(Bucket=self._stage.uploads, Key=name, Body=body)
        self._newest[name] = answer["VersionId"]
        comes = tuple(self._plan.delivery.plan(self._chance))
        self.faults["an event lost"] += not comes
        self.faults["an event twice"] += len(comes) > 1
        self.faults["an event late"] += bool(comes and comes[0])
        for steps in comes:
            if steps == 0:
                self._event(name)
            else:
                self._late.setdefault(number + steps, []).append(name)

    def _event(self, name: str) -> None:
        bucket = {"name": self._stage.uploads}
        self._newsroom.tell([{"s3": {"bucket": bucket, "object": {"key": name}}}])

    # Readers

    def _some_view(self) -> tuple[str, int | None]:
        if self._chance.randrange(4) == 0 or not self.readers.articles:
            return self._chance.choice(_LISTS), None
        key = self._chance.choice(sorted(self.readers.articles))
        return self._chance.choice(_OF_ARTICLE).format(article_id(_name(key))), key

    def _view(self, path: str, key: int | None) -> None:
        known, floor = self.readers.asks(path, key)
        began_at = time.monotonic()
        try:
            status, headers, body = self._get(path, known[0])
            if status == 308:
                status, headers, body = self._get(headers["Location"], "")
                known = ("", "")
        except (OSError, http.client.HTTPException) as error:
            status, headers, body = 599, {}, f"no answer: {error!r}"
        view = View(path=path, status=status, headers=headers, body=body, known=known,
                    floor=floor, began_at=began_at)  # fmt: skip
        self.readers.judge(view, key)

    def _get(self, path: str, etag: str) -> tuple[int, dict[str, str], str]:
        """Ask on this thread's own connection."""
        place = urlsplit(self._stage.site)
        fresh = http.client.HTTPConnection(place.netloc, timeout=60)
        connection = self._connections.setdefault(threading.get_ident(), fresh)
        headers = {"If-None-Match": etag} if etag else {}
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        except http.client.RemoteDisconnected:
            # The site closes what was idle for long, as it may; browsers ask again too.
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        return answer.status, dict(answer.headers.items()), answer.read().decode()

    # The end

    def unsettled(self) -> list[str]:
        """Wait until every upload has its receipt; return what has none in time.

        What is in the failure queue is handed in again, as an operator would.
        """
        until = time.monotonic() + SETTLED_WITHIN_S
        left, failed, redriven = dict(self._newest), list[str](), 0
        while (left or redriven < len(failed)) and time.monotonic() < until:
            for name in failed[redriven:]:
                self._event(name)
            redriven = len(failed)
            failed = self._newsroom.ask([])
            left = {name: one for name, one in left.items() if self._told_of(name) != one}
            time.sleep(0.5 if left else 0)
        self.faults["an event in the failure queue"] = len(failed)
        return [f"{name}: no receipt of its newest upload" for name in left]

    def _told_of(self, name: str) -> str | None:
        """Return the version that the receipt of *name* tells of."""
        from botocore.exceptions import ClientError

        try:
            found = self._s3.head_object(
                Bucket=self._stage.receipts, Key=f"{receipt_key(name)}.json"
            )
        except ClientError:
            return None
        return found["Metadata"].get("version-id")


def _rebuilt(stage: Stage) -> tuple[int, list[str]]:
    """Rebuild into another table; return its number of rows, and what is wrong with the first."""
    from desk import rebuild

    projection, _ = rebuild.other(stage, f"{stage.table}-again")
    now = datetime.now(UTC).replace(microsecond=0)
    keys = rebuild.keys_of(stage, projection)
    done = rebuild.rebuild(keys, stage, projection=projection, now=now, told=lambda: None)
    wrong = [f"{key}: not rebuilt: {why}" for key, why in done.failed.items()]
    rows, digest = stage.projection().digest()
    if (rows, digest) != (done.rows, done.digest):
        wrong.append(f"the table has {rows} rows, a rebuild {done.rows}; or they differ")
    return done.rows, wrong


def _name(key: int) -> str:
    return f"soak/{key}.md"


def _article(key: int, state: int, chance: random.Random) -> bytes:
    """Return a short article. Those of a number tell one event, and so may five others."""
    words = random.Random(key // 6)  # noqa: S311 - the same for each of an event
    names = [_word(words).capitalize() for _ in range(6)]
    sentences = [
        f"{chance.choice(names)} {' '.join(_word(words) for _ in range(8))} {chance.choice(names)}."
        for _ in range(4)
    ]
    matter = f"headline: {headline(key, state)}\ndate: 2026-01-{1 + key % 28:02}\nsection: world"
    return f"---\n{matter}\n---\n\n{' '.join(sentences)}\n".encode()


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bdfklmnprst") + chance.choice("aeiou") for _ in range(3))


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--views", type=int, default=20_000)
    parser.add_argument("--uploads", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    from desk.terminal import progress

    with progress(given.views + given.uploads, "soaking", unit="step") as bar:
        plan = Plan(views=given.views, uploads=given.uploads, seed=given.seed)
        report = soak(plan, told=lambda _: bar.update())
    print(report.table())
    wrong = list(report.wrong)
    if report.growth_mb > MAX_GROWTH_MB:
        wrong.append(f"the newsroom grew by {report.growth_mb:.1f} MB in the second half")
    for line in wrong[:20]:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
