"""How a story is told: who was first, who repeats whom, what each adds, where they disagree.

Of each article a story keeps an `Account`, which follows from that article alone: another one's
arrival rewrites nothing. All that sets accounts beside each other is derived when the story is
told, from the accounts that are public at that second. So an article under embargo, expired or
withdrawn leaves no trace in what is said of the others, and the order of arrival never shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.article import Article, ArticleId, Card
from chalicelib.core.stories import sketch
from chalicelib.core.stories.disagreements import Disagreement, Figure, Report, disagreements
from chalicelib.core.stories.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One article as its story keeps it, in some 2 to 8 KB of JSON."""

    card: Card
    shingles: int
    sketch: str  # see stories.sketch
    figures: tuple[Figure, ...]

    @classmethod
    def of(cls, article: Article, traits: Traits) -> Account:
        """Return *article*'s account. Cost: reads its first sentences, about 1 ms."""
        from chalicelib.core.stories.figures import figures

        return cls(
            card=article.card(),
            shingles=traits.shingles,
            sketch=traits.sketch,
            figures=figures(article),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article in its story."""

    card: Card
    copy_of: ArticleId | None  # the earliest member whose text it repeats (sketch.COPY)
    adds: float  # estimated share of its text that no earlier member has, in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One event as readers may see it: its articles, the first one first, and their disputes."""

    members: tuple[Member, ...]  # by the second they became public, then id; never empty
    disagreements: tuple[Disagreement, ...]

    @property
    def id(self) -> ArticleId:
        """Its first article's."""
        return self.members[0].card.id

    @property
    def changed_at(self) -> datetime:
        """When an article last came to it, or changed."""
        return max(member.card.changed_at for member in self.members)

    @classmethod
    def of_one(cls, card: Card) -> Story:
        """Return the story of an article that nobody else tells: all in it is new."""
        return cls(members=(Member(card=card, copy_of=None, adds=1.0),), disagreements=())


def tell(accounts: Iterable[Account], *, now: datetime) -> Story | None:
    """Return the story of those *accounts* that are public at *now*, None where none is.

    A function of the set: the order of *accounts* never shows. O(n²) in articles, for copies;
    50 take some 8 ms.
    """
    public = sorted(
        (one for one in accounts if one.card.is_public(now)),
        key=lambda one: (one.card.public_at, one.card.id),
    )
    if not public:
        return None
    sketches = [sketch.Sketch(one.shingles, sketch.read(one.sketch)) for one in public]
    members: list[Member] = []
    voices: dict[ArticleId, str] = {}
    for place, account in enumerate(public):
        card, own, earlier = account.card, sketches[place], sketches[:place]
        original = next(
            (
                member.card.id
                for member, other in zip(members, earlier, strict=True)
                if sketch.containment(own, other) >= sketch.COPY
            ),
            None,
        )
        members.append(
            Member(card=card, copy_of=original, adds=round(sketch.added(own, earlier), 2))
        )
        # Whoever prints another's text, or belongs to the same owner, is no second voice.
        voices[card.id] = voices[original] if original else card.source.voice
    reports = (
        Report(
            article=one.card.id,
            voice=voices[one.card.id],
            at=max(one.card.public_at, one.card.updated_at),
            figures=one.figures,
        )
        for one in public
    )
    return Story(members=tuple(members), disagreements=disagreements(reports))
