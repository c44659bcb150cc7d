"""Wiring only: the Chalice application and its two blueprints."""

from chalicelib import events, web

app = web.Gateway(app_name="broadsheet")
app.register_blueprint(web.routes)
app.register_blueprint(events.functions)
