"""Where things are: the site's addresses, made in one place.

`base` is what every address begins with: "" at a domain's root, "/api" under API Gateway's
stage, or "https://news.example" where links must be absolute. It never ends in a slash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlencode, urlsplit

from chalicelib.core.article import Article, ArticleId, Card, Picture

# The forms of every feed, by the extension of its address: what it is called, its media type.
FEED_FORMS = {
    "xml": ("RSS", "application/rss+xml"),
    "atom": ("Atom", "application/atom+xml"),
    "json": ("JSON Feed", "application/feed+json"),
}

# How the cleaner writes an image of ours: by its key under media/, or its name inside the file.
_PICTURE = re.compile(r'<img src="((?:media|embedded)/[^"]*)" alt="([^"]*)">')
_TEXT_SIZES = "(min-width: 40em) 38rem, 100vw"  # the measure of .text in site.css


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site's title, and the address of everything on it."""

    title: str = "Broadsheet"
    base: str = ""
    hub: str | None = None  # tells subscribers of the feeds what is new (WebSub)
    corrections_email: str | None = None  # where readers report errors

    @property
    def host(self) -> str | None:
        """The site's domain, None while its base names none."""
        return urlsplit(self.base).hostname

    def url(self, path: str = "", **query: str | int | None) -> str:
        """Return the address of *path* (no leading slash); a query part of None is left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return f"{self.base}/{path}" + (f"?{urlencode(given)}" if given else "")

    def article(self, article: Article | Card, *, page: str = "", anchor: str = "") -> str:
        """Return the article's page, or its `source` or `history` page, at *anchor*."""
        path = f"a/{article.id}/{article.slug}" + (f"/{page}" if page else "")
        return self.url(path) + (f"#{anchor}" if anchor else "")

    def preview(self, id_: ArticleId, secret: str) -> str:
        """Return the address under which editors see what is not public yet."""
        return self.url(f"preview/{id_}{secret}")

    def story(self, story_id: ArticleId) -> str:
        return self.url(f"story/{story_id}")

    def section(self, section: str) -> str:
        return self.url(f"section/{quote(section)}")

    def tag(self, tag: str) -> str:
        return self.url(f"tag/{quote(tag)}")

    def source(self, source_id: str) -> str:
        return self.url(f"source/{quote(source_id)}")

    def feed(
        self,
        path: str,
        extension: str,
        *,
        sections: Sequence[str] = (),
        cursor: str | None = None,
    ) -> str:
        """Return the feed of the page at *path*, which has no slash around it, or of *sections*."""
        return self.narrowed(f"{path}/feed.{extension}".lstrip("/"), sections, cursor=cursor)

    def narrowed(self, path: str, sections: Sequence[str], **query: str | None) -> str:
        """Return the address of *path* for these sections alone, for all where none are named."""
        address = self.url(path, **query)
        if not sections:
            return address
        # A comma may stand in a query as it is (RFC 3986, section 3.4), and reads better.
        return f"{address}{'&' if '?' in address else '?'}sections={','.join(sections)}"

    def api(self, path: str, **query: str | int | None) -> str:
        return self.url(f"v1/{path}", **query)

    def body_html(self, article: Article) -> str:
        """Return the article's body as a page may hold it: each picture at its address.

        A picture that is not there, or not yet, is replaced by its description in words.
        """
        pictures = {image.key: image.picture for image in article.pictures}

        def shown(match: re.Match[str]) -> str:
            picture, alt = pictures.get(unquote(match[1])), match[2]
            if picture is None:
                return f"<em>[{alt or 'Picture'}]</em>"
            wide, srcset = picture.wide, self.srcset(picture)
            widths = f' srcset="{srcset}" sizes="{_TEXT_SIZES}"' if srcset else ""
            size = f'width="{wide.width}" height="{wide.height}"'
            return f'<img src="{self.url(wide.path)}"{widths} alt="{alt}" {size} loading="lazy">'

        return _PICTURE.sub(shown, article.body.html)

    def srcset(self, picture: Picture) -> str | None:
        """Return the widths that a browser may choose from, None where there is one alone."""
        if picture.narrow is None:
            return None
        both = (picture.narrow, picture.wide)
        return ", ".join(f"{self.url(one.path)} {one.width}w" for one in both)
