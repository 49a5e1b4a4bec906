"""The one description of the product feeds all packages, and each text is well formed."""

from __future__ import annotations

import configparser
import re
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import system
import tumordesk
from build import in_parts, version_resource, write_sums
from linux import files
from product import Product, product

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


def test_windows_is_offered_the_files_and_nothing_is_taken(
    told: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(WINDOWS))
    monkeypatch.delitem(sys.modules, "write_iss", raising=False)
    import write_iss

    lines = write_iss.associations(told).splitlines()
    assert all(line.startswith("Root: HKA; Subkey: ") for line in lines)
    assert all(line.count('"') % 2 == 0 for line in lines)
    # The default program of an ending stands in its key itself: only OpenWithProgids is touched.
    endings = [line for line in lines if re.search(r'Subkey: "Software\\Classes\\\.', line)]
    assert endings
    assert all("OpenWithProgids" in line for line in endings)
    text = write_iss.defines(told, Path("s"), Path("i"), Path("o"), gpu=False)
    assert f'#define AppVersion "{told.version}"' in text
    assert '#define AppGuid "{{' in text


def test_the_release_workflow_and_the_script_name_files_that_exist(repository: Path) -> None:
    workflow = (repository / ".github/workflows/release.yml").read_text(encoding="utf-8")
    for name in re.findall(r"installer[/\\][\w/\\.]+\.(?:ps1|sh)", workflow):
        assert (repository / name.replace("\\", "/")).is_file(), name
    script = (WINDOWS / "tumordesk.iss").read_text(encoding="utf-8")
    defined = set(re.findall(r"\{#(\w+)\}", script))
    made = set(re.findall(r'"(\w+)": ', (WINDOWS / "write_iss.py").read_text(encoding="utf-8")))
    assert defined <= made
    with (repository / "pyproject.toml").open("rb") as stream:
        assert "installer" in tomllib.load(stream)["project"]["optional-dependencies"]
