"""A stand-in for a hospital's identity provider (OpenID Connect) on this machine, with keys of its own.

It does what a provider must: a code is good once, for the client that asked, with the verifier of its challenge. `fault`
makes one thing wrong, each a token or an answer that a server must not take.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT = "oligoscope"
SECRET = "a secret/with: odd signs %"
FAULTS = (
    "wrong nonce",
    "no nonce",
    "expired",
    "from the future",
    "wrong issuer",
    "wrong audience",
    "for several, not for us",
    "for several, by another",
    "unsigned",
    "signed by the secret",
    "signed by the public key",
    "unknown key",
    "changed after signing",
    "no subject",
    "another access token",
    "not a token",
    "no id token",
)
DOWN = ("down", "not itself", "no S256", "plain http elsewhere", "html", "endless", "no keys")


@dataclass
class Provider:
    """What it says of whoever comes, what goes wrong, and what it was asked."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "0001", "preferred_username": "m.bauer"})
    fault: str = ""
    basic: bool = True
    asks: bool = False
    """Whether somebody has to press a link there, as people do, before they are sent back."""
    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def about(self) -> dict[str, Any]:
        found = {name: f"{self.url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        method = "client_secret_basic" if self.basic else "client_secret_post"
        known: dict[str, Any] = {"issuer": self.url, **found, "token_endpoint_auth_methods_supported": [method]}
        known["code_challenge_methods_supported"] = ["plain"] if self.fault == "no S256" else ["S256", "plain"]
        if self.fault == "not itself":
            known["issuer"] = "https://elsewhere.example"
        if self.fault == "plain http elsewhere":
            known["token_endpoint"] = "http://elsewhere.example/token"
        return known

    def sent_back(self, asked: Mapping[str, str]) -> str:
        """Somebody signs in: the address that their browser is sent to."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.url})}"

    def given(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """What a client gets for a code."""
        if self.basic:
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            client, secret = map(unquote, pair)
        else:
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if (client, secret) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        begun = self.codes.pop(form["code"], None)
        if begun is None or begun["redirect_uri"] != form["redirect_uri"] or begun["client_id"] != client:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = _text(digest)
        if begun["code_challenge_method"] != "S256" or begun["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        answer = {"access_token": access, "token_type": "Bearer", "id_token": self.id_token(begun["nonce"], access)}
        if self.fault == "no id token":
            del answer["id_token"]
        return 200, answer

    def id_token(self, nonce: str, access: str) -> str:
        """An id token, or one with the fault."""
        now, fault = int(time.time()), self.fault
        half = hashlib.sha256(("other" if fault == "another access token" else access).encode()).digest()[:16]
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.claims}
        claims["at_hash"] = _text(half)
        changes: dict[str, dict[str, Any]] = {
            "wrong nonce": {"nonce": secrets.token_urlsafe(32)},
            "expired": {"iat": now - 7200, "exp": now - 3600},
            "from the future": {"iat": now + 3600, "exp": now + 7200},
            "wrong issuer": {"iss": "https://elsewhere.example"},
            "wrong audience": {"aud": "another-client"},
            "for several, not for us": {"aud": ["one", "two"], "azp": "one"},
            "for several, by another": {"aud": [CLIENT, "two"], "azp": "two"},
        }
        claims |= changes.get(fault, {})
        for name in {"no nonce": ["nonce"], "no subject": ["sub"]}.get(fault, []):
            del claims[name]
        return "nonsense" if fault == "not a token" else self._signed(claims)

    def _signed(self, claims: dict[str, Any]) -> str:
        own, fault = self.key, self.fault
        if fault == "unsigned":
            return f"{_part({'alg': 'none', 'kid': '1'})}.{_part(claims)}."
        if fault in ("signed by the secret", "signed by the public key"):
            shared = own.as_pem(private=False) if "key" in fault else SECRET.encode()
            signing = f"{_part({'alg': 'HS256', 'kid': '1'})}.{_part(claims)}"
            return f"{signing}.{_text(hmac.digest(shared, signing.encode(), 'sha256'))}"
        if fault == "unknown key":
            return jwt.encode({"alg": "RS256", "kid": "2"}, claims, RSAKey.generate_key(2048), ["RS256"])
        text = jwt.encode({"alg": "RS256", "kid": "1"}, claims, own, ["RS256"])
        if fault == "changed after signing":
            head, _, signature = text.split(".")
            return f"{head}.{_part({**claims, 'groups': ['chiefs']})}.{signature}"
        return text


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _part(content: Mapping[str, Any]) -> str:
    return _text(json.dumps(content).encode())


@contextmanager
def provider(**holds: Any) -> Iterator[Provider]:
    """The stand-in, running."""
    held = Provider(**holds)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (_Answering,), {"held": held}))
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answering(BaseHTTPRequestHandler):
    held: Provider
    wbufsize = -1

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: found[0] for name, found in parse_qs(parts.query).items()}
        self.held.asked.append((parts.path, query))
        if parts.path == "/authorization_endpoint" and self.held.asks:
            self._send(200, f'<a href="{escape(self.held.sent_back(query))}">It is me</a>'.encode())
        elif parts.path == "/authorization_endpoint":
            self._send(302, b"", location=self.held.sent_back(query))
        elif parts.path == "/jwks_uri":
            keys: Any = {} if self.held.fault == "no keys" else KeySet([self.held.key]).as_dict(private=False)
            self._send(200, json.dumps(keys).encode())
        elif parts.path == "/.well-known/openid-configuration":
            self._described()
        else:
            self._send(404, b"{}")

    def _described(self) -> None:
        if self.held.fault == "down":
            self._send(502, b"Bad gateway")
        elif self.held.fault == "html":
            self._send(200, b"<html>Maintenance</html>")
        elif self.held.fault == "endless":
            self._send(200, b" " * 3_000_000)
        else:
            self._send(200, json.dumps(self.held.about()).encode())

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: found[0] for name, found in parse_qs(text).items()}
        self.held.asked.append((self.path, form))
        status, answer = self.held.given(form, self.headers.get("authorization", ""))
        self._send(status, json.dumps(answer).encode())

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
