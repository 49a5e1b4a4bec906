"""Where a training stands, from its events, in figures and in words. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tumordesk.core.study import sequence_shown
from tumordesk.core.training_run import RunState, TrainingConfig, TrainingEvent

_SHOWN_NOTES = 200


@dataclass
class TrainingProgress:
    """Fed event by event, in the order of events.jsonl.

    ``progress`` is 0..1 of the whole run; what is not known yet is None. ``notes``: what the
    training said of itself, each once, the newest last.
    """

    epochs: int = 0
    state: RunState = RunState.CREATED
    epoch: int = 0
    progress: float | None = None
    best_epoch: int | None = None
    images_per_s: float | None = None
    eta_s: float | None = None
    memory_mb: float | None = None
    device: str = ""
    message: str = ""
    samples: str = ""
    notes: list[str] = field(default_factory=list)

    def take(self, events: Iterable[TrainingEvent]) -> None:
        """Take events."""
        for event in events:
            self._take(event)

    def _take(self, event: TrainingEvent) -> None:
        values = event.values
        kind = event.kind
        if kind == "start":
            self.state = RunState.RUNNING
            self.device = str(values.get("device", self.device))
            self.epoch = event.epoch
            self.message = ""
            self._note(event.message)
        elif kind == "step":
            self.state, self.epoch = RunState.RUNNING, event.epoch
            self.progress = _number(values.get("progress"), self.progress)
            self.images_per_s = _number(values.get("images_per_s"), self.images_per_s)
            self.eta_s = _number(values.get("eta_s"), self.eta_s)
            self.memory_mb = _number(values.get("memory_mb"), self.memory_mb)
        elif kind == "epoch":
            self.state, self.epoch = RunState.RUNNING, event.epoch
            if self.epochs:
                self.progress = max(self.progress or 0.0, min(1.0, event.epoch / self.epochs))
        elif kind == "samples":
            self.samples = str(values.get("folder", ""))
        elif kind == "warning":
            self._note(event.message)
        elif kind == "paused":
            self.state = RunState.PAUSED
        else:
            self.state = {
                "stopped": RunState.STOPPED,
                "finished": RunState.FINISHED,
                "failed": RunState.FAILED,
            }[kind]
            self.message = event.message

    def _note(self, text: str) -> None:
        if text and text not in self.notes:
            self.notes.append(text)
            del self.notes[:-_SHOWN_NOTES]

    @property
    def over(self) -> bool:
        """True where no process trains any more."""
        return self.state in (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)

    def headline(self) -> str:
        """The state in a few words."""
        of = f" of {self.epochs}" if self.epochs else ""
        now = min(self.epoch + 1, self.epochs or self.epoch + 1)
        return {
            RunState.CREATED: "Starting: the pictures are read",
            RunState.RUNNING: f"Training, epoch {now}{of}",
            RunState.PAUSED: f"Paused in epoch {now}{of}",
            RunState.FINISHED: "Training finished",
            RunState.STOPPED: "Training stopped",
            RunState.FAILED: "Training ended early",
        }[self.state]

    def explanation(self) -> str:
        """What that means, and what can be done."""
        kept = (
            "" if self.best_epoch is None else f"Epoch {self.best_epoch} was the best; it is kept."
        )
        if self.state is RunState.FINISHED:
            return self.message or kept
        if self.state is RunState.STOPPED:
            return kept or "It was stopped before the first epoch was through; nothing is kept."
        if self.state is RunState.FAILED:
            return " ".join(part for part in (self.message, kept) if part)
        if self.state is RunState.PAUSED:
            return "The processor is free for other work. Nothing is lost."
        return ""


def duration_words(seconds: float | None) -> str:
    """'2 h 05 min', '12 min', '40 s'; a dash where it is not known."""
    if seconds is None or seconds < 0:
        return "–"
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def memory_words(megabytes: float | None) -> str:
    """'1.8 GB', '640 MB'; a dash where it is not known."""
    if megabytes is None:
        return "–"
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1024 else f"{megabytes:.0f} MB"


def speed_words(images_per_s: float | None) -> str:
    """Pictures per second with two digits that mean something."""
    if images_per_s is None:
        return "–"
    return f"{images_per_s:.0f} / s" if images_per_s >= 10 else f"{images_per_s:.1f} / s"


def device_words(device: str) -> str:
    """'cuda:0' as people call it."""
    if device.startswith("cuda"):
        number = device.partition(":")[2]
        return "GPU" if number in ("", "0") else f"GPU {number}"
    return {"cpu": "Processor", "mps": "Apple GPU"}.get(device, device or "–")


OWN_WEIGHTS = "TumorDesk's own weights where they fit, in whole or in part; else nothing"
_STARTS = {
    "": "scratch: nothing learned before",
    "auto": OWN_WEIGHTS,
    "imagenet": "ImageNet weights, downloaded",
}


def network_words(architecture: str) -> str:
    """A network as people call it."""
    from tumordesk.networks.catalog import ARCHITECTURES

    info = ARCHITECTURES.get(architecture)
    return info.title if info is not None else architecture


def order_words(config: TrainingConfig) -> tuple[tuple[str, str], ...]:
    """(what, how) lines of what will be trained."""
    size = config.input.size
    channels = "1 channel" if config.input.channels == 1 else f"{config.input.channels} channels"
    if config.data.sequences:
        shown = [sequence_shown(source.sequence) for source in config.data.sequences]
        channels += f" ({', '.join(shown)})"
    length = f"at most {config.epochs} epochs" if config.epochs > 1 else "1 epoch"
    if config.budget_minutes:
        length += f", at most {duration_words(config.budget_minutes * 60)}"
    if config.patience:
        length += f"; ends when {config.patience} epochs bring nothing better"
    auto = config.device == "auto"
    batch = "as many as the memory holds" if not config.batch_size else str(config.batch_size)
    return (
        ("Task", "Outline" if config.task == "segmentation" else ", ".join(config.classes)),
        ("Network", network_words(config.architecture)),
        ("Starts from", _STARTS.get(config.initial_weights) or config.initial_weights),
        ("Pictures", f"{size[0]} × {size[1]} pixels, {channels}, {batch} at a time"),
        ("Length", length),
        ("Computes on", "GPU where there is one" if auto else device_words(config.device)),
    )


def _number(value: object, default: float | None) -> float | None:
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if known else default  # type: ignore[arg-type]
