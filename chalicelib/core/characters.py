"""Characters that are no text: they steer a screen, hide, or cannot be written down.

What is published goes without them (`clean`); what tells of a file shows them as escapes.
"""

from __future__ import annotations

import re

# C0 and C1 controls but tab and line feed; bidi embeddings, overrides and isolates, which can
# show a text in another order than it has; byte order marks and noncharacters.
UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which no UTF-8 can hold
_ENDING = re.compile("[\r\u2028\u2029]")  # a line, where nobody expects it


def told(text: str) -> str:
    """Return *text*, as a file says it, so that it can be shown: what is no text as an escape."""
    for pattern in (UNWANTED, _ENDING):
        text = pattern.sub(lambda found: ascii(found[0])[1:-1], text)
    return SURROGATE.sub("?", text)
