"""One HTTP exchange that can be stopped at any moment and never goes anywhere else.

The standard library's http.client over a socket of our own: it follows no redirect, asks no
proxy, keeps no cookie. The socket is read in short waits, so that cancelling, silence and the
limits are noticed within a tenth of a second.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import selectors
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tumordesk.core.errors import TumorDeskError
from tumordesk.core.job import JobContext
from tumordesk.explain.address import Address

USER_AGENT = "TumorDesk"
_WAIT_S = 0.05
_PIECE = 16384


class ConnectionFailed(TumorDeskError):
    """The exchange came to no good end; ``message`` is a sentence."""


@dataclass(frozen=True)
class Limits:
    """How long and how much: seconds to connect, until the first byte of an answer, between
    two pieces, in all; bytes in all.

    A model that is not loaded yet takes minutes before its first word.
    """

    connect_s: float = 5.0
    first_s: float = 180.0
    silence_s: float = 60.0
    total_s: float = 600.0
    max_bytes: int = 4_000_000


PATIENT = Limits()
"""For an answer that a model writes."""
QUICK = Limits(first_s=15.0, silence_s=15.0, total_s=20.0, max_bytes=2_000_000)
"""For lists and questions about a model, which no model has to think about."""


class _Watch:
    """Deadlines and the byte count of one exchange."""

    def __init__(self, context: JobContext, limits: Limits, place: str) -> None:
        self.context = context
        self.limits = limits
        self.place = place
        self.heard = False
        self._count = 0
        self._began = self._last = time.monotonic()

    def check(self) -> None:
        """Raises Cancelled or ConnectionFailed when it is time to stop."""
        self.context.check()
        now = time.monotonic()
        if now - self._began > self.limits.total_s:
            raise ConnectionFailed(
                f"{self.place} took longer than {self.limits.total_s:.0f} s for the answer.",
                "Try again, or choose a smaller model.",
            )
        allowed = self.limits.silence_s if self.heard else self.limits.first_s
        if now - self._last > allowed:
            raise ConnectionFailed(
                f"{self.place} said nothing for {allowed:.0f} s.",
                "It may still be loading the model. Try again later.",
            )

    def took(self, count: int) -> None:
        """Count what arrived."""
        self.heard = True
        self._last = time.monotonic()
        self._count += count
        if self._count > self.limits.max_bytes:
            raise ConnectionFailed(
                f"{self.place} sent more than an explanation can be.", "Choose another model."
            )

    def sent(self) -> None:
        """The request went on: the other side is not to blame for that time."""
        self._last = time.monotonic()


class _Reader(io.RawIOBase):
    """Bytes of a socket, read in short waits."""

    def __init__(self, inner: socket.socket, watch: _Watch) -> None:
        self._inner = inner
        self._watch = watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            self._watch.check()
            try:
                count = self._inner.recv_into(buffer)
            except TimeoutError:
                continue
            self._watch.took(count)
            return count


class _Socket:
    """What http.client needs of a socket, with the watch in between."""

    def __init__(self, inner: socket.socket, watch: _Watch) -> None:
        self._inner = inner
        self._watch = watch
        inner.settimeout(_WAIT_S)

    def sendall(self, data: Any) -> None:
        """Send everything, in pieces."""
        left = memoryview(data if isinstance(data, (bytes, bytearray)) else bytes(data))
        while left:
            self._watch.check()
            try:
                count = self._inner.send(left[:_PIECE])
            except TimeoutError:
                continue
            left = left[count:]
            self._watch.sent()

    def makefile(self, _mode: str = "rb", _size: int | None = None) -> io.BufferedReader:
        """A buffered reader; closing it leaves the socket open."""
        return io.BufferedReader(_Reader(self._inner, self._watch), 4096)

    def close(self) -> None:
        """Nothing: http.client closes before the answer is read, :func:`exchange` when it is."""


def _connect(ips: tuple[str, ...], port: int, watch: _Watch) -> socket.socket:
    """A connected socket to the first of ``ips`` that answers."""
    until = time.monotonic() + watch.limits.connect_s
    for ip in ips:
        found = _connect_one(ip, port, watch, until)
        if found is not None:
            return found
    raise ConnectionFailed(
        f"No connection to {watch.place}.", "Check that the program that serves the model runs."
    )


def _connect_one(ip: str, port: int, watch: _Watch, until: float) -> socket.socket | None:
    made: socket.socket | None = None
    kept = False
    try:
        made = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        made.connect_ex((ip, port))
        kept = _writable(made, watch, until) and not made.getsockopt(
            socket.SOL_SOCKET, socket.SO_ERROR
        )
        return made if kept else None
    except OSError:
        return None
    finally:
        if made is not None and not kept:
            made.close()


def _writable(made: socket.socket, watch: _Watch, until: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(made, selectors.EVENT_WRITE)
        while time.monotonic() < until:
            watch.context.check()
            if selector.select(_WAIT_S):
                return True
    return False


def _secure(inner: socket.socket, address: Address, watch: _Watch) -> socket.socket:
    """TLS with the system's certificates and the host's name checked."""
    context = ssl.create_default_context()
    inner.settimeout(_WAIT_S)
    wrapped = context.wrap_socket(
        inner, server_hostname=address.host, do_handshake_on_connect=False
    )
    try:
        while True:
            watch.check()
            with contextlib.suppress(TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                wrapped.do_handshake()
                return wrapped
    except BaseException:
        wrapped.close()
        raise


class Answer:
    """A server's answer while it arrives: ``status``, ``kind`` (its media type) and its bytes."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.kind = (response.headers.get_content_type() or "").lower()
        self.location = response.headers.get("Location", "")
        self.encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()

    def lines(self) -> Iterator[bytes]:
        """Lines as they arrive, without their ends."""
        rest = b""
        while piece := self._response.read1(_PIECE):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r")
        if rest:
            yield rest

    def everything(self) -> bytes:
        """The whole body, in pieces: room is made for what comes, not for what is announced."""
        data = bytearray()
        while piece := self._response.read1(_PIECE):
            data += piece
        if self._response.length:
            raise http.client.IncompleteRead(bytes(data), self._response.length)
        return bytes(data)


@contextlib.contextmanager
def exchange(
    context: JobContext,
    address: Address,
    ips: tuple[str, ...],
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    key: str = "",
    limits: Limits = QUICK,
) -> Iterator[Answer]:
    """One request to ``path`` and its answer; the connection is closed on the way out.

    ``ips`` are what :func:`~tumordesk.explain.address.require_consent` gave: nothing is looked
    up again. ``body`` is sent byte for byte.

    Raises:
        ConnectionFailed: no connection, silence, too long, too much, broken HTTP, a redirect.
        Cancelled: the person stopped it; the connection is closed.
    """
    watch = _Watch(context, limits, address.place)
    connection = http.client.HTTPConnection(address.host, address.port)
    with _plain_failures(address), contextlib.ExitStack() as stack:
        inner = stack.enter_context(_connect(ips, address.port, watch))
        if address.encrypted:
            inner = stack.enter_context(_secure(inner, address, watch))
        # With a socket of its own the connection neither connects nor asks for a proxy.
        connection.sock = _Socket(inner, watch)
        connection.request(method, path, body, _headers(address, body, key))
        response = connection.getresponse()
        stack.callback(response.close)
        answer = Answer(response)
        if 300 <= answer.status < 400:
            raise _redirected(address, answer.location)
        if answer.encoding != "identity":
            raise ConnectionFailed(
                f"{address.place} packed its answer although it was asked not to.",
                "Choose another server.",
            )
        yield answer


def _headers(address: Address, body: bytes | None, key: str) -> Mapping[str, str]:
    headers = {
        "Host": address.place,
        "User-Agent": USER_AGENT,
        "Accept": "text/event-stream, application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if body is not None:
        headers["Content-Type"] = "application/json"
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return headers


@contextlib.contextmanager
def _plain_failures(address: Address) -> Iterator[None]:
    """Every way a connection can fail, as a sentence."""
    place = address.place
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ConnectionFailed(
            f"{place} could not prove that it is {address.host}.",
            "Its certificate is not trusted on this computer. Nothing was sent.",
        ) from error
    except ssl.SSLError as error:
        raise ConnectionFailed(
            f"No secure connection to {place}.", "Check whether it speaks https."
        ) from error
    except (http.client.IncompleteRead, ConnectionError) as error:
        raise ConnectionFailed(
            f"{place} ended the connection in the middle of the answer.", "Try again."
        ) from error
    except http.client.HTTPException as error:
        raise ConnectionFailed(
            f"{place} does not answer as a web service does.", "Check the address and the port."
        ) from error
    except OSError as error:
        raise ConnectionFailed(f"The connection to {place} broke.", "Try again.") from error
    except OverflowError as error:
        raise ConnectionFailed(
            f"{place} announces an answer of a size that cannot be.", "Choose another server."
        ) from error


def _redirected(address: Address, location: str) -> ConnectionFailed:
    """Why a redirect is not followed; its host is named where it is a plain name."""
    try:
        host = urlsplit(location).hostname or ""
    except ValueError:
        host = ""
    where = host if re.fullmatch(r"[a-z0-9.-]{1,100}", host) else "another address"
    return ConnectionFailed(
        f"{address.place} sends us on to {where}. TumorDesk does not follow.",
        "Enter the address that answers itself.",
    )
