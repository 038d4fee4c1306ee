"""Clients of the live server, and a network that fails on request."""

import asyncio
import contextlib
import threading

import pytest

from solverhub.client import Client


@pytest.fixture
def client(live_server):
    with Client(live_server.url) as made:
        yield made


class FlakyProxy:
    """A TCP proxy that cuts a connection once it has passed the next of `cuts` bytes on.

    Bytes are counted from the server to the client; a cut of 0 passes the request on and
    drops the whole answer.  Once the cuts are used up it passes everything.
    """

    def __init__(self, host, port, cuts):
        self.target, self.cuts, self.connections = (host, port), list(cuts), 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def __enter__(self):
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _run(self):
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connected(self, reader, writer):
        self.connections += 1
        left = self.cuts.pop(0) if self.cuts else None
        back_reader, back_writer = await asyncio.open_connection(*self.target)
        there = asyncio.create_task(self._pass(reader, back_writer, None))
        back = asyncio.create_task(self._pass(back_reader, writer, left))
        await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
        writer.transport.abort()
        back_writer.close()

    async def _pass(self, reader, writer, left):
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(4096):
                if left is not None and len(chunk) >= left:
                    writer.write(chunk[:left])
                    await writer.drain()
                    return
                left = None if left is None else left - len(chunk)
                writer.write(chunk)
                await writer.drain()


@pytest.fixture
def flaky(live_server):
    """Context manager: a proxy before the live server that cuts connections."""
    return lambda cuts: FlakyProxy("127.0.0.1", live_server.port, cuts)
