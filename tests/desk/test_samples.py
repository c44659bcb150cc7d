from datetime import UTC, datetime

import pytest

from desk import samples

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"published_at: @now-3h", b"published_at: 2026-03-01T09:00:00Z"),
        (b"embargo_until: @now+2d\n", b"embargo_until: 2026-03-03T12:00:00Z\n"),
        (b'"@now-1d4h"', b'"2026-02-28T08:00:00Z"'),
        (b"<time>@now-25m</time>", b"<time>2026-03-01T11:35:00Z</time>"),
        (b"at @now.", b"at 2026-03-01T12:00:00Z."),
        (b"@now-1d2h3m", b"2026-02-28T09:57:00Z"),
        (b"desk@now-3h @nowhere @now-3hours @@now", b"desk@now-3h @nowhere @now-3hours @@now"),
        (b"@now-h", b"2026-03-01T12:00:00Z-h"),
    ],
)
def test_an_offset_becomes_a_time(written, meant):
    assert samples.as_of(written, NOW) == meant


def test_profiles_and_images_go_first_and_what_is_about_the_folder_stays(tmp_path):
    for name in (
        "README.md",
        "draw.py",
        ".DS_Store",
        "world/README.md",
        "world/ferry.md",
        "media/a.png",
        "sources/gazette.yaml",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    assert [file.key for file in samples.listed(tmp_path)] == [
        "media/a.png",
        "sources/gazette.yaml",
        "world/README.md",
        "world/ferry.md",
    ]
