"""A real HTTP server on loopback that answers as language models do, and as they should not."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

GOOD = "The findings were measured by a program."
MODEL = "small:1b"
REMOTE_HOST = "elsewhere.invalid"


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class LanguageServer:
    """What the server does, and what it saw. ``mode`` is one of the functions below by name."""

    mode: str = "good"
    words: str = GOOD
    models: tuple[str, ...] = (MODEL,)
    remote: tuple[str, ...] = ()
    """Models that /api/tags and /api/show call remote, whatever their name."""
    ollama: bool = True
    asked: list[Asked] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)
    """Set once the first piece of an answer was sent."""
    go: threading.Event = field(default_factory=threading.Event)
    """'waits' goes on once this is set."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set once the client closed the connection in the middle of an answer."""
    port: int = 0
    scheme: str = "http"

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"{self.scheme}://127.0.0.1:{self.port}/v1"

    @property
    def chats(self) -> list[Asked]:
        """Requests that carried findings."""
        return [one for one in self.asked if one.path.endswith("/chat/completions")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: LanguageServer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._note(b"")
        if self.path == "/v1/models":
            data = [{"id": name, "object": "model"} for name in self.state.models]
            self.send_json({"object": "list", "data": data})
        elif self.path == "/api/tags" and self.state.ollama:
            self.send_json({"models": [self._entry(name) for name in self.state.models]})
        else:
            self.send_json({"error": "not found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._note(body)
        if self.path == "/v1/chat/completions":
            self.close_connection = True
            try:
                _MODES[self.state.mode](self, self.state)
            except (ConnectionError, TimeoutError):
                self.state.gone.set()
        elif self.path == "/api/show" and self.state.ollama:
            self.send_json(self._entry(json.loads(body)["model"]))
        else:
            self.send_json({"error": "not found"}, 404)

    def _note(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.asked.append(Asked(self.command, self.path, headers, body))

    def _entry(self, name: str) -> dict[str, Any]:
        entry: dict[str, Any] = {"name": name, "model": name, "details": {"family": "small"}}
        if name in self.state.remote:
            entry |= {"remote_host": f"https://{REMOTE_HOST}", "remote_model": "huge"}
        return entry

    def send_json(self, document: Any, status: int = 200) -> None:
        """A whole JSON document."""
        data = json.dumps(document).encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def begin(self) -> None:
        """The head of a streamed answer."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        """One chunk on the wire."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def piece(self, text: str, ended: str | None = None) -> None:
        """One event with more text."""
        event = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": ended}]}
        self.chunk(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")
        self.state.began.set()

    def complete(self) -> None:
        """The end of a streamed answer."""
        self.piece("", "stop")
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def client_gone(self, seconds: float = 30.0) -> None:
        """Wait until the client closes, or the server stops."""
        self.connection.settimeout(0.05)
        for _ in range(int(seconds / 0.05)):
            if self.state.stop.is_set():
                return
            try:
                if self.connection.recv(1) == b"":
                    self.state.gone.set()
                    return
            except TimeoutError:
                continue


def _good(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    for word in state.words.split(" "):
        handler.piece(word if word == state.words.split(" ")[0] else f" {word}")
    handler.complete()


def _torn(handler: _Handler, state: LanguageServer) -> None:
    """Events cut anywhere, also in the middle of a letter, with comments and CR LF between."""
    handler.begin()
    event = {"choices": [{"delta": {"content": state.words}, "finish_reason": "stop"}]}
    data = json.dumps(event, ensure_ascii=False).encode()
    stream = b": keep-alive\r\n\r\ndata: " + data + b"\r\n\r\ndata: [DONE]\r\n\r\n"
    for start in range(0, len(stream), 7):
        handler.chunk(stream[start : start + 7])
    handler.chunk(b"")


def _whole(handler: _Handler, state: LanguageServer) -> None:
    """An answer without streaming."""
    message = {"role": "assistant", "content": state.words}
    handler.send_json({"choices": [{"message": message, "finish_reason": "stop"}]})


def _thinking(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    for text in ("<thi", "nk>Perhaps 99 mL of", " glioblastoma?</think>", state.words):
        handler.piece(text)
    handler.complete()


def _waits(handler: _Handler, state: LanguageServer) -> None:
    """Half of the words; the rest when the test says so."""
    handler.begin()
    handler.piece(state.words[: len(state.words) // 2])
    state.go.wait(20.0)
    handler.piece(state.words[len(state.words) // 2 :])
    handler.complete()


def _hangs(handler: _Handler, state: LanguageServer) -> None:
    """Takes the request and never says a word."""
    handler.client_gone()


def _stalls(handler: _Handler, state: LanguageServer) -> None:
    """A few words, then nothing more."""
    handler.begin()
    handler.piece(state.words[:10])
    handler.client_gone()


def _drips(handler: _Handler, state: LanguageServer) -> None:
    """Never silent, never done: a comment every few moments."""
    handler.begin()
    state.began.set()
    while not state.stop.wait(0.02):
        handler.chunk(b": still here\n\n")


def _endless(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    while not state.stop.is_set():
        handler.piece("and so on " * 20)


def _one_line(handler: _Handler, state: LanguageServer) -> None:
    """A line that never ends."""
    handler.begin()
    handler.chunk(b"data: ")
    while not state.stop.is_set():
        handler.chunk(b"x" * 65536)


def _broken_json(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    handler.piece(state.words[:10])
    handler.chunk(b'data: {"choices": [{"delta": {"content": \n\n')
    handler.chunk(b"")


def _not_utf8(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    handler.chunk(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n')
    handler.chunk(b"")


def _other_form(handler: _Handler, state: LanguageServer) -> None:
    handler.send_json({"answer": state.words})


def _web_page(handler: _Handler, state: LanguageServer) -> None:
    data = b"<html><body>Sign in to the wireless network</body></html>"
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def _disconnects(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    handler.piece(state.words[:10])


def _stops_early(handler: _Handler, state: LanguageServer) -> None:
    """Ends the stream properly, but never says that the answer is whole."""
    handler.begin()
    handler.piece(state.words[:10])
    handler.chunk(b"")


def _cut(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    handler.piece(state.words[:10], "length")
    handler.chunk(b"data: [DONE]\n\n")
    handler.chunk(b"")


def _empty(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    handler.complete()


def _error_inside(handler: _Handler, state: LanguageServer) -> None:
    handler.begin()
    handler.piece(state.words[:10])
    handler.chunk(b'data: {"error": {"message": "you have a glioblastoma"}}\n\n')
    handler.chunk(b"")


def _redirect(handler: _Handler, state: LanguageServer) -> None:
    handler.send_response(307)
    handler.send_header("Location", f"http://{REMOTE_HOST}/v1/chat/completions")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _status(status: int) -> Callable[[_Handler, LanguageServer], None]:
    def answer(handler: _Handler, _: LanguageServer) -> None:
        handler.send_json({"error": {"message": "you have a glioblastoma"}}, status)

    return answer


def _not_http(handler: _Handler, state: LanguageServer) -> None:
    handler.wfile.write(b"\x00\x01 no web server\r\n\r\n")


def _cookie(handler: _Handler, state: LanguageServer) -> None:
    data = json.dumps(
        {"choices": [{"message": {"content": state.words}, "finish_reason": "stop"}]}
    ).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Set-Cookie", "who=you; Max-Age=99999")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


_MODES: dict[str, Callable[[_Handler, LanguageServer], None]] = {
    "good": _good,
    "torn": _torn,
    "whole": _whole,
    "thinking": _thinking,
    "waits": _waits,
    "hangs": _hangs,
    "stalls": _stalls,
    "drips": _drips,
    "endless": _endless,
    "one line": _one_line,
    "broken json": _broken_json,
    "not utf-8": _not_utf8,
    "other form": _other_form,
    "web page": _web_page,
    "disconnects": _disconnects,
    "stops early": _stops_early,
    "cut": _cut,
    "empty": _empty,
    "error inside": _error_inside,
    "redirect": _redirect,
    "not http": _not_http,
    "cookie": _cookie,
    **{str(status): _status(status) for status in (400, 401, 403, 404, 429, 500, 503)},
}


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or trusts no certificate, is none of the test's failures."""


@contextmanager
def language_server(
    certificate: tuple[Path, Path] | None = None, **changes: Any
) -> Iterator[LanguageServer]:
    """A running server; all its threads have ended when the block has.

    ``certificate``: files of certificate and key, for https.
    """
    state = LanguageServer(**changes)
    handler = type("Handler", (_Handler,), {"state": state})
    server = _Server(("127.0.0.1", 0), handler)
    if certificate is not None:
        state.scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    server.daemon_threads = False
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        state.stop.set()
        state.go.set()
        server.shutdown()
        thread.join()
        server.server_close()
