"""Uploads carried to another stage make the same newspaper there, with its whole past."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice.test import Client
from hypothesis import HealthCheck, given, settings

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.core.takedown import mark, mark_key
from desk import moving
from desk.archive import Archive
from desk.errors import DeskError
from desk.rebuild import Rebuilt, keys_of, rebuild
from desk.stage import Stage
from tests import builders
from tests.conftest import NOW, STAGE, Paper
from tests.core.formats.documents import docx, p
from tests.test_placing import FERRY
from tests.test_rebuild import (
    HISTORIES,
    begun,
    empty,
    objects,
    pages,
    rebuilt,
    sampled,
)

__all__ = ["begun", "sampled"]  # fixtures

COPY = Stage(
    name="copy",
    table="broadsheet-copy",
    uploads="broadsheet-copy-uploads",
    receipts="broadsheet-copy-receipts",
)


@pytest.fixture
def copy(paper: Paper) -> Callable[[], Stage]:
    """Another stage, which is empty whenever one asks for it."""
    s3 = paper.s3
    for bucket in (COPY.uploads, COPY.receipts):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=COPY.uploads, VersioningConfiguration={"Status": "Enabled"})
    COPY.projection().create()

    def emptied() -> Stage:
        empty(COPY.table)
        for key, _ in COPY.versions().newest(""):
            COPY.versions().forget(key)
        COPY.kept_receipts().forget(objects(COPY.receipts))
        return COPY

    return emptied


def made_anew(stage: Stage) -> Rebuilt:
    projection = stage.projection()
    keys = keys_of(stage, projection)
    return rebuild(keys, stage, projection=projection, now=NOW, told=int, threads=1)


def carry(to: Stage, folder: Path) -> Rebuilt:
    """Carry everything by way of a folder."""
    moving.export(STAGE, folder)
    moving.into(to, *moving.out_of(folder))
    return made_anew(to)


@given(history=HISTORIES)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_is_the_same_in_the_stage_that_it_is_carried_to(
    begun: Callable[[], Paper],
    copy: Callable[[], Stage],
    tmp_path_factory: pytest.TempPathFactory,
    history: list[Any],
) -> None:
    paper = begun()
    for hour, act in enumerate(history):
        act(paper, hour)
        paper.ingest(act.key)
    here, folder = made_anew(STAGE), tmp_path_factory.mktemp("export")

    if wiring.uploads().page(None).newest:
        there = carry(copy(), folder)

        assert (there.rows, there.digest) == (here.rows, here.digest)


def test_the_samples_have_the_same_pages_in_another_stage(
    sampled: Paper,
    copy: Callable[[], Stage],
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newsroom.refresh_latest(store=wiring.store(), now=NOW)
    here, read = rebuilt(), pages(client.http)

    there = carry(copy(), tmp_path)

    monkeypatch.setenv("BROADSHEET_TABLE", COPY.table)
    wiring.store.cache_clear()
    assert (there.rows, there.digest) == (here.rows, here.digest)
    assert pages(client.http) == read
    shown = {name for name in objects(STAGE.receipts) if name.startswith("public-media/")}
    assert shown <= objects(COPY.receipts).keys()


def test_a_stage_is_carried_straight_into_another(paper: Paper, copy: Callable[[], Stage]) -> None:
    name = f"summaries/{'a' * 32}-{'b' * 32}.json"
    paper.publish("a.md", builders.markdown())
    paper.s3.put_object(Bucket=STAGE.receipts, Key=name, Body=b"{}")
    to = copy()

    done = moving.into(to, *moving.out_of_stage(STAGE))

    assert done == moving.Carried(versions=1, summaries=1)
    assert objects(to.receipts) == {name: b"{}"}
    assert made_anew(to).digest == rebuilt().digest


def test_what_is_carried_twice_keeps_its_first_times(
    paper: Paper, copy: Callable[[], Stage], tmp_path: Path
) -> None:
    paper.publish("a.md", builders.markdown(date=""))
    paper.delete("a.md")
    paper.ingest("a.md")
    digest = carry(copy(), tmp_path / "first").digest
    moving.export(COPY, tmp_path / "second")

    moving.into(copy(), *moving.out_of(tmp_path / "second"))

    assert made_anew(COPY).digest == digest == rebuilt().digest


def test_a_takedown_holds_in_the_stage_that_it_is_carried_to(
    paper: Paper, copy: Callable[[], Stage], tmp_path: Path
) -> None:
    paper.publish("a.md", docx(p("Ferry", "Title") + p(FERRY)))
    key = mark_key(article_id("a.md"))
    paper.publish(key, mark("By order of a court.", at=NOW))

    there = carry(copy(), tmp_path)

    gone = COPY.store().article(article_id("a.md")).gone
    assert gone is not None
    assert gone.note == "By order of a court."
    assert there.digest == rebuilt().digest


def test_a_stage_that_is_not_empty_is_refused(
    paper: Paper, copy: Callable[[], Stage], tmp_path: Path
) -> None:
    paper.publish("a.md", builders.markdown())
    moving.export(STAGE, tmp_path)
    boto3.client("s3").put_object(Bucket=copy().uploads, Key="b.md", Body=b"x")

    with pytest.raises(DeskError, match="is not empty"):
        moving.into(COPY, *moving.out_of(tmp_path))
    with pytest.raises(DeskError, match="holds no export"):
        moving.out_of(tmp_path / "nowhere")


def test_an_export_never_takes_the_place_of_another_stages(
    paper: Paper, copy: Callable[[], Stage], tmp_path: Path
) -> None:
    paper.publish("a.md", builders.markdown())
    moving.export(STAGE, tmp_path)
    kept = objects_in(tmp_path)
    boto3.client("s3").put_object(Bucket=copy().uploads, Key="a.md", Body=b"another a.md")

    with pytest.raises(DeskError, match="all be deleted"):
        moving.export(COPY, tmp_path)

    assert objects_in(tmp_path) == kept


def test_the_backup_of_a_bucket_that_was_emptied_is_not_emptied_too(
    paper: Paper, tmp_path: Path
) -> None:
    paper.publish("a.md", builders.markdown())
    moving.export(STAGE, tmp_path)
    kept = objects_in(tmp_path)
    wiring.uploads().forget("a.md")

    with pytest.raises(DeskError, match="all be deleted"):
        moving.export(STAGE, tmp_path)

    assert objects_in(tmp_path) == kept


def objects_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "uploads").iterdir()}


def test_a_folder_that_is_exported_to_again_is_brought_up_to_date(
    paper: Paper, tmp_path: Path
) -> None:
    paper.publish("a.md", builders.markdown("First"))
    paper.publish("gone.md", builders.markdown("Gone for good"))
    name = f"summaries/{'a' * 32}-{'b' * 32}.json"
    paper.s3.put_object(Bucket=STAGE.receipts, Key=name, Body=b"{}")
    moving.export(STAGE, tmp_path)
    before = set((tmp_path / "uploads").iterdir())

    paper.upload("a.md", builders.markdown("Second"))
    wiring.uploads().forget("gone.md")
    paper.s3.delete_object(Bucket=STAGE.receipts, Key=name)
    done = moving.export(STAGE, tmp_path)

    kept = list(Archive(tmp_path / "uploads").load())
    assert done.versions == len(kept) == 2
    assert [b"First" in (one.body or b"") for one in kept] == [True, False]
    assert list((tmp_path / "summaries").iterdir()) == []
    assert len(before & set((tmp_path / "uploads").iterdir())) == 1
