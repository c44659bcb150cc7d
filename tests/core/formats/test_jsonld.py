from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.formats import jsonld

ARTICLE = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Ferry &amp; bridge reopen",
    "description": "The <b>ferry</b> is back.",
    "author": [{"@type": "Person", "name": "Jane Doe"}, "John Roe"],
    "datePublished": "2026-11-24T09:00:00Z",
    "dateModified": "2026-11-25",
    "articleSection": ["World", "Sea"],
    "keywords": "ferry, island",
    "publisher": {"@type": "Organization", "name": "The Harbour Post"},
    "mainEntityOfPage": {"@id": "https://example.org/ferry"},
    "inLanguage": "en-GB",
    "image": [
        {
            "url": "https://example.org/f.jpg",
            "caption": "The ferry",
            "alternateName": "A ship",
            "creditText": "Roe",
        }
    ],
    "articleBody": "First line.\n\nSecond & last line.",
    "wordCount": 5,
}


def values(document: object) -> dict[str, object]:
    return {key: field.value for key, field in (jsonld.article(document) or {}).items()}


def test_an_article_is_told_in_our_words():
    assert values(ARTICLE) == {
        "headline": "Ferry & bridge reopen",
        "standfirst": "The ferry is back.",
        "published_at": "2026-11-24T09:00:00Z",
        "updated_at": "2026-11-25",
        "byline": ["Jane Doe", "John Roe"],
        "source": "The Harbour Post",
        "language": "en-GB",
        "section": "World",
        "tags": ["ferry", "island"],
        "original_url": "https://example.org/ferry",
        "image": "https://example.org/f.jpg",
        "image_alt": "A ship",
        "image_caption": "The ferry",
        "image_credit": "Roe",
        "articleBody": "<p>First line.</p>\n<p>Second &amp; last line.</p>",
    }


def test_a_pointer_leads_to_the_value_in_the_document():
    found = jsonld.article({"@graph": [{"@type": "WebSite"}, ARTICLE]})

    assert found is not None
    assert found["headline"].pointer == "/@graph/1/headline"
    assert found["image_caption"].pointer == "/@graph/1/image/0/caption"


@pytest.mark.parametrize(
    "document",
    [
        [ARTICLE],
        {"@graph": [{"@type": "BreadcrumbList"}, ARTICLE]},
        {"@type": "WebPage", "mainEntity": ARTICLE},
        [[{"@type": "Organization"}], [ARTICLE]],
        {**ARTICLE, "@type": ["Thing", "schema:ReportageNewsArticle"]},
        {**ARTICLE, "@type": "http://schema.org/BlogPosting"},
    ],
)
def test_the_article_is_found_wherever_it_stands(document):
    assert values(document)["headline"] == "Ferry & bridge reopen"


def test_of_two_articles_the_one_that_says_more_is_taken():
    teaser = {"@type": "NewsArticle", "headline": "Another story"}

    assert values([teaser, ARTICLE])["headline"] == "Ferry & bridge reopen"


@pytest.mark.parametrize("document", [None, True, 3, "text", [], {}, {"@type": "Recipe"}, [[[]]]])
def test_what_is_no_article_is_none(document):
    assert jsonld.article(document) is None
    assert jsonld.body_html(document) is None
    assert jsonld.unread(document) == {}


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Jane Doe", ["Jane Doe"]),
        ({"name": "Jane Doe"}, ["Jane Doe"]),
        ({"name": ["Jane Doe", "John Roe"]}, ["Jane Doe", "John Roe"]),
        ([{"name": "Jane Doe"}, {"name": "Jane Doe"}], ["Jane Doe"]),
        ("https://example.org/jane", None),
        ([None, {}, 3.5, {"name": {}}], ["3.5"]),
        ({"@id": "#jane"}, None),
    ],
)
def test_authors_come_in_many_shapes(author, names):
    assert values({"@type": "Article", "author": author}).get("byline") == names


@pytest.mark.parametrize(
    ("keywords", "tags"),
    [
        ("ferry; island", ["ferry", "island"]),
        (["ferry", "island", "ferry"], ["ferry", "island"]),
        ([{"@type": "DefinedTerm", "name": "ferry"}], ["ferry"]),
        (["@post-id:1913719", "itemid:7", "ferry"], ["ferry"]),
    ],
)
def test_keywords_are_tags_and_machines_labels_are_not(keywords, tags):
    assert values({"@type": "Article", "keywords": keywords})["tags"] == tags


@pytest.mark.parametrize("image", ["data:image/png;base64,xx", "javascript:alert(1)", {}, [[]], 7])
def test_an_image_without_an_address_is_none(image):
    assert "image" not in values({"@type": "Article", "image": image})


def test_corrections_keep_their_time():
    notes = [
        {"@type": "CorrectionComment", "text": "It was Monday.", "datePublished": "2026-11-25"}
    ]

    assert values({"@type": "Article", "correction": notes})["correction"] == [
        {"at": "2026-11-25", "text": "It was Monday."}
    ]
    assert values({"@type": "Article", "correction": "It was Monday."})["correction"] == (
        "It was Monday."
    )


def test_a_draft_is_a_draft():
    assert values({"@type": "Article", "creativeWorkStatus": "Draft"})["draft"] is True


def test_a_body_of_html_stays_html_even_where_it_was_escaped():
    body = "<p>One</p><ul><li>Two</li></ul>"

    assert jsonld.body_html({"@type": "Article", "articleBody": body}) == body
    escaped = body.replace("<", "&lt;").replace(">", "&gt;")
    assert jsonld.body_html({"@type": "Article", "articleBody": escaped}) == body


def test_what_has_no_name_here_is_kept_with_its_place():
    unread = jsonld.unread([ARTICLE])

    assert {key: field.value for key, field in unread.items()} == {"wordCount": 5}
    assert unread["wordCount"].pointer == "/0/wordCount"


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "Article", "headline": "Ferry",}',
        '<!-- {"@type": "Article", "headline": "Ferry"} -->',
        '//<![CDATA[\n{"@type": "Article", "headline": "Ferry"}\n//]]>',
        '{"@type": "Article", "headline": "Fer\try", "x": "a\nb"};',
    ],
)
def test_scripts_with_usual_mistakes_are_read(text):
    assert str(values(jsonld.parse(text))["headline"]).replace(" ", "") == "Ferry"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 10_000, "not json", "\ud800"])
def test_a_script_beyond_repair_is_nothing(text):
    assert jsonld.parse(text) is None


NAMES = """
@type @graph @id @value type name url author keywords image publisher headline articleBody
correction text articleSection mainEntityOfPage inLanguage
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES.split()) | st.text(max_size=5),
            inner | st.sampled_from(["Article", "NewsArticle"]),
            max_size=6,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=400, deadline=None)
@given(document=JSON)
def test_no_json_value_can_break_the_reader(document):
    for value in (document, {"@type": "Article", "author": document, "image": document}):
        found = jsonld.article(value)
        assert found is None or all(field.value for field in found.values())
        jsonld.unread(value)
        jsonld.body_html(value)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_no_script_can_break_the_parser(text):
    jsonld.parse(text)
