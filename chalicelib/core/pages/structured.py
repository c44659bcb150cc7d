"""What an article tells search engines and other programs about itself: schema.org as JSON-LD.

It stands in the page as a data block, which browsers neither run nor hold to the page's policy
(HTML, "prepare the script element": only a script's type gets as far as that).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.core.article import Article, Correction, Image, Source, moment
from chalicelib.core.pages import labels

if TYPE_CHECKING:
    from chalicelib.core.pages.page import Context
    from chalicelib.core.site import Site


def news_article(article: Article, *, site: Site) -> Context:
    """Return *article* as a NewsArticle; what it does not say of itself is left out."""
    address = site.article(article)
    original = labels.web_address(article.original_url)
    publisher = _publisher(article.source, site=site)
    told: Context = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "headline": article.headline,
        "description": article.standfirst,
        "abstract": article.summary.text,
        "articleSection": labels.name(article.section) if article.section else None,
        "keywords": [labels.name(tag) for tag in article.tags],
        "inLanguage": article.language,
        "datePublished": moment(article.public_at),
        "dateModified": moment(article.card().changed_at),
        "author": [{"@type": "Person", "name": name} for name in article.byline] or [publisher],
        "publisher": publisher,
        "image": _image(article.image, site=site),
        "isAccessibleForFree": True,
        "isBasedOn": original,
        "correction": [_correction(said) for said in article.corrections_newest_first()],
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}


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
