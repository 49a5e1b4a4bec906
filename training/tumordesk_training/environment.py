"""The software and the machine of a run, for whoever wants to repeat it."""

from __future__ import annotations

import datetime as dt
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from tumordesk import __version__
from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import read_json, write_json

ENVIRONMENT_NAME = "environment.json"
_PACKAGES = (
    "torch", "torchvision", "timm", "segmentation-models-pytorch", "numpy", "pillow",
    "safetensors", "pydicom", "SimpleITK",
)  # fmt: skip


def packages() -> dict[str, str]:
    """Versions of TumorDesk and of the libraries that decide over a training's result."""
    found = {"tumordesk": __version__}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, Any]:
    """What environment.json holds of one start of a run."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "date": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
        "cuda": torch.version.cuda if gpus else None,
        "packages": packages(),
    }


def record(folder: Path) -> tuple[str, ...]:
    """Write environment.json into a run folder: this start, and in "earlier" those before it.

    Returns:
        A sentence where the versions differ from those that the run began with.

    Raises:
        WriteError: the folder cannot be written.
    """
    path = folder / ENVIRONMENT_NAME
    now = describe()
    try:
        before = read_json(path)
    except ConfigError:
        before = {}
    if not isinstance(before, dict) or "packages" not in before:
        write_json(path, {"schema": 1, **now, "earlier": []})
        return ()
    old = {k: v for k, v in before.items() if k not in ("schema", "earlier")}
    write_json(path, {"schema": 1, **now, "earlier": [*before.get("earlier", []), old]})
    changed = [
        f"{name} {old['packages'].get(name, '(none)')} is now {version}"
        for name, version in now["packages"].items()
        if old["packages"].get(name) != version
    ]
    if not changed:
        return ()
    return (f"The software has changed since the run began: {', '.join(changed)}.",)


def _processor() -> str:
    """Name of the CPU, where the system tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.processor()
