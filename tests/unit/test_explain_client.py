"""The language model's client against a real server: good, slow, broken, endless, gone."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from llm_server import GOOD, MODEL, REMOTE_HOST, LanguageServer, language_server
from tumordesk.core.errors import Cancelled, ConfigError, TumorDeskError
from tumordesk.core.explanation import Fact, Language, Register
from tumordesk.core.job import JobContext
from tumordesk.explain.address import parse_address
from tumordesk.explain.client import Endpoint, chat, list_models
from tumordesk.explain.cloud import CloudModel, cloud_by_name
from tumordesk.explain.connection import ConnectionFailed, Limits
from tumordesk.explain.prompt import Request, build_request

FACTS = (Fact("total.volume", 24.3, "mL", "Volume of the outline"),)
SHORT = Limits(connect_s=2.0, first_s=0.3, silence_s=0.3, total_s=1.0, max_bytes=300_000)
IN_TIME = Limits(first_s=10.0, silence_s=10.0, total_s=20.0, max_bytes=300_000)


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    """A server that answers well until the test says otherwise."""
    with language_server() as made:
        yield made


def endpoint(server: LanguageServer, model: str = MODEL, **changes: str) -> Endpoint:
    """The server, and whom to ask there."""
    return Endpoint(parse_address(server.address), model, **changes)


def request(model: str = MODEL) -> Request:
    """A request about one fact."""
    return build_request(FACTS, Language.ENGLISH, Register.PATIENT, model)


def ask(server: LanguageServer, limits: Limits = IN_TIME, model: str = MODEL) -> str:
    """What the server answers."""
    return chat(
        JobContext(), endpoint(server, model), request(model), lambda _: None, limits=limits
    )


@pytest.mark.parametrize("mode", ["good", "torn", "whole", "thinking", "cookie"])
def test_every_way_of_answering_gives_the_same_words(server: LanguageServer, mode: str) -> None:
    server.mode = mode
    assert ask(server) == GOOD


def test_letters_of_any_script_survive_torn_events(server: LanguageServer) -> None:
    server.mode, server.words = "torn", "부피는 24.3 mL입니다. 體積為 24.3 mL。 Größe"
    assert ask(server) == server.words


def test_what_is_shown_grows_and_never_shows_thinking(server: LanguageServer) -> None:
    server.mode = "thinking"
    seen: list[str] = []
    chat(JobContext(), endpoint(server), request(), seen.append, limits=IN_TIME)
    assert seen[-1] == GOOD
    assert not any("glio" in text or "<" in text for text in seen)


def test_the_request_is_sent_byte_for_byte(server: LanguageServer) -> None:
    ask(server)
    sent = server.chats[0]
    assert sent.body == request().body
    assert sent.headers["user-agent"] == "TumorDesk"
    assert set(sent.headers) == {
        "host", "user-agent", "accept", "accept-encoding", "connection", "content-type",
        "content-length",
    }  # fmt: skip


def test_no_cookie_comes_back(server: LanguageServer) -> None:
    server.mode = "cookie"
    ask(server)
    ask(server)
    assert not any("cookie" in one.headers for one in server.asked)


def test_the_key_goes_only_into_its_header(server: LanguageServer) -> None:
    known = endpoint(server, key="s3cret")
    chat(JobContext(), known, request(), lambda _: None, limits=IN_TIME)
    assert server.chats[0].headers["authorization"] == "Bearer s3cret"
    assert b"s3cret" not in server.chats[0].body
    assert "s3cret" not in repr(known)


@pytest.mark.parametrize("key", ["a\nHost: b", "schlüssel", "a\x00b"])
def test_a_key_that_would_break_the_head_is_refused(server: LanguageServer, key: str) -> None:
    with pytest.raises(ConfigError, match="key"):
        endpoint(server, key=key)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("hangs", "said nothing for"),
        ("stalls", "said nothing for"),
        ("drips", "took longer than"),
        ("endless", "more than an explanation"),
        ("one line", "more than an explanation"),
        ("broken json", "cannot be read"),
        ("not utf-8", "cannot be read"),
        ("other form", "form that TumorDesk does not know"),
        ("web page", "form that TumorDesk does not know"),
        ("disconnects", "in the middle"),
        ("stops early", "in the middle"),
        ("cut", "stopped before its text was whole"),
        ("empty", "no words"),
        ("error inside", "had a failure"),
        ("not http", "does not answer as a web service"),
        ("400", "does not accept"),
        ("401", "asks for a key"),
        ("403", "does not let us in"),
        ("404", "does not know"),
        ("429", "too much to do"),
        ("500", "had a failure"),
        ("503", "had a failure"),
    ],
)
def test_every_failure_is_a_sentence(server: LanguageServer, mode: str, words: str) -> None:
    server.mode = mode
    with pytest.raises(ConnectionFailed, match=words) as caught:
        ask(server, SHORT)
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    assert "glioblastoma" not in str(caught.value)


def test_nobody_there_is_a_sentence() -> None:
    with language_server() as server:
        known = endpoint(server)
    with pytest.raises(ConnectionFailed, match="No connection to"):
        chat(JobContext(), known, request(), lambda _: None)


def test_a_redirect_is_named_and_not_followed(
    server: LanguageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[object] = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **_: looked_up.append(args))
    server.mode = "redirect"
    with pytest.raises(ConnectionFailed, match=REMOTE_HOST):
        ask(server)
    assert looked_up == []


def test_proxies_of_the_environment_are_not_asked(
    server: LanguageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with language_server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert ask(server) == GOOD
        assert proxy.asked == []


@pytest.mark.parametrize("mode", ["hangs", "stalls", "drips"])
def test_cancelling_closes_the_connection(server: LanguageServer, mode: str) -> None:
    server.mode = mode
    context = JobContext()
    ended: list[type] = []

    def run() -> None:
        try:
            chat(context, endpoint(server), request(), lambda _: None)
        except Cancelled:
            ended.append(Cancelled)

    thread = threading.Thread(target=run)
    thread.start()
    if mode == "hangs":
        while not server.chats:
            thread.join(0.01)
    else:
        assert server.began.wait(10.0)
    context.cancel()
    thread.join(10.0)
    assert ended == [Cancelled]
    assert server.gone.wait(10.0)


# Certificates ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody trusts yet, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    made = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
            "-out", str(made[0]), "-keyout", str(made[1]),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    return made


@pytest.mark.parametrize("mode", ["good", "torn", "whole"])
def test_https_with_a_trusted_certificate(
    certificate: tuple[Path, Path], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with language_server(certificate, mode=mode) as server:
        assert server.address.startswith("https://")
        assert ask(server) == GOOD


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    certificate: tuple[Path, Path],
) -> None:
    with language_server(certificate) as server:
        with pytest.raises(ConnectionFailed, match="could not prove"):
            ask(server)
        assert server.asked == []


def test_https_to_a_server_without_it_is_a_sentence(server: LanguageServer) -> None:
    server.scheme = "https"
    with pytest.raises(ConnectionFailed, match="No secure connection"):
        ask(server)


# Models ------------------------------------------------------------------------------------


def test_models_are_listed_and_remote_ones_say_why(server: LanguageServer) -> None:
    server.models = (MODEL, "gpt-oss:120b-cloud", "mine:latest", "glm-4.6:cloud")
    server.remote = ("mine:latest",)
    found = {one.name: one.refused for one in list_models(JobContext(), endpoint(server))}
    assert found[MODEL] == ""
    for name in server.models[1:]:
        assert "sent on to a cloud" in found[name]


def test_a_server_that_is_not_ollama_lists_and_answers_too(server: LanguageServer) -> None:
    server.ollama = False
    assert [one.name for one in list_models(JobContext(), endpoint(server))] == [MODEL]
    assert ask(server) == GOOD


@pytest.mark.parametrize(
    "model",
    ["gpt-oss:120b-cloud", "glm-4.6:cloud", "Kimi-K2:1T-Cloud", "me/x-cloud:latest", "cloud/x"],
)
def test_names_of_cloud_models(model: str, server: LanguageServer) -> None:
    assert cloud_by_name(model)
    with pytest.raises(CloudModel, match="sent on to a cloud"):
        ask(server, model=model)
    assert server.asked == []


@pytest.mark.parametrize("model", ["llama3.2:1b", "cloudy:7b", "cumulus-cloudless", "qwen3"])
def test_names_of_models_that_run_here(model: str) -> None:
    assert not cloud_by_name(model)


def test_a_remote_model_under_another_name_gets_nothing(server: LanguageServer) -> None:
    server.models, server.remote = ("harmless:1b",), ("harmless:1b",)
    with pytest.raises(CloudModel, match="sent on to a cloud"):
        ask(server, model="harmless:1b")
    assert server.chats == []


def test_names_that_could_be_markup_are_not_offered(server: LanguageServer) -> None:
    server.models = (MODEL, "<img src=x>", "a\nb", "", "x" * 300, "/models/llama 3 (q4).gguf")
    found = [one.name for one in list_models(JobContext(), endpoint(server))]
    assert found == [MODEL, "/models/llama 3 (q4).gguf"]


def test_a_request_for_another_model_than_was_checked_is_a_defect(server: LanguageServer) -> None:
    with pytest.raises(ValueError, match="another model"):
        chat(JobContext(), endpoint(server), request("other:1b"), lambda _: None)
    assert server.asked == []


def test_a_list_that_is_none_is_a_sentence(server: LanguageServer) -> None:
    known = endpoint(server)
    wrong = replace(known, address=replace(known.address, path="/v2"))
    with pytest.raises(TumorDeskError, match="does not know this address"):
        list_models(JobContext(), wrong)
