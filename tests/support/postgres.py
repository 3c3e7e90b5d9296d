"""A PostgreSQL server of Debian's package, for the tests alone: on this machine, in a folder of its own, as an own user."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count(1)


class Server:
    """One server, which can be stopped in the middle and started again. url: without the name of a database."""

    def __init__(self, binaries: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="oligoscope-postgres-"))
        # PostgreSQL refuses to run as root; Debian's package makes this user.
        run = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if run:
            shutil.chown(self.folder, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        data = str(self.folder / "data")
        start = [*run, str(binaries / "initdb"), "-D", data, "-A", "trust", "-U", "tester", "-E", "UTF8"]
        subprocess.run(start, check=True, capture_output=True, cwd="/")
        self.control = [*run, str(binaries / "pg_ctl"), "-D", data, "-w"]
        self.url = f"postgresql+psycopg://tester@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer; whatever was begun when it was stopped is rolled back first."""
        settings = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        start = [*self.control, "-l", str(self.folder / "log"), "-o", settings, "start"]
        subprocess.run(start, check=True, capture_output=True, cwd="/")

    def stop(self) -> None:
        """As if its machine had lost its power: nothing is written down first."""
        subprocess.run([*self.control, "-m", "immediate", "stop"], capture_output=True, cwd="/", check=False)

    def remove(self) -> None:
        """Stop it, and take away what it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self) -> str:
        """The address of an empty database."""
        from sqlalchemy import create_engine, text

        name = f"t{next(_NUMBERS)}"
        engine = create_engine(f"{self.url}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return f"{self.url}/{name}"


def started() -> Server:
    """A server of its own. Skips the test where there is no PostgreSQL; `make test` installs it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found:
        pytest.skip("PostgreSQL is not installed (make test does it)")
    server = Server(found[-1].parent)
    atexit.register(server.remove)
    server.start()
    return server


_shared = cache(started)


def postgres() -> str:
    """The address of an empty database on the server that all tests share. Skips as `started`."""
    return _shared().database()
