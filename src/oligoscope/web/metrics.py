"""How often each route was asked, how it was answered, and how long that took; nothing of a patient.

Of one process: a server of several is read as several, by the label `process`.
"""

import os
import time
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

UP_TO = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Seconds; the bounds of the histogram."""


class Metrics:
    """Counts of this process."""

    def __init__(self) -> None:
        self.answered: Counter[tuple[str, str, int]] = Counter()
        self.slower: Counter[float] = Counter()
        self.seconds, self.number = 0.0, 0

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answer."""
        self.answered[method, route, status] += 1
        self.seconds, self.number = self.seconds + seconds, self.number + 1
        for bound in UP_TO:
            self.slower[bound] += seconds <= bound

    def text(self, version: str, knowledge: str) -> str:
        """In the text form of Prometheus."""
        own = f'process="{os.getpid()}"'
        lines = ["# TYPE oligoscope_info gauge", f'oligoscope_info{{version="{version}",knowledge="{knowledge}"}} 1']
        lines.append("# TYPE oligoscope_requests_total counter")
        for (method, route, status), n in sorted(self.answered.items()):
            label = f'{own},method="{method}",route="{route}",status="{status}"'
            lines.append(f"oligoscope_requests_total{{{label}}} {n}")
        lines.append("# TYPE oligoscope_request_seconds histogram")
        for bound in UP_TO:
            lines.append(f'oligoscope_request_seconds_bucket{{{own},le="{bound}"}} {self.slower[bound]}')
        lines.append(f'oligoscope_request_seconds_bucket{{{own},le="+Inf"}} {self.number}')
        lines += [f"oligoscope_request_seconds_sum{{{own}}} {self.seconds:.6f}"]
        lines += [f"oligoscope_request_seconds_count{{{own}}} {self.number}"]
        return "\n".join(lines) + "\n"


class Counted:
    """Counts each answer by the route as the program writes it, never by the address as it was asked."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            route = scope.get("state", {}).get("order", "other")
            method, _, path = route.rpartition(" ")
            self.metrics.count(method or "other", path, status, time.perf_counter() - began)
