"""The benchmark of ingest: every format it writes is one that ingest accepts, and takes time."""

from __future__ import annotations

import pytest

from bench.ingest import WRITTEN, article, steps, timed


@pytest.mark.parametrize("extension", WRITTEN)
def test_an_article_of_every_format_is_ingested_and_held_against_the_baseline(extension):
    ours, baseline = timed(extension, 100, 1)

    assert len(ours) == len(baseline) == 1
    assert ours[0] > 0 < baseline[0]


def test_every_step_of_an_ingest_is_timed():
    assert len(steps(1)) == 7
    assert all(ms > 0 for ms in steps(1).values())


def test_an_article_has_as_many_words_as_asked_for_and_is_another_each_time():
    (title, paragraphs), (another, others) = article(1, 700), article(2, 700)

    assert sum(len(text.split()) for text in paragraphs) == 700
    assert (title, paragraphs) != (another, others)
    assert article(1, 700) == (title, paragraphs)
