"""Who gets what: the one place where parts are put together, each once a process.

boto3 is loaded with the first part that needs it, never at import; the table needs none.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib import settings
from chalicelib.core.site import Site

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.aws.bedrock import Model
    from chalicelib.aws.buckets import Media, Receipts, Uploads
    from chalicelib.aws.notices import Notices
    from chalicelib.aws.store import Store
    from chalicelib.core.article import Body, Sentence, Summary
    from chalicelib.core.watch import Fetch


@cache
def store() -> Store:
    from chalicelib.aws.store import Store

    return Store(_client("dynamodb"), settings.table())


@cache
def uploads() -> Uploads:
    from chalicelib.aws.buckets import Uploads

    return Uploads(_client("s3"), settings.uploads_bucket())


@cache
def receipts() -> Receipts:
    from chalicelib.aws.buckets import Receipts

    return Receipts(_client("s3"), settings.receipts_bucket())


@cache
def media() -> Media:
    from chalicelib.aws.buckets import Media

    return Media(_client("s3"), settings.receipts_bucket())


@cache
def fetcher() -> Fetch:
    from chalicelib.fetching import Fetcher

    about = settings.public_url() or "news feed reader"
    return Fetcher(
        agent=f"Broadsheet (+{about})", loopback_allowed=settings.loopback_feeds_allowed()
    )


@cache
def notices() -> Notices | None:
    """The notices to editors, None where the settings name no topic."""
    from chalicelib.aws.notices import Notices

    topic = settings.editors_topic()
    return Notices(_client("sns"), topic) if topic else None


@cache
def model() -> Model:
    from chalicelib.aws import bedrock
    from chalicelib.aws.buckets import Summaries

    kept = Summaries(_client("s3"), settings.receipts_bucket())
    return bedrock.Model(bedrock.client(), model_id=settings.bedrock_model_id(), kept=kept)


def summarise(headline: str, body: Body, language: str) -> tuple[tuple[Sentence, ...], Summary]:
    """Number the sentences of an article and summarise it, as the settings say."""
    if settings.summariser() == "bedrock":
        return model().summarise(headline, body, language)
    return extract(headline, body, language)


def extract(headline: str, body: Body, language: str) -> tuple[tuple[Sentence, ...], Summary]:
    """Number the sentences of an article and summarise it without any model or network."""
    from chalicelib.core import summary

    sentences = summary.split(body, language=language)
    return sentences, summary.summarise(
        headline=headline, body=body, sentences=sentences, language=language
    )


def site(*, base: str = "") -> Site:
    """The site's addresses: under its public base, or else under *base*."""
    return Site(
        title=settings.site_title(),
        base=settings.public_url() or base,
        hub=settings.websub_hub(),
        corrections_email=settings.corrections_email(),
    )


def security_contact() -> str | None:
    """Whom the site names in its security.txt."""
    return settings.security_contact()


@cache
def _client(service: str) -> Any:  # noqa: ANN401  # boto3's clients have no common type
    if service == "dynamodb":
        return _tables_client()
    import boto3
    from botocore.config import Config

    # Longer in all than the API's function has: of readers only who asks for an image meets it.
    config = Config(retries={"mode": "standard"}, connect_timeout=3, read_timeout=10)
    return boto3.client(service, config=config)  # type: ignore[call-overload]


def _tables_client() -> DynamoDBClient:
    from chalicelib.aws import dynamodb

    access_key, secret_key, session_token = settings.aws_keys()
    return dynamodb.client(
        region=settings.aws_region(),
        access_key=access_key,
        secret_key=secret_key,
        session_token=session_token,
        endpoint=settings.aws_endpoint("dynamodb"),
        max_attempts=settings.aws_attempts(),
    )
