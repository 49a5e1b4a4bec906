"""The frozen program, as it lies in build/: everything in it works where hospitals use it.

Run by ``make installer-test`` after ``make installer``; skipped everywhere else.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.frozen, pytest.mark.timeout(3600)]

BUILT = Path(__file__).resolve().parents[2] / "build" / "installer-cpu" / "dist" / "tumordesk"
LIMIT_S = 900
NOBODY = 65534


def selftest(program: Path, home: Path, *, cut_off: bool) -> dict:
    """The self-test's document; without network and as an ordinary user where root runs this."""
    command = [str(program), "selftest", "--json"]
    variables = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    if cut_off and os.geteuid() == 0:
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        # A network of its own that leads nowhere; this machine itself can be reached in it.
        inner = shlex.join([*user, *command])
        command = ["unshare", "-n", "sh", "-c", f"ip link set lo up; exec {inner}"]
    answer = subprocess.run(
        command,
        env=variables,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert answer.stdout.startswith("{"), answer.stderr[-2000:]
    return json.loads(answer.stdout)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter: other runs of pytest close their own again."""
    folder = Path(tempfile.mkdtemp(prefix="tumordesk-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    shutil.rmtree(folder)


def test_everything_works_in_a_read_only_folder_with_spaces_and_accents(
    open_folder: Path,
) -> None:
    folder = open_folder / "Lékař program (1)"
    shutil.copytree(BUILT, folder, symlinks=True, copy_function=os.link)
    home = open_folder / "Zuhause ä"
    home.mkdir()
    if os.geteuid() == 0:
        os.chown(home, NOBODY, NOBODY)
    subprocess.run(["chmod", "-R", "a-w", str(folder)], check=True)
    document = selftest(folder / "tumordesk", home, cut_off=True)
    assert document["frozen"]
    failed = [check for check in document["checks"] if not check["passed"]]
    assert not failed
    names = {check["name"] for check in document["checks"]}
    assert {"codecs", "operators", "DICOM output", "processes", "training", "window"} <= names


def test_licences_and_the_parts_list_are_inside() -> None:
    inside = BUILT / "_internal"
    parts = json.loads((inside / "sbom.json").read_text(encoding="utf-8"))
    names = {part["name"].lower() for part in parts["components"]}
    assert parts["bomFormat"] == "CycloneDX"
    assert {"torch", "pyside6-essentials", "pydicom", "highdicom", "simpleitk"} <= names
    listed = (inside / "LICENCES" / "PARTS.txt").read_text(encoding="utf-8").lower()
    assert all(name in listed for name in names)
    gpl = [line for line in listed.splitlines() if ": gpl" in line or "pylibjpeg-libjpeg" in line]
    assert not gpl


def test_no_machine_of_ours_is_named_in_what_is_shipped() -> None:
    text = subprocess.run(
        ["grep", "-rIl", "--include=*.json", "--include=*.txt", str(BUILT.parents[3]), str(BUILT)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert text == ""


def test_libraries_look_for_others_beside_themselves_only() -> None:
    elsewhere = []
    for path in BUILT.rglob("*.so*"):
        if path.is_symlink() or not path.is_file():
            continue
        told = subprocess.run(
            ["readelf", "-d", str(path)], capture_output=True, text=True, check=False
        ).stdout
        found = re.findall(r"R(?:UN)?PATH.*\[(.*)\]", told)
        parts = [part for line in found for part in line.split(":")]
        elsewhere += [f"{path.name}: {part}" for part in parts if not part.startswith("$ORIGIN")]
    assert not elsewhere


def test_it_is_not_larger_than_promised() -> None:
    files = (p for p in BUILT.rglob("*") if p.is_file() and not p.is_symlink())
    assert sum(path.stat().st_size for path in files) < 1.3e9
