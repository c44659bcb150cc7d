"""An article of a stage, given back as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.core import exports
from chalicelib.core.article import ARTICLE_ID, ArticleId, article_id
from chalicelib.core.errors import UploadRejected
from chalicelib.core.exports import Export, Format
from desk.errors import DeskError

if TYPE_CHECKING:
    from chalicelib.core.article import Article
    from desk.stage import Stage


def export(given: str, as_: Format, stage: Stage) -> tuple[Article, Export]:
    """Return the article that *given*, its id or its key, names, and its file.

    It is what readers have or will have; where they have none, the draft. Raises DeskError where
    there is neither, and for an article that the format cannot hold.
    """
    id_ = ArticleId(given) if ARTICLE_ID.fullmatch(given) else article_id(given)
    current, draft = stage.store().waiting(id_)
    article = current or draft
    if article is None:
        gone = stage.store().article(id_).gone
        why = f"{gone} `python -m desk restore` brings a revision back" if gone else "there is none"
        raise DeskError(f"no article {given}: {why}")
    try:
        return article, exports.export(article, as_, is_draft=current is None)
    except UploadRejected as error:
        raise DeskError(f"{as_} cannot hold it: {error} Name another --format") from None
