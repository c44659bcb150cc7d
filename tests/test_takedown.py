"""A takedown leaves nothing but its mark, proves it, and holds whatever comes after it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import boto3
import pytest
from chalice.test import Client

from chalicelib import newsroom, wiring
from chalicelib.core.article import article_id
from chalicelib.core.takedown import mark, mark_key, read
from chalicelib.core.written import kept_under
from desk.errors import DeskError
from desk.takedown import Proof, plan, take_down
from desk.traces import Answer, Ask, addresses, gather, over_http
from tests import builders
from tests.conftest import NOW, STAGE, Paper
from tests.core.formats.documents import docx, drawing, p
from tests.publishers import Publisher, Request
from tests.test_placing import CHESS, FERRY, FERRY_AGAIN
from tests.test_rebuild import OTHER, objects, rebuilt, rows

KEY = "world/minister-named.docx"
ID = article_id(KEY)
REASON = "By order of the court of Marrow."
OTHER_KEY = "world/other.md"
METADATA = "<dc:title>Zanzarit named in ferry trial</dc:title>"


def document(*paragraphs: str) -> bytes:
    body = p("Zanzarit named in ferry trial", "Title") + drawing("quay", descr="The quay")
    return docx(body + "".join(map(p, paragraphs)), images={"quay": builders.picture(200, 100)})


@pytest.fixture
def told(paper: Paper) -> Paper:
    """An article with a past, images and a neighbour."""
    paper.publish("media/own.png", builders.picture(colour="red"))
    paper.publish("media/shared.png", builders.picture(colour="teal"))
    paper.publish(OTHER_KEY, builders.markdown(
        "Ferry aground", body=f"{FERRY_AGAIN}\n\n![The sea](media/shared.png)"
    ))  # fmt: skip
    paper.publish(KEY, document(FERRY, "Zanzarit, a minister, owned a third of her."))
    paper.publish(KEY, document(FERRY, "Zanzarit, a minister, owned a half of her."))
    paper.publish("world/second.md", builders.markdown(
        "Zanzarit in court", body=f"{CHESS}\n\n![A face](media/own.png)",
        image="media/shared.png", section="world", tags="[courts]", correction="He is no judge.",
    ))  # fmt: skip
    return paper


@pytest.fixture
def ask(client: Client) -> Ask:
    """Ask the application as a reader does, one at a time."""
    one_at_a_time = threading.Lock()

    def asked(path: str) -> Answer:
        with one_at_a_time:
            answer = client.http.get(path)
        text = bytes(answer.body).decode(errors="replace")
        return Answer(status=answer.status_code, text=text, age_s=60)

    return asked


def test_a_reason_is_one_line_that_turns_nothing_around_on_the_page() -> None:
    said = read(mark("By order\r\n\u202eof the court.", at=NOW), at=NOW)

    assert said.absence.note == "By order of the court."


def taken_down(given: str = KEY, *, ask: Ask) -> Proof:
    projection = STAGE.projection()
    now = datetime.now(UTC).replace(microsecond=0)
    planned = plan(given, STAGE, projection)
    return take_down(planned, REASON, STAGE, projection=projection, ask=ask, now=now)


def silent(_path: str) -> Answer:
    return Answer(status=404, text="")


def holding(*words: str) -> set[str]:
    """The names of the objects and rows in which any of the words can be read."""
    found = {
        name
        for bucket in (STAGE.uploads, STAGE.receipts)
        for name, data in objects(bucket).items()
        if any(word.encode() in data or word in name for word in words)
    }
    texts = STAGE.projection().texts()
    return found | {"#".join(key) for key, text in texts if any(word in text for word in words)}


def test_nothing_is_left_of_an_article_and_every_surface_says_so(
    told: Paper, client: Client, ask: Ask
) -> None:
    embedded = gather(KEY, STAGE, STAGE.projection()).files
    assert embedded

    proof = taken_down(ask=ask)

    assert proof.left == ()
    seen = {kind for one in proof.surfaces for kind in one["before"]}
    assert seen == {"headline", "sentence", "slug", "image", "row", "version", "receipt", "missing"}
    assert holding("Zanzarit named", "owned a half", KEY, *embedded) == set()
    assert wiring.uploads().versions(KEY) == ()
    for path in (f"/a/{ID}", f"/v1/articles/{ID}", f"/a/{ID}/x/history", f"/story/{ID}"):
        answer = client.http.get(path)
        assert (answer.status_code, REASON in answer.body.decode()) == (410, True)
    assert client.http.get(f"/a/{article_id(OTHER_KEY)}/ferry-aground").status_code == 200


def test_an_image_goes_with_the_only_article_that_shows_it(told: Paper, ask: Ask) -> None:
    proof = taken_down("world/second.md", ask=ask)

    assert proof.left == ()
    assert wiring.uploads().versions("media/own.png") == ()
    assert wiring.uploads().versions("media/shared.png") != ()
    shown = newsroom.read_article(article_id(OTHER_KEY), store=wiring.store(), now=NOW).article
    (picture,) = [image.picture for image in shown.pictures]
    assert picture is not None
    assert f"public-{picture.wide.path}" in objects(STAGE.receipts)


def test_no_file_goes_that_the_same_picture_under_another_key_needs(told: Paper, ask: Ask) -> None:
    told.publish("media/same.png", builders.picture(colour="red"))
    told.publish(
        "world/third.md", builders.markdown("A face again", body=CHESS, image="media/same.png")
    )

    taken_down("world/second.md", ask=ask)

    assert wiring.uploads().versions("media/own.png") == ()
    needed = gather("world/third.md", STAGE, STAGE.projection()).images["media/same.png"]
    assert {name.rpartition(".")[2] for name in needed} == {"jpeg", "png", "webp"}
    assert {f"public-media/{name}" for name in needed} <= set(objects(STAGE.receipts))


def test_an_image_that_another_article_has_come_to_show_meanwhile_stays(told: Paper) -> None:
    projection = STAGE.projection()
    planned = plan("world/second.md", STAGE, projection)
    told.publish("world/third.md", builders.markdown(body=f"{CHESS}\n\n![A face](media/own.png)"))

    proof = take_down(planned, REASON, STAGE, projection=projection, ask=silent, now=NOW)

    assert wiring.uploads().versions("media/own.png") != ()
    files = planned.traces.images["media/own.png"]
    assert {f"public-media/{name}" for name in files} <= objects(STAGE.receipts).keys()
    assert {kind for one in proof.left for kind in one["left"]} >= {"image"}


def test_an_image_goes_however_its_name_was_spelled(paper: Paper, ask: Ask) -> None:
    composed = "media/caf\u00e9.png"
    decomposed = normalize("NFD", composed)
    paper.publish(decomposed, builders.picture())
    paper.publish("a.md", builders.markdown(body=f"{CHESS}\n\n![A face]({composed})"))
    assert any(name.startswith("public-media/") for name in objects(STAGE.receipts))

    proof = taken_down("a.md", ask=ask)

    assert proof.left == ()
    assert wiring.uploads().versions(decomposed) == ()
    assert [name for name in objects(STAGE.receipts) if name.startswith("public-media/")] == []


def test_mirrors_are_told_that_it_is_gone(told: Paper, client: Client, ask: Ask) -> None:
    taken_down(ask=ask)

    changes = json.loads(client.http.get("/v1/changes").body)["data"]
    (gone,) = [one for one in changes if one["article_id"] == ID]
    assert (gone["kind"], gone["reason"]) == ("withdrawn", "taken-down")


def test_what_a_model_wrote_of_it_goes_unless_another_article_has_the_same_text(
    paper: Paper,
) -> None:
    def kept(headline: str) -> str:
        return f"summaries/{kept_under(headline, 'en', FERRY)}0.json"

    for key, headline in (("a.md", "Own"), ("b.md", "Shared"), ("c.md", "Shared")):
        paper.publish(key, builders.markdown(headline, body=FERRY, language="en"))
    for headline in ("Own", "Shared"):
        paper.s3.put_object(Bucket=STAGE.receipts, Key=kept(headline), Body=b"{}")

    proof = taken_down("a.md", ask=silent)
    taken_down("b.md", ask=silent)

    (written,) = [one for one in proof.surfaces if "/summaries/" in one["surface"]]
    assert (written["before"], written["left"]) == (["summary"], [])
    assert kept("Own") not in objects(STAGE.receipts)
    assert kept("Shared") in objects(STAGE.receipts)


def test_a_sentence_that_another_article_has_too_is_no_trace(paper: Paper, ask: Ask) -> None:
    paper.publish("wire.md", builders.markdown("From the wire", body=FERRY))
    paper.publish("copy.md", builders.markdown("Copied out", body=FERRY))

    assert taken_down("copy.md", ask=ask).left == ()


def test_a_surface_that_still_shows_it_is_named(told: Paper) -> None:
    stale = "<h1>Zanzarit <em>named</em> in ferry&#32;trial</h1>"

    def asked(path: str) -> Answer:
        return Answer(status=404, text=stale if path == "/latest" else "")

    proof = taken_down(ask=asked)

    assert [(one["surface"], one["left"]) for one in proof.left] == [("/latest", ["headline"])]


def test_a_site_that_does_not_answer_proves_nothing(told: Paper) -> None:
    def unreachable(_path: str) -> Answer:
        raise OSError

    proof = taken_down(ask=unreachable)

    assert {"unread"} == {kind for one in proof.left for kind in one["left"]}


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_site_that_refuses_to_answer_proves_nothing(told: Paper, status: int) -> None:
    proof = taken_down(ask=lambda _path: Answer(status=status, text=""))

    assert {"unread"} == {kind for one in proof.left for kind in one["left"]}


def test_an_answer_that_is_cut_off_is_none(courier: Publisher) -> None:
    def cut_off(request: Request) -> None:
        request.head(200, Content_Length="100")
        request.wfile.write(b"<p>Half")

    courier.serve("/half", cut_off)

    with pytest.raises(OSError, match="/half does not answer"):
        over_http(courier.url)("/half")


def test_it_stays_gone_through_uploads_and_rebuilds_until_the_takedown_is_lifted(
    told: Paper, client: Client, ask: Ask
) -> None:
    taken_down(ask=ask)

    told.publish(KEY, document("Zanzarit, a minister, owned all of her."))
    rebuilt()
    rebuilt(OTHER)

    receipt = told.receipt(KEY)
    assert [error["code"] for error in receipt["errors"]] == ["taken-down"]
    assert mark_key(ID) in receipt["errors"][0]["fix"]
    assert client.http.get(f"/v1/articles/{ID}").status_code == 410
    assert rows() == rows(OTHER)
    assert holding("owned all") == set()

    told.delete(mark_key(ID))
    told.ingest(mark_key(ID))

    assert client.http.get(f"/v1/articles/{ID}").status_code == 200
    assert told.receipt(KEY)["outcome"] == "published"


def test_of_what_was_never_public_nobody_learns_that_it_was(
    paper: Paper, client: Client, ask: Ask
) -> None:
    paper.publish("draft.md", builders.markdown("Secret", draft="true"))

    proof = taken_down("draft.md", ask=ask)

    paper.publish("draft.md", builders.markdown("Secret again"))
    assert proof.left == ()
    assert client.http.get(f"/v1/articles/{article_id('draft.md')}").status_code == 404
    assert json.loads(client.http.get("/v1/changes").body)["data"] == []
    assert paper.receipt("draft.md")["outcome"] == "rejected"


def test_a_mark_closes_an_article_whichever_event_came_first(paper: Paper) -> None:
    made = []
    for order in ((KEY, mark_key(ID)), (mark_key(ID), KEY)):
        paper.upload(KEY, document(FERRY), at=NOW)
        paper.upload(mark_key(ID), "reason: [no YAML", at=NOW)
        for key in order:
            paper.ingest(key)
        made.append({
            key: row for key, row in rows().items() if key[0] in (f"ARTICLE#{ID}", "LIST#all")
        })  # fmt: skip
        for key in (KEY, mark_key(ID)):
            wiring.uploads().forget(key)
            paper.ingest(key)
        assert rows() == {}

    assert made[0] == made[1]
    assert list(made[0]) == [(f"ARTICLE#{ID}", "CLOSED")]


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture
def dying() -> Any:
    """Let the process die before one of its writes to S3."""
    boto3.setup_default_session()
    writes = ["PutObject", "DeleteObjects"]
    state = {"calls": 0, "at": 0}

    def die(model: Any, **_: Any) -> None:
        if model.name in writes:
            state["calls"] += 1
            if state["calls"] == state["at"]:
                raise KilledError

    boto3.DEFAULT_SESSION.events.register("before-call.s3", die)
    yield state
    boto3.setup_default_session()


@pytest.mark.parametrize("given", [KEY, ID], ids=["key", "id"])
def test_a_takedown_that_is_killed_anywhere_is_finished_by_the_next(
    paper: Paper, dying: dict[str, int], given: str
) -> None:
    call = 0
    while True:
        call += 1
        wiring.uploads().forget(mark_key(ID))
        paper.ingest(mark_key(ID))
        paper.publish(KEY, document(FERRY))
        names = gather(KEY, STAGE, STAGE.projection()).files
        dying.update(calls=0, at=call)
        try:
            taken_down(given, ask=silent)
        except KilledError:
            dying.update(at=0)
            proof = taken_down(given, ask=silent)
        else:
            break
        assert proof.left == (), f"killed before call {call}"
        assert holding("Zanzarit", KEY, *names) == set()

    assert call > 4


def test_what_has_never_been_uploaded_cannot_be_taken_down(paper: Paper) -> None:
    with pytest.raises(DeskError, match="nothing has ever been uploaded"):
        plan("never.md", STAGE, STAGE.projection())


def test_every_route_is_asked_with_all_that_the_article_stood_under(told: Paper) -> None:
    traces = gather("world/second.md", STAGE, STAGE.projection())

    asked = addresses(traces)

    own = min(traces.images["media/own.png"])
    assert {
        "/", "/section/world", "/tag/courts/feed.atom", "/source/newsroom", "/sitemap/2026-03",
        f"/a/{traces.id}/zanzarit-in-court/source", f"/story/{traces.id}/feed.json",
        f"/media/{own}", "/corrections/feed.xml", "/v1/changes?since=2026-03-24T09%3A00%3A00Z",
    } <= set(asked)  # fmt: skip
    assert f"/preview/{traces.id}{traces.articles[0].preview}" in asked
