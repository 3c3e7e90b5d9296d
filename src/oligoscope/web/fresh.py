"""Takes in what was extracted since, before a request is answered: in each process of a server."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from oligoscope.errors import OligoscopeError
from oligoscope.evidence import Store

State = Sequence[tuple[str, int, int]]


class Fresh:
    """Looks at the folder of what was extracted here, and reads the studies again where it is another.

    stores: of every release that answers here.  All of them are read, which takes half a second for 180, once after a
    study was kept.
    """

    def __init__(self, app: ASGIApp, stores: Sequence[Store], folder: Path) -> None:
        self.app, self.stores, self.folder = app, stores, folder
        self.state = state_of(folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = state_of(self.folder)
            if state != self.state:
                await run_in_threadpool(self._look, state)
        await self.app(scope, receive, send)

    def _look(self, state: State) -> None:
        # What cannot be used stays out, and is looked at again by the next request.
        with suppress(OligoscopeError):
            for each in self.stores:
                each.look_again()
            self.state = state


def state_of(folder: Path) -> State:
    """Name, time of change and size of each study; none where there is no folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        files = ((each.name, each.stat()) for each in entries if each.name.endswith(".yaml"))
        return sorted((name, about.st_mtime_ns, about.st_size) for name, about in files)
    return []
