"""Which articles tell the same event, and how the event is then told.

Each article is read once, at ingest, into `Traits`: what it is about, in under 1.5 KB. From the
traits of a set of articles, and nothing else, `stories` says which belong together. Of each
member a story keeps an `Account`, and `tell` sets side by side those that are public.
"""

from chalicelib.core.stories.cluster import FAN_OUT, index_keys, stories
from chalicelib.core.stories.disagreements import Disagreement, Statement
from chalicelib.core.stories.sketch import COPY
from chalicelib.core.stories.telling import Account, Elsewhere, Member, Story, tell
from chalicelib.core.stories.traits import Traits, fingerprint, similarity

__all__ = [
    "COPY",
    "FAN_OUT",
    "Account",
    "Disagreement",
    "Elsewhere",
    "Member",
    "Statement",
    "Story",
    "Traits",
    "fingerprint",
    "index_keys",
    "similarity",
    "stories",
    "tell",
]
