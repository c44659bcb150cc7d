"""Every variable of the environment that the functions read, in one place."""

from __future__ import annotations

import os
from typing import Literal, cast, get_args

from chalicelib.core.errors import SettingMissing, SettingUnknown

Summariser = Literal["extractive", "bedrock"]


def _needed(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        message = f"{name} is not set: the function's environment must name it."
        raise SettingMissing(message)
    return value


def table() -> str:
    return _needed("BROADSHEET_TABLE")


def uploads_bucket() -> str:
    return _needed("BROADSHEET_UPLOADS_BUCKET")


def receipts_bucket() -> str:
    return _needed("BROADSHEET_RECEIPTS_BUCKET")


def public_url() -> str:
    """The base of absolute links without its last slash, "" while unset."""
    return os.environ.get("BROADSHEET_PUBLIC_URL", "").rstrip("/")


def site_title() -> str:
    return os.environ.get("BROADSHEET_SITE_TITLE") or "Broadsheet"


def websub_hub() -> str | None:
    """The WebSub hub that watches the feeds for their subscribers, None while unset."""
    return os.environ.get("BROADSHEET_WEBSUB_HUB") or None


def corrections_email() -> str | None:
    """The mail address to which readers report errors, None while unset."""
    return os.environ.get("BROADSHEET_CORRECTIONS_EMAIL") or None


def security_contact() -> str | None:
    """Whom to tell of a vulnerability: a mail address or a page's; None while unset."""
    return os.environ.get("BROADSHEET_SECURITY_CONTACT") or None


def summariser() -> Summariser:
    """Who writes the summaries; "extractive" while unset."""
    name = "BROADSHEET_SUMMARISER"
    value, known = os.environ.get(name) or "extractive", get_args(Summariser)
    if value not in known:
        message = f"{name} is {value!r}: known are {' and '.join(known)}."
        raise SettingUnknown(message)
    return cast("Summariser", value)


def loopback_feeds_allowed() -> bool:
    """True where feeds may stand on this very machine: the local run alone sets it."""
    return os.environ.get("BROADSHEET_LOOPBACK_FEEDS") == "allowed"


def editors_topic() -> str:
    """The ARN of the topic for notices to editors, "" where none are pushed."""
    return os.environ.get("BROADSHEET_EDITORS_TOPIC", "")


def bedrock_model_id() -> str:
    """The model, or the inference profile, by its id or ARN."""
    return _needed("BROADSHEET_BEDROCK_MODEL_ID")


def aws_region() -> str:
    return os.environ.get("AWS_REGION") or _needed("AWS_DEFAULT_REGION")


def aws_keys() -> tuple[str, str, str]:
    """The access key, its secret and the session's token, where Lambda puts a function's."""
    token = os.environ.get("AWS_SESSION_TOKEN", "")
    return _needed("AWS_ACCESS_KEY_ID"), _needed("AWS_SECRET_ACCESS_KEY"), token


def aws_endpoint(service: str) -> str:
    """Where *service* stands instead of AWS's own address, "" where it does not."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return ""
    own = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
    return own or os.environ.get("AWS_ENDPOINT_URL", "")


def aws_attempts() -> int:
    """How often a call is made at most."""
    return int(os.environ.get("AWS_MAX_ATTEMPTS") or 3)
