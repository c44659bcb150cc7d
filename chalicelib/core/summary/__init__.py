"""From a text to a summary paragraph and key points, each traced to its exact sentence.

Pure and deterministic: the same body gives the same bytes. `split` numbers the sentences,
`summarise` chooses among them, and `check` is the publish gate that every point passes,
whatever made it. What each needs is loaded at its first call: where nothing is summarised,
nothing of it is.
"""

from __future__ import annotations

from chalicelib.core.article import Body, Checks, Sentence, Summary

__all__ = ["check", "split", "summarise"]


def split(body: Body, *, language: str) -> tuple[Sentence, ...]:
    """Number the sentences of *body* from s1; see `sentences.split`."""
    from chalicelib.core.summary import sentences

    return sentences.split(body, language=language)


def summarise(
    *, headline: str, body: Body, sentences: tuple[Sentence, ...], language: str
) -> Summary:
    """Choose the paragraph and the key points; see `compose.summarise`."""
    from chalicelib.core.summary import compose

    return compose.summarise(headline=headline, body=body, sentences=sentences, language=language)


def check(point: str, *, evidence: tuple[str, ...], text: str, language: str) -> Checks:
    """Ask whether what *point* says stands in its evidence; see `gate.check`."""
    from chalicelib.core.summary import gate

    return gate.check(point, evidence=evidence, text=text, language=language)
