"""Brings large shared libraries into memory without stopping the rest of Python.

An import holds the interpreter while the system loads a library: 200 ms for torch on a fast disk,
seconds on a slow one, and the window stands still for as long. A foreign call does not hold it.
Windows needs none of this: there Python and torch let go of the interpreter while they load.
"""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

# In the order of torch's own import: first what must be seen by all libraries.
_TORCH = (("lib/libtorch_global_deps.*", True), ("lib/libtorch_python.*", False))
_SIMPLEITK = (("_SimpleITK*.so", False),)
_SUFFIXES = (".so", ".dylib")


def preload_torch() -> int:
    """Load torch's libraries where they are found; how many were loaded.

    The import that follows finds them in memory, and says what is wrong where one is missing: here
    that is passed over.
    """
    return _preload("torch", _TORCH)


def preload_simpleitk() -> int:
    """Load SimpleITK's library where it is found; how many were loaded."""
    return _preload("SimpleITK", _SIMPLEITK)


def _preload(package: str, patterns: tuple[tuple[str, bool], ...]) -> int:
    spec = find_spec(package)
    if sys.platform == "win32" or spec is None or spec.origin is None:
        return 0
    system = ctypes.CDLL(None)
    system.dlopen.restype = ctypes.c_void_p
    system.dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
    loaded = 0
    for pattern, for_all in patterns:
        mode = os.RTLD_NOW | (os.RTLD_GLOBAL if for_all else os.RTLD_LOCAL)
        for path in sorted(Path(spec.origin).parent.glob(pattern)):
            if path.suffix in _SUFFIXES:
                loaded += system.dlopen(os.fsencode(path), mode) is not None
    return loaded
