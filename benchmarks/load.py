"""How fast a server answers POST /api/v1/assess under a steady load, with the load's own share of the machine.

python benchmarks/load.py [--rate 50] [--seconds 600] [--workers 2]

Requests are sent by the clock, whether the ones before were answered or not, and each is timed from the moment at which
it was due: a server that stalls is not spared. Bars: p99 under 100 ms, under 10 ms of processor time for each answer.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from itertools import product
from pathlib import Path
from typing import Any

import yaml

EXAMPLES = sorted(Path("examples").glob("*.yaml"))
TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 64


def main() -> int:
    """Start a server, load it, print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rate", type=float, default=50)
    asked.add_argument("--seconds", type=float, default=600)
    asked.add_argument("--workers", type=int, default=2)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, server, port = started(folder, given.workers)
        ended(server)
        again, server, port = started(folder, given.workers)
        print(f"cold start of {given.workers} workers: {first:.1f} s in a new folder, {again:.1f} s after that")
        try:
            _report(server.pid, port, given.rate, given.seconds)
        finally:
            ended(server)
    return 0


def ended(server: "subprocess.Popen[bytes]") -> None:
    """Stop a server and wait until it has ended."""
    server.terminate()
    server.wait(20)


def started(folder: str, workers: int) -> tuple[float, "subprocess.Popen[bytes]", int]:
    """Seconds until it answers, the server, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    words = ["serve", "--port", str(port), "--data", folder, "--workers", str(workers)]
    server = subprocess.Popen([sys.executable, "-m", "oligoscope", *words], stderr=subprocess.DEVNULL)
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
            return time.perf_counter() - began, server, port
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.02)


def _report(pid: int, port: int, rate: float, seconds: float) -> None:
    bodies = [_request(document) for document in _documents()]
    asyncio.run(_load(port, bodies, rate, 5))  # Warm: each worker compiles its templates and reads its rooms once.
    cpu, memory, own, load = _cpu(pid), _memory(pid), time.process_time(), os.getloadavg()[0]
    took, failed = asyncio.run(_load(port, bodies, rate, seconds))
    cpu_ms = 1000 * (_cpu(pid) - cpu) / len(took)
    share = (time.process_time() - own) / seconds
    ms = sorted(1000 * each for each in took)
    quantiles = statistics.quantiles(ms, n=1000)
    print(
        f"{len(took)} answers at {rate:g}/s, {failed} failed; load average before {load:.1f} on {os.cpu_count()} cores"
    )
    print(f"p50 {quantiles[499]:.0f} ms, p95 {quantiles[949]:.0f}, p99 {quantiles[989]:.0f}, longest {ms[-1]:.0f}")
    print(f"processor {cpu_ms:.1f} ms for each answer; the load itself took {100 * share:.0f} % of one core")
    print(f"memory {memory:.0f} MB before, {_memory(pid):.0f} MB after")


def _documents() -> list[dict[str, Any]]:
    """The examples, each of some hundred patients: answers are kept, and no ward has only three patients."""
    ages, ecogs, nodes, drivers = range(45, 80, 7), ("0", "1", "2"), ("N0", "N1", "N2", "N3"), ("positive", "negative")
    found = []
    for path in EXAMPLES:
        case = yaml.safe_load(path.read_text("utf-8"))
        for age, ecog, n, egfr in product(ages, ecogs, nodes, drivers):
            patient = {**case["patient"], "age": age, "ecog": ecog, "egfr": egfr}
            found.append({**case, "patient": patient, "primary": {**case.get("primary", {}), "n": n}})
    random.Random(1).shuffle(found)
    return found


def _request(document: dict[str, Any]) -> bytes:
    body = json.dumps(document, default=str).encode()
    head = f"POST /api/v1/assess HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _load(port: int, bodies: list[bytes], rate: float, seconds: float) -> tuple[list[float], int]:
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    began, took, failed = time.perf_counter(), list[float](), 0

    async def one(n: int) -> None:
        nonlocal failed
        due = began + n / rate
        reader, writer = await free.get()
        writer.write(bodies[n % len(bodies)])
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - due)
        failed += not head.startswith(b"http/1.1 200")
        free.put_nowait((reader, writer))

    tasks = []
    for n in range(int(rate * seconds)):
        await asyncio.sleep(max(0, began + n / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one(n)))
    await asyncio.gather(*tasks)
    while not free.empty():
        free.get_nowait()[1].close()
    return took, failed


def _family(pid: int) -> list[int]:
    below = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(own for each in below for own in _family(each))]


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process and those it started have taken."""
    parts = (Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in _family(pid))
    return sum(int(part[11]) + int(part[12]) for part in parts) / TICKS


def _memory(pid: int) -> float:
    """MB that are theirs alone or shared among them, shared ones counted by share."""
    lines = (Path(f"/proc/{each}/smaps_rollup").read_text().splitlines() for each in _family(pid))
    return sum(int(line.split()[1]) for own in lines for line in own if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    sys.exit(main())
