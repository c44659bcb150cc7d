"""Markdown as editors and site generators write it, and as attackers do."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import formats
from chalicelib.core.errors import Finding, UploadRejected
from chalicelib.core.formats import Draft, markdown

BODY = "\n\nThe ferry returned to Callport.\n"


def read(text: str) -> Draft:
    return formats.read("a.md", text.encode())


def rejection(text: str) -> Finding:
    with pytest.raises(UploadRejected) as raised:
        read(text)
    return raised.value.findings[0]


def test_yaml_and_toml_front_matter_say_the_same() -> None:
    yaml = read(f'---\ntitle: "Ferry"\ndate: 2026-11-24\ntags: [a, b]\ndraft: false\n---{BODY}')
    toml = read(f'+++\ntitle = "Ferry"\ndate = 2026-11-24\ntags = ["a", "b"]\n+++{BODY}')

    assert yaml.metadata == toml.metadata
    assert yaml.body == toml.body


def test_scalars_that_yaml_would_turn_into_other_things_stay_text() -> None:
    assert read(f"---\ntitle: 1.10\n---{BODY}").headline == "1.10"
    assert read(f"---\ntitle: no\n---{BODY}").headline == "no"
    assert read(f"---\ntitle: 2026-11-24\n---{BODY}").headline == "2026-11-24"
    assert read(f"---\ntitle: x\nlanguage: no\n---{BODY}").metadata.language == "no"


def test_tables_of_site_generators_are_lifted() -> None:
    draft = read(
        '+++\ntitle = "x"\n[taxonomies]\ntags = ["ferry"]\n[extra]\nteam = "t"\n+++' + BODY
    )

    assert draft.metadata.tags == ("ferry",)
    assert draft.metadata.extra == {"team": "t"}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("---\ntitle: [a\n---\nText", 3, 1),
        ('---\ntitle: a\ndate: "x\n---\nText', 3, 7),
        ("---\ntitle: a\n\tdate: b\n---\nText", 3, 1),
        ("---\ntitle: a\ntitle: b\n---\nText", 3, 1),
        ('+++\ntitle = "a"\ndate = \n+++\nText', 3, 8),
        ("---\ntitle: a\n", 1, 1),
        ("---\n- a\n- b\n---\nText", 2, 1),
    ],
)
def test_front_matter_that_does_not_parse_is_told_with_its_place(
    text: str, line: int, column: int
) -> None:
    finding = rejection(text)

    assert finding.code == "front-matter"
    assert finding.fix
    assert finding.line == line
    assert finding.column == column


@pytest.mark.parametrize(
    "matter",
    [
        "a: !!python/object/new:os.system [x]",
        "a: !!timestamp x",
        "a: " + "[" * 5_000,
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
            "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
            "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d]"
        ),
        "\n".join(f"key{number}: value" for number in range(9_000)),
    ],
    ids=["python tag", "false tag", "deep", "billion laughs", "large"],
)
def test_attacks_on_the_yaml_reader_are_refused(matter: str) -> None:
    assert rejection(f"---\ntitle: x\n{matter}\n---{BODY}").code.startswith("front-matter")


def test_a_missing_headline_is_the_first_heading_which_then_is_not_repeated() -> None:
    draft = read("# Ferry *returns*\n\nShe is back.\n\n## Why\n\nRepairs.")

    assert draft.headline == "Ferry returns"
    assert draft.body.text == "She is back.\n\nWhy\n\nRepairs."


def test_everything_that_markdown_can_say_is_in_the_text() -> None:
    draft = read(
        "---\ntitle: x\n---\n\n> Quoted.\n\n- one\n- two\n\n| Port | Boats |\n|---|---|\n"
        "| Callport | 4 |\n\n```\ncode\n```\n\n~~struck~~ text[^1]\n\n[^1]: A note.\n"
    )

    for words in ("Quoted.", "one", "two", "Callport\t4", "code", "struck text", "A note."):
        assert words in draft.body.text
    assert draft.kept["block_quotes"] == 1
    assert draft.kept["tables"] == 1


def test_tags_that_only_a_site_generator_can_run_are_dropped_and_told() -> None:
    draft = read("---\ntitle: x\n---\n\nText {{< figure src=x >}} more {% include y %}.")

    assert draft.body.text == "Text more ."
    assert ("site generator tag", 2) in [(part.what, part.count) for part in draft.dropped]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert read("---\n\n# Ferry\n\nText.").headline == "Ferry"


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_bytes_are_more_than_a_rejection(data: bytes) -> None:
    for name in ("a.md", "a.txt", "a.json", "a.html"):
        try:
            draft = formats.read(name, data)
        except UploadRejected as error:
            assert all(finding.message and finding.fix for finding in error.findings)
        else:
            assert draft.headline
            assert draft.body.text.strip()


@given(st.text(alphabet="ab:[]{}!&*#-|>'\"\n\t ", max_size=120))
def test_no_front_matter_is_more_than_a_rejection(matter: str) -> None:
    for mark in ("---", "+++"):
        try:
            markdown.read(f"{mark}\n{matter}\n{mark}\nText".encode())
        except UploadRejected as error:
            assert error.findings[0].line is not None


def test_a_heading_alone_is_no_article() -> None:
    assert rejection("# Ferry returns\n").code == "no-text"


@pytest.mark.parametrize(
    "text", ["---\ntitle: x\nstatus: withheld\n---\n", "---\nstatus: canceled\n---\nText.\n"]
)
def test_what_takes_an_article_back_needs_no_more(text: str) -> None:
    assert read(text).metadata.status in ("withheld", "canceled")


@pytest.mark.parametrize(
    ("key", "matter", "is_told"),
    [
        ("2026-03-24-ferry.md", "title: x", True),
        ("world/_posts/2026-03-24-ferry.md", "title: x", True),
        ("2026-03-24-ferry.md", "title: x\ndate: 2026-01-01", False),
        ("a.md", "title: x\npath: blog/2026/03/24/ferry", True),
        ("a-2026-03-24.md", "title: x", False),
    ],
)
def test_a_date_that_stands_only_in_a_name_is_told_and_not_taken(
    *, key: str, matter: str, is_told: bool
) -> None:
    draft = formats.read(key, f"---\n{matter}\n---{BODY}".encode())

    told = [warning for warning in draft.warnings if warning.code == "date-elsewhere"]
    assert bool(told) is is_told
    assert (draft.metadata.published_at is None) is ("date:" not in matter)


def test_authors_in_one_line_are_several() -> None:
    draft = read(f"---\ntitle: x\nauthors: Ilse Marrow, Tom Aske and Maren Holt\n---{BODY}")

    assert draft.metadata.byline == ("Ilse Marrow", "Tom Aske", "Maren Holt")
    one = read(f"---\ntitle: x\nauthor: Ilse Marrow, Courier\n---{BODY}")
    assert one.metadata.byline == ("Ilse Marrow, Courier",)


def test_pathological_markdown_ends_soon() -> None:
    for text in ("*" * 20_000, "[" * 20_000, "> " * 5_000, "_a" * 20_000, "`" * 20_001):
        try:
            read(f"---\ntitle: x\n---\n\nText\n\n{text}")
        except UploadRejected as error:
            assert error.findings[0].code in ("nesting", "text-too-large", "too-complex")


@pytest.mark.parametrize(
    "matter",
    [
        f"---\ntitle: x\n{'? - ' * 60}y\n---",  # a key of keys: its quotes double at each level
        f"---\ntitle: x\na: &a {'b' * 40_000}\ntags: [{'*a, ' * 6_000}]\n---",  # 240 MB of text
        f"+++\ntitle = 'x'\n{'a . ' * 8_000}b = 1\n+++",
        f"+++\ntitle = 'x'\n[{chr(34)}a{chr(92)}{chr(34)}{chr(34)}{'.b' * 8_000}]\n+++",
        f"+++\ntitle = 'x'\n{'a' * 101}{'.a' * 8_000} = 1\n+++",
        f"+++\ntitle = 'x'\nb = {{c = '''\n''', a{'.a' * 8_000} = 1}}\n+++",  # behind a string
    ],
    ids=lambda matter: matter[14:30],
)
def test_front_matter_that_unfolds_beyond_its_size_is_refused(matter: str) -> None:
    started = time.process_time()

    with pytest.raises(UploadRejected) as raised:
        read(f"{matter}{BODY}")

    assert raised.value.findings[0].code == "front-matter"
    assert time.process_time() - started < 1


def test_dots_of_a_text_or_a_comment_in_toml_are_no_nesting() -> None:
    dots = "." * 60

    assert (
        read(f"+++\n# {dots}\ntitle = 'x'\nb = '''\nOne {dots} 5\n'''\n+++{BODY}").headline == "x"
    )


@pytest.mark.parametrize("mark", ["[", "![", "^[", "<![CDATA["])
def test_markdown_of_nothing_but_open_brackets_is_refused_before_it_is_read(mark: str) -> None:
    with pytest.raises(UploadRejected) as raised:
        read(f"Ferry\n\nA {mark * 3_000}{'word ' * 5_000}")

    (finding,) = raised.value.findings
    assert (finding.code, finding.line) == ("too-complex", 1)


@pytest.mark.parametrize(
    "text",
    [
        f"![][map]\n\n[map]: <data:image/png;base64,{'iVBORw0KGgo' * 60_000}>",
        f"| from | to |\n|---|---|\n{'| [0, 1) | a |' + chr(10)}" * 3_000,
        "- [0, 1) is half open\n" * 3_000,
        f"```\n{'[32m a line of a log' + chr(10)}" * 3_000,
    ],
    ids=["an image in the file", "a table", "a list", "code"],
)
def test_what_costs_nothing_to_read_is_not_taken_for_an_attack(text: str) -> None:
    assert read(f"# Ferry\n\nA text.\n\n{text}").headline == "Ferry"
