"""What every installer is made from: product.toml and the version of the program."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class FileType:
    """A kind of file that TumorDesk opens.

    ``extensions`` without dot ("nii.gz" too); ``names`` are whole file names (DICOMDIR).
    ``magic`` is (offset, text) of the bytes such a file holds. ``standard``: the MIME type is a
    registered one, so that systems know it already.
    """

    name: str
    mime: str
    extensions: tuple[str, ...]
    names: tuple[str, ...] = ()
    magic: tuple[int, str] | None = None
    standard: bool = False


@dataclass(frozen=True)
class Product:
    """Names, texts and associations of the program; see product.toml."""

    id: str
    name: str
    app_id: str
    version: str
    publisher: str
    contact: str
    licence: str
    copyright: str
    summary: str
    description: str
    notice: str
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    windows_app_id: str
    macos_bundle_id: str
    file_types: tuple[FileType, ...]
    depends: tuple[str, ...]
    recommends: tuple[str, ...]
    folder: str

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """The version as four numbers, as Windows wants it ('0.2.0.dev1' -> 0, 2, 0, 0)."""
        found = [int(n) for n in re.findall(r"\d+", re.split(r"[a-z+]", self.version)[0])]
        major, minor, patch = (*found, 0, 0, 0)[:3]
        return major, minor, patch, 0


def program_version() -> str:
    """``__version__`` of the package, read without importing it."""
    text = (ROOT / "tumordesk" / "__init__.py").read_text(encoding="utf-8")
    match = re.search(r'__version__ = "([^"]+)"', text)
    if match is None:
        raise ValueError("tumordesk/__init__.py holds no version")
    return match.group(1)


def _file_type(entry: dict[str, Any]) -> FileType:
    magic = entry.get("magic")
    return FileType(
        name=entry["name"],
        mime=entry["mime"],
        extensions=tuple(entry["extensions"]),
        names=tuple(entry.get("names", ())),
        magic=None if magic is None else (int(magic["offset"]), str(magic["text"])),
        standard=bool(entry.get("standard", False)),
    )


@cache
def product() -> Product:
    """The description, read once."""
    with (ROOT / "installer" / "product.toml").open("rb") as stream:
        data = tomllib.load(stream)
    told, linux = data["product"], data["linux"]
    plain = {k: v for k, v in told.items() if k not in ("categories", "keywords", "description")}
    return Product(
        **plain,
        description=told["description"].strip(),
        version=program_version(),
        categories=tuple(told["categories"]),
        keywords=tuple(told["keywords"]),
        file_types=tuple(_file_type(entry) for entry in data["file_type"]),
        depends=tuple(linux["depends"]),
        recommends=tuple(linux["recommends"]),
        folder=linux["folder"],
    )
