"""The rows of stories of a set of articles, as placing them one after the other would put them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from chalicelib import placing
from chalicelib.aws.stories import member_row, membership_row, near_row, place_key, placed_row
from chalicelib.aws.table import Item, row_key
from chalicelib.core.article import Article, ArticleId, Membership, place_of
from chalicelib.core.stories import Account, index_keys, links, stories
from chalicelib.core.stories.node import Place, Placed


def story_rows(articles: Sequence[Article]) -> Iterator[Item]:
    """Yield every row that stands in the table when all *articles* are placed."""
    traits = {one.id: placing.traits_of(one) for one in articles}
    accounts = {one.id: Account.of(one, traits[one.id]) for one in articles}
    told, near = stories(traits.values()), links(traits.values())
    members: dict[ArticleId, dict[ArticleId, Account]] = defaultdict(dict)
    for id_, one in traits.items():
        order = place_of(one.published_at, id_)
        places = tuple(sorted(Place(key, order) for key in index_keys(one)))
        yield placed_row(id_, Placed(one, accounts[id_], places))
        yield from (row_key(place_key(place)) for place in places)
        if near[id_]:
            yield near_row(id_, near[id_])
        members[told[id_]][id_] = accounts[id_]
    for story_id, there in members.items():
        if len(there) == 1:
            continue
        for id_, account in there.items():
            yield member_row(story_id, account.card.place, account)
            others = placing.others_of(id_, there)
            yield membership_row(id_, Membership(story_id=story_id, others=others))
