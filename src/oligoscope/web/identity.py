"""Signing in by an identity provider: OpenID Connect, the authorization code with PKCE. What the provider says is taken
only where signature, issuer, audience, time and nonce all hold; a role comes from a claim that was named, or nobody
enters.

Its documents and keys are read anew at each sign-in: there are a few a day, and a key that was taken back opens
nothing.
"""

import ipaddress
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain
from oligoscope.store.accounts import ROLES, Identity
from oligoscope.web.problems import Refused
from oligoscope.web.settings import Oidc

SECRET = "OLIGOSCOPE_OIDC_SECRET"
"""The variable of the environment that holds the client's secret, where no file does."""
ALGORITHMS = ("RS256", "RS384", "PS256", "PS384", "ES256", "ES384")
"""Signatures that are taken, whatever a token or a provider says: none without a key, none by a shared secret."""
SECONDS = 10.0
"""How long the provider may take for one answer."""
LARGEST = 1024 * 1024
LEEWAY = 60
"""Seconds by which two clocks may differ."""
PENDING_SECONDS = 600
"""How long somebody may take at the provider."""
LONGEST = 255
"""Letters of a subject (OpenID Connect Core, 2)."""
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


@dataclass(frozen=True)
class Pending:
    """A sign-in that went off to the provider; its browser keeps it. state: names it.  nonce: stands in the id token.
    verifier: shows that who brings the code is who asked for it.
    """

    state: str
    nonce: str
    verifier: str

    @staticmethod
    def new() -> "Pending":
        """One that nobody can guess."""
        return Pending(*(secrets.token_urlsafe(32) for _ in range(3)))

    @staticmethod
    def of(text: str) -> "Pending | None":
        """What `text` wrote; None for anything else."""
        parts = text.split(".")
        return Pending(*parts) if len(parts) == 3 and all(map(_TOKEN.fullmatch, parts)) else None

    def text(self) -> str:
        """As the value of a cookie."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


class Provider:
    """One identity provider. Raises NotAllowed for settings of no use; it is asked nothing before somebody signs in."""

    def __init__(self, settings: Oidc) -> None:
        self.settings, self.secret = settings, _secret(settings.secret_file)
        # For a machine that tries it out, the provider may stand on it and speak plain HTTP.
        self.is_here = settings.issuer.startswith("http://") and _is_loopback(urlsplit(settings.issuer).hostname)
        if not self._is_safe(settings.issuer):
            raise NotAllowed("oidc_issuer", settings.issuer, "an address that begins with https://")
        unknown = [role for role in settings.roles.values() if role not in ROLES]
        if unknown or not settings.roles:
            raise NotAllowed("oidc_role", ", ".join(unknown), ", ".join(ROLES), "", "write VALUE=ROLE")

    @property
    def shown(self) -> str:
        """What people know it by."""
        return urlsplit(self.settings.issuer).netloc

    def begin(self, back: str) -> tuple[str, Pending]:
        """Where a browser goes to sign in, and what it keeps until it comes back. back: the address that it comes back
        to, which the provider knows. Raises Refused.
        """
        pending = Pending.new()
        address: str = prepare_grant_uri(
            self._about()["authorization_endpoint"],
            self.settings.client,
            "code",
            back,
            self.settings.scope,
            pending.state,
            nonce=pending.nonce,
            code_challenge=create_s256_code_challenge(pending.verifier),
            code_challenge_method="S256",
        )
        return address, pending

    def vouched(self, given: Mapping[str, str], pending: Pending, back: str) -> tuple[Identity, str]:
        """Who came back, and the role. given: what the address says with which the provider sent them. Raises Refused
        for everything but a token that holds and a role that was named.
        """
        if not secrets.compare_digest(given.get("state", "").encode(), pending.state.encode()):
            raise _not_signed_in("this is not the sign-in that this browser began")
        if given.get("iss", self.settings.issuer) != self.settings.issuer:
            raise _not_signed_in("another identity provider answered")
        if "error" in given or not given.get("code"):
            raise _not_signed_in("the identity provider did not sign you in")
        about = self._about()
        token = self._token(about, given["code"], pending.verifier, back)
        claims = self._claims(about, token, pending.nonce)
        called = next((claims[key] for key in ("preferred_username", "name") if isinstance(claims.get(key), str)), "")
        return Identity(self.settings.issuer, claims["sub"], called), self._role(claims)

    def _role(self, claims: Mapping[str, object]) -> str:
        said = claims.get(self.settings.claim)
        values = said if isinstance(said, list) else [said]
        found = next((role for value, role in self.settings.roles.items() if value in values), None)
        if found is None:
            raise _not_signed_in("the identity provider knows you, and names no role for you here; ask for one")
        return found

    def _claims(self, about: Mapping[str, object], token: Mapping[str, object], nonce: str) -> CodeIDToken:
        """What an id token says, once all of it holds."""
        options = {"iss": {"essential": True, "value": self.settings.issuer}}
        options["aud"] = {"essential": True, "value": self.settings.client}
        params = {"nonce": nonce, "client_id": self.settings.client, "access_token": token.get("access_token")}
        try:
            keys = KeySet.import_key_set(self._asked("GET", about["jwks_uri"])[1])  # type: ignore[arg-type]  # checked
            read = jwt.decode(str(token.get("id_token")), keys, algorithms=ALGORITHMS)
            found = CodeIDToken(read.claims, read.header, options, params)
            found.validate(leeway=LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _not_signed_in(f"what the identity provider says does not hold ({type(error).__name__})") from None
        if not 1 <= len(found["sub"]) <= LONGEST:
            raise _not_signed_in("what the identity provider says does not hold (subject)")
        return found

    # ---- what it is asked --------------------------------------------------------------------------

    def _about(self) -> Mapping[str, object]:
        """Its own description (OpenID Connect Discovery). Raises Refused."""
        status, found = self._asked("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        wrong = _down("it does not describe itself as it should")
        if status != 200 or found.get("issuer") != self.settings.issuer:
            raise wrong
        ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(isinstance(found.get(end), str) and self._is_safe(found[end]) for end in ends):
            raise wrong
        if "S256" not in found.get("code_challenge_methods_supported", ["S256"]):
            raise wrong
        return found

    def _token(self, about: Mapping[str, Plain], code: str, verifier: str, back: str) -> Mapping[str, object]:
        """What the provider gives for a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        client, known = self.settings.client, about.get("token_endpoint_auth_methods_supported")
        if known and "client_secret_basic" not in known:
            sent: dict[str, object] = {"data": {**form, "client_id": client, "client_secret": self.secret}}
        else:
            sent = {"data": form, "auth": (quote(client, safe=""), quote(self.secret, safe=""))}
        status, found = self._asked("POST", about["token_endpoint"], **sent)
        if status != 200 or not isinstance(found.get("id_token"), str):
            raise _not_signed_in("the identity provider does not take the code that it gave")
        return found

    def _asked(self, method: str, address: str, **sent: Any) -> tuple[int, Mapping[str, Plain]]:
        """Its answer, which is an object of JSON. Raises Refused (503) where there is none in time."""
        content = b""
        try:
            with (
                httpx.Client(timeout=SECONDS, follow_redirects=False) as client,
                client.stream(method, address, **sent) as response,
            ):
                for part in response.iter_bytes():
                    content += part
                    if len(content) > LARGEST:
                        raise _down("its answer is too long")
            found = json.loads(content)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _down(type(error).__name__) from None
        if response.status_code >= 500 or not isinstance(found, Mapping):
            raise _down(f"status {response.status_code}")
        return response.status_code, found

    def _is_safe(self, address: str) -> bool:
        parts = urlsplit(address)
        return parts.scheme == "https" or (self.is_here and parts.scheme == "http" and _is_loopback(parts.hostname))


def _secret(file: str | None) -> str:
    """The client's secret, from a file or the environment. Raises NotAllowed, and never shows it."""
    allowed, here = f"one line in a file, or the variable {SECRET}", os.environ.get(SECRET, "")
    if file and here:
        raise NotAllowed("oidc_secret", file, allowed, f"{SECRET} holds one too", "give one of them")
    try:
        found = Path(file).read_text("utf-8").strip() if file else here
    except (OSError, ValueError) as error:
        raise NotAllowed("oidc_secret", file, allowed, f"it cannot be read ({type(error).__name__})") from None
    if not found:
        raise NotAllowed("oidc_secret", file or "", allowed, "there is none", f"set {SECRET}, or --oidc-secret-file")
    return found


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _not_signed_in(why: str) -> Refused:
    return Refused(403, "Not signed in", why)


def _down(why: str) -> Refused:
    return Refused(503, "The identity provider does not answer", f"nobody can sign in through it now ({why})")
