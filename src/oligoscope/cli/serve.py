"""`oligoscope serve`: the product in a browser."""

import argparse
from pathlib import Path

from oligoscope.cli.common import DONE, Commands, UsageError, add_command, add_packs, complain, once

LOCAL = ("127.0.0.1", "localhost", "::1")


def add_commands(commands: Commands) -> None:
    """`oligoscope serve`."""
    command = add_command(
        commands, "serve", _run, "oligoscope serve", "Open the product in a browser, on this machine alone."
    )
    command.add_argument("--port", type=int, default=8765, help="the port to listen at (default: 8765)")
    command.add_argument("--host", default=LOCAL[0], help="the address to listen at; this machine alone so far")
    command.add_argument("--workers", type=int, default=1, help="processes that answer (default: 1)")
    command.add_argument(
        "--database",
        metavar="URL",
        help="where cases are kept: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME "
        "(default: SQLite in your data folder)",
    )
    command.add_argument("--data", type=Path, metavar="DIR", help="keep cases in this folder, in cases.sqlite")
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
    add_packs(command)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.host not in LOCAL:
        raise UsageError(
            f"--host {arguments.host}: beyond this machine a server needs TLS and accounts, which it does not have "
            f"yet. Allowed: {', '.join(LOCAL)}"
        )
    try:
        from oligoscope.web.server import serve
        from oligoscope.web.settings import Settings
    except ModuleNotFoundError as error:
        raise UsageError(f"serve needs {error.name}: pip install 'oligoscope[web]'") from None

    complain(f"open http://{_named(arguments.host)}:{arguments.port}/ in a browser; Ctrl-C stops it")
    settings = Settings(
        packs=tuple(map(str, arguments.knowledge)),
        evidence=tuple(map(str, arguments.evidence)),
        database=_database(arguments),
        cds_clients=once(map(_client, arguments.cds_client)),
        fhir_servers=tuple(arguments.fhir_server),
    )
    serve(arguments.host, arguments.port, settings, arguments.workers)
    return DONE


def _database(arguments: argparse.Namespace) -> str | None:
    if arguments.database and arguments.data:
        raise UsageError("--database and --data say two places; give one of them")
    return f"sqlite:///{arguments.data.resolve() / 'cases.sqlite'}" if arguments.data else arguments.database


def _client(text: str) -> tuple[str, str]:
    issuer, _, file = text.partition("=")
    if not issuer or not file:
        raise UsageError(f"--cds-client {text}: write ISSUER=FILE, for example https://ehr.example=keys.json")
    return issuer, file


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
