"""How far a newsroom goes: which limit of AWS is met first, by whom, and what a month would cost.

A simulation in simulated time, second by second, from a seed: readers come as a Poisson process
that follows the hours of a day, and choose articles by Zipf's law; articles come likewise; then a
crowd comes to the front page at once. What each of them asks for was measured (`USES`); what AWS
grants is written down below it. With a CDN each cache keeps a page as our headers say. Nobody
tries again, and no partition has saved up for a burst: the first is kinder than AWS, the second
harder. What is printed stands at the end of docs/scale.md.

python -m bench.scale
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from bench.cost import (
    ARTICLE_SHARE,
    CALL_MS,
    FRONT_SHARE,
    IMAGES_A_VIEW,
    LIST_SHARE,
    LOG_BYTES,
    MB_OF_A_VCPU,
    MILLION,
    MONTH_MIN,
    PRICES,
)
from chalicelib.web.http import MINUTE_S as FRESH_FOR_S
from chalicelib.web.http import WHILE_ASKING_S as STALE_FOR_S

ROOT = Path(__file__).parents[1]

# What is asked for
VIEWS_A_MONTH = 100 * MILLION
ARTICLES_A_DAY = 100_000
CROWD_A_S, CROWD_S = 20_000, 600  # views of the front page
CALM_S = 900  # of the busiest hour, before the crowd
# Assumed: when a day's readers and articles come, hour by hour.
_HOURS = (4, 2, 2, 2, 3, 6, 12, 18, 20, 16, 14, 14, 18, 15, 13, 13, 13, 15, 17, 18, 19, 17, 12, 7)
CURVE = tuple(weight * 24 / sum(_HOURS) for weight in _HOURS)
SECTIONS = 10  # read by Zipf's law too
PAGES = ARTICLES_A_DAY  # articles that are read in a day
SEED = 1

# The keys that many ask for at once
LATEST, ALL, SECTION, CHANGES = "OBSERVED#latest", "LIST#all", "LIST#section#…", "LIST#changes"
SOURCE, EVENT, ARTICLE = "SHOWN#source:…", "STORYKEY#…", "ARTICLE#…"
KEYS = (LATEST, ALL, SECTION, CHANGES, SOURCE, EVENT, ARTICLE)
FRONT, LIST, READ, FEED = "the front page", "a section", "an article", "the feed"
IMAGE, NEW, REFRESH = "an image", "a new article", "a refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one use asks for: of the table in all, and *on* each key that others ask for too."""

    function: str
    calls: int  # to the table
    read_units: float
    write_units: float = 0
    own_ms: float
    s3_reads: int = 0
    s3_writes: int = 0
    on: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # read, write units

    @property
    def billed_ms(self) -> float:
        """Milliseconds on Lambda: our own at its share of a CPU, and the way to AWS and back."""
        waiting = CALL_MS["dynamodb"] * self.calls
        waiting += CALL_MS["s3"] * (self.s3_reads + self.s3_writes)
        return self.own_ms * max(1.0, MB_OF_A_VCPU / MEMORY_MB[self.function]) + waiting

    def dollars(self) -> dict[str, float]:
        """Return what it costs, by what is paid for; a request through the API is not in it."""
        units: dict[str, float] = {
            "table reads": self.read_units,
            "table writes": self.write_units,
            "S3 writes and lists": self.s3_writes,
            "S3 reads": self.s3_reads,
            "Lambda requests": 1,
            "Lambda time": MEMORY_MB[self.function] / 1024 * self.billed_ms / 1000,
            "logs": LOG_BYTES,
        }
        return {name: count * PRICES[name] for name, count in units.items()}


# Calls, units and milliseconds: bench/README.md, "Growth", the newsroom of 10,000 articles. How
# they fall on keys, and the calls to S3: counted in a newsroom of 100 of the same articles. A new
# article counts as if all that come were of one section, one source and one event.
USES = {
    FRONT: Use(function="api_handler", calls=1, read_units=1.5, own_ms=3.7, on={LATEST: (1.5, 0)}),
    READ: Use(
        function="api_handler",
        calls=1,
        read_units=4,
        own_ms=3.0,
        on={LATEST: (1.5, 0), ARTICLE: (2, 0)},
    ),
    LIST: Use(function="api_handler", calls=1, read_units=6.5, own_ms=2.6, on={SECTION: (6.5, 0)}),
    FEED: Use(function="api_handler", calls=1, read_units=6.5, own_ms=5.0, on={ALL: (6.5, 0)}),
    IMAGE: Use(function="api_handler", calls=0, read_units=0, own_ms=2, s3_reads=1),  # bench.cost
    NEW: Use(
        function="ingest",
        calls=50,
        read_units=72,
        write_units=109,
        own_ms=37.5,
        s3_reads=2,
        s3_writes=5,
        on={ALL: (0, 4), SECTION: (0, 4), CHANGES: (0, 2), SOURCE: (3, 2), EVENT: (1, 2)},
    ),
    REFRESH: Use(
        function="ingest",  # after each article; besides, every five minutes
        calls=7,
        read_units=121.5,
        write_units=12,
        own_ms=12.6,
        on={LATEST: (0, 12), ALL: (25, 0)},
    ),
}
BYTES_A_VIEW = 29_300  # page and images, compressed: bench/README.md, "Cost", CloudFront's bytes
MEMORY_MB: dict[str, int] = {
    name: told["lambda_memory_size"]
    for name, told in json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]["prod"][
        "lambda_functions"
    ].items()
}

# What an account is granted at first in us-east-1, from AWS's lists of quotas. A partition's is
# nobody's to raise; the others are raised on request.
PARTITION_READS, PARTITION_WRITES = 3_000, 1_000  # units a second of one key
GATEWAY_A_S, GATEWAY_BURST = 10_000, 5_000
FUNCTIONS_AT_ONCE = 1_000
STARTS_PER_10_S = 1_000  # environments of one function
ANSWERS_OF_ONE_A_S = 10  # of one environment, however short they are
IMAGES_A_S = 5_500  # GETs a second of one prefix of a bucket
# Assumed: where CloudFront's price class of Europe and North America keeps pages before it asks.
REGIONAL_CACHES = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What stands between readers and the table."""

    caches: int = 0
    quotas: int = 1  # of the API and of functions, times what they are at first
    memory_s: int = 0  # for which an environment does not read the prepared list again


WITHOUT, WITH, SHIELDED = "without the CDN", "with the CDN", "and a shield"
SETUPS = {
    WITHOUT: Setup(),
    "higher quotas": Setup(quotas=10),
    "and a memory of 5 s": Setup(quotas=10, memory_s=5),
    WITH: Setup(caches=REGIONAL_CACHES),
    SHIELDED: Setup(caches=1),
}
USUAL = (WITHOUT, WITH, SHIELDED)


# Readers, articles, caches


def poisson(mean: float, chance: random.Random) -> int:
    """Return a number of events of which there are *mean* on average."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    left, count = math.exp(-mean), 0
    product = chance.random()
    while product > left:
        product *= chance.random()
        count += 1
    return count


def zipf(count: int) -> list[float]:
    """Return weights, summed up: the second is read half as often as the first, and so on."""
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


class Cdn:
    """Caches that keep a page as our headers say; of none, every view asks the API."""

    def __init__(self, caches: int, chance: random.Random) -> None:
        self._caches = caches
        self._chance = chance
        self._asked_at: dict[tuple[str, int, int], int] = {}
        self.waits = 0  # views that found nothing that could be shown

    def asks(self, use: str, page: int, views: int, *, at_s: int) -> int:
        """Return how often so many views of a page within a second ask the API.

        Those that find no page in their cache ask once and together: CloudFront collapses them.
        """
        if not self._caches:
            self.waits += views
            return views
        asked = 0
        # A hundred views come by every cache.
        for cache in {self._chance.randrange(self._caches) for _ in range(min(views, 100))}:
            age_s = at_s - self._asked_at.get((use, page, cache), -math.inf)
            if age_s >= FRESH_FOR_S:
                self._asked_at[use, page, cache] = at_s
                self.waits += age_s >= FRESH_FOR_S + STALE_FOR_S
                asked += 1
        return asked


def asks_a_second(views_a_s: float, pages: int, caches: int) -> float:
    """Return how often caches ask for pages that are read by Zipf's law, in the long run.

    For a page that is read r times a second, one cache asks r / (1 + FRESH_FOR_S * r) times. The
    first ranks are summed up, the others by the integral.
    """
    first = views_a_s / zipf(pages)[-1]  # the page that is read most
    kept = FRESH_FOR_S * first / caches
    head = min(pages, 10)
    asked = sum(first / (rank + kept) for rank in range(1, head + 1))
    return asked + first * math.log((pages + 0.5 + kept) / (head + 0.5 + kept))


# What AWS grants


@dataclass
class Account:
    """The limits of the API and of its function, from second to second."""

    quotas: int = 1
    environments: float = 10.0
    _burst: float = 0.0  # of the API, that is used up
    _starts: float = 0.0  # of environments, that are used up

    def passes(self, requests: float) -> float:
        """Return how many requests of this second the API lets through."""
        granted = GATEWAY_A_S * self.quotas
        passed = min(requests, granted + GATEWAY_BURST * self.quotas - self._burst)
        self._burst = max(0.0, self._burst + passed - granted)
        return passed

    def runs(self, requests: float, *, billed_ms: float, others: float) -> float:
        """Return how many of these the function answers, where *others* run beside it."""
        each = min(ANSWERS_OF_ONE_A_S, 1000 / billed_ms)
        missing = min(requests / each, FUNCTIONS_AT_ONCE * self.quotas - others) - self.environments
        started = max(0.0, min(missing, STARTS_PER_10_S - self._starts))
        self.environments += started
        self._starts = max(0.0, self._starts + started - STARTS_PER_10_S / 10)
        return min(requests, self.environments * each)


@dataclass
class Phase:
    """What came of a span of time: the most of one second, and sums over all."""

    most: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    views: int = 0
    waits: int = 0
    asked: float = 0  # pages, of the API
    refused: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # by whom

    def saw(self, name: str, value: float) -> None:
        self.most[name] = max(self.most[name], value)


def simulated(setup: Setup) -> tuple[Phase, Phase]:
    """Return a quarter of the day's busiest hour, and the crowd that comes then."""
    # Chances of their own, so that the same readers meet each setup.
    readers, editors, edges = (random.Random(SEED + n) for n in range(3))  # noqa: S311 - guards nothing
    cdn, account = Cdn(setup.caches, edges), Account(setup.quotas)
    calm, crowd, unseen = Phase(), Phase(), Phase()
    articles, sections = zipf(PAGES), zipf(SECTIONS)
    busiest = max(CURVE)
    views_a_s = VIEWS_A_MONTH / (MONTH_MIN * 60) * busiest
    new_a_s = ARTICLES_A_DAY / 86_400 * busiest
    # Before the first second, caches fill.
    for at_s in range(-FRESH_FOR_S - STALE_FOR_S, CALM_S + CROWD_S):
        is_crowd = at_s >= CALM_S
        phase = unseen if at_s < 0 else crowd if is_crowd else calm
        viewed = {
            FRONT: Counter({0: poisson(views_a_s * FRONT_SHARE + CROWD_A_S * is_crowd, readers)}),
            READ: _chosen(poisson(views_a_s * ARTICLE_SHARE, readers), articles, readers),
            LIST: _chosen(poisson(views_a_s * LIST_SHARE, readers), sections, readers),
        }
        views = sum(one.total() for one in viewed.values())
        waits = cdn.waits
        asks = {
            use: [cdn.asks(use, page, count, at_s=at_s) for page, count in pages.items()]
            for use, pages in viewed.items()
        }
        phase.views += views
        phase.waits += cdn.waits - waits
        images = 0 if setup.caches else views * IMAGES_A_VIEW
        _grant(asks, images, poisson(new_a_s, editors), account, phase, memory_s=setup.memory_s)
    return calm, crowd


def _chosen(count: int, summed: list[float], chance: random.Random) -> Counter[int]:
    return Counter(chance.choices(range(len(summed)), cum_weights=summed, k=count))


def _grant(
    asks: Mapping[str, list[int]],
    images: float,
    new: int,
    account: Account,
    phase: Phase,
    *,
    memory_s: int,
) -> None:
    """Have AWS answer what is asked of it in one second, as far as it does."""
    wanted = {**{use: float(sum(each)) for use, each in asks.items()}, IMAGE: images}
    requests = sum(wanted.values())
    pages = requests - images
    ingests = new * (USES[NEW].billed_ms + USES[REFRESH].billed_ms) / 1000
    billed_ms = sum(n * USES[use].billed_ms for use, n in wanted.items()) / max(requests, 1)
    passed = account.passes(requests)
    ran = account.runs(passed, billed_ms=billed_ms, others=ingests)
    through = ran / max(requests, 1)
    read, written = defaultdict[str, float](float), defaultdict[str, float](float)
    for use, each in asks.items():
        for key, (units, _) in USES[use].on.items():
            # Of pages with keys of their own, the one that is asked for most.
            read[key] += (sum(each) if key == LATEST else max(each, default=0)) * through * units
    if memory_s:
        units, _ = USES[FRONT].on[LATEST]
        read[LATEST] = min(read[LATEST], account.environments / memory_s * units)
    for use in (NEW, REFRESH):
        for key, (units, written_units) in USES[use].on.items():
            read[key] += new * units
            written[key] += new * written_units
    phase.saw("requests", requests)
    phase.saw("images", images * through)
    phase.saw("environments", account.environments)
    phase.saw("ingests", ingests)
    for key in KEYS:
        phase.saw(f"{key} read", read[key])
        phase.saw(f"{key} written", written[key])
    phase.asked += pages
    phase.refused["API Gateway"] += pages * (requests - passed) / max(requests, 1)
    phase.refused["Lambda"] += pages * (passed - ran) / max(requests, 1)
    # Whatever asks for the prepared list is refused alike where its key is full.
    full = max(0.0, 1 - PARTITION_READS / max(read[LATEST], 1))
    phase.refused[LATEST] += (wanted[FRONT] + wanted[READ]) * through * full


# The bill


def bill(caches: int) -> dict[str, float]:
    """Return the dollars of a month, by what is paid for, with the list prices of `bench.cost`."""
    total = defaultdict[str, float](float)

    def add(use: str, times: float) -> None:
        for name, dollars in USES[use].dollars().items():
            total[name] += dollars * times

    days = MONTH_MIN / (24 * 60)
    for use in (NEW, REFRESH):
        add(use, ARTICLES_A_DAY * days)
    asked = 0.0
    for use, share, pages in (
        (FRONT, FRONT_SHARE, 1),
        (READ, ARTICLE_SHARE, PAGES),
        (LIST, LIST_SHARE, SECTIONS),
    ):
        views = VIEWS_A_MONTH * share
        if caches:
            hours = (weight * views / (days * 86_400) for weight in CURVE)
            views = sum(asks_a_second(one, pages, caches) for one in hours) * 3600 * days
        add(use, views)
        asked += views
    if not caches:
        add(IMAGE, VIEWS_A_MONTH * IMAGES_A_VIEW)
        asked += VIEWS_A_MONTH * IMAGES_A_VIEW
        total["bytes to readers"] = VIEWS_A_MONTH * BYTES_A_VIEW * PRICES["bytes to readers"]
    else:
        total |= _sent(VIEWS_A_MONTH)
    total["API Gateway"] = asked * PRICES["API Gateway"]
    return dict(total)


def _sent(views: float) -> dict[str, float]:
    """Return what CloudFront asks for so many views, with their images."""
    return {
        "CloudFront requests": views * (1 + IMAGES_A_VIEW) * PRICES["CloudFront requests"],
        "CloudFront bytes": views * BYTES_A_VIEW * PRICES["CloudFront bytes"],
    }


# The tables


def tables() -> str:
    """Return all that docs/scale.md shows of this."""
    found = {name: simulated(setup) for name, setup in SETUPS.items()}
    calm = {name: found[name][0] for name in USUAL}
    crowd = {name: phases[1] for name, phases in found.items()}
    told = {
        "What one use asks for:": _uses(),
        "How often a second until one key is full:": _capacity(),
        f"The most of a second of the busiest hour, which has {max(CURVE):.1f} times the mean:": (
            _peaks(calm)
        ),
        "What became of its page views:": _answered(calm),
        "The most of a second of the crowd; more than is granted at first in bold:": _peaks(crowd),
        "What became of the page views then:": _answered(crowd),
        "Dollars a month, with the articles and without the crowd:": _bills(),
    }
    return "\n\n".join(f"{words}\n\n{_lines(rows)}" for words, rows in told.items())


Row = tuple[str, ...]


def _lines(rows: Iterable[Row]) -> str:
    head, *others = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join((head, "|" + "---|" * (head.count(" | ") + 1), *others))


def _uses() -> Iterator[Row]:
    yield "use", "units read / written", "ms on Lambda", "of them on one key"
    for name, use in USES.items():
        on = ", ".join(f"`{key}` {read:g} / {written:g}" for key, (read, written) in use.on.items())
        yield name, f"{use.read_units:g} / {use.write_units:g}", f"{use.billed_ms:.0f}", on


def _capacity() -> Iterator[Row]:
    yield "key", "use", "reads", "writes"
    for key in KEYS:
        for name, use in USES.items():
            read, written = use.on.get(key, (0, 0))
            if read or written:
                yield (
                    f"`{key}`",
                    name,
                    f"{PARTITION_READS / read:,.0f}" if read else "",
                    f"{PARTITION_WRITES / written:,.0f}" if written else "",
                )


def _peaks(phases: Mapping[str, Phase]) -> Iterator[Row]:
    yield "", "granted", *phases
    limits = {
        "requests": ("requests to API Gateway", GATEWAY_A_S),
        "environments": ("environments of `api_handler`", FUNCTIONS_AT_ONCE),
        "ingests": ("ingests at once", FUNCTIONS_AT_ONCE),
        "images": ("images from one prefix of S3", IMAGES_A_S),
        **{f"{key} read": (f"`{key}`, read units", PARTITION_READS) for key in KEYS},
        **{f"{key} written": (f"`{key}`, write units", PARTITION_WRITES) for key in KEYS},
    }
    for name, (words, granted) in limits.items():
        most = [phase.most[name] for phase in phases.values()]
        if any(most):
            told = (f"**{one:,.0f}**" if one > granted else f"{one:,.0f}" for one in most)
            yield words, f"{granted:,}", *told


def _answered(phases: Mapping[str, Phase]) -> Iterator[Row]:
    yield "", *phases
    every = phases.values()
    yield "page views", *(f"{one.views:,}" for one in every)
    yield "asked of the API", *(f"{one.asked / one.views:.2%}" for one in every)
    yield "a reader waits for it", *(f"{one.waits / one.views:.2%}" for one in every)
    for who in ("API Gateway", "Lambda", LATEST):
        yield f"refused by {who}", *(f"{one.refused[who] / one.views:.1%}" for one in every)
    yield "answered", *(f"{1 - sum(one.refused.values()) / one.views:.1%}" for one in every)


def _bills() -> Iterator[Row]:
    bills = {name: bill(SETUPS[name].caches) for name in USUAL}
    yield "", *bills
    for name in PRICES:
        if any(one.get(name) for one in bills.values()):
            yield name, *(f"{one.get(name, 0):,.0f}" for one in bills.values())
    yield "**sum**", *(f"**{sum(one.values()):,.0f}**" for one in bills.values())
    crowd = _sent(CROWD_A_S * CROWD_S)
    yield "the crowd besides", "", *(f"{sum(crowd.values()):,.0f}" for _ in list(bills)[1:])


if __name__ == "__main__":
    print(tables())
