"""Large libraries are in memory before the import that would hold the interpreter for them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from pathlib import Path
from tumordesk.core.shared_libraries import preload_simpleitk, preload_torch
loaded = preload_torch() + preload_simpleitk()
imported = [name for name in ("torch", "SimpleITK") if name in sys.modules]
mapped = Path("/proc/self/maps").read_text()
in_memory = [name in mapped for name in ("libtorch_cpu.so", "/_SimpleITK")]
import torch
import SimpleITK
works = float(torch.ones(3).sum()) + SimpleITK.Image(2, 2, 1).GetWidth()
print(json.dumps([loaded, imported, in_memory, works]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
def test_the_libraries_are_read_without_an_import() -> None:
    out = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(out.stdout) == [3, [], [True, True], 5.0]


def test_nothing_happens_where_the_libraries_are_not_there(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A build of torch that names its libraries otherwise: the import says what is wrong."""
    root = tmp_path_factory.mktemp("packages")
    (root / "torch").mkdir()
    (root / "torch" / "__init__.py").touch()
    program = f"import sys; sys.path.insert(0, {str(root)!r})\n"
    program += "from tumordesk.core.shared_libraries import preload_torch\nprint(preload_torch())"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert out.stdout.strip() == "0"
