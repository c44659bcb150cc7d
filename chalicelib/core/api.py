"""The JSON of `/v1`, whose types are in `shapes`, and of receipts, made from our values.

Times are RFC 3339 in UTC with Z; lists are lists; what is absent is null, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from chalicelib.core.article import (
    Article,
    ArticleId,
    Card,
    Checks,
    Correction,
    Elsewhere,
    Evidence,
    Image,
    KeyPoint,
    Source,
    Summary,
    direction,
)
from chalicelib.core.article import moment as article_moment
from chalicelib.core.errors import BroadsheetError, Finding
from chalicelib.core.pages import labels
from chalicelib.core.site import Site

if TYPE_CHECKING:
    from chalicelib.core import shapes
    from chalicelib.core.around import Around
    from chalicelib.core.changes import Change
    from chalicelib.core.ranking import Ranked
    from chalicelib.core.receipt import Receipt, Telling
    from chalicelib.core.stories import Disagreement, Statement, Story
    from chalicelib.core.stories.disagreements import Figure
    from chalicelib.core.watch import Feed

Json = dict[str, Any]


@overload
def moment(at: datetime) -> str: ...
@overload
def moment(at: datetime | None) -> str | None: ...
def moment(at: datetime | None) -> str | None:
    """Return *at* as RFC 3339 with Z, null for none."""
    return article_moment(at) if at is not None else None


def article(
    shown: Article,
    *,
    site: Site,
    story_id: ArticleId | None = None,
    around: Around | None = None,
) -> shapes.Article:
    """Return what is under `data` for one article; alone in its story it has its own id."""
    return {
        **_listed(shown, site=site),
        **_summarised(shown.summary),
        "key_points": [
            {**_key_point(point), "corrected_at": moment(shown.corrected_at(point))}
            for point in shown.summary.key_points
        ],
        "corrections": [_correction(correction) for correction in shown.corrections],
        "story_id": story_id or shown.id,
        "around_the_web": _around(around, site=site) if around else [],
        "extra": shown.extra,
        "body_html": site.body_html(shown),
        "body_text": shown.body.text,
    }


def card(listed: Card, *, site: Site) -> shapes.Card:
    """Return an article as lists carry it: no body, no summary."""
    return {
        **_listed(listed, site=site),
        "corrected_at": moment(listed.corrected_at),
        "breaking": listed.breaking,
    }


def ranked(one: Ranked, *, site: Site, explained: bool) -> shapes.Ranked:
    """Return an article in its place in the latest order, with the terms of its score if wanted."""
    placed: shapes.Ranked = {
        **card(one.card, site=site),  # type: ignore[typeddict-item]  # no card has a score
        "also": [
            {
                "id": other.id,
                "url": site.article(other),
                "headline": other.headline,
                "source": source(other.source, site=site),
                "published_at": moment(other.published_at),
            }
            for other in one.also
        ],
    }
    if explained:
        placed["score_s"] = one.score_s
        placed["stands_at"] = moment(one.stands_at)
        placed["terms"] = [
            {"name": term.name, "value_s": term.value_s, "why": term.why} for term in one.terms
        ]
        placed["moved_because"] = one.moved_because
    return placed


def story(told: Story, *, site: Site, links: Iterable[Elsewhere] = ()) -> shapes.Story:
    """Return what is under `data` for one story; *links* are reports of it on other sites.

    `adds` is the share of a member's text that no earlier one has, an estimate; of a statement,
    `low` and `high` bound what its words leave open, null where nothing does.
    """
    return {
        "id": told.id,
        "url": site.story(told.id),
        "headline": told.members[0].card.headline,
        "members": [
            {**card(member.card, site=site), "copy_of": member.copy_of, "adds": member.adds}
            for member in told.members
        ],
        "disagreements": [_disagreement(one, told, site=site) for one in told.disagreements],
        "links": [_report(link, site=site) for link in links],
    }


def receipt(
    told: Receipt, *, site: Site, ingested_at: datetime, telling: Telling | None = None
) -> Json:
    """Return the receipt as editors read it; *telling* is who else tells the same by now."""
    has_page = told.article_id is not None and told.slug is not None
    return {
        "key": told.key,
        "kind": told.kind,
        "outcome": told.outcome,
        "article_id": told.article_id,
        "revision": told.revision,
        "url": site.url(f"a/{told.article_id}/{told.slug}") if has_page else None,
        "preview_url": site.preview(told.article_id, told.preview)
        if told.article_id and told.preview
        else None,
        "received_at": moment(told.received_at),
        "ingested_at": moment(ingested_at),
        "format": told.format,
        "errors": [asdict(finding) for finding in told.errors],
        "warnings": [asdict(finding) for finding in told.warnings],
        "kept": told.kept,
        "dropped": [asdict(part) for part in told.dropped],
        "duplicates": [
            {
                "article_id": other.article_id,
                "similarity": other.similarity,
                "source": other.source,
                "url": site.url(f"a/{other.article_id}"),
            }
            for other in (telling.duplicates if telling else ())
            if other.public_at <= ingested_at
        ],
        "story_id": telling.story_id if telling and has_page else None,
        "summary": _summarised(told.summary)["summary"] if told.summary else None,
        "key_points": [_key_point(point) for point in told.summary.key_points]
        if told.summary
        else [],
        "changes": asdict(told.changes) if told.changes else None,
    }


def problem(error: BroadsheetError, *, detail: str, instance: str) -> shapes.Problem:
    """Return *error* as a problem document (RFC 9457)."""
    return {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": detail,
        "instance": instance,
        "code": error.code,
        "errors": [_finding(finding) for finding in error.findings],
    }


def _finding(finding: Finding) -> shapes.Finding:
    return {
        "code": finding.code,
        "message": finding.message,
        "fix": finding.fix,
        "line": finding.line,
        "column": finding.column,
        "pointer": finding.pointer,
    }


def _listed(shown: Article | Card, *, site: Site) -> shapes.Listed:
    return {
        "id": shown.id,
        "url": site.article(shown),
        "revision": shown.revision,
        "status": "usable",
        "headline": shown.headline,
        "standfirst": shown.standfirst,
        "language": shown.language,
        "direction": direction(shown.language),
        "section": shown.section,
        "tags": list(shown.tags),
        "source": source(shown.source, site=site),
        "byline": list(shown.byline),
        "original_url": shown.original_url,
        "published_at": moment(shown.published_at),
        "updated_at": moment(shown.updated_at),
        "image": _image(shown.image, site),
    }


def revision(past: Article, *, site: Site) -> shapes.Revision:
    """Return a revision as the list of an article's revisions carries it."""
    return {
        "revision": past.revision,
        "url": site.api(f"articles/{past.id}", revision=past.revision),
        "headline": past.headline,
        "published_at": moment(past.published_at),
        "updated_at": moment(past.updated_at),
        "received_at": moment(past.received_at),
        "corrections": [_correction(correction) for correction in past.corrections],
    }


def change(told: Change, *, site: Site) -> shapes.Change:
    """Return an entry of the log of changes; `reason` says why an article was withdrawn."""
    slug = f"/{told.slug}" if told.slug else ""
    return {
        "id": told.id,
        "article_id": told.article_id,
        "revision": told.revision,
        "kind": told.kind,
        "reason": told.reason,
        "at": moment(told.at),
        "url": site.url(f"a/{told.article_id}{slug}"),
    }


def source(profile: Source, *, site: Site) -> shapes.Source:
    return {
        "id": profile.id,
        "name": profile.name,
        "avatar_url": site.url(profile.avatar) if profile.avatar else None,
        "home_url": profile.home_url,
    }


def watched(profile: Source, feeds: Iterable[Feed], *, site: Site) -> shapes.Profile:
    """Return a source with all of its profile, and how each of its feeds was found last.

    Of a feed the host alone: some have their reader's secret in their address.
    """
    return {
        **source(profile, site=site),
        "url": site.source(profile.id),
        "kind": profile.kind,
        "country": profile.country,
        "owner": profile.owner,
        "paywalled": profile.paywalled,
        "feeds": [
            {
                "host": labels.host(feed.address),
                "state": feed.state,
                "last_success_at": moment(feed.last_success_at),
                "problem": feed.problem,
                "failures": feed.failures,
                "next_try_at": moment(feed.next_try_at),
                "moved_to": labels.host(feed.moved_to) if feed.moved_to else None,
            }
            for feed in feeds
        ],
    }


def _image(image: Image | None, site: Site) -> shapes.Image | None:
    if image is None or image.picture is None:
        return None
    wide = image.picture.wide
    return {
        "url": site.url(wide.path),
        "width": wide.width,
        "height": wide.height,
        "alt": image.alt,
        "credit": image.credit,
        "caption": image.caption,
    }


def _key_point(point: KeyPoint) -> shapes.KeyPoint:
    return {
        "id": point.id,
        "text": point.text,
        "evidence": [_evidence(one) for one in point.evidence],
        "checks": _checks(point.checks),
    }


def _evidence(one: Evidence | Figure) -> shapes.Evidence:
    return {"sentence": one.sentence, "start": one.start, "end": one.end, "quote": one.quote}


def _checks(checks: Checks) -> shapes.Checks:
    return {
        "numbers": checks.numbers,
        "names": checks.names,
        "quotes": checks.quotes,
        "negation": checks.negation,
    }


def _summarised(summary: Summary) -> shapes.Summarised:
    generation, fallback = summary.generation, summary.generation.fallback
    return {
        "summary": {"text": summary.text, "evidence": list(summary.evidence)},
        "withheld": [{"reason": reason} for reason in summary.withheld],
        "generation": {
            "method": generation.method,
            "engine": generation.engine,
            "engine_version": generation.engine_version,
            "generated_at": moment(generation.generated_at),
            "fallback": {"engine": fallback.engine, "reason": fallback.reason}
            if fallback
            else None,
            "sentences_read": generation.sentences_read,
        },
    }


def _correction(correction: Correction) -> shapes.Correction:
    return {"at": moment(correction.at), "text": correction.text}


def _around(shown: Around, *, site: Site) -> list[shapes.Around]:
    told: list[shapes.Around] = [
        {**_report(one, site=site), "relation": "story"} for one in shown.told
    ]
    near: list[shapes.Around] = [
        {**_report(one, site=site), "relation": "subject"} for one in shown.near
    ]
    return told + near


def _report(shown: Card | Elsewhere, *, site: Site) -> shapes.Report:
    """Return a report that stands under another: of the newsroom, or on another site."""
    is_ours = isinstance(shown, Card)
    return {
        "headline": shown.headline,
        "url": site.article(shown) if isinstance(shown, Card) else shown.url,
        "source": {"id": shown.source.id, "name": shown.source.name},
        "published_at": moment(shown.published_at),
        "paywalled": shown.source.paywalled and not is_ours,
        "kind": "article" if is_ours else "link",
    }


def _disagreement(one: Disagreement, told: Story, *, site: Site) -> shapes.Disagreement:
    cards = {member.card.id: member.card for member in told.members}
    return {
        "thing": one.thing,
        "kind": one.kind,
        "sides": [
            {
                "said": side[0].figure.said,
                "low": side[0].figure.low,
                "high": side[0].figure.high,
                "statements": [_statement(said, cards[said.article], site=site) for said in side],
            }
            for side in one.sides
        ],
    }


def _statement(said: Statement, told_by: Card, *, site: Site) -> shapes.Statement:
    figure = said.figure
    return {
        "article_id": said.article,
        "source": {"id": told_by.source.id, "name": told_by.source.name},
        "at": moment(said.at),
        "url": site.article(told_by, page="source", anchor=figure.sentence),
        "evidence": _evidence(figure),
    }
