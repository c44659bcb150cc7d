"""The routes: a request becomes a use case's call, its answer a page or JSON.

`http` is what every answer needs, `serving` how a view is put at a path; the views themselves stand
in `pages` and `api`.
"""

from __future__ import annotations

from chalicelib.web import api, pages
from chalicelib.web.http import Gateway
from chalicelib.web.serving import not_found_page, routes

__all__ = ["Gateway", "api", "not_found_page", "pages", "routes"]
