"""Who calls a CDS Hooks service: its signed token (JWT), by keys that were given when the server was started."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oligoscope.errors import NotAllowed
from oligoscope.store.hooks import Hooks
from oligoscope.web.problems import Refused

# Read where there is a token or a key only: it takes an eighth of a second, and most servers have no such client.
if TYPE_CHECKING:
    import jwt

ALGORITHMS = ("ES384", "RS384", "ES256", "RS256")
LONGEST_SECONDS = 3_600
"""Of a token's life: one that lives longer is more likely a mistake than a need."""


class Clients:
    """The clients that may call. files: by issuer, the file with its keys (a JWK set); none: calls need no token,
    unless `must_be_known`: then none is answered.

    Raises NotAllowed for a file that holds no keys.
    """

    def __init__(self, files: Mapping[str, Path | str], hooks: Hooks, *, must_be_known: bool = False) -> None:
        self.hooks, self.must_be_known = hooks, must_be_known
        self.keys = {issuer: _keys(Path(file)) for issuer, file in files.items()}

    def check(self, authorization: str, audience: str) -> None:
        """Whether a call carries a token of a known client, for this address, not used before. Raises Refused (401)."""
        if not self.keys and not self.must_be_known:
            return
        import jwt

        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "No token", "a signed token is needed: Authorization: Bearer …")
        try:
            claims = self._claims(token, audience)
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise Refused(401, "Token refused", f"the token is not accepted ({type(error).__name__})") from None
        now, issuer = int(time.time()), str(claims["iss"])
        if int(claims["exp"]) - int(claims["iat"]) > LONGEST_SECONDS:
            raise Refused(401, "Token refused", f"the token lives longer than {LONGEST_SECONDS} seconds")
        if not self.hooks.first_use(issuer, str(claims["jti"])[:200], int(claims["exp"]), now):
            raise Refused(401, "Token refused", "the token was used before")

    def _claims(self, token: str, audience: str) -> Mapping[str, Any]:
        import jwt

        unsafe = jwt.decode(token, options={"verify_signature": False})
        issuer, name = str(unsafe.get("iss")), jwt.get_unverified_header(token).get("kid")
        key = {key.key_id: key for key in self.keys[issuer].keys}[name]
        found: Mapping[str, object] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=audience,
            issuer=issuer,
            options={"require": ["iss", "aud", "exp", "iat", "jti"]},
        )
        return found


def _keys(file: Path) -> "jwt.PyJWKSet":
    import jwt

    try:
        return jwt.PyJWKSet.from_dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, jwt.PyJWTError) as error:
        raise NotAllowed("cds_client", file, "a file with a JWK set", f"it holds no keys ({error})") from None
