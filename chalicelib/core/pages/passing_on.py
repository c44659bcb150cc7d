"""How a reader passes an article on or reports an error in it: by plain links.

Nothing is loaded from the places named here, and none learns of a reader before a link is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from chalicelib.core.article import Article

if TYPE_CHECKING:
    from chalicelib.core.pages.page import Context
    from chalicelib.core.site import Site

# Places that take a text with the link in it, and places that take the link alone.
_BY_TEXT = {
    "Bluesky": "https://bsky.app/intent/compose?text=",
    "WhatsApp": "https://wa.me/?text=",
    "X": "https://x.com/intent/post?text=",
}
_BY_LINK = {
    "Facebook": "https://www.facebook.com/sharer/sharer.php?u=",
    "LinkedIn": "https://www.linkedin.com/sharing/share-offsite/?url=",
}


def share(article: Article, *, address: str | None) -> list[Context]:
    """Return the links that pass *article* on; none where no whole *address* is known."""
    if address is None:
        return []
    text = quote(f"{article.headline} {address}", safe="")
    places = {label: place + text for label, place in _BY_TEXT.items()}
    places |= {label: place + quote(address, safe="") for label, place in _BY_LINK.items()}
    letter = {"E-mail": mail("", subject=article.headline, body=address)}
    return [{"label": label, "url": url} for label, url in (letter | places).items()]


def report(article: Article, *, site: Site, point: str = "") -> str | None:
    """Return the address that begins a letter on an error in *article*, or in that *point* of it.

    None where the site has no address for them.
    """
    if site.corrections_email is None:
        return None
    asked = "What is wrong there, and how do you know?"
    place = site.article(article, anchor=point)
    if not site.base.startswith("http"):
        place = f"{article.headline} ({place})"
    body = f"{place}\n\n{asked}\n\n"
    return mail(site.corrections_email, subject="An error", body=body)


def mail(to: str, *, subject: str, body: str) -> str:
    """Return the address of a letter (RFC 6068); line breaks are those of section 5."""
    said = {"subject": subject, "body": body.replace("\n", "\r\n")}
    return f"mailto:{quote(to, safe='@')}?{urlencode(said, quote_via=quote)}"
