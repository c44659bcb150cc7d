"""The stage that a command is for, and the words that choose it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from desk import configured
from desk.stage import Stage


def words(parser: argparse.ArgumentParser, *, json_help: str) -> None:
    parser.add_argument("--stage", default="local", help="default: local, the running `make run`")
    parser.add_argument("--json", action="store_true", help=json_help)
    data_dir(parser)


def data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(os.environ.get("DATA_DIR") or ".local"),
        help="where the local run keeps its uploads (DATA_DIR, .local/)",
    )


def stage(arguments: argparse.Namespace, *, named: str | None = None) -> Stage:
    """Return the stage that *arguments* name, or another that is *named*."""
    name = named or arguments.stage
    if name != configured.LOCAL:
        return configured.recorded(name)
    from desk import local

    return local.stage_of(local.find(arguments.data_dir))
