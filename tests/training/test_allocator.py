"""Freed memory stays with the training program, so that the next step finds it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import ctypes, resource, sys
from tumordesk_training.allocator import keep_memory
if "keep" in sys.argv:
    assert keep_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def step():
    block = libc.malloc(64 << 20)
    ctypes.memset(block, 1, 64 << 20)
    libc.free(block)
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(*words: str) -> int:
    order = [sys.executable, "-c", _PROGRAM, *words]
    return int(subprocess.run(order, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc can be asked")
def test_pages_are_not_fetched_anew_in_every_step() -> None:
    assert 4 * _faults("keep") < _faults()


_LARGE = """
import ctypes
from tumordesk_training.allocator import keep_memory
assert keep_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
libc.malloc.argtypes, libc.sbrk.argtypes = [ctypes.c_size_t], [ctypes.c_ssize_t]
block = libc.malloc(3 << 30)
end = libc.sbrk(0)
libc.free(block)
assert libc.sbrk(0) >= end
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc can be asked")
def test_more_than_two_gigabytes_are_kept_too() -> None:
    subprocess.run([sys.executable, "-c", _LARGE], check=True)
