"""`serve`, `accounts` and `store` as commands: what a server refuses to start with, and one over real TLS."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from oligoscope.cli.main import main

OUT = ["serve", "--host", "10.0.0.9"]
TLS = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"]


@pytest.mark.parametrize(
    "words, said",
    [
        (OUT, "it starts with TLS alone"),
        (["serve", "--name", "ward.example"], "it starts with TLS alone"),
        ([*OUT, "--tls-cert", "cert.pem"], "belong together"),
        ([*OUT, "--proxy", "*"], "the address of one machine"),
        ([*OUT, "--proxy", "0.0.0.0/0"], "the address of one machine"),
        ([*OUT, "--proxy", "10.0.0.5", *TLS], "give one of them"),
        (["serve", "--host", "0.0.0.0", *TLS], "by which --name"),
        (["serve", "--demo", "examples", "--accounts"], "--demo keeps nothing"),
        (["serve", "--demo", "examples", "--host", "10.0.0.9"], "it starts with TLS alone"),
    ],
)
def test_it_refuses_to_start_where_others_could_listen(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("door", [["--accounts"], ["--proxy", "127.0.0.1", "--name", "ward.example"], TLS])
def test_it_refuses_to_start_where_nobody_could_sign_in(
    door: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["serve", *door, "--data", str(tmp_path), *(["--host", "10.0.0.9"] if door == TLS else [])]
    assert main(words) == 2
    assert "oligoscope accounts add NAME --role admin" in capsys.readouterr().err


def test_keys_that_cannot_be_used_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path)]
    assert main(["accounts", "add", "anna", "--role", "admin", *data]) == 0
    assert main(["serve", "--host", "10.0.0.9", *TLS, *data]) == 2
    assert "cert.pem: they cannot be used" in capsys.readouterr().err


def test_accounts_are_made_listed_and_taken_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path)]
    assert main(["accounts", "add", "anna", "--role", "admin", *data]) == 0
    code = capsys.readouterr().out.strip()
    assert re.fullmatch(r"[\w-]{16}", code)
    assert main(["accounts", "add", "bert", "--role", "viewer", *data]) == 0
    assert main(["accounts", "role", "bert", "--role", "clinician", *data]) == 0
    capsys.readouterr()
    assert main(["accounts", "reset", "bert", *data]) == 0
    again = capsys.readouterr().out.strip()
    assert re.fullmatch(r"[\w-]{16}", again)
    assert again != code
    assert main(["accounts", "token", "bert", "--days", "1", *data]) == 0
    capsys.readouterr()
    assert main(["accounts", "list", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out)["accounts"][1] == {
        "name": "bert",
        "role": "clinician",
        "has_password": False,
        "locked": False,
        "disabled": False,
        "sessions": 1,
        "provider": "",
    }
    assert main(["accounts", "disable", "bert", *data]) == 0
    assert main(["accounts", "token", "bert", *data]) == 2
    assert "it is disabled" in capsys.readouterr().err
    assert main(["accounts", "list", *data]) == 0
    assert "bert  clinician  (disabled" in capsys.readouterr().out
    assert main(["accounts", "enable", "bert", *data]) == 0
    assert main(["accounts", "remove", "bert", *data]) == 0
    assert main(["accounts", "remove", "anna", *data]) == 2
    assert "last administrator" in capsys.readouterr().err


def test_one_patient_is_exported_and_erased_and_the_store_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from oligoscope.store import Cases, Database

    data = ["--data", str(tmp_path)]
    cases = Cases(Database(f"sqlite:///{tmp_path / 'cases.sqlite'}"))
    for _ in range(2):
        cases.create({"patient": {"ecog": "1"}}, "A17", "anna")
    cases.create({"patient": {"ecog": "2"}}, "B18", "anna")
    assert main(["store", "backup", str(tmp_path / "b.gz"), *data]) == 0
    assert main(["store", "export", "--pseudonym", "A17", "-o", str(tmp_path / "a17.json"), *data]) == 0
    told = json.loads((tmp_path / "a17.json").read_text("utf-8"))["cases"]
    assert [each["case"] for each in told] == [{"patient": {"ecog": "1"}}] * 2
    assert [line["what"] for line in told[0]["log"]] == ["create", "export"]
    assert main(["store", "forget", "--pseudonym", "A17", *data]) == 0
    assert main(["store", "export", "--pseudonym", "A17", "-o", str(tmp_path / "x.json"), *data]) == 2
    assert [each.pseudonym for each in cases.list("x")] == ["B18"]
    restored = f"sqlite:///{tmp_path / 'restored.sqlite'}"
    assert main(["store", "restore", str(tmp_path / "b.gz"), "--database", restored]) == 0
    assert len(Cases(Database(restored)).list("x")) == 3
    assert main(["store", "copy", "--to", f"sqlite:///{tmp_path / 'moved.sqlite'}", *data]) == 0
    capsys.readouterr()
    assert main(["store", "log", *data]) == 0
    assert re.fullmatch(r"the log holds: \d+ lines, the last one sealed [0-9a-f]{64}\n", capsys.readouterr().out)


def test_a_server_beyond_this_machine_answers_over_tls_to_who_is_known(tmp_path: Path) -> None:
    """A real one: its certificate is checked, plain HTTP gets nothing, a token opens what its role may."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", *made], check=True, capture_output=True)
    data = ["--data", str(tmp_path)]
    run = [sys.executable, "-m", "oligoscope"]
    subprocess.run([*run, "accounts", "add", "anna", "--role", "admin", *data], check=True, capture_output=True)
    token = subprocess.run(
        [*run, "accounts", "token", "anna", *data], check=True, capture_output=True, text=True
    ).stdout.strip()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", "--host", "0.0.0.0", "--name", "localhost", "--tls-cert", str(cert), "--tls-key", str(key)]
    server = subprocess.Popen([*run, *words, "--port", str(port), *data])
    trusting = ssl.create_default_context(cafile=str(cert))

    def status(path: str, headers: dict[str, str] | None = None) -> int:
        request = urllib.request.Request(f"https://localhost:{port}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10, context=trusting) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    try:
        for _ in range(300):
            try:
                assert status("/health") == 200
                break
            except OSError:
                assert server.poll() is None, "the server ended"
                time.sleep(0.1)
        assert status("/api/v1/cases") == 401
        assert status("/api/v1/cases", {"authorization": f"Bearer {token}"}) == 200
        with pytest.raises(OSError):
            urllib.request.urlopen(f"http://localhost:{port}/health", timeout=10)
    finally:
        server.terminate()
        server.wait(20)


def test_several_workers_begin_with_what_was_read_once_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    """They are forks: one that is started anew reads all knowledge again, and is late by a second or two."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-m", "oligoscope", "serve", "--workers", "2", "--port", str(port), "--data", str(tmp_path)]
    server = subprocess.Popen([sys.executable, *words])

    def workers() -> set[int]:
        return set(map(int, Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text("utf-8").split()))

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait_until(holds: Callable[[], bool]) -> None:
        for _ in range(900):
            assert server.poll() is None, "the server ended"
            if holds():
                return
            time.sleep(0.1)
        raise AssertionError(holds)

    try:
        wait_until(answers)
        wait_until(lambda: len(workers()) == 2)
        for each in workers():
            assert "spawn" not in Path(f"/proc/{each}/cmdline").read_text("utf-8")
        first, *_ = gone = sorted(workers())
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: len(workers() - {first}) == 2)
        wait_until(answers)
    finally:
        server.terminate()
        assert server.wait(30) == 0
    assert not any(Path(f"/proc/{each}").exists() for each in gone)
