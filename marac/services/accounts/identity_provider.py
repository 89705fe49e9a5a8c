"""Talking OpenID Connect with the provider of an agency: code with PKCE, and an ID token that is checked in every part.

Refuses any answer that is not exactly from this issuer, for this service, for this sign-in, signed as agreed, and now.
Knows no database and no person: returns a subject and whether two factors were used.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from marac.config import LOOPBACK

SECONDS: Final = 5
LEEWAY: Final = 60
FRESH: Final = 600  # seconds since a token was made
KNOWN_FOR: Final = 3600
ALGORITHMS: Final = ("RS256", "ES256", "PS256")
TWO_FACTORS: Final = frozenset({"mfa"})  # amr, RFC 8176
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LARGEST: Final = 200_000  # bytes of an answer

_known: dict[str, tuple[float, dict[str, Any]]] = {}


class ProviderRefused(Exception):
    """The provider did not answer, or its answer does not hold. Carries a code, never what was answered."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What is agreed with one provider."""

    issuer: str
    client_id: str
    redirect_uri: str
    algorithm: str
    accepted_acr: tuple[str, ...] = ()
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Proved:
    """Whom the provider vouches for, by its own subject, and whether it saw two factors."""

    subject: str
    two_factors: bool


def is_safe(address: str) -> bool:
    """Whether an address may be talked to: https, or this machine itself."""
    parts = urlsplit(address)
    return (parts.scheme == "https" and bool(parts.hostname)) or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def address_to_go_to(provider: Provider, *, state: str, nonce: str, verifier: str) -> str:
    """Where the browser goes to sign in. ProviderRefused when the provider cannot be asked."""
    with _client(provider) as client:
        where, _state = client.create_authorization_url(
            _configuration(provider)["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
    return str(where)


def redeem(provider: Provider, *, code: str, nonce: str, verifier: str) -> Proved:
    """Trade the code for an ID token and check it. ProviderRefused for whatever is not as it must be."""
    configuration = _configuration(provider)
    try:
        with _client(provider) as client:
            answer = client.fetch_token(
                configuration["token_endpoint"], code=code, code_verifier=verifier, timeout=SECONDS,
                allow_redirects=False,
            )  # fmt: skip
    except (AuthlibBaseError, requests.RequestException, ValueError):
        raise ProviderRefused("token") from None
    return _proved(provider, str(answer.get("id_token", "")), _fetched(configuration["jwks_uri"]), nonce)


def _proved(provider: Provider, id_token: str, keys: dict[str, Any], nonce: str) -> Proved:
    try:
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=[provider.algorithm])  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError):
        raise ProviderRefused("signature") from None
    claims = token.claims
    now = time.time()
    for problem, holds in (
        ("issuer", claims.get("iss") == provider.issuer),
        ("audience", claims.get("aud") in (provider.client_id, [provider.client_id])),
        ("party", claims.get("azp", provider.client_id) == provider.client_id),
        ("nonce", claims.get("nonce") == nonce),
        ("expired", _number(claims.get("exp")) > now - LEEWAY),
        ("time", now - FRESH - LEEWAY < _number(claims.get("iat")) < now + LEEWAY),
        ("subject", isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255),
    ):
        if not holds:
            raise ProviderRefused(problem)
    return Proved(claims["sub"], _two_factors(provider, claims))


def _two_factors(provider: Provider, claims: dict[str, Any]) -> bool:
    """Only by what the provider says in the words agreed: `amr` names it, or `acr` is one that was accepted."""
    amr = claims.get("amr")
    said = isinstance(amr, list) and not TWO_FACTORS.isdisjoint(one for one in amr if isinstance(one, str))
    return said or claims.get("acr") in provider.accepted_acr


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _client(provider: Provider) -> OAuth2Session:
    client = OAuth2Session(
        provider.client_id, provider.client_secret, scope="openid", redirect_uri=provider.redirect_uri,
        code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
    )  # fmt: skip
    client.trust_env = False  # neither a proxy nor a .netrc of the machine's account has a say
    return client


def _configuration(provider: Provider) -> dict[str, Any]:
    """What the provider publishes about itself; asked again after an hour."""
    read_at, known = _known.get(provider.issuer, (0.0, {}))
    if not known or time.monotonic() - read_at > KNOWN_FOR:
        known = _fetched(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if known.get("issuer") != provider.issuer:
            raise ProviderRefused("issuer")
        if not all(isinstance(known.get(name), str) and is_safe(known[name]) for name in ENDPOINTS):
            raise ProviderRefused("endpoints")
        _known[provider.issuer] = (time.monotonic(), known)
    return known


def _fetched(address: str) -> dict[str, Any]:
    try:
        with requests.Session() as asking:
            asking.trust_env = False
            answer = asking.get(address, timeout=SECONDS, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 and len(answer.content) <= LARGEST else None
    except (requests.RequestException, ValueError):
        raise ProviderRefused("silent") from None
    if not isinstance(found, dict):
        raise ProviderRefused("silent")
    return found
