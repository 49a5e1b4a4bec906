"""Asks a language model behind an OpenAI-compatible address: Ollama, llama.cpp, LM Studio, vLLM."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.job import JobContext
from tumordesk.explain import cloud
from tumordesk.explain.address import Address, require_consent
from tumordesk.explain.answer import parse_json, read_answer
from tumordesk.explain.connection import PATIENT, QUICK, Answer, ConnectionFailed, Limits, exchange
from tumordesk.explain.prompt import Request

MAX_MODELS = 500
_NAME = re.compile(r"[\w./~(\[][\w .:/\\@+,=~()\[\]-]{0,199}")


@dataclass(frozen=True)
class Endpoint:
    """Whom to ask. ``allowed``: origins the person consented to. ``key`` is kept nowhere else."""

    address: Address
    model: str = ""
    allowed: frozenset[str] = frozenset()
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not (self.key.isascii() and self.key.isprintable()):
            raise ConfigError("The key holds signs that a key cannot have.", "Enter it again.")


@dataclass(frozen=True)
class ListedModel:
    """A model that a server offers; ``refused`` says why it must not be asked, or ''."""

    name: str
    refused: str = ""


def list_models(
    context: JobContext, endpoint: Endpoint, limits: Limits = QUICK
) -> tuple[ListedModel, ...]:
    """What the server offers, in its order.

    Raises:
        ConsentNeeded: the address is not this machine and not allowed; nothing was opened.
        TumorDeskError: it cannot be reached, or does not answer as such a server does.
    """
    address = endpoint.address
    ips = require_consent(address, endpoint.allowed)
    document = _get(context, endpoint, ips, f"{address.path}/models", limits)
    entries = document.get("data") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ConnectionFailed(
            f"{address.place} does not list language models.",
            "Check the address; it mostly ends in /v1.",
        )
    remote = cloud.forwarded_names(_tags(context, endpoint, ips, limits))
    names = [entry.get("id") for entry in entries[:MAX_MODELS] if isinstance(entry, dict)]
    found = []
    for name in dict.fromkeys(n for n in names if isinstance(n, str) and valid_name(n)):
        sent_on = cloud.cloud_by_name(name) or name in remote
        found.append(
            ListedModel(name, cloud.refusal(name, address.place).message if sent_on else "")
        )
    return tuple(found)


def valid_name(model: str) -> bool:
    """True for what can be a model's name."""
    return _NAME.fullmatch(model) is not None


def chat(
    context: JobContext,
    endpoint: Endpoint,
    request: Request,
    on_text: Callable[[str], None],
    limits: Limits = PATIENT,
) -> str:
    """Send the request, exactly its bytes, and return the words of the answer.

    ``on_text`` gets what has arrived so far. The model is looked at first: one that is sent on
    to a cloud gets nothing.

    Raises:
        ConsentNeeded: not this machine and not allowed; nothing was opened.
        CloudModel: the server would send the text on.
        TumorDeskError: every other failure, in a sentence.
        Cancelled: stopped; the connection is closed.
    """
    address, model = endpoint.address, endpoint.model
    if request.model != model:
        raise ValueError("the request is for another model than the one that is looked at")
    if not valid_name(model):
        raise ConfigError("No language model is chosen.", "Choose one in the dialog.")
    if cloud.cloud_by_name(model):
        raise cloud.refusal(model, address.place)
    ips = require_consent(address, endpoint.allowed)
    _refuse_forwarded(context, endpoint, ips)
    path = f"{address.path}/chat/completions"
    with exchange(
        context, address, ips, "POST", path, body=request.body, key=endpoint.key, limits=limits
    ) as answer:
        _require_ok(answer, endpoint)
        return read_answer(answer, address.place, on_text)


def _refuse_forwarded(context: JobContext, endpoint: Endpoint, ips: tuple[str, ...]) -> None:
    """Ask what Ollama knows of the model; other servers know no such question.

    Raises CloudModel, or ConnectionFailed where the server fails to say.
    """
    address, model = endpoint.address, endpoint.model
    body = json.dumps({"model": model}).encode("utf-8")
    shown = _native(context, endpoint, ips, "POST", "show", QUICK, body)
    remote = cloud.forwarded(shown)
    if not remote and shown is not None:
        remote = model in cloud.forwarded_names(_tags(context, endpoint, ips, QUICK))
    if remote:
        raise cloud.refusal(model, address.place)


def _tags(context: JobContext, endpoint: Endpoint, ips: tuple[str, ...], limits: Limits) -> Any:
    return _native(context, endpoint, ips, "GET", "tags", limits)


def _native(
    context: JobContext,
    endpoint: Endpoint,
    ips: tuple[str, ...],
    method: str,
    name: str,
    limits: Limits,
    body: bytes | None = None,
) -> Any:
    """The answer of Ollama's own interface; None where the server has none.

    Raises ConnectionFailed where it has one that fails: then nothing is known of the model.
    """
    address = endpoint.address
    path = f"{address.path.removesuffix('/v1')}/api/{name}"
    with exchange(
        context, address, ips, method, path, body=body, key=endpoint.key, limits=limits
    ) as answer:
        data = answer.everything()
        if answer.status >= 500 and answer.status != 501:
            raise ConnectionFailed(
                f"{address.place} does not say whether the model runs there.", "Try again."
            )
        if answer.status != 200 or answer.kind != "application/json":
            return None
        return parse_json(data, address.place)


def _get(
    context: JobContext, endpoint: Endpoint, ips: tuple[str, ...], path: str, limits: Limits
) -> Any:
    with exchange(
        context, endpoint.address, ips, "GET", path, key=endpoint.key, limits=limits
    ) as answer:
        _require_ok(answer, endpoint)
        return parse_json(answer.everything(), endpoint.address.place)


_STATUS = {
    400: ("{place} does not accept the request.", "The model may not be made for conversations."),
    401: ("{place} asks for a key.", "Enter the key in the dialog."),
    403: ("{place} does not let us in.", "Check the key."),
    404: ("{place} does not know this address or model.", "Check both; mostly it ends in /v1."),
    413: ("{place} finds the request too long.", "Choose another model."),
    429: ("{place} has too much to do.", "Try again later."),
}


def _require_ok(answer: Answer, endpoint: Endpoint) -> None:
    """A sentence for every status but 200. The server's own words are not repeated: nobody
    checked them."""
    if answer.status == 200:
        return
    failure = ("{place} had a failure.", "Try again, or look at its own messages.")
    message, hint = _STATUS.get(answer.status, failure)
    raise ConnectionFailed(f"{message.format(place=endpoint.address.place)}", hint)
