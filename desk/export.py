"""An article of a stage, given back as a file; and the command that gives all uploads back too."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.core import exports
from chalicelib.core.article import ARTICLE_ID, ArticleId, article_id
from chalicelib.core.errors import UploadRejected
from chalicelib.core.exports import Export, Format
from desk import chosen, moving
from desk.errors import DeskError, WrongWords
from desk.terminal import progress

if TYPE_CHECKING:
    from chalicelib.core.article import Article
    from desk.stage import Stage

EXAMPLES = """\
  python -m desk export world/ferry.md --format markdown --out ferry.md
  python -m desk export tt3k3vhwfsl3k6qz --format ninjs --stage prod
  python -m desk export --to backup/ --stage prod"""


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


# The command


def words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("article", nargs="?", metavar="ID|KEY")
    parser.add_argument("--format", choices=("markdown", "json", "ninjs"), dest="as_")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: print it")
    parser.add_argument("--to", type=Path, metavar="FOLDER",
                        help="all versions of all uploads, which `import` reads")  # fmt: skip
    chosen.words(parser, json_help="{id, key, format, lost, text}, or {versions, summaries}")


def run(arguments: argparse.Namespace) -> None:
    if (arguments.to is None) == (arguments.article is None):
        raise WrongWords("name one article, by its key or its id, or a folder with --to for all")
    if arguments.to is not None:
        _all(arguments)
    elif arguments.as_ is None:
        raise WrongWords("name the --format of the file: markdown, json or ninjs")
    else:
        _one(arguments)


def _all(arguments: argparse.Namespace) -> None:
    stage = chosen.stage(arguments)
    with stage.explained(), progress(0, "exporting", unit="version") as bar:
        done = moving.export(stage, arguments.to, told=bar.update)
    told = f"{done.versions} versions and {done.summaries} summaries are in {arguments.to}"
    print(json.dumps(asdict(done)) if arguments.json else told)


def _one(arguments: argparse.Namespace) -> None:
    stage = chosen.stage(arguments)
    with stage.explained():
        article, exported = export(arguments.article, arguments.as_, stage)
    text = exported.data.decode()
    if arguments.json:
        told = {"id": article.id, "key": article.key, "format": arguments.as_}
        text = json.dumps({**told, "lost": exported.lost, "text": text}, ensure_ascii=False) + "\n"
    for name in exported.lost:
        print(f"desk export: {arguments.as_} does not carry: {name}", file=sys.stderr)
    if arguments.out is None:
        sys.stdout.write(text)
        return
    try:
        arguments.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DeskError(f"{arguments.out}: cannot be written: {error.strerror}") from None
