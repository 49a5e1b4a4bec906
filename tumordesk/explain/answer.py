"""The words in a chat completion: streamed as events, or whole as one JSON document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tumordesk.explain.connection import Answer, ConnectionFailed

MAX_CHARACTERS = 12_000
"""Longer than any explanation; a model that goes on is not listened to."""
_THINKING = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|$)", re.DOTALL | re.IGNORECASE)
_OPENING = re.compile(r"<[a-z]{0,9}$", re.IGNORECASE)
_CUT = ("length", "content_filter", "error")


def visible(text: str) -> str:
    """``text`` without a model's thinking aloud, and without a tag that is still being written."""
    return _OPENING.sub("", _THINKING.sub("", text)).strip()


def read_answer(answer: Answer, place: str, on_text: Callable[[str], None]) -> str:
    """The whole answer; ``on_text`` gets what is there so far, each time there is more.

    Raises:
        ConnectionFailed: not in the form of a chat completion, empty, cut off, or too long.
    """
    text, reason = "", ""
    for event in _events(answer, place):
        if event.get("error"):
            raise ConnectionFailed(f"{place} had a failure while answering.", "Try again.")
        piece, ended = _piece(event, place)
        reason = reason or ended
        if piece:
            text += piece
            if len(text) > MAX_CHARACTERS:
                raise ConnectionFailed(
                    f"{place} sent more than an explanation can be.", "Choose another model."
                )
            on_text(visible(text))
    if reason in _CUT:
        raise ConnectionFailed(
            "The language model stopped before its text was whole.", "Choose another model."
        )
    if not reason:
        raise ConnectionFailed(
            f"{place} ended the connection in the middle of the answer.", "Try again."
        )
    words = visible(text)
    if not words:
        raise ConnectionFailed(
            "The language model gave no words.", "Try again, or choose another model."
        )
    return words


def parse_json(data: bytes, place: str) -> Any:
    """Decoded JSON. Raises ConnectionFailed where it is none."""
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConnectionFailed(
            f"{place} sent an answer that cannot be read.",
            "Check that the address is that of a language model.",
        ) from error


def _events(answer: Answer, place: str) -> Iterator[dict[str, Any]]:
    """The documents of an answer, in order; one where it was not streamed."""
    if answer.kind == "application/json":
        yield _mapping(parse_json(answer.everything(), place), place)
        return
    data: list[bytes] = []
    for line in answer.lines():
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            whole = b"\n".join(data)
            data = []
            if whole.strip() == b"[DONE]":
                yield _DONE
                return
            yield _mapping(parse_json(whole, place), place)
        elif line and not line.startswith((b":", b"event:", b"id:", b"retry:")):
            raise _strange(place)
    if data and b"".join(data).strip() == b"[DONE]":
        yield _DONE


_DONE: dict[str, Any] = {"choices": [{"finish_reason": "stop"}]}


def _mapping(document: Any, place: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _strange(place)
    return document


def _piece(event: dict[str, Any], place: str) -> tuple[str, str]:
    """(more text, why it ended or '') of one document."""
    choices = event.get("choices")
    if not isinstance(choices, list):
        raise _strange(place)
    if not choices:  # figures on usage come without words
        return "", ""
    first = choices[0]
    if not isinstance(first, dict):
        raise _strange(place)
    part = first.get("delta") or first.get("message") or {}
    content = part.get("content") if isinstance(part, dict) else None
    ended = first.get("finish_reason")
    if not isinstance(content, (str, type(None))) or not isinstance(ended, (str, type(None))):
        raise _strange(place)
    return content or "", ended or ""


def _strange(place: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"{place} answers in a form that TumorDesk does not know.",
        "Check that the address is that of a language model (OpenAI-compatible).",
    )
