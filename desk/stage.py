"""A stage as the desk's commands reach it: its buckets, its table, its site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desk.errors import DeskError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from chalicelib.aws.buckets import KeptReceipts, Uploads
    from chalicelib.aws.projection import Projection
    from chalicelib.aws.store import Store
    from chalicelib.core.lifecycle import Summarise
    from chalicelib.core.site import Site

_MENDS = {
    "ExpiredToken": "the AWS credentials have expired: sign in again",
    "ExpiredTokenException": "the AWS credentials have expired: sign in again",
    "InvalidAccessKeyId": "AWS does not know these credentials: look at AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the AWS credentials are wrong: look at AWS_SECRET_ACCESS_KEY",
    "UnrecognizedClientException": "AWS does not know these credentials: sign in again",
}
_STAGE_MENDS = {
    "AccessDenied": "these AWS credentials may not do it: use an editor's",
    "AccessDeniedException": "these AWS credentials may not do it: use an editor's",
    "NoSuchBucket": "the bucket {bucket} is not there: `make deploy STAGE={stage}` makes it",
    "ResourceNotFoundException": "the table {table} is not there: `make deploy STAGE={stage}` "
    "makes it",
    "NoSuchVersion": "the version has been deleted for good: nothing is left to upload again",
    "InvalidObjectState": "the version is in cold storage: restore the object in S3 first",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the parts of a stage are. `endpoint` is None on AWS itself."""

    name: str
    table: str
    uploads: str
    receipts: str
    site: str = ""  # the base of its addresses, "" while that is unknown
    endpoint: str | None = None
    region: str | None = None
    title: str = "Broadsheet"
    model: str = ""  # the id of the one that writes its summaries, "" where none does

    def s3(self) -> S3Client:
        client: S3Client = self.client("s3")
        return client

    def store(self) -> Store:
        from chalicelib.aws.store import Store

        return Store(self.client("dynamodb"), self.table)

    def versions(self) -> Uploads:
        """The uploads bucket, as the newsroom reads it."""
        from chalicelib.aws.buckets import Uploads

        return Uploads(self.s3(), self.uploads)

    def projection(self, *, table: str | None = None) -> Projection:
        """The table as a rebuild works on it, or another *table* for the same uploads."""
        from chalicelib.aws.projection import Projection

        return Projection(self.client("dynamodb"), table or self.table)

    def kept_receipts(self) -> KeptReceipts:
        """The receipts bucket, in which a rebuild writes only what is missing."""
        from chalicelib.aws.buckets import KeptReceipts

        return KeptReceipts(self.s3(), self.receipts)

    def pages(self) -> Site:
        """The addresses of its site, as its receipts tell them."""
        from chalicelib.core.site import Site

        return Site(title=self.title, base=self.site)

    def summarise(self) -> Summarise:
        """Return who writes the summaries of this stage."""
        from chalicelib import wiring
        from chalicelib.aws import bedrock
        from chalicelib.aws.buckets import Summaries

        if not self.model:
            return wiring.extract
        client = bedrock.client()
        kept = Summaries(self.s3(), self.receipts)
        return bedrock.Model(client, model_id=self.model, kept=kept).summarise

    def client(self, service: str) -> Any:
        """Return a client of an AWS service, where this stage is."""
        import boto3
        from botocore.config import Config

        local = self.endpoint is not None
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id="local" if local else None,
            aws_secret_access_key="local" if local else None,
            config=Config(proxies={} if local else None),
        )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what keeps this stage from answering into one line that says how to mend it."""
        from botocore.exceptions import ClientError

        from chalicelib.core.errors import StoreUnavailable

        with explained(self.endpoint):
            try:
                yield
            except (ClientError, StoreUnavailable) as error:
                cause = error.__cause__ if isinstance(error, StoreUnavailable) else error
                if (mend := self._mend(cause)) is not None:
                    raise DeskError(mend) from None
                raise cause or error from None

    def _mend(self, error: BaseException | None) -> str | None:
        from botocore.exceptions import ClientError

        if not isinstance(error, ClientError):
            return None
        answer: Any = error.response["Error"]
        mend = _STAGE_MENDS.get(answer["Code"])
        if mend is None:
            return None
        bucket = answer.get("BucketName", self.uploads)
        return mend.format(bucket=bucket, table=self.table, stage=self.name)


@contextmanager
def explained(endpoint: str | None = None) -> Iterator[None]:
    """Turn what keeps AWS, or *endpoint*, from answering into one line that says how to mend it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise DeskError(_mend(error, endpoint)) from None


def _mend(error: BaseException, endpoint: str | None) -> str:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        mend = _MENDS.get(error.response["Error"]["Code"])
        if mend is not None:
            return mend
    credentials = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
    )
    if isinstance(error, credentials):
        return "there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret"
    if isinstance(error, exceptions.NoRegionError):
        return "no AWS region is named: set AWS_DEFAULT_REGION"
    unreachable = (exceptions.ConnectionError, exceptions.HTTPClientError)
    if isinstance(error, unreachable) and endpoint is not None:
        return f"{endpoint} does not answer: has `make run` ended?"
    return f"AWS: {' '.join(str(error).split())}"
