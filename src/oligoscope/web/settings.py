"""What a server was started with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from oligoscope.files.documents import Plain

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Oidc:
    """An identity provider (OpenID Connect). client: this server's name there.  roles: by value of a claim the role of
    whoever has it; of several the first that is named here.  secret_file: where the client's secret stands, else in the
    environment: it is no part of the settings, which are handed from process to process.
    """

    issuer: str
    client: str
    roles: Mapping[str, str]
    claim: str = "groups"
    scope: str = "openid profile"
    secret_file: str | None = None


@dataclass(frozen=True)
class Settings:
    """packs, evidence: folders with rules and studies laid over the packaged ones.  database: where cases are kept;
    else SQLite in the user's data folder.  hosts: names by which it may be asked for.  cds_clients: by issuer the file
    with its keys (JWK set); without one, CDS Hooks calls need no token.  fhir_servers: those that may be asked for what
    a call lacks.  accounts: whether everyone must sign in.  over_tls: whether every request comes over TLS, here or at
    the proxy before it.  demo: everyone is a guest who may look at what is there, and keep nothing.  oidc: who else
    vouches for people, beside the accounts with a password.  releases: by name the pack of another release, to be seen
    beside the one that answers.  pubmed_url, clinicaltrials_url, per_second: a proxy or mirror that searches
    of reviews ask, and how often; "" and None for the databases themselves.
    """

    packs: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    database: str | None = None
    hosts: tuple[str, ...] = LOOPBACK
    cds_clients: Mapping[str, str] = field(default_factory=dict)
    fhir_servers: tuple[str, ...] = ()
    accounts: bool = False
    over_tls: bool = False
    demo: bool = False
    oidc: Oidc | None = None
    releases: Mapping[str, str] = field(default_factory=dict)
    pubmed_url: str = ""
    clinicaltrials_url: str = ""
    per_second: float | None = None

    def uploads(self) -> Path:
        """Where uploaded registries lie."""
        return self._beside() / "registries"

    def reviews(self) -> Path:
        """Where reviews of the literature lie, one file each."""
        return self._beside() / "reviews"

    def reviews_sent(self) -> Path:
        """Where lies what was sent for reviews, until it is taken in."""
        return self._beside() / "reviews-sent"

    def extracted(self) -> Path:
        """Where the studies lie that were extracted on this server."""
        return self._beside() / "studies"

    def studies(self) -> tuple[str, ...]:
        """Every folder of studies: those that were given, and over them that of what is extracted here."""
        self.extracted().mkdir(parents=True, exist_ok=True, mode=0o700)
        return (*self.evidence, str(self.extracted()))

    def _beside(self) -> Path:
        """The folder of SQLite's file, else the user's data folder."""
        from platformdirs import user_data_path

        url = self.database or ""
        is_file = url.startswith("sqlite:///")
        return Path(url.removeprefix("sqlite:///")).parent if is_file else user_data_path("oligoscope")

    def options(self) -> list[str]:
        """The packs and studies as options of the command."""
        given = (("--knowledge", self.packs), ("--evidence", self.studies()))
        return [word for option, folders in given for folder in folders for word in (option, folder)]

    def databases(self) -> list[str]:
        """Where searches are asked, as options of the command."""
        given = (("--pubmed-url", self.pubmed_url), ("--clinicaltrials-url", self.clinicaltrials_url))
        often = ["--per-second", f"{self.per_second:g}"] if self.per_second else []
        return [*(word for option, url in given if url for word in (option, url)), *often]

    def text(self) -> str:
        """As JSON, for a process that is started with them."""
        return json.dumps(asdict(self))

    @staticmethod
    def of(text: str) -> "Settings":
        """What `text` wrote."""
        raw: Plain = json.loads(text)
        given: dict[str, Plain] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
        }
        return Settings(**{**given, "oidc": Oidc(**raw["oidc"]) if raw["oidc"] else None})
