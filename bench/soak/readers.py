"""What readers may be shown: of each article a state no older than one they have had already.

An article's states are the uploads of its key, counted from 1; a headline names its own. A page of
the article itself may lag behind the uploads, but never goes back. A list may lag for as long as
`HEALED_WITHIN_S`: so long a lost event waits for `reconcile`, and a list for `refresh_latest`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

HEALED_WITHIN_S = 120
_HEADLINE = re.compile(r"Report (\d+) as of upload (\d+)")
_MAIN = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


def headline(key: int, state: int) -> str:
    return f"Report {key} as of upload {state}"


@dataclass
class Article:
    """What was uploaded under a key, and what readers have had of it."""

    uploaded_at: list[float] = field(default_factory=list)  # of each state, monotonic seconds
    deletions: set[int] = field(default_factory=set)  # states in which it is withdrawn
    seen: int = 0  # the newest state that an answer showed

    @property
    def newest(self) -> int:
        return len(self.uploaded_at)


Known = tuple[str, str]  # an ETag, "" for none, and the body that came with it


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One request and what came of it."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: str
    known: Known  # what its reader had of it before, and sent the ETag of
    floor: int  # the newest state that anybody had been shown when it was asked
    began_at: float


class Readers:
    """All that readers have been shown, and what was wrong with it."""

    def __init__(self) -> None:
        self.articles: dict[int, Article] = {}
        self.wrong: list[str] = []
        self.views = self.unchanged = 0
        self.most_late_s = 0.0
        self._pages: dict[str, Known] = {}  # by address
        self._lock = threading.Lock()

    def uploads(self, key: int, *, is_deletion: bool = False) -> int:
        """Note an upload under *key* that is about to happen; return its state."""
        with self._lock:
            article = self.articles.setdefault(key, Article())
            article.uploaded_at.append(time.monotonic())
            if is_deletion:
                article.deletions.add(article.newest)
            return article.newest

    def asks(self, path: str, key: int | None) -> tuple[Known, int]:
        """Return what a reader of *path* has of it, and the oldest state that is right."""
        with self._lock:
            known = self._pages.get(path, ("", ""))
            return known, self.articles[key].seen if key is not None else 0

    def judge(self, view: View, key: int | None) -> None:
        with self._lock:
            self.views += 1
            fault = self._fault(view, key)
            if fault:
                self.wrong.append(f"{view.path}: {fault}")

    def _fault(self, view: View, key: int | None) -> str | None:
        if view.status >= 500:
            return f"{view.status} {view.body[:200]}"
        etag, (known_etag, known_body) = view.headers.get("ETag", ""), view.known
        if view.status == 304:
            self.unchanged += 1
            if etag != known_etag:
                return f"304 with the ETag {etag}, asked with {known_etag}"
            view = replace(view, status=200, body=known_body)
        elif view.status == 200:
            last_etag, last_body = self._pages.get(view.path, view.known)
            if not etag or etag == known_etag:
                return f"200 with the ETag {etag!r}, asked with {known_etag!r}"
            if etag == last_etag and view.body != last_body:
                return f"two bodies with the ETag {etag}"
            self._pages[view.path] = (etag, view.body)
        if key is not None:
            return self._of_article(view, self.articles[key], key)
        return self._of_list(view) if view.status == 200 else f"{view.status} {view.body[:200]}"

    def _of_article(self, view: View, article: Article, key: int) -> str | None:
        possible = range(view.floor, article.newest + 1)
        if view.status == 404 and view.floor == 0:
            return None  # nobody has had it yet
        if view.status in (404, 410):
            gone = [state for state in possible if state in article.deletions]
            if not gone:
                return f"{view.status}, though public since state {view.floor}"
            article.seen = max(article.seen, gone[0])
            return None
        shown = _shown(view.body)
        if view.status != 200 or shown is None or shown[0] != key:
            return f"{view.status}, not the article: {view.body[:200]}"
        if shown[1] not in possible or shown[1] in article.deletions:
            return f"state {shown[1]}, not of {possible}"
        article.seen = max(article.seen, shown[1])
        return self._late(view, article, shown[1])

    def _of_list(self, view: View) -> str | None:
        for key, state in {(int(k), int(s)) for k, s in _HEADLINE.findall(view.body)}:
            article = self.articles[key]
            if not 1 <= state <= article.newest:
                return f"an upload that never was: {headline(key, state)}"
            if fault := self._late(view, article, state):
                return fault
        return None

    def _late(self, view: View, article: Article, state: int) -> str | None:
        """Say if *state* had been superseded for too long when the view was asked for."""
        if state == article.newest:
            return None
        late_s = view.began_at - article.uploaded_at[state]
        self.most_late_s = max(self.most_late_s, late_s)
        return f"{late_s:.0f} s too old" if late_s > HEALED_WITHIN_S else None


def _shown(body: str) -> tuple[int, int] | None:
    """Return key and state of the article that a page or a document is of."""
    main = _MAIN.search(body) if body.startswith("<!") else None
    found = _HEADLINE.search(main[1] if main else body)
    return (int(found[1]), int(found[2])) if found else None
