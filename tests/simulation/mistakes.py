"""Mistakes planted in the code, one at a time, in a copy of it: the simulation must see each.

A simulation that finds nothing says something only if it could have found something.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 1_000  # histories until a mistake must have been seen
_LINKED = ("tests", "desk", "infra", "samples", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake: in a file, these lines in the place of those."""

    name: str
    file: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the simulation said of a mistake: after so many histories, None if it saw nothing.

    None drawn, 0, where one that is kept as a test has seen it.
    """

    mistake: Mistake
    histories: int | None
    said: str


MISTAKES = (
    Mistake(
        "a record is written whatever another has written", "chalicelib/aws/store.py",
        "            guard = condition if key == state else {}",
        "            guard = {} if condition else {}",
    ),
    Mistake(
        "what a record follows from is not compared", "chalicelib/aws/store.py",
        '        "ConditionExpression": "folded_to = :folded AND follows_from = :from",\n'
        '        "ExpressionAttributeValues": {\n'
        '            ":folded": state["folded_to"],\n'
        '            ":from": state["follows_from"],\n'
        "        },\n",
        '        "ConditionExpression": "attribute_exists(folded_to) OR pk = :pk",\n'
        '        "ExpressionAttributeValues": {":pk": {"S": "any"}},\n',
    ),
    Mistake(
        "versions are folded newest first", "chalicelib/aws/buckets.py",
        "return tuple(reversed(found))", "return tuple(found)",
    ),
    Mistake(
        "a prefix takes the versions of other keys", "chalicelib/aws/buckets.py",
        "            if key_ != key:\n                break\n", "",
    ),
    Mistake(
        "deletions are passed over", "chalicelib/aws/buckets.py",
        'entries = _merged(page.get("Versions", []), page.get("DeleteMarkers", []))',
        'entries = _merged(page.get("Versions", []), [])',
    ),
    Mistake(
        "the receipt is written before the record, and then never", "chalicelib/newsroom.py",
        "        is_delivered = ingesting.deliver(",
        "        is_delivered = has_changed and ingesting.deliver(",
    ),
    Mistake(
        "a key is settled before its receipt is delivered",
        "chalicelib/newsroom.py",
        "        is_delivered = ingesting.deliver(",
        "        store.settle(after)\n        is_delivered = ingesting.deliver(",
    ),
    Mistake(
        "a claim is not given back", "chalicelib/aws/store.py",
        "told = {place for place in was if Claim(key, place) != had}", "told = set(was)",
    ),
    Mistake(
        "who meets another writer takes its own writes for made", "chalicelib/aws/table.py",
        "                refused = self._refused(some)\n            if _FAILED",
        "                refused = []\n            if _FAILED",
    ),
    Mistake(
        "what a batch did not answer is taken for absent", "chalicelib/aws/table.py",
        'wanted = list(left["Keys"]) if left else []', "wanted = []",
    ),
    Mistake(
        "the latest list is made of an old reading", "chalicelib/listing.py",
        "limit=left, consistent=True", "limit=left, consistent=False",
    ),
    Mistake(
        "the list shows what has expired", "chalicelib/core/article.py",
        "return self.public_at <= now and not self.has_expired(now)",
        "return self.public_at <= now",
    ),
    Mistake(
        "reconciliation skips a page", "chalicelib/newsroom.py",
        "    store.put_cursor(listing.next_cursor)",
        "    further = listing.next_cursor and uploads.page(listing.next_cursor).next_cursor\n"
        "    store.put_cursor(further)",
    ),
    Mistake(
        "a version that is gone is not missed", "chalicelib/ingesting.py",
        "if record is not None and (anew or lineage(ids[:known]) != record.lineage):",
        "if record is not None and (anew or not known):",
    ),
    Mistake(
        "nobody hears of a new profile", "chalicelib/newsroom.py",
        '    if kind_of(key) == "article":\n        return\n', "    return\n",
    ),
    Mistake(
        "a takedown is not looked at", "chalicelib/ingesting.py",
        'is_closed = kind_of(key) == "article" and store.is_closed(article_id(key))',
        "is_closed = False",
    ),
    Mistake(
        "an embargo ends a quarter of an hour early", "chalicelib/core/article.py",
        "        return self.public_at <= now and "
        "(self.expires_at is None or now < self.expires_at)",
        "        from datetime import timedelta\n\n"
        "        early = self.public_at - timedelta(minutes=15)\n"
        "        return early <= now and (self.expires_at is None or now < self.expires_at)",
    ),
    Mistake(
        "an earlier refresh undoes a later one", "chalicelib/aws/store.py",
        "attribute_not_exists(pk) OR refreshed_at <= :mine",
        "attribute_not_exists(pk) OR refreshed_at <= :mine OR refreshed_at > :mine",
    ),
    Mistake(
        "who was overtaken goes on writing stories", "chalicelib/aws/stories.py",
        '            "ConditionExpression": "placer = :me",\n',
        '            "ConditionExpression": "placer = :me OR attribute_not_exists(placer)",\n',
    ),
    Mistake(
        "nobody goes on with the stories of who was killed", "chalicelib/placing.py",
        "    if placer.is_taken_over or before.placed.traits != traits:",
        "    if before.placed.traits != traits:",
    ),
)  # fmt: skip


def run(*, jobs: int, histories: int) -> int:
    """Plant every mistake, print what became of each, and return 1 if one was not seen."""
    missed = 0
    with ThreadPoolExecutor(jobs) as pool:
        for one in pool.map(partial(plant, histories=histories), MISTAKES):
            after = f"after {one.histories:>4}" if one.histories is not None else "not seen  "
            print(f"{after}  {one.mistake.name}: {one.said}", flush=True)
            missed += one.histories is None
    print(f"mistakes: {len(MISTAKES)}, not seen: {missed}")
    return 1 if missed else 0


def plant(mistake: Mistake, *, histories: int) -> Seen:
    """Live through histories with one mistake in the code, until it is seen."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in _LINKED:
            (copy / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / "chalicelib", copy / "chalicelib",
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        file = copy / mistake.file
        text = file.read_text(encoding="utf-8")
        if text.count(mistake.was) != 1:
            message = f"{mistake.name}: {mistake.file} has not these lines once: {mistake.was}"
            raise ValueError(message)
        file.write_text(text.replace(mistake.was, mistake.now), encoding="utf-8")
        kept = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n0", "-x", "tests/simulation/test_kept.py"],
            cwd=copy, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if kept.returncode == 1:
            (first,) = re.findall(r"^FAILED \S+::(\w+)", kept.stdout, re.MULTILINE)
            return Seen(mistake, 0, first)
        command = [sys.executable, "-m", "tests.simulation", "--no-shrink"]
        done = subprocess.run(
            [*command, "--histories", str(histories)],
            cwd=copy, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    lived = re.search(r"^histories: ([\d,]+)", done.stdout, re.MULTILINE)
    if done.returncode == 0 or lived is None:
        return Seen(mistake, None, done.stderr[-200:] if lived is None else "")
    said = done.stdout.partition("should:\n")[2].splitlines()[0]
    return Seen(mistake, int(lived[1].replace(",", "")), said[:90])
