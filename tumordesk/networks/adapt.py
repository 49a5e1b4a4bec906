"""Weights made for another number of channels or classes, or for another task: made to fit."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from tumordesk.core.errors import ModelError
from tumordesk.networks import parts
from tumordesk.networks.ensemble import first_member
from tumordesk.networks.states import State, read_state

# Names of the last layers in torchvision and timm.
_FOREIGN_HEADS = ("classifier.", "fc.", "head.")
_COUNTER = "num_batches_tracked"


def adapt_input(weight: torch.Tensor, channels: int) -> torch.Tensor:
    """Kernel (out, in, k, k) -> (out, channels, k, k) that answers a grey picture as before.

    The kernel is summed over the input channels and shared out evenly: a picture repeated over
    all channels gives what it gave, with any number of them.
    """
    if weight.shape[1] == channels:
        return weight
    return (weight.sum(dim=1, keepdim=True) / channels).repeat(1, channels, 1, 1)


def centre_input(weight: torch.Tensor, channels: int) -> torch.Tensor:
    """Kernel (out, in, k, k) -> (out, channels, k, k) that looks at the middle channel alone.

    For networks whose further channels are neighbouring slices: they start without influence.
    """
    if weight.shape[1] == channels:
        return weight
    result = weight.new_zeros((weight.shape[0], channels, *weight.shape[2:]))
    result[:, channels // 2] = weight.sum(dim=1)
    return result


def adapt_state(
    state: State, model: nn.Module, *, centre: bool = False
) -> tuple[State, tuple[str, ...]]:
    """Make weights of the same architecture fit ``model``'s channels, classes and head.

    With ``centre`` the channels of ``model`` are neighbouring slices: what the weights knew of
    one slice is then given to the middle one.

    Of weights of several networks the first is taken.

    Returns:
        The state to load strictly, and sentences that say what was changed (none: nothing was).

    Raises:
        ModelError: the weights belong to another architecture.
    """
    state, own = first_member(state), model.state_dict()
    head = parts.head_name(model) + "."
    result, messages = _adapt_inputs(state, own, parts.input_layers(model), centre=centre)
    fresh = [n for n in own if n.startswith(head) and not _fits(result, own, n)]
    unused = [n for n in result if n.startswith(head) and n not in own]
    for name in fresh:
        result[name] = own[name].clone()
    for name in unused:
        del result[name]
    if fresh or unused:
        messages.append(_head_message(state, own, fresh, unused))
    _add_counters(result, own)
    _require_fit(result, own)
    return {name: result[name] for name in own}, tuple(messages)


def _fits(state: State, own: State, name: str) -> bool:
    return name in state and state[name].shape == own[name].shape


def _adapt_inputs(
    state: State, own: State, layers: tuple[str, ...], *, centre: bool = False
) -> tuple[State, list[str]]:
    result = dict(state)
    messages: list[str] = []
    for layer in layers:
        name = f"{layer}.weight"
        if name not in state or name not in own or _fits(state, own, name):
            continue
        old, new = state[name].shape, own[name].shape
        if len(old) != len(new) or old[0] != new[0] or old[2:] != new[2:]:
            continue
        made = centre_input if centre else adapt_input
        result[name] = made(state[name], new[1])
        if not messages:
            messages.append(_input_message(old[1], new[1], centre))
    return result, messages


def _input_message(old: int, new: int, centre: bool) -> str:
    def count(n: int) -> str:
        return "1 input channel" if n == 1 else f"{n} input channels"

    if centre:
        return (
            f"The weights were made for {count(old)}, this network sees {new} neighbouring slices: "
            "it starts with eyes for the middle one alone."
        )
    how = "summed over" if new == 1 else f"summed over, and shared evenly by {new} channels of,"
    return (
        f"The weights were made for {count(old)}, this network has {count(new)}: the first "
        f"convolution was {how} the old channels, so that it answers a grey picture as before."
    )


def _head_message(state: State, own: State, fresh: list[str], unused: list[str]) -> str:
    rows = [(state[n].shape, own[n].shape) for n in fresh if n in state]
    last_only = len(rows) == len(fresh) == 2 and all(a[1:] == b[1:] for a, b in rows)
    if last_only and not unused:
        old, new = rows[0][0][0], rows[0][1][0]
        return (
            f"The weights were made for {old} classes, this network has {new}: "
            "its last layer starts anew and must be trained."
        )
    return "The weights had another head: the layers that differ start anew and must be trained."


def _add_counters(result: State, own: State) -> None:
    """Batch counters are bookkeeping; files without them are complete."""
    for name in own:
        if name.endswith(_COUNTER) and name not in result:
            result[name] = own[name].clone()


def _require_fit(state: State, own: State) -> None:
    wrong = [n for n in own if not _fits(state, own, n)] + [n for n in state if n not in own]
    if wrong:
        raise ModelError(
            "These weights belong to another architecture, or to other options of it: "
            f"{len(wrong)} entries do not fit, the first is {wrong[0]}.",
            "Choose the architecture and options the weights were trained with.",
        )


def load_pretrained(model: nn.Module, path: Path, *, centre: bool = False) -> tuple[str, ...]:
    """Load weights of the same backbone, made for other classes or another task.

    Takes a classifier in torchvision's or timm's own names (``features.*``, ``classifier.*``) or
    weights of TumorDesk (``backbone.*``, ``encoder.*``) into the backbone of a classifier and into
    the encoder of a segmentation network alike. The first convolution is adapted to the number of
    input channels; head and decoder of the file are dropped.

    Returns:
        Sentences that say what was done.

    Raises:
        ModelError: the file is not readable, or holds another backbone.
    """
    state, dropped = _backbone_state(read_state(path))
    prefix = parts.backbone_name(model) + "."
    layers = tuple(
        n.removeprefix(prefix) for n in parts.input_layers(model) if n.startswith(prefix)
    )
    backbone = parts.backbone(model)
    own = backbone.state_dict()
    state, messages = _adapt_inputs(state, own, layers, centre=centre)
    _add_counters(state, own)
    _require_fit(state, own)
    backbone.load_state_dict(state)
    messages.insert(0, f"The {prefix[:-1]} starts from the weights in {path.name}.")
    if dropped:
        messages.append(
            f"The file's own last layers ({', '.join(dropped)}) were dropped: "
            "the rest of this network starts anew and must be trained."
        )
    return tuple(messages)


def _backbone_state(state: State) -> tuple[State, tuple[str, ...]]:
    """The backbone's part of a file, without prefix, and the names of the parts left out."""
    state = first_member(state)
    for prefix in ("backbone.", "encoder."):
        if any(name.startswith(prefix) for name in state):
            kept = {n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)}
            dropped = {n.split(".")[0] for n in state if not n.startswith(prefix)}
            return kept, tuple(sorted(dropped))
    kept = {n: t for n, t in state.items() if not n.startswith(_FOREIGN_HEADS)}
    dropped = {n.split(".")[0] for n in state if n not in kept}
    return kept, tuple(sorted(dropped))
