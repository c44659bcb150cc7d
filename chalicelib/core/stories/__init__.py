"""Which articles tell the same event.

Each article is read once, at ingest, into `Traits`: what it is about, in under 1.5 KB. From the
traits of a set of articles, and nothing else, `stories` says which belong together.
"""

from chalicelib.core.stories.cluster import FAN_OUT, index_keys, stories
from chalicelib.core.stories.sketch import COPY
from chalicelib.core.stories.traits import Traits, fingerprint, similarity

__all__ = ["COPY", "FAN_OUT", "Traits", "fingerprint", "index_keys", "similarity", "stories"]
