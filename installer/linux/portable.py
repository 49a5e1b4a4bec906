"""The portable archive: one folder with a launcher; settings and data stay in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from product import product

if TYPE_CHECKING:
    from build import Build

LAUNCHER = """#!/bin/sh
# Starts the portable TumorDesk: settings, models and results stay in this folder (TumorDesk-data).
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
exec "$here/program/tumordesk" --portable "$@"
"""
README = """{name} {version}, portable

Start ./TumorDesk. Nothing is installed; settings, models and training runs are kept in the folder
TumorDesk-data beside it. On a bare system Qt needs a few libraries (Debian and Ubuntu):

  sudo apt-get install {packages}

{notice}
"""


def make(build: Build) -> Path:
    """Build ``dist/tumordesk-<version>-linux-x86_64.tar.zst`` and return it."""
    told = product()
    name = f"{told.id}-{told.version}-linux-x86_64" + ("" if build.variant == "cpu" else "-gpu")
    top = build.work / "portable" / name
    shutil.rmtree(top.parent, ignore_errors=True)
    top.mkdir(parents=True)
    shutil.copytree(build.frozen, top / "program", symlinks=True, copy_function=_link)
    (top / "TumorDesk").write_text(LAUNCHER, encoding="utf-8")
    (top / "TumorDesk").chmod(0o755)
    packages = " ".join(one.partition(" ")[0] for one in told.depends)
    text = README.format(
        name=told.name, version=told.version, packages=packages, notice=told.notice
    )
    (top / "README.txt").write_text(text, encoding="utf-8")
    archive = build.out / f"{name}.tar.zst"
    packing = ["tar", "--use-compress-program", "zstd -T0 -12 --long=27 -q"]
    owner = ["--owner=0", "--group=0", "--sort=name"]
    command = [*packing, *owner, "-C", str(top.parent), "-cf", str(archive), name]
    subprocess.run(command, check=True)
    shutil.rmtree(top.parent)
    return archive


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
