"""`oligoscope serve`: the product in a browser."""

import argparse
import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.cli.common import DONE, Commands, UsageError, add_command, add_packs, complain, once
from oligoscope.cli.literature_living import add_addresses, where_of
from oligoscope.cli.stored import add_database, database_url

if TYPE_CHECKING:
    from oligoscope.web.settings import Oidc

LOCAL = ("127.0.0.1", "localhost", "::1")


def add_commands(commands: Commands) -> None:
    """`oligoscope serve`."""
    command = add_command(
        commands, "serve", _run, "oligoscope serve", "Open the product in a browser; beyond this machine with accounts."
    )
    command.add_argument("--port", type=int, default=8765, help="the port to listen at (default: 8765)")
    command.add_argument("--host", default=LOCAL[0], help="the address to listen at (default: this machine alone)")
    command.add_argument("--workers", type=int, default=1, help="processes that answer (default: 1)")
    add_database(command)
    _add_doors(command)
    _add_provider(command)
    command.add_argument(
        "--cds-client",
        action="append",
        default=[],
        metavar="ISSUER=FILE",
        help="a client of CDS Hooks and the file with its keys (a JWK set); with one, every call needs its token",
    )
    command.add_argument(
        "--fhir-server",
        action="append",
        default=[],
        metavar="URL",
        help="a FHIR server that may be asked for what a CDS Hooks call lacks",
    )
    command.add_argument(
        "--release",
        action="append",
        default=[],
        metavar="NAME=PACK",
        help="another release of the knowledge, to be seen beside the one that answers, and what it would change",
    )
    add_addresses(command)
    add_packs(command)


def _add_doors(command: argparse.ArgumentParser) -> None:
    """Who may come in, and over which line."""
    command.add_argument("--accounts", action="store_true", help="everyone signs in; always so beyond this machine")
    command.add_argument("--tls-cert", type=Path, metavar="FILE", help="the certificate of this server (PEM)")
    command.add_argument("--tls-key", type=Path, metavar="FILE", help="its key (PEM)")
    command.add_argument("--proxy", metavar="ADDRESS", help="the one proxy that speaks TLS in front of this server")
    command.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a name by which browsers ask for this server, for example ward.hospital.example",
    )
    command.add_argument(
        "--demo", type=Path, metavar="DIR", help="show the case files of this folder to guests, who can keep nothing"
    )


def _add_provider(command: argparse.ArgumentParser) -> None:
    """Who else vouches for people. A secret is no option: every user of a machine can read a command line."""
    command.add_argument(
        "--oidc-issuer", metavar="URL", help="an identity provider (OpenID Connect) to sign in through"
    )
    command.add_argument(
        "--oidc-client", metavar="ID", help="this server's name there; its secret: OLIGOSCOPE_OIDC_SECRET"
    )
    command.add_argument("--oidc-secret-file", type=Path, metavar="FILE", help="or the file that the secret stands in")
    command.add_argument(
        "--oidc-role",
        action="append",
        default=[],
        metavar="VALUE=ROLE",
        help="the role of whoever has this value in the claim; the first that is named wins, without one nobody enters",
    )
    command.add_argument(
        "--oidc-claim", metavar="NAME", help="the claim of the id token that says it (default: groups)"
    )
    command.add_argument("--oidc-scope", metavar="WORDS", help="what is asked for (default: openid profile)")


def _run(arguments: argparse.Namespace) -> int:
    is_local = arguments.host in LOCAL
    # A proxy on this machine, or a name to be asked by, means that others come in although it listens here alone.
    is_reached = not is_local or bool(arguments.proxy or arguments.name)
    over_tls = _over_tls(arguments, is_reached=is_reached)
    try:
        from oligoscope.web.demo import shown
        from oligoscope.web.server import Door, serve
        from oligoscope.web.settings import LOOPBACK, Settings
    except ModuleNotFoundError as error:
        raise UsageError(f"serve needs {error.name}: pip install 'oligoscope[web]'") from None

    names = tuple(arguments.name) or (() if is_local else (_named(arguments.host),))
    settings = Settings(
        packs=tuple(map(str, arguments.knowledge)),
        evidence=tuple(map(str, arguments.evidence)),
        database=database_url(arguments),
        hosts=(*names, *LOOPBACK),
        cds_clients=once(map(_client, arguments.cds_client)),
        fhir_servers=tuple(arguments.fhir_server),
        accounts=arguments.demo is None and (arguments.accounts or is_reached or bool(arguments.oidc_issuer)),
        over_tls=over_tls,
        demo=arguments.demo is not None,
        oidc=_provider(arguments),
        releases=once(map(_release, arguments.release)),
        pubmed_url=arguments.pubmed_url,
        clinicaltrials_url=arguments.clinicaltrials_url,
        per_second=arguments.per_second,
    )
    where_of(arguments)  # Addresses of no use are told now, and not by the first search.
    door = Door(arguments.host, arguments.port, arguments.tls_cert, arguments.tls_key, arguments.proxy)
    scheme, where = ("https" if arguments.tls_cert else "http"), (names or (_named(arguments.host),))[0]
    complain(f"open {scheme}://{where}:{arguments.port}/ in a browser; Ctrl-C stops it")
    with shown(arguments.demo, settings) as ready:
        serve(door, ready, arguments.workers)
    return DONE


def _over_tls(arguments: argparse.Namespace, *, is_reached: bool) -> bool:
    """Whether every request comes over TLS. Raises UsageError where others could listen, or could be taken for us."""
    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise UsageError("--tls-cert and --tls-key belong together; give both")
    if arguments.tls_cert and arguments.proxy:
        raise UsageError("--tls-cert and --proxy say two places where TLS ends; give one of them")
    if arguments.demo and (arguments.database or arguments.data or arguments.accounts):
        raise UsageError("--demo keeps nothing and knows nobody; leave --database, --data and --accounts out")
    if arguments.demo and arguments.oidc_issuer:
        raise UsageError("--demo knows nobody; leave --oidc-issuer out")
    if arguments.proxy:
        _one_address(arguments.proxy)
    over_tls = bool(arguments.tls_cert or arguments.proxy)
    if is_reached and not over_tls:
        raise UsageError(
            f"--host {arguments.host}: beyond this machine it starts with TLS alone: --tls-cert and --tls-key, or the "
            f"--proxy that speaks TLS in front of it. Without: {', '.join(LOCAL)}"
        )
    if arguments.host in ("0.0.0.0", "::") and not arguments.name:
        raise UsageError(f"--host {arguments.host} listens everywhere: say by which --name browsers ask for it")
    return over_tls


def _provider(arguments: argparse.Namespace) -> "Oidc | None":
    """The identity provider. Raises UsageError where half of it was said."""
    from oligoscope.web.settings import Oidc

    given = {key: value for key, value in vars(arguments).items() if key.startswith("oidc_") and value}
    if not given:
        return None
    if not {"oidc_issuer", "oidc_client", "oidc_role"} <= set(given):
        raise UsageError("--oidc-issuer, --oidc-client and at least one --oidc-role belong together; give all of them")
    more = {name: str(given[f"oidc_{name}"]) for name in ("claim", "scope", "secret_file") if f"oidc_{name}" in given}
    roles = once(map(_role, arguments.oidc_role))
    return Oidc(arguments.oidc_issuer, arguments.oidc_client, roles, **more)


def _role(text: str) -> tuple[str, str]:
    # Groups of a directory hold = themselves: cn=board,ou=groups.
    value, _, role = text.rpartition("=")
    if not value or not role:
        raise UsageError(f"--oidc-role {text}: write VALUE=ROLE, for example tumour-board=clinician")
    return value, role


def _one_address(text: str) -> None:
    """A proxy is believed whom it asks for: it is one machine, never everybody."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise UsageError(f"--proxy {text}: write the address of one machine, for example 10.0.0.5") from None


def _client(text: str) -> tuple[str, str]:
    issuer, _, file = text.partition("=")
    if not issuer or not file:
        raise UsageError(f"--cds-client {text}: write ISSUER=FILE, for example https://ehr.example=keys.json")
    return issuer, file


def _release(text: str) -> tuple[str, str]:
    name, _, pack = text.partition("=")
    if not name or not pack:
        raise UsageError(f"--release {text}: write NAME=PACK, for example next=packs/om_nsclc_2027")
    return name, pack


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
