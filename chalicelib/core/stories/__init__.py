"""Which articles tell the same event, and how the event is then told.

Each article is read once, at ingest, into `Traits`: what it is about, in under 1.5 KB. From the
traits of a set of articles, and nothing else, `stories` says which belong together. A table that
keeps the links of each article tells the same of one part, without reading the rest. Of each
member a story keeps an `Account`, and `tell` sets side by side those that are public.
"""

from chalicelib.core.stories.cluster import part_stories, stories
from chalicelib.core.stories.disagreements import Disagreement, Statement
from chalicelib.core.stories.graph import (
    FAN_OUT,
    MAX_PART,
    Links,
    capacity,
    index_keys,
    is_copy,
    link,
    links,
    part,
)
from chalicelib.core.stories.sketch import COPY
from chalicelib.core.stories.telling import Account, Member, Story, tell
from chalicelib.core.stories.traits import Traits, fingerprint, similarity

__all__ = [
    "COPY",
    "FAN_OUT",
    "MAX_PART",
    "Account",
    "Disagreement",
    "Links",
    "Member",
    "Statement",
    "Story",
    "Traits",
    "capacity",
    "fingerprint",
    "index_keys",
    "is_copy",
    "link",
    "links",
    "part",
    "part_stories",
    "similarity",
    "stories",
    "tell",
]
