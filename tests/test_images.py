"""Images from the upload to the page, over the real table and buckets of moto."""

from __future__ import annotations

import re
from io import BytesIO

from PIL import Image

from chalicelib import newsroom, wiring
from chalicelib.core.article import Article, article_id
from tests import builders
from tests.conftest import NOW, Paper
from tests.core.formats.documents import TEXTS, docx, drawing, p

FERRY = "world/ferry.md"


def article(key: str = FERRY) -> Article:
    return newsroom.read_article(article_id(key), store=wiring.store(), now=NOW).article


def credited_photograph(artist: str) -> bytes:
    exif = Image.Exif()
    exif[0x013B], exif[0x010E] = artist, "The quay at dawn."
    out = BytesIO()
    Image.new("RGB", (900, 600), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_an_image_brings_its_credit_and_caption_where_the_article_states_none(paper: Paper) -> None:
    paper.publish("media/quay.jpg", credited_photograph("Ilse Marrow"))
    paper.publish(FERRY, builders.markdown(image="media/quay.jpg"))
    paper.publish(
        "world/other.md",
        builders.markdown(image="media/quay.jpg", image_credit="Tom Aske", image_caption="A quay."),
    )

    silent, stated = article().image, article("world/other.md").image
    assert silent is not None
    assert stated is not None
    assert (silent.credit, silent.caption, silent.alt) == ("Ilse Marrow", "The quay at dawn.", "")
    assert (stated.credit, stated.caption) == ("Tom Aske", "A quay.")
    paper.publish("media/quay.jpg", credited_photograph("Maren Holt"))
    renewed = article().image
    assert renewed is not None
    assert renewed.credit == "Maren Holt"


def codes(paper: Paper, key: str) -> list[str]:
    return [warning["code"] for warning in paper.receipt(key)["warnings"]]


def test_a_receipt_warns_of_an_image_until_it_is_there(paper: Paper) -> None:
    text = builders.markdown(image="media/quay.png", image_alt="The quay")
    paper.publish(FERRY, text)
    assert codes(paper, FERRY) == ["image-missing"]
    assert "media/quay.png" in paper.receipt(FERRY)["warnings"][0]["message"]

    paper.publish("media/quay.png", builders.picture())
    assert codes(paper, FERRY) == []
    paper.delete("media/quay.png")
    paper.ingest("media/quay.png")
    assert codes(paper, FERRY) == ["image-missing"]


def test_a_profile_warns_of_a_face_that_is_not_there(paper: Paper) -> None:
    paper.publish("sources/courier.yaml", builders.profile(avatar="media/face.png"))

    assert codes(paper, "sources/courier.yaml") == ["image-missing"]


def test_an_image_inside_a_document_is_served_with_its_article(paper: Paper) -> None:
    body = p("Ferry returns", "Title") + drawing("quay", descr="The quay") + p(TEXTS[0])
    paper.publish("world/ferry.docx", docx(body, images={"quay": builders.picture(900, 600)}))

    shown = article("world/ferry.docx")
    page = paper.site.body_html(shown)
    paths = set(re.findall(r"/(media/[0-9a-f]{32}\.webp)", page))
    assert len(paths) == 2
    for path in paths:
        assert wiring.media().read(path.removeprefix("media/")) is not None
    assert 'alt="The quay" width="900" height="600" loading="lazy">' in page
    assert shown.image is None
    assert codes(paper, "world/ferry.docx") == ["no-date"]


def test_a_rebuild_serves_the_same_images_of_a_document(paper: Paper) -> None:
    body = p("Ferry returns", "Title") + drawing("quay", descr="The quay") + p(TEXTS[0])
    paper.publish("world/ferry.docx", docx(body, images={"quay": builders.picture(900, 600)}))
    before = paper.rows()
    for pk, sk in before:
        wiring.store()._client.delete_item(
            TableName="broadsheet-local", Key={"pk": {"S": pk}, "sk": {"S": sk}}
        )

    paper.ingest("world/ferry.docx")

    assert paper.rows() == before
