"""Broadsheet: an event-driven, serverless news feed."""

VERSION = "0.1.0"
