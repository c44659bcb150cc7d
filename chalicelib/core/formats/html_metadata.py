"""What a web page says about itself, chosen from the many places where pages say it.

The order of trust is one rule: what an editor wrote for us (`<meta name="broadsheet:draft">`,
or a plain name of ours) before what the publisher wrote for machines (JSON-LD, then
`article:*`, Open Graph, Parse.ly and the like) before what the reader sees (`h1`, `time`, a
byline) before `<title>`. The headline alone goes the other way: a headline that readers see and
a machine's text confirms is the editors' own wording, while machines often have a shorter one.
A machine's date that cannot be read is passed over with a warning; an editor's is handed on, so
that it is refused rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.core.clean import one_line
from chalicelib.core.errors import Finding
from chalicelib.core.formats import jsonld
from chalicelib.core.formats.html_people import (
    MAX_NAME_LENGTH,
    is_marked_author,
    is_name,
    is_of_others,
    is_written_line,
    names_author,
    opens_with_by,
    people,
    repeated_names,
)
from chalicelib.core.formats.html_tree import listed, words_only
from chalicelib.core.formats.reading import Field
from chalicelib.core.limits import MAX_JSON_LD_LENGTH, MAX_METAS
from chalicelib.core.metadata import ALIASES, parse_moment

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CANDIDATES = 100  # elements looked at for one field
MAX_VALUE_LENGTH = 5_000  # characters
MAX_PARTS = 200  # pieces of text in an element that is read as one line
MAX_DATE_LENGTH = 60  # characters
MAX_SITE_LENGTH = 35  # characters of a site's name at the end of a title
MIN_CONFIRMED = 12  # letters; "World" in "World news" confirms no headline

OURS = "broadsheet:"
# Names that nobody but an editor writing for us would use. `author`, `date`, `title` and other
# aliases of ours are common names on the web: they come in their place below.
_OURS_ALONE = listed(
    "headline standfirst byline published_at updated_at section source image_alt image_credit "
    "image_caption draft embargo_until embargoed expires_at expirydate unpublish_at correction "
    "corrections pinned_until breaking slug status pubstatus status_reason same_story "
    "not_same_story replaces dek subtitle original_url"
)
# "ld" stands for the field from JSON-LD; the rest are names of meta elements.
_PLACES = {
    "standfirst": "ld og:description twitter:description description dc.description "
    "dcterms.description sailthru.description excerpt summary",
    "published_at": "ld article:published_time article:published datepublished "
    "og:published_time parsely-pub-date sailthru.date dcterms.issued dc.date.issued "
    "dcterms.created dc.date.created dc.date dcterms.date cxenseparse:recs:publishtime pubdate "
    "publishdate publish-date publish_date publication_date published date ptime "
    "article.published",
    "updated_at": "ld article:modified_time article:modified datemodified og:updated_time "
    "dcterms.modified dc.date.modified lastmod modified article.updated updated last-modified",
    "section": "ld article:section articlesection parsely-section category",
    "source": "ld og:site_name dc.publisher dcterms.publisher publisher provider application-name",
    "image_alt": "og:image:alt twitter:image:alt ld",
}
_AUTHORS = (
    "parsely-author article:author_name article:author sailthru.author dc.creator "
    "dcterms.creator author authors byl og:author twitter:data1"
)
_TAGS = "article:tag parsely-tags news_keywords keywords sailthru.tags tags"
_IMAGES = (
    "image cover thumbnail og:image:secure_url og:image og:image:url twitter:image "
    "twitter:image:src"
)
_FROM_LINKED_ALONE = ("image_caption", "image_credit", "correction", "draft")
_TITLES = ("og:title", "twitter:title", "dc.title", "parsely-title", "title")
_DUBLIN = re.compile(r"^(dc|dcterms|dcterm)[:.]")  # pages write dc.title, dc:title, DC.Title
_TAG = re.compile(r"<[A-Za-z/!][^<>]{0,500}>")
# What stands between a headline and a site's name: bars, dashes, quotes, dots, colons.
_SEPARATOR = re.compile(r" [|\u2013\u2014\u00bb\u00b7\u2022:]{1,2} | -{1,2} | ?\| ?")
_ENDS = " |\u2013\u2014\u00bb\u00b7\u2022:-"
_DATE_CLASS = re.compile(
    r"\b(?:date|dateline|published|pubdate|posted-on|timestamp)\b", re.IGNORECASE
)
_PUBLISHED = re.compile(r"^(?:published|posted)(?: on)?:?\s+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """`headlines` and `bylines` are the `words_only` forms in which a body may repeat them."""

    metadata: dict[str, Field]
    headlines: frozenset[str]
    bylines: frozenset[str]
    base: str | None  # what relative addresses are relative to
    body_html: str | None  # from JSON-LD
    warnings: tuple[Finding, ...]


def found_in(tree: HtmlElement) -> About:
    """Read *tree*, scripts included: JSON-LD is in them."""
    return _Finder(tree).about()


class _Finder:
    def __init__(self, tree: HtmlElement) -> None:
        self.tree = tree
        self.warnings: list[Finding] = []
        self.linked, self.body_html = self._json_ld()

    def about(self) -> About:
        found = self._editors_own()
        url = self._original_url()
        chosen: dict[str, Field | None] = {
            "headline": self._headline(),
            "standfirst": self._place("standfirst"),
            "byline": self._byline(),
            "published_at": self._moment("published_at"),
            "updated_at": self._moment("updated_at"),
            "section": self._place("section"),
            "tags": self._tags(),
            "source": self._place("source"),
            "original_url": url,
            "language": self._language(),
            "image": self._image(),
            "image_alt": self._place("image_alt"),
        }
        rest = {key: field for key, field in self.linked.items() if key in _FROM_LINKED_ALONE}
        for key, field in {**chosen, **rest}.items():
            if field is not None and key not in found:
                found[key] = Field(field.value, f"/{key}", field.line)
        if "image" not in found:
            for of_image in ("image_alt", "image_caption", "image_credit"):
                found.pop(of_image, None)
        return About(
            metadata=found,
            headlines=self._repeated_headlines(found.get("headline")),
            bylines=repeated_names(found.get("byline")),
            base=self._base(url),
            body_html=self.body_html,
            warnings=tuple(self.warnings),
        )

    # --- the places ---

    @cached_property
    def metas(self) -> dict[str, list[Field]]:
        """Meta elements by their lower-case name, in document order."""
        found: dict[str, list[Field]] = {}
        for count, element in enumerate(self.tree.iter("meta")):
            if count >= MAX_METAS:
                break
            names = (element.get(key) or "" for key in ("name", "property", "itemprop"))
            value = _line(element.get("content") or element.get("value") or "")
            if not value:
                continue
            for name in {_DUBLIN.sub(r"\1.", n.strip().lower()) for n in names if n.strip()}:
                found.setdefault(name, []).append(Field(value, "", element.sourceline))
        return found

    def _json_ld(self) -> tuple[dict[str, Field], str | None]:
        best: tuple[dict[str, Field], str | None] = ({}, None)
        for script in self.tree.iter("script"):
            text = script.text or ""
            if (
                "ld+json" not in (script.get("type") or "").lower()
                or len(text) > MAX_JSON_LD_LENGTH
            ):
                continue
            document = jsonld.parse(text)
            fields = jsonld.article(document)
            if fields and len(fields) > len(best[0]):
                at = {k: Field(f.value, f.pointer, script.sourceline) for k, f in fields.items()}
                body = at.pop("articleBody", None)
                best = at, str(body.value) if body is not None else None
        return best

    def _editors_own(self) -> dict[str, Field]:
        found: dict[str, Field] = {}
        for prefix in (OURS, ""):
            for name, fields in self.metas.items():
                key = name.removeprefix(prefix)
                if (key == name if prefix else key not in _OURS_ALONE) or not key:
                    continue
                key = _our_name(key)
                if key in found:
                    continue
                values = [field.value for field in fields]
                value = values[0] if len(values) == 1 else values
                found[key] = Field(value, f"/{key}", fields[0].line)
        return found

    def _place(self, key: str) -> Field | None:
        cut: Field | None = None
        for place in _PLACES[key].split():
            fields = [self.linked[key]] if place == "ld" and key in self.linked else []
            for field in fields or self.metas.get(place, []):
                value = field.value
                if not isinstance(value, str) or value.lower().startswith(("http:", "https:")):
                    continue
                if not value.endswith(("…", "...")):
                    return field
                cut = cut or field
        return cut

    def _moment(self, key: str) -> Field | None:
        unread: Field | None = None
        for field in self._moments(key):
            try:
                parse_moment(field.value)
            except ValueError:
                unread = unread or field
            else:
                return field
        if unread is not None:
            self.warnings.append(
                Finding(
                    code="date-unread",
                    message=f"The page's {key} is no date that could be read: "
                    f"{str(unread.value)[:60]!r}.",
                    fix=f'Write <meta name="broadsheet:{key}" content="2026-11-30T09:00:00Z">.',
                    line=unread.line,
                    pointer=f"/{key}",
                )
            )
        return None

    def _moments(self, key: str) -> Iterator[Field]:
        for place in _PLACES[key].split():
            if place == "ld" and key in self.linked:
                yield self.linked[key]
            yield from self.metas.get(place, ())
        property_ = {"published_at": "datepublished", "updated_at": "datemodified"}[key]
        for element in islice(self.tree.iter("time", "span", "div", "abbr"), MAX_METAS):
            if property_ in (element.get("itemprop") or "").lower():
                value = element.get("datetime") or element.get("content") or element.get("title")
                yield Field(_line(value or _text_of(element)), "", element.sourceline)
        if key == "published_at":
            for element in islice(self.tree.iter("time"), MAX_CANDIDATES):
                if element.get("datetime") and not is_of_others(element):
                    yield Field(_line(element.get("datetime")), "", element.sourceline)
                    break
            yield from self._shown_dates()

    def _shown_dates(self) -> Iterator[Field]:
        """Dates as readers see them, in elements named as dates; what is none is no finding."""
        elements = self.tree.iter("time", "span", "p", "div", "li")
        named = (e for e in elements if _DATE_CLASS.search((e.get("class") or "")[:300]))
        for element in islice(named, MAX_CANDIDATES):
            text = _PUBLISHED.sub("", _line(_text_of(element)))
            if len(text) <= MAX_DATE_LENGTH and not is_of_others(element):
                try:
                    parse_moment(text)
                except ValueError:
                    continue
                yield Field(text, "", element.sourceline)

    # --- single fields ---

    def _headline(self) -> Field | None:
        machine = [
            *([self.linked["headline"]] if "headline" in self.linked else []),
            *(field for name in _TITLES for field in self.metas.get(name, ())[:1]),
        ]
        machine = [Field(self._without_site(f.value), "", f.line) for f in machine]
        title = self._title()
        headings = list(self.tree.iter("h1"))
        shown = [
            Field(text, "", h1.sourceline)
            for h1 in headings[:MAX_CANDIDATES]
            if (text := self._without_site(_line(_text_of(h1)).rstrip(" ¶#§")))
        ]
        told = [words_only(str(field.value)) for field in [*machine, *title]]
        for field in shown:
            words = words_only(str(field.value))
            if any(
                words == one
                or (len(words) >= MIN_CONFIRMED and words in one)
                or (len(one) >= MIN_CONFIRMED and one in words and len(words) < 2 * len(one))
                for one in told
            ):
                return field
        if machine:
            return machine[0]
        # The one h1 of the article itself; an h1 in the page's head may be the site's name.
        if len(shown) == 1 and not any(o.tag == "header" for o in headings[0].iterancestors()):
            return shown[0]
        return next(iter([*title, *shown]), None)

    def _title(self) -> list[Field]:
        """The title without the site's name, where the page has a title."""
        for element in self.tree.iter("title"):
            text = _line(element.text_content())
            parts = _SEPARATOR.split(text)
            known = self._without_site(text)
            if known == text and len(parts) > 1 and len(parts[-1]) <= MAX_SITE_LENGTH:
                rest = text[: text.rindex(parts[-1])].rstrip(_ENDS)
                known = rest if len(rest) >= MIN_CONFIRMED else text
            return [Field(known, "", element.sourceline)] if known else []
        return []

    def _without_site(self, value: object) -> str:
        """Take the publisher's name off either end of a title."""
        text = str(value)
        parts = _SEPARATOR.split(text)
        if len(parts) == 1:
            return text
        names = {words_only(name) for name in self._site_names()}
        if words_only(parts[-1]) in names:
            text = text[: text.rindex(parts[-1])].rstrip(_ENDS)
        elif words_only(parts[0]) in names:
            text = text[text.index(parts[0]) + len(parts[0]) :].lstrip(_ENDS)
        return text or str(value)

    def _site_names(self) -> list[str]:
        names = [str(f.value) for f in self.metas.get("og:site_name", ())]
        names += [str(self.linked["source"].value)] if "source" in self.linked else []
        names += [str(f.value) for f in self.metas.get("application-name", ())]
        url = self._original_url()
        host = (urlsplit(str(url.value)).hostname or "").removeprefix("www.") if url else ""
        return [*names, host, host.rpartition(".")[0]] if host else names

    def _byline(self) -> Field | None:
        if "byline" in self.linked:
            field = self.linked["byline"]
            names = people(field.value)
            if names:
                return Field(names, field.pointer, field.line)
        for place in _AUTHORS.split():
            fields = self.metas.get(place, [])
            names = people([f.value for f in fields])
            if names and not (place == "twitter:data1" and not self._is_author_card()):
                return Field(names, "", fields[0].line)
        return self._shown_byline()

    def _shown_byline(self) -> Field | None:
        tags = ("a", "span", "p", "div", "address", "li", "cite")
        for element in islice(filter(names_author, self.tree.iter(*tags)), MAX_CANDIDATES):
            if not is_of_others(element):
                names = people([_line(_text_of(element))])
                if names and (is_marked_author(element) or all(map(is_name, names))):
                    return Field(names, "", element.sourceline)
        for element in islice(filter(opens_with_by, self.tree.iter(*tags)), MAX_CANDIDATES):
            text = _line(_text_of(element))
            if is_written_line(text) and not is_of_others(element):
                return Field(people(text), "", element.sourceline)
        return None

    def _is_author_card(self) -> bool:
        labels = self.metas.get("twitter:label1", ())
        return any("by" in str(label.value).lower().split() for label in labels)

    def _tags(self) -> Field | None:
        if "tags" in self.linked:
            return self.linked["tags"]
        for place in _TAGS.split():
            fields = self.metas.get(place, [])
            tags = [tag.strip() for f in fields for tag in re.split(r"[,;]", str(f.value))]
            tags = list(dict.fromkeys(tag for tag in tags if tag and len(tag) <= MAX_NAME_LENGTH))
            if tags:
                return Field(tags, "", fields[0].line)
        return None

    def _original_url(self) -> Field | None:
        for link in self.tree.iter("link"):
            if "canonical" in (link.get("rel") or "").lower().split():
                address = _web_address(link.get("href"))
                if address:
                    return Field(address, "", link.sourceline)
        for field in (*self.metas.get("og:url", ()), self.linked.get("original_url")):
            address = _web_address(field.value) if field is not None else None
            if field is not None and address:
                return Field(address, "", field.line)
        return None

    def _language(self) -> Field | None:
        root = self.tree.getroottree().getroot()
        said = [
            Field(
                root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang"), "", 1
            ),
            *self.metas.get("content-language", ()),
            *self.metas.get("og:locale", ()),
            *self.metas.get("dc.language", ()),
            *([self.linked["language"]] if "language" in self.linked else []),
        ]
        for field in said:
            tag = str(field.value or "").strip()
            if _LANGUAGE.fullmatch(tag):
                return Field(tag.replace("_", "-"), "", field.line)
        return None

    def _image(self) -> Field | None:
        for place in _IMAGES.split():
            for field in self.metas.get(place, ()):
                text = str(field.value)
                if text.startswith(("media/", "/media/")) or _web_address(text):
                    return field
        return self.linked.get("image")

    def _base(self, url: Field | None) -> str | None:
        for element in self.tree.iter("base"):
            address = _web_address(element.get("href"))
            if address:
                return address
        return str(url.value) if url is not None else None

    def _repeated_headlines(self, chosen: Field | None) -> frozenset[str]:
        fields = [chosen, self.linked.get("headline"), *self.metas.get("og:title", ())]
        texts = [str(field.value) for field in [*fields, *self._title()] if field is not None]
        texts += [self._without_site(text) for text in texts]
        return frozenset(words for text in texts if (words := words_only(text)))


def _our_name(key: str) -> str:
    squeezed = re.sub(r"[\s_-]", "", key)
    for name, aliases in ALIASES.items():
        if squeezed in {re.sub(r"[\s_-]", "", one).lower() for one in (name, *aliases)}:
            return name
    return key


def _text_of(element: HtmlElement) -> str:
    return " ".join(islice(element.itertext(), MAX_PARTS))


def _line(value: object) -> str:
    """One line of text without markup: what a meta element holds is shown as text."""
    text = str(value or "")[:MAX_VALUE_LENGTH]
    return one_line(_TAG.sub(" ", text) if "<" in text else text)


def _web_address(value: object) -> str | None:
    text = str(value or "").strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return text if is_web and not re.search(r"[\s<>\"]", text) else None
