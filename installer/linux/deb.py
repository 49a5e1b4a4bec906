"""The Debian package: the frozen program, menu entry, file types, icons, manual pages."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from linux import files
from product import product

if TYPE_CHECKING:
    from build import Build

ARCHITECTURE = "amd64"
_PACKING = "-Zxz", "-z4", f"--threads-max={os.cpu_count() or 1}"


def make(build: Build) -> Path:
    """Build ``dist/tumordesk_<version>_amd64.deb`` and return it."""
    told = product()
    tree = build.work / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    program = tree / told.folder.lstrip("/")
    program.parent.mkdir(parents=True)
    shutil.copytree(build.frozen, program, symlinks=True, copy_function=_link)
    _links(tree)
    for path, text in files.system_files(told).items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode("utf-8")
        if target.suffix == ".gz":
            data = gzip.compress(data, 9, mtime=0)
        target.write_bytes(data)
    _icons(build.work / "icons", tree)
    _control(tree)
    _modes(tree)
    name = told.id if build.variant == "cpu" else f"{told.id}-gpu"
    package = build.out / f"{name}_{told.version}_{ARCHITECTURE}.deb"
    command = ["dpkg-deb", "--root-owner-group", *_PACKING, "--build", str(tree), str(package)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return package


def _link(source: str, target: str) -> None:
    """A hard link where that is possible: a copy of over a gigabyte is not needed to pack it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _links(tree: Path) -> None:
    told = product()
    folder = tree / "usr" / "bin"
    folder.mkdir(parents=True)
    for name in ("tumordesk", "tumordesk-train"):
        (folder / name).symlink_to(f"{told.folder}/{name}")


def _icons(source: Path, tree: Path) -> None:
    for path in sorted(source.glob("tumordesk-*.png")):
        size = path.stem.rpartition("-")[2]
        folder = tree / "usr/share/icons/hicolor" / f"{size}x{size}" / "apps"
        folder.mkdir(parents=True)
        shutil.copy2(path, folder / "tumordesk.png")


def _control(tree: Path) -> None:
    told = product()
    used = (p.lstat().st_size for p in tree.rglob("*") if p.is_file() and not p.is_symlink())
    size_kib = sum(used) // 1024
    folder = tree / "DEBIAN"
    folder.mkdir()
    lines = [
        f"Package: {told.id}",
        f"Version: {told.version}",
        f"Architecture: {ARCHITECTURE}",
        f"Maintainer: {told.contact}",
        f"Installed-Size: {size_kib}",
        f"Depends: {', '.join(told.depends)}",
        f"Recommends: {', '.join(told.recommends)}",
        "Section: science",
        "Priority: optional",
        f"Description: {told.summary}",
        *(f" {line}" for line in files.wrapped(told.description, 76)),
        f" .\n {told.notice}",
    ]
    (folder / "control").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _modes(tree: Path) -> None:
    """Readable for all, writable for nobody but root; programs stay programs."""
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        library = ".so" in path.suffixes
        executable = path.is_dir() or (bool(path.stat().st_mode & 0o100) and not library)
        path.chmod(0o755 if executable else 0o644)
