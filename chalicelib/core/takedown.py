"""The mark that an article was taken down: `takedowns/<id>.yaml`, and nothing of the article.

It says when and why. While it lies in the bucket the article's address answers 410 with the
reason, and whatever is uploaded under the article's key is refused. Whoever may write it may not be
kept from it by a slip of the pen: a file under this name is a mark, whatever stands in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.article import Absence, ArticleId, moment
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.limits import MAX_REASON_LENGTH

_KEY = re.compile(r"takedowns/([a-z2-7]{16})\.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """That an article was taken down. What was never public leaves nothing that tells of it."""

    absence: Absence
    was_public: bool = True


def mark_key(id_: ArticleId) -> str:
    """Return the key under which an article's mark lies."""
    return f"takedowns/{id_}.yaml"


def taken_by(key: str) -> ArticleId | None:
    """Return the article that a mark under *key* is of, None where *key* is no mark's."""
    found = _KEY.fullmatch(key)
    return ArticleId(found[1]) if found else None


def mark(reason: str, *, at: datetime, was_public: bool = True) -> bytes:
    """Return the mark as it is uploaded."""
    import yaml

    told = {"taken_down_at": moment(at), "reason": reason, "was_public": was_public}
    return yaml.safe_dump(told, allow_unicode=True, sort_keys=False).encode()


def read(data: bytes, *, at: datetime) -> Mark:
    """Return what a mark says; that it closes the article, where it cannot be read."""
    from chalicelib.core.clean import one_line
    from chalicelib.core.formats.markdown import parse_yaml

    try:
        found = {name: str(field.value) for name, field in parse_yaml(data.decode()).items()}
    except (UploadRejected, ValueError):
        found = {}
    reason = one_line(found.get("reason", ""))[:MAX_REASON_LENGTH]
    return Mark(
        absence=Absence(reason="taken-down", at=at, note=reason or None),
        was_public=found.get("was_public") != "false",
    )


def refusal(key: str, id_: ArticleId) -> UploadRejected:
    """Return why an upload under the key of an article that was taken down is refused."""
    return UploadRejected(
        Finding(
            code="taken-down",
            message=f"The article of {key} was taken down: its address stays gone, and nothing is "
            "published under this key.",
            fix="Upload it under another key. If the takedown was a mistake, an operator lifts it "
            f"by deleting {mark_key(id_)}; the newest upload is then published.",
        )
    )
