"""Thirty studies made of real scans, the bundled models, a program that is killed half way."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pydicom import dcmread

from factories import uid
from tumordesk import cli

pytestmark = pytest.mark.shared_data
MODELS = ("--model", "flair-glioma", "--device", "cpu")


def _dicom(source: Path, folder: Path, number: int) -> None:
    """Two slices of the sample study as a study of another patient."""
    folder.mkdir(parents=True)
    files = [dcmread(path) for path in source.iterdir()]
    files.sort(key=lambda one: int(one.InstanceNumber))
    for one in files[12 + number : 14 + number]:
        one.StudyInstanceUID = uid("study", number)
        one.SeriesInstanceUID = uid("series", number)
        one.PatientID, one.PatientName = f"ID-{number}", f"Secret^{number}"
        one.save_as(folder / f"{one.InstanceNumber}.dcm")


def _nifti(source: Path, path: Path, number: int) -> None:
    import SimpleITK

    image = SimpleITK.ReadImage(str(source))
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(image[:, :, 14 + number : 16 + number], str(path))


def thirty_studies(shared: Path, root: Path) -> Path:
    """Eight DICOM studies (one of them zipped, one a CT), four NIfTI files, eighteen pictures."""
    sample = shared / "tcga_fg_6692"
    series = next(folder for folder in (sample / "dicom").iterdir() if folder.name == "S005")
    for number in range(7):
        _dicom(series, root / f"patient {number + 1}", number)
    last = root / "patient 7"
    with zipfile.ZipFile(root / "patient 7.zip", "w") as out:
        for path in sorted(last.iterdir()):
            out.write(path, path.name)
    shutil.rmtree(last)
    ct = "CTImage.dcm_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm"
    (root / "ct").mkdir()
    shutil.copy(shared / "dicom" / "cornerstone3D" / "testImages" / ct, root / "ct" / "1.dcm")
    for number in range(4):
        volume = sample / "nifti" / "MRHR_FLAIR_AX.nii.gz"
        _nifti(volume, root / "nifti" / f"FLAIR {number}.nii.gz", number)
    for name in ("glioma", "meningioma", "no_tumor"):
        found = sorted((shared / "tumour_type" / "images" / name).rglob("*.*"))[:400:70]
        (root / name).mkdir()
        for path in found:
            shutil.copy(path, root / name / path.name)
    return root


def _killed_after(count: int, arguments: list[str], home: Path) -> None:
    """Run the command line and kill it with SIGKILL once ``count`` studies are done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tumordesk", *arguments],
        env=os.environ | {"TUMORDESK_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        for line in said:
            if line.startswith((f"[{count}/", f"tumordesk: [{count}/")):
                process.send_signal(signal.SIGKILL)
                break
    assert process.wait(60) == -signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="kills a process the POSIX way")
def test_thirty_real_studies_killed_half_way(
    shared_data: Path, tmp_path: Path, own_home: Path
) -> None:
    root = thirty_studies(shared_data, tmp_path / "scans")
    arguments = ["batch", str(root), *MODELS, "--format", "none", "--out"]
    assert cli.run([*arguments, str(tmp_path / "whole")]) == 2
    out = tmp_path / "killed"
    _killed_after(15, [*arguments, str(out)], own_home)
    finished = len(list((out / "state").glob("*.json")))
    assert 15 <= finished < 30
    assert cli.run([*arguments, str(out)]) == 2
    for name in ("results.csv", "failures.csv"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 30
    assert [row["input"] for row in rows if row["outcome"] == "failed"] == ["ct/1.dcm"]
    assert {row["outcome"] for row in rows} == {"tumour", "no tumour", "failed"}
    measured = [row for row in rows if row["volume_mL"]]
    assert len(measured) >= 8
    assert b"Secret" not in (out / "results.csv").read_bytes()
