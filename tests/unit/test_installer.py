"""The one description of the product feeds all packages, and each text is well formed."""

from __future__ import annotations

import configparser
import importlib
import io
import os
import plistlib
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

import build
import system
import tumordesk
from build import version_resource
from linux import files
from parts import in_parts, write_sums
from product import Product, product
from say import SetupError

WINDOWS = Path(__file__).resolve().parents[2] / "installer" / "windows"


@pytest.fixture
def told() -> Product:
    return product()


def test_the_version_is_the_programs(told: Product) -> None:
    assert told.version == tumordesk.__version__
    assert told.numbers[:3] == tuple(int(n) for n in tumordesk.__version__.split(".")[:3])
    assert f"StringStruct('ProductVersion', '{told.version}')" in version_resource()


def test_the_menu_entry_opens_every_kind_of_file(told: Product) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment]
    entry.read_string(files.desktop_entry(told))
    found = entry["Desktop Entry"]
    assert found["Exec"] == "tumordesk %F"
    assert set(found["MimeType"].strip(";").split(";")) == {kind.mime for kind in told.file_types}
    assert "not for diagnosis" in found["Comment"]


def test_file_types_and_metainfo_are_well_formed(told: Product) -> None:
    kinds = ET.fromstring(files.mime_types(told))
    patterns = {glob.get("pattern") for glob in kinds.iter() if glob.tag.endswith("glob")}
    assert {"*.dcm", "*.nii", "*.nii.gz", "*.nrrd", "*.mha", "DICOMDIR"} <= patterns
    meta = ET.fromstring(files.metainfo(told))
    assert meta.findtext("id") == told.app_id
    release = meta.find("releases/release")
    assert release is not None
    assert release.get("version") == told.version


def test_what_qt_needs_is_what_the_package_depends_on(told: Product) -> None:
    wanted = {*system.LIBRARIES.values(), *system.DISPLAY_LIBRARIES.values()}
    named = {name.split(" ")[0] for line in (*told.depends, *told.recommends)
             for name in line.split(" | ")}  # fmt: skip
    assert wanted <= named


def test_a_large_package_is_cut_and_can_be_put_together(tmp_path: Path) -> None:
    package = tmp_path / "tumordesk.deb"
    package.write_bytes(bytes(range(256)) * 10)
    assert in_parts(package, 2560) == [package]
    whole = package.read_bytes()
    parts = in_parts(package, 1000)
    assert [part.stat().st_size for part in parts] == [1000, 1000, 560]
    assert b"".join(part.read_bytes() for part in parts) == whole
    assert not package.exists()
    sums = write_sums(tmp_path).read_text(encoding="utf-8")
    assert all(part.name in sums for part in parts)


@pytest.fixture
def write_iss(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(WINDOWS))
    monkeypatch.delitem(sys.modules, "write_iss", raising=False)
    return importlib.import_module("write_iss")


def test_windows_is_offered_the_files_and_nothing_is_taken(
    told: Product, write_iss: ModuleType
) -> None:
    lines = write_iss.associations(told).splitlines()
    assert all(line.startswith("Root: HKA; Subkey: ") for line in lines)
    assert all(line.count('"') % 2 == 0 for line in lines)
    # The default program of an ending stands in its key itself: that gets no value from us.
    endings = [line for line in lines if re.search(r'Subkey: "Software\\Classes\\\.', line)]
    plain = [line for line in endings if "OpenWithProgids" not in line]
    assert len(plain) * 2 == len(endings)
    assert all("; ValueType: none; Flags: uninsdeletekeyifempty;" in line for line in plain)
    assert not [line for line in endings if "uninsdeletekey;" in line]
    offered = {line.split("Classes\\")[1].split('"')[0] for line in plain}
    assert {".dcm", ".nii", ".gz", ".nrrd", ".mha"} <= offered


def test_the_windows_installer_holds_the_facts_of_the_product(
    told: Product, write_iss: ModuleType
) -> None:
    source = r"C:\Prüfung (1)\tumordesk"
    text = write_iss.defines(told, Path(source), Path("i"), Path("o"), gpu=False)
    defined = dict(re.findall(r'^#define (\w+) "([^"]*)"$', text, re.MULTILINE))
    assert len(defined) == len(text.splitlines())
    assert defined["AppVersion"] == told.version
    assert defined["AppGuid"] == "{" + told.windows_app_id
    assert defined["Source"] == source
    assert (defined["Spanning"], defined["Suffix"]) == ("no", "")
    assert '"-gpu"' in write_iss.defines(told, Path("s"), Path("i"), Path("o"), gpu=True)
    assert told.notice in write_iss.before(told)


def test_the_windows_script_uses_only_names_that_are_written(repository: Path) -> None:
    script = (WINDOWS / "tumordesk.iss").read_text(encoding="utf-8")
    defined = set(re.findall(r"\{#(\w+)\}", script))
    made = set(re.findall(r'"(\w+)": ', (WINDOWS / "write_iss.py").read_text(encoding="utf-8")))
    assert defined <= made
    with (repository / "pyproject.toml").open("rb") as stream:
        assert "installer" in tomllib.load(stream)["project"]["optional-dependencies"]


def test_the_release_workflow_names_what_there_is(repository: Path) -> None:
    yaml = pytest.importorskip("yaml")
    text = (repository / ".github/workflows/release.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert set(jobs["publish"]["needs"]) == set(jobs) - {"publish"}
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    for target in re.findall(r"^make ([\w-]+)", "\n".join(runs), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    named = re.findall(r"installer[/\\][\w/\\.]+\.(?:ps1|sh)", text)
    assert {Path(name.replace("\\", "/")).suffix for name in named} == {".ps1", ".sh"}
    for name in named:
        assert (repository / name.replace("\\", "/")).is_file(), name


def test_the_app_for_macos_has_a_window_and_may_load_its_libraries(repository: Path) -> None:
    with (repository / "installer/macos/entitlements.plist").open("rb") as stream:
        allowed = plistlib.load(stream)
    assert allowed["com.apple.security.cs.disable-library-validation"] is True
    # The console program beside the window makes PyInstaller hide the whole app otherwise.
    assert '"LSBackgroundOnly": False' in (repository / "installer/tumordesk.spec").read_text()


def test_a_frozen_program_keeps_a_stream_that_goes_to_a_file(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(repository / "installer" / "frozen"))
    frozen_streams = importlib.import_module("frozen_streams")
    file = io.StringIO()
    monkeypatch.setattr(sys, "stdout", file)
    monkeypatch.setattr(sys, "stderr", None)
    frozen_streams.prepare()
    assert sys.stdout is file
    with sys.stderr as nowhere:
        assert nowhere.write("nobody listens") == len("nobody listens")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script for an interpreter")
@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ("/usr 3.11 libpython3.11-of-nobody.so.1.0", ["libpython3.11"]),
        ("/usr 3.11 libc.so.6", []),
        ("/opt/python 3.12 libpython3.12-of-nobody.so.1.0", []),
        ("", []),
    ],
)
def test_debians_own_python_needs_its_shared_library(
    tmp_path: Path, answer: str, missing: list[str]
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{answer}'\n")
    python.chmod(0o755)
    assert system.missing_python_library(str(python)) == missing


def test_the_cpu_build_of_pytorch_is_looked_for_at_its_own_index_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[list[str]] = []

    def call(command: list[str]) -> None:
        calls.append(command)
        if "--extra-index-url" not in command:
            raise SetupError("not found.")

    monkeypatch.delenv("TORCH_INDEX", raising=False)
    monkeypatch.setattr(build, "_call", call)
    build._with_cpu_torch(["uv"])
    assert calls[0] == ["uv", *build.CPU_TORCH]
    assert calls[1][-4:] == ["--extra-index-url", build.CPU_INDEX, *build.BEST_OF_ALL]
    monkeypatch.setenv("TORCH_INDEX", "https://torch.example")
    build._with_cpu_torch(["uv"])
    assert calls[2][-4:] == ["--extra-index-url", "https://torch.example", *build.BEST_OF_ALL]
