"""Licences of everything in the build, and its parts list (SBOM, CycloneDX).

Runs in the build environment (``python licences.py OUT``): what is installed there is what is
shipped.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from product import product

_WORDS = ("licen", "copying", "notice", "authors")
_TOOLS = {"pip", "setuptools", "uv", "wheel", "pyinstaller-hooks-contrib", "altgraph"}


def shipped() -> list[Distribution]:
    """Installed distributions in order of their names, without build tools."""
    found: dict[str, Distribution] = {}
    for one in distributions():
        name = (one.metadata["Name"] or "").lower()
        if name and name not in _TOOLS:
            found.setdefault(name, one)
    return [found[name] for name in sorted(found)]


def _normal(name: str) -> str:
    """A name as package indexes write it (PyPA: name normalisation)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(one: Distribution) -> str:
    """What the metadata say of the licence: an SPDX expression, a name, classifiers, or ''."""
    told = one.metadata
    if "License-Expression" in told:
        return told["License-Expression"]
    named = told["License"].strip() if "License" in told else ""
    if named and "\n" not in named and len(named) < 80:
        return named
    marks = [c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or () if "License" in c]
    return ", ".join(marks)


def licence_texts(one: Distribution) -> Iterator[tuple[str, str]]:
    """(file name, text) of the licence files that a distribution brings."""
    for file in one.files or ():
        inside = ".dist-info" in str(file.parts[0]) if file.parts else False
        if inside and any(word in file.name.lower() for word in _WORDS):
            path = Path(str(file.locate()))
            if path.is_file():
                yield file.name, path.read_text(encoding="utf-8", errors="replace")


def write_licences(folder: Path) -> int:
    """One text for each part, and a list of all; returns how many parts there are."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"Parts of {product().name} {product().version} and their licences", ""]
    parts = shipped()
    for one in parts:
        name, licence = _normal(one.metadata["Name"]), licence_of(one) or "see its text"
        lines.append(f"{name} {one.version}: {licence}")
        texts = [f"{title}\n\n{text}" for title, text in licence_texts(one)]
        if texts:
            whole = ("\n\n" + "-" * 70 + "\n\n").join(texts)
            (folder / f"{name}-{one.version}.txt").write_text(whole, encoding="utf-8")
    (folder / "PARTS.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(parts)


def bill_of_materials() -> dict[str, Any]:
    """The parts list as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json)."""
    told = product()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": told.id,
                "name": told.name,
                "version": told.version,
                "licenses": [{"license": {"id": told.licence}}],
            },
        },
        "components": [
            _component(one) for one in shipped() if _normal(one.metadata["Name"]) != told.id
        ],
    }


def _component(one: Distribution) -> dict[str, Any]:
    name, version = _normal(one.metadata["Name"]), one.version
    part: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version.replace('+', '%2B')}",
    }
    licence = licence_of(one)
    if licence:
        part["licenses"] = [{"license": {"name": licence}}]
    return part


def main(folder: Path) -> None:
    """Write LICENCES/ and sbom.json into ``folder``."""
    count = write_licences(folder / "LICENCES")
    text = json.dumps(bill_of_materials(), indent=1) + "\n"
    (folder / "sbom.json").write_text(text, encoding="utf-8")
    print(f"{count} parts")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
