"""A real socket server that speaks the OpenAI API and fails on demand, in a thread of its own.

with FaultServer() as server:
    server.will(status(429, {"Retry-After": "7"}), half_a_stream())
    ...                                    # two requests meet these, further ones are answered well
    server.requests[0].json, server.bytes_received, server.connections
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import deque
from typing import Self

from faults import Fault, Request, Signals, Turn, well


class FaultServer:
    """Serves from the start of the `with` block to its end.

    Attributes:
        url: Where it listens.
        requests: What came in, in order.
        connections: How many were opened.
        bytes_received: Of all of them together.
        hanging, left: Threading events, as `faults.Signals` says.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._host, self.port, self._tls = host, port, tls
        self._script: deque[Fault] = deque()
        self._otherwise: Fault = well
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="fault-server")
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._turns: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self.requests: list[Request] = []
        self.connections = self.bytes_received = 0
        self._signals = Signals()
        self.hanging, self.left = self._signals.hanging, self._signals.left

    @property
    def url(self) -> str:
        """Scheme, address and port."""
        return f"http{'s' if self._tls else ''}://{self._host}:{self.port}"

    def will(self, *faults: Fault) -> None:
        """Meet the next requests with these, one each."""
        self._script.extend(faults)

    def always(self, fault: Fault) -> None:
        """Meet every request with this that `will` says nothing about."""
        self._otherwise = fault

    def forget(self) -> None:
        """Answer well from now on."""
        self._script.clear()
        self._otherwise = well

    def hang_up(self) -> None:
        """Close every connection."""
        self._loop.call_soon_threadsafe(self._end_turns)

    def _end_turns(self) -> None:
        for turn in self._turns:
            turn.cancel()
        self._turns = {turn for turn in self._turns if not turn.done()}

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._listen())
            except BaseException as exc:  # told by __enter__ or __exit__, in the test's own thread
                self._failure = exc
            finally:
                self._ready.set()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._connected, self._host, self.port, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for turn in self._turns:
            turn.cancel()
        outcomes = await asyncio.gather(*self._turns, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError):
                self._failure = outcome

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._turns.add(asyncio.ensure_future(self._converse(reader, writer)))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await self._next_request(reader):
                self.requests.append(request)
                turn = Turn(request, reader, writer, self._signals)
                await (self._script.popleft() if self._script else self._otherwise)(turn)
                if turn.over:
                    break
        except asyncio.CancelledError:
            writer.transport.abort()  # in TLS an orderly end would wait for the client's
            raise
        finally:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                pass  # the client may have been faster

    async def _next_request(self, reader: asyncio.StreamReader) -> Request | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as exc:
            self.bytes_received += len(exc.partial)
            return None
        except ConnectionError:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        try:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None  # a client that was killed
        self.bytes_received += len(head) + len(body)
        return Request(method, path, headers, body)
