"""The routes: a request becomes a use case's call, its answer a page, JSON or a feed.

`http` is what every answer needs, `parameters` what a query may say, `serving` how a view is put at
a path; the views themselves stand in `pages`, `api`, `feeds` and `machines`.
"""

from __future__ import annotations

from chalicelib.web import api, feeds, machines, pages
from chalicelib.web.http import Gateway
from chalicelib.web.serving import not_found_page, operations, routes

__all__ = ["Gateway", "api", "feeds", "machines", "not_found_page", "operations", "pages", "routes"]
