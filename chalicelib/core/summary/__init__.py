"""From a text to a summary paragraph and key points, each traced to its exact sentence.

Pure and deterministic: the same body gives the same bytes. `split` numbers the sentences,
`summarise` chooses among them, and `check` is the publish gate that every point passes,
whatever made it.
"""

from __future__ import annotations

from chalicelib.core.summary.compose import summarise
from chalicelib.core.summary.gate import check
from chalicelib.core.summary.sentences import split

__all__ = ["check", "split", "summarise"]
