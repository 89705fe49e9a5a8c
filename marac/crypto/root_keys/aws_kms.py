"""The root key in AWS Key Management Service: it never leaves there, and each use is logged there with its context.

`aws-kms:alias/marac?region=eu-west-2`; who we are is the host's own role. The key policy should require the encryption
context. Refuses an endpoint of plain http but on this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from marac.crypto.root_keys.wrapping import (
    SLOWEST,
    RootCorrupt,
    RootFailure,
    RootRefused,
    RootUnavailable,
    Wrapped,
    only_keys,
    prove,
)

LOOPBACK = ("127.0.0.1", "localhost", "::1")
VERSION = 1  # the service turns its own versions, and keeps them in what it wraps
NOT_OURS = frozenset({"InvalidCiphertextException", "IncorrectKeyException", "ValidationException"})
Facts = Mapping[str, str]
logging.getLogger("botocore").setLevel(logging.INFO)  # at DEBUG it writes down what it sends, keys included


class AwsKmsRoot:
    """One symmetric key of the service."""

    def __init__(self, where: str) -> None:
        self._key, _, query = where.partition("?")
        asked = {name: words[0] for name, words in parse_qs(query).items()}
        endpoint = urlsplit(asked.get("endpoint", ""))
        if not self._key or "region" not in asked or (endpoint.scheme == "http" and endpoint.hostname not in LOOPBACK):
            raise RootUnavailable("The root key setting must be aws-kms:<key>?region=<region>.")
        self.id = f"kms:{self._key}"[:80]
        waits = Config(connect_timeout=SLOWEST, read_timeout=SLOWEST, retries={"total_max_attempts": 1})
        try:
            self._client: Any = boto3.client(
                "kms", region_name=asked["region"], endpoint_url=asked.get("endpoint"), config=waits
            )
        except (BotoCoreError, ValueError):
            raise RootUnavailable("The root key setting names no region or endpoint of the key service.") from None

    def __repr__(self) -> str:
        return f"<root {self.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A root key is not copied.")

    def wrap(self, key: bytes, context: Facts) -> Wrapped:
        """Wrap 32 bytes under the key's newest version."""
        answer = self._ask("encrypt", Plaintext=only_keys(key), EncryptionContext=dict(context), KeyId=self._key)
        return Wrapped(self.id, VERSION, answer["CiphertextBlob"])

    def unwrap(self, wrapped: Wrapped, context: Facts) -> bytes:
        """The key inside."""
        facts = {"CiphertextBlob": self._blob(wrapped), "EncryptionContext": dict(context), "KeyId": self._key}
        return only_keys(self._ask("decrypt", **facts)["Plaintext"])

    def unwrap_many(self, several: Sequence[tuple[Wrapped, Facts]]) -> list[bytes]:
        """The keys in the order asked."""
        return [self.unwrap(wrapped, context) for wrapped, context in several]

    def rewrap(self, wrapped: Wrapped, context: Facts) -> Wrapped:
        """The same key under the newest version; it is not shown to this process."""
        answer = self._ask(
            "re_encrypt", CiphertextBlob=self._blob(wrapped), SourceKeyId=self._key, DestinationKeyId=self._key,
            SourceEncryptionContext=dict(context), DestinationEncryptionContext=dict(context),
        )  # fmt: skip
        return Wrapped(self.id, VERSION, answer["CiphertextBlob"])

    def newest(self) -> tuple[str, int]:
        """The id and version that wrap now."""
        return self.id, VERSION

    def selftest(self) -> None:
        """Prove that it works."""
        prove(self)

    def _blob(self, wrapped: Wrapped) -> bytes:
        if (wrapped.root_id, wrapped.root_version) != (self.id, VERSION):
            raise RootRefused(f"A key in the key store is wrapped by {wrapped.root_id} {wrapped.root_version}.")
        return wrapped.blob

    def _ask(self, verb: str, **facts: Any) -> dict[str, Any]:
        """One call, with the service's failures said in our words."""
        failure: RootFailure
        try:
            answer: dict[str, Any] = getattr(self._client, verb)(**facts)
        except ParamValidationError:
            failure = RootCorrupt("A key in the key store is not a wrapped key.")
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            failure = RootRefused("The root key is not the one that this key store was made with.")
            if code not in NOT_OURS:
                failure = RootUnavailable("The key service does not let this service use the root key.")
        except (BotoCoreError, OSError):
            failure = RootUnavailable("The key service that holds the root key cannot be reached, or is too slow.")
        else:
            return answer
        raise failure
