"""Broadsheet: an event-driven, serverless news feed."""

from datetime import UTC, datetime

VERSION = "0.1.0"
RELEASED_AT = datetime(2026, 11, 24, tzinfo=UTC)  # when what follows from the code alone changed
