"""Imports what a first run needs, in the background, after the window is on screen."""

from __future__ import annotations

import os
from contextlib import suppress

from tumordesk.core.shared_libraries import preload_simpleitk, preload_torch

# Waiting OpenMP threads sleep instead of spinning, so that a busy machine stays usable. Only
# takes effect before torch is imported, and the user's own choice counts.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def warm_up(*, keep_free: int = 1) -> str:
    """Import torch, SimpleITK and the networks, set the thread limit; returns the device in words.

    Args:
        keep_free: processor cores torch leaves to the window.
    """
    preload_torch()
    import tumordesk.inference.run
    import tumordesk.networks.factory  # noqa: F401
    from tumordesk.inference.devices import choose_device, limit_threads

    limit_threads(keep_free=keep_free)
    device = choose_device().device.text
    # What measures outlines after a run. Where it is missing, the run says so.
    preload_simpleitk()
    with suppress(ImportError):
        import SimpleITK  # noqa: F401
    return device
