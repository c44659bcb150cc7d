"""What an article has left where: the words to look for, and every surface to look at.

The words are those of all its versions, read from the uploads: headlines, sentences, slugs, names
of image files. What another article says too is no trace of this one. The surfaces are the routes
themselves, filled in with all that the article was filed under; the buckets; the table.
"""

from __future__ import annotations

import html
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib import ingesting
from chalicelib.aws.buckets import PUBLIC_MEDIA, SUMMARIES
from chalicelib.core import fold
from chalicelib.core.article import IMAGE_NAME, Article, ArticleId, article_id, moment, place_of
from chalicelib.core.receipt import receipt_key
from chalicelib.core.record import name_of_key
from chalicelib.core.uploads import kind_of
from chalicelib.core.written import kept_under
from desk.errors import DeskError

if TYPE_CHECKING:
    from chalicelib.aws.projection import Projection
    from desk.stage import Stage

LEAST_SENTENCE = 25  # characters: "He said no." proves nothing
AT_ONCE = 8  # requests
TIMEOUT_S = 30

_TAG = re.compile(r"<[^<>]*>")
_PARAMETER = re.compile(r"\{(\w+)\}")
_MAX_AGE = re.compile(r"max-age=(\d+)")
_REFUSED = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)  # by what stands before the site
_FAILED = HTTPStatus.INTERNAL_SERVER_ERROR  # and all above it: not what readers have when it is up
_OWN = ("CURRENT", "DRAFT", "AS#")  # the rows in which an article has its own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What an article consists of, by its versions in the bucket."""

    id: ArticleId
    key: str | None  # None where nothing is left that says it
    articles: tuple[Article, ...] = ()  # what its versions made
    previews: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()  # of the images in its own versions
    images: Mapping[str, frozenset[str]] = field(default_factory=dict)  # upload -> its files
    others: frozenset[ArticleId] = frozenset()  # those who tell the same story

    def words(self) -> dict[str, str]:
        """Return what to look for, each with the kind of trace that it is."""
        found: dict[str, str] = {}
        for article in self.articles:
            found[squeezed(article.headline)] = "headline"
            found[f"{self.id}/{article.slug}"] = "slug"
            for one in article.sentences:
                sentence = squeezed(article.body.text[one.start : one.end])
                if len(sentence) >= LEAST_SENTENCE:
                    found[sentence] = "sentence"
        names = self.files.union(*self.images.values())
        return {**found, **dict.fromkeys(names, "image")}

    def summaries(self) -> set[str]:
        """Return what the names of all begin with that a model wrote of it."""
        return {kept_under(a.headline, a.language, a.body.text) for a in self.articles}


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What other articles have too, and would be missed there."""

    words: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    summaries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a request: `age_s` is how long caches may keep it."""

    status: int
    text: str
    age_s: int = 0


Ask = Callable[[str], Answer]  # of a path on the site; raises OSError where nothing answers


def gather(given: str, stage: Stage, projection: Projection) -> Traces:
    """Return the traces of the article that *given*, its key or its id, names."""
    id_ = ArticleId(given) if is_id(given) else article_id(given)
    key = given if id_ != given else _key_of(id_, stage, projection)
    if key is None:
        return Traces(id=id_, key=None)
    if kind_of(key) != "article":
        raise DeskError(f"{key} is no article: delete its versions in the bucket")
    articles, files, previews = [], set(), set()
    for step in _steps(key, stage):
        files |= {file.name for file in step.files}
        if step.article is not None:
            articles.append(step.article)
            previews.add(step.article.preview)
    shown = [i for a in articles for i in (a.image, *a.pictures) if i and not i.is_embedded]
    images = {
        name: frozenset(file.name for step in _steps(name, stage) for file in step.files)
        for name in _spelled({image.key for image in shown}, stage)
    }
    member = projection.stories.memberships([id_]).get(id_)
    others = {member.story_id, *(card.id for card in member.others)} if member else set()
    return Traces(
        id=id_,
        key=key,
        articles=tuple(articles),
        previews=frozenset(previews),
        files=frozenset(files),
        images=images,
        others=frozenset(others - {id_}),
    )


def _spelled(images: set[str], stage: Stage) -> list[str]:
    """Return the keys *images*, and those of uploads that mean the same, spelled otherwise."""
    names = {name_of_key(key) for key in images}
    uploaded = (key for key, _ in stage.versions().newest("media/")) if images else ()
    return sorted({*images, *(key for key in uploaded if name_of_key(key) in names)})


def is_id(given: str) -> bool:
    return re.fullmatch(r"[a-z2-7]{16}", given) is not None


def _key_of(id_: ArticleId, stage: Stage, projection: Projection) -> str | None:
    """Return the key of an id: of its record, else of an upload or of a receipt that is left."""
    key = projection.uploaded_as(id_)
    if key is not None:
        return key
    uploaded = (key for key, _ in stage.versions().newest(""))
    told = (name.removesuffix(".json") for name in stage.kept_receipts().names(""))
    return next(
        (key for names in (uploaded, told) for key in names if article_id(key) == id_), None
    )


def _steps(key: str, stage: Stage) -> Iterator[fold.Folded]:
    """Yield what each version of *key* makes; what cannot be read was never shown."""
    from chalicelib import wiring

    uploads, record = stage.versions(), None
    for listed in uploads.versions(key):
        version, data = ingesting.read(key, listed, uploads=uploads)
        try:
            step = fold.fold(key, record, version, data, summarise=wiring.extract)
        except Exception:  # noqa: BLE001  # as the ingest passes over it
            step = fold.at_fault(key, record, version)
        record = step.record
        yield step


def others(traces: Traces, projection: Projection) -> Others:
    """Return what of *traces* other articles and images have too, as the table knows them."""
    words = traces.words()
    told: set[str] = set()
    files: set[str] = set()
    summaries: set[str] = set()
    own = {f"UPLOAD#{article_id(key)}" for key in traces.images}
    for (pk, sk), text in projection.texts():
        if pk.startswith("UPLOAD#") and pk not in own:
            files |= set(IMAGE_NAME.findall(text))
        if not pk.startswith("ARTICLE#") or not sk.startswith(_OWN) or pk.endswith(traces.id):
            continue
        files |= set(IMAGE_NAME.findall(text))
        told |= _found(words, text)
        article = json.loads(text)
        if "article" in article:
            body = json.loads(article["article"])
            summaries.add(kept_under(body["headline"], body["language"], body["body"]["text"]))
    return Others(words=frozenset(told), files=frozenset(files), summaries=frozenset(summaries))


# Surfaces


def addresses(traces: Traces) -> list[str]:
    """Return the paths of all routes, filled in with whatever the article stood under."""
    from chalicelib import web

    values = _values(traces)
    found: dict[str, None] = {}
    for route in web.operations:
        names = _PARAMETER.findall(route)
        unknown = [name for name in names if name not in values]
        if unknown:
            raise ValueError(f"{route}: a takedown does not know what {unknown[0]} can be")
        is_list = not {"article_id", "story_id", "name", "token"} & set(names)
        for parts in product(*(values[name] for name in names)):
            path = route.format(**dict(zip(names, parts, strict=True)))
            for query in ("", *_queries(traces)) if is_list else ("",):
                found[path + query] = None
    return list(found)


def _values(traces: Traces) -> dict[str, list[str]]:
    """Return what each parameter of a route may be."""
    articles = traces.articles
    ids: list[str] = sorted({traces.id, *traces.others})
    return {
        "article_id": ids,
        "story_id": ids,
        "slug": sorted({"x", *(article.slug for article in articles)}),
        "section": sorted({article.section for article in articles if article.section}),
        "tag": sorted({tag for article in articles for tag in article.tags}),
        "source": sorted({article.source.id for article in articles}),
        "month": sorted({f"{article.public_at:%Y-%m}" for article in articles}),
        "name": sorted(traces.files.union(*traces.images.values())),
        "token": sorted(traces.id + secret for secret in traces.previews),
    }


def _queries(traces: Traces) -> Iterator[str]:
    """Yield the queries by which a list shows the place at which the article stood."""
    from chalicelib.web.parameters import cursor

    for at in sorted({article.public_at for article in traces.articles}):
        yield "?" + urlencode({"cursor": cursor(place_of(at, "7777777777777777"))})
        yield "?" + urlencode({"as_of": moment(at)})
        yield "?" + urlencode({"since": moment(at)})


def over_http(site: str) -> Ask:
    """Return how a path is asked for at *site*, past every cache that obeys."""

    def ask(path: str) -> Answer:
        address = f"{site}{path}"
        if not address.startswith(("https://", "http://")):
            raise OSError(f"{site or 'the stage'} is no address of a site")
        request = urllib.request.Request(address, headers={"Cache-Control": "no-cache"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                status, headers, body = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, headers, body = error.code, error.headers, error.read()
        except HTTPException as error:  # an answer that is cut off, or none of HTTP's
            raise OSError(f"{address} does not answer: {error!r}") from None
        age = _MAX_AGE.search(headers.get("Cache-Control") or "")
        text = body.decode(errors="replace")
        return Answer(status=status, text=text, age_s=int(age[1]) if age else 0)

    return ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one surface shows."""

    surface: str
    left: tuple[str, ...]  # kinds of traces; "unread" where nobody answered
    age_s: int = 0


def look(
    traces: Traces,
    words: Mapping[str, str],
    summaries: Iterable[str],
    *,
    stage: Stage,
    projection: Projection,
    ask: Ask,
    told: Callable[[], object] = int,
) -> Iterator[Look]:
    """Yield what every surface shows of *words*; *told* is called for each address.

    *summaries* are what the names of those begin with that models wrote of it.
    """

    def asked(path: str) -> Look:
        try:
            answer = ask(path)
        except OSError:
            answer = None
        if answer is None or answer.status in _REFUSED or answer.status >= _FAILED:
            return Look(surface=path, left=("unread",))
        kinds = {words[one] for one in _found(words, answer.text)}
        if answer.status == HTTPStatus.OK and path.removeprefix("/media/") in words:
            kinds.add("image")  # that it is there at all is the trace
        return Look(surface=path, left=tuple(sorted(kinds)), age_s=answer.age_s)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for seen in pool.map(asked, addresses(traces)):
            told()
            yield seen
    yield from _in_table(traces, words, projection)
    yield from _in_buckets(traces, words, summaries, stage)


def _in_table(traces: Traces, words: Mapping[str, str], projection: Projection) -> Iterator[Look]:
    own = {f"UPLOAD#{traces.id}", f"ARTICLE#{traces.id}", f"OBSERVED#elsewhere#{traces.id}"}
    rows: set[str] = set()
    observed: set[str] = set()
    closed = False
    for (pk, sk), text in projection.texts():
        kinds = {words[one] for one in _found(words, text)}
        is_mark = pk == f"ARTICLE#{traces.id}" and sk == "CLOSED"
        closed |= is_mark
        kinds |= {"row"} if pk in own and not is_mark else set()
        (observed if pk.startswith("OBSERVED#") else rows).update(kinds)
    yield Look(surface="table: rows", left=tuple(sorted(rows)))
    yield Look(surface="table: observations", left=tuple(sorted(observed)))
    yield Look(surface="table: mark", left=() if closed else ("missing",))


def _in_buckets(
    traces: Traces, words: Mapping[str, str], summaries: Iterable[str], stage: Stage
) -> Iterator[Look]:
    receipts, uploads = stage.kept_receipts(), stage.versions()
    if traces.key is not None:
        left = ("version",) if uploads.versions(traces.key) else ()
        yield Look(surface=f"s3://{stage.uploads}/{traces.key}", left=left)
        for name in receipt_names(traces.key):
            there = name in receipts.names(name)
            yield Look(surface=f"s3://{stage.receipts}/{name}", left=("receipt",) if there else ())
    for prefix in sorted(summaries):
        there = any(receipts.names(SUMMARIES + prefix))
        surface = f"s3://{stage.receipts}/{SUMMARIES}{prefix}*"
        yield Look(surface=surface, left=("summary",) if there else ())
    for name in sorted(word for word, kind in words.items() if kind == "image"):
        there = PUBLIC_MEDIA + name in receipts.names(PUBLIC_MEDIA + name)
        surface = f"s3://{stage.receipts}/{PUBLIC_MEDIA}{name}"
        yield Look(surface=surface, left=("image",) if there else ())


def receipt_names(key: str) -> tuple[str, str]:
    """Return the names of both forms of a key's receipt."""
    return f"{receipt_key(key)}.json", f"{receipt_key(key)}.html"


# Words in whatever form


def _found(words: Iterable[str], said: str) -> set[str]:
    """Return which of *words* can be read in *said*: a page, JSON, XML, or what holds those."""
    text = squeezed(f"{said} {_strings(said)}")
    plain = text
    for _ in range(2):  # a feed holds a page as text
        plain = html.unescape(_TAG.sub("", plain))
    both = f"{text}\n{squeezed(plain)}"
    return {word for word in words if word in both}


def _strings(said: str) -> str:
    """Return all strings of a JSON document, and of JSON that it holds as text."""
    try:
        value = json.loads(said)
    except ValueError:
        return ""
    waiting, found = [value], []
    while waiting:
        one: Any = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            inner = _strings(one) if one[:1] in "[{" else ""
            found.append(inner or one)
    return " ".join(found)


def squeezed(text: str) -> str:
    return " ".join(text.split())
