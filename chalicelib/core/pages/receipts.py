"""An upload's receipt for people: what became of a file, and what its editor can mend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.core.pages import parts
from chalicelib.core.pages.page import Context, Page

if TYPE_CHECKING:
    from chalicelib.core.site import Site

_OUTCOMES = {
    "published": "Readers see it.",
    "updated": "Readers see the new revision.",
    "corrected": "Readers see the corrected article, marked as corrected.",
    "unchanged": "The file says what the newsroom already has; nothing was changed.",
    "scheduled": "Readers will see it when its time comes.",
    "draft": "Only the preview shows it; readers see nothing of it.",
    "expired": "Its time to be shown is over; readers see nothing of it.",
    "withdrawn": "Readers see it no longer; its address says that it is gone.",
    "ignored": "A file of this kind is not for publishing; nothing was changed.",
    "rejected": "Nothing that readers see was changed. Mend what is listed here, and upload again.",
}

_OF_TAKEDOWNS = {
    "published": "The article that it names is gone, and its address says that it was taken down.",
    "updated": "The article stays gone; its address gives the new reason.",
    "withdrawn": "The takedown is lifted: what is uploaded under the article's key is published.",
}


def receipt(receipt: Mapping[str, Any], *, site: Site, now: datetime) -> Page:
    """Return the readable form of a receipt; only `key` and `outcome` must be there."""
    key, outcome = str(receipt["key"]), str(receipt["outcome"])
    summary = receipt.get("summary") or {}
    meanings = _OUTCOMES | (_OF_TAKEDOWNS if receipt.get("kind") == "takedown" else {})
    frame = parts.frame(
        site=site,
        now=now,
        title=f"Receipt: {key}",
        description=f"What became of the upload {key}.",
    )
    return Page.of(
        "receipt.html",
        frame
        | {
            "key": key,
            "outcome": {
                "name": outcome,
                "label": outcome.capitalize(),
                "meaning": meanings.get(outcome, ""),
            },
            "links": [
                {"label": label, "url": receipt[field]}
                for field, label in (("url", "The article"), ("preview_url", "The preview"))
                if receipt.get(field)
            ],
            "facts": _facts(receipt),
            "findings": [
                {"heading": heading, "kind": kind, "found": _findings(receipt.get(kind) or [])}
                for kind, heading in (("errors", "Errors"), ("warnings", "Warnings"))
                if receipt.get(kind)
            ],
            "changes": _changes(receipt["changes"]) if receipt.get("changes") else None,
            "kept": [
                {"label": _counted(str(what), count), "count": count}
                for what, count in (receipt.get("kept") or {}).items()
                if count
            ],
            "dropped": [
                {
                    "what": str(one.get("what", "")),
                    "count": one.get("count", 1),
                    "why": str(one.get("why", "")),
                    "where": _where(one),
                }
                for one in receipt.get("dropped") or []
            ],
            "duplicates": [
                {
                    "url": site.url(f"a/{one['article_id']}"),
                    "label": str(one["article_id"]),
                    "similarity": f"{one.get('similarity', 0):.0%}",
                }
                for one in receipt.get("duplicates") or []
            ],
            "summary": summary.get("text") or None,
            "points": [str(point.get("text", "")) for point in receipt.get("key_points") or []],
        },
    )


def _counted(what: str, count: int) -> str:
    words = what.replace("_", " ")
    return words.removesuffix("s") if count == 1 else words


def _facts(receipt: Mapping[str, Any]) -> list[Context]:
    fields = {
        "kind": "Kind",
        "format": "Read as",
        "article_id": "Article",
        "revision": "Revision",
        "received_at": "Received",
        "ingested_at": "Read at",
        "story_id": "Story",
    }
    return [
        {"label": label, "value": str(receipt[field])}
        for field, label in fields.items()
        if receipt.get(field) is not None
    ]


def _changes(told: Mapping[str, Any]) -> Context:
    added, removed, untold = (told[name] for name in ("words_added", "words_removed", "untold"))
    text = f"Words added to the text: {added:,}; removed from it: {removed:,}."
    if told["markup_changed"]:
        text = "The text did not change, but its links, images or emphasis did."
    elif not told["paragraphs"]:
        text = "The text did not change."
    return {
        "heading": f"Changed since revision {told['since_revision']}",
        "metadata": told["metadata"],
        "paragraphs": told["paragraphs"],
        "text": text,
        "untold": f"Changes not told here: {untold:,}." if untold else "",
    }


def _findings(findings: list[Mapping[str, Any]]) -> list[Context]:
    return [
        {
            "code": str(one.get("code", "")),
            "message": str(one.get("message", "")),
            "fix": str(one.get("fix") or ""),
            "where": _where(one),
        }
        for one in findings
    ]


def _where(finding: Mapping[str, Any]) -> str:
    line, column = finding.get("line"), finding.get("column")
    places = [f"line {line}" if line else "", f"column {column}" if line and column else ""]
    places.append(str(finding.get("pointer") or ""))
    return ", ".join(place for place in places if place)
