"""What pages tell search engines and other programs about themselves: schema.org as JSON-LD.

It stands in the page as a data block, which browsers neither run nor hold to the page's policy
(HTML, "prepare the script element": only a script's type gets as far as that). An address of the
same page costs little: where it stands in a link too, compression finds it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.core.article import Article, Card, Correction, Image, Source, moment
from chalicelib.core.pages import labels

if TYPE_CHECKING:
    from chalicelib.core.pages.page import Context
    from chalicelib.core.site import Site
    from chalicelib.core.stories import Story

MAX_HEADLINE = 110  # characters; Google's guide to articles asks for no more
MAX_LISTED = 10  # of a list; what is in sight, for who wants the rest there is the feed

# Who wrote what an algorithm has to do with (IPTC, Digital Source Type, as schema.org names it).
# Sentences that a rule chose stay their author's: of those nothing is said.
_WRITTEN_BY = {"bedrock": "https://schema.org/TrainedAlgorithmicMediaDigitalSource"}


def article_page(article: Article, *, site: Site) -> Context:
    """Return *article* as a NewsArticle and where it stands; what it does not say is left out."""
    from chalicelib.core.language import count_words  # no other page counts words

    address = site.article(article)
    publisher = _publisher(article.source, site=site)
    told: Context = _article(article.card(), site=site) | {
        "@id": address,
        "mainEntityOfPage": address,
        "description": article.standfirst,
        "abstract": article.summary.text,
        "articleSection": labels.name(article.section) if article.section else None,
        "keywords": [labels.name(tag) for tag in article.tags],
        "wordCount": count_words(article.body.text),
        "author": _authors(article.byline, publisher),
        "publisher": publisher,
        "isAccessibleForFree": True,
        "isBasedOn": labels.web_address(article.original_url),
        "hasPart": _written(article),
        "correction": [_correction(said) for said in article.corrections_newest_first()],
    }
    path = (
        [(labels.name(article.section), site.section(article.section))] if article.section else []
    )
    return _graph(_said(told), _path(*path, (article.headline, None), site=site))


def front_page(listed: Iterable[Card], *, site: Site) -> Context:
    """Return the site, and what stands on its front page."""
    name: Context = {"@type": "WebSite", "name": site.title, "url": site.url()}
    return _graph(name, _collection(site.title, site.url(), listed, site=site))


def list_page(
    heading: str, address: str, listed: Iterable[Card], *, about: Source | None = None, site: Site
) -> Context:
    """Return a list and where it stands; *about* is the source whose articles it lists."""
    told = _collection(heading, address, listed, site=site)
    if about is not None:
        told["about"] = _publisher(about, site=site)
    return _graph(told, _path((heading, None), site=site))


def story_page(told: Story, *, site: Site) -> Context:
    """Return one event and the articles that tell it: the page itself is none."""
    cards = [member.card for member in told.members[:MAX_LISTED]]
    headline = cards[0].headline
    articles = [
        _said(
            _article(card, site=site)
            | {
                "@id": site.article(card),
                "author": _authors(card.byline, _publisher(card.source, site=site)),
                "publisher": _publisher(card.source, site=site),
            }
        )
        for card in cards
    ]
    return _graph(
        _collection(headline, site.story(told.id), cards, site=site),
        *articles,
        _path((headline, None), site=site),
    )


def _article(card: Card, *, site: Site) -> Context:
    """Return what any article tells of itself wherever it stands."""
    return {
        "@type": "NewsArticle",
        "url": site.article(card),
        "headline": labels.clipped(card.headline, limit=MAX_HEADLINE),
        "inLanguage": card.language,
        "datePublished": moment(card.public_at),
        "dateModified": moment(card.changed_at),
        "image": _image(card.image, site=site),
    }


def _collection(name: str, address: str, listed: Iterable[Card], *, site: Site) -> Context:
    addresses = [site.article(card) for card in listed][:MAX_LISTED]
    told: Context = {"@type": "CollectionPage", "name": name, "url": address}
    if addresses:
        told["mainEntity"] = {
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "position": place, "url": url}
                for place, url in enumerate(addresses, start=1)
            ],
        }
    return told


def _path(*places: tuple[str, str | None], site: Site) -> Context:
    """Return where a page stands below the front page; it is the last of *places* itself."""
    named = [(site.title, site.url()), *places]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            _said({"@type": "ListItem", "position": place, "name": name, "item": url})
            for place, (name, url) in enumerate(named, start=1)
        ],
    }


def _graph(*nodes: Context) -> Context:
    return {"@context": "https://schema.org", "@graph": list(nodes)}


def _said(told: Context) -> Context:
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _written(article: Article) -> Context | None:
    """Return which part of the page a model wrote."""
    written_by = _WRITTEN_BY.get(article.summary.generation.method)
    if written_by is None:
        return None
    return {
        "@type": "CreativeWork",
        "name": "Summary and key points",
        "digitalSourceType": written_by,
    }


def _authors(byline: Iterable[str], publisher: Context) -> list[Context]:
    people: list[Context] = [{"@type": "Person", "name": name} for name in byline]
    return people or [publisher]


def _publisher(source: Source, *, site: Site) -> Context:
    home = labels.web_address(source.home_url)
    told: Context = {"@type": "NewsMediaOrganization", "name": source.name}
    told["url"] = home or site.source(source.id)
    if source.avatar:
        told["logo"] = {"@type": "ImageObject", "url": site.url(source.avatar)}
    return told


def _image(image: Image | None, *, site: Site) -> Context | None:
    if image is None or image.picture is None:
        return None
    wide = image.picture.wide
    told: Context = {"@type": "ImageObject", "url": site.url(wide.path)}
    told |= {"width": wide.width, "height": wide.height}
    if image.caption or image.alt:
        told["caption"] = image.caption or image.alt
    if image.credit:
        told["creditText"] = image.credit
    return told


def _correction(said: Correction) -> Context:
    return {
        "@type": "CorrectionComment",
        "text": said.text,
        "datePublished": moment(said.at),
    }
