"""Series to export: made-up ones of every awkward kind, the sample study, and shared real scans."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import export_factories as made
import factories
from interop_checks import SourceSlice, source_slices, tool
from tumordesk.core.paths import sample_study_dir
from tumordesk.core.segmentation import Segment
from tumordesk.core.study import Series
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export.sc import write_sc
from tumordesk.io.export.seg import write_seg
from tumordesk.io.export.sr import write_sr
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths

MADE_UP = ("oblique", "sagittal", "odd-width", "gap", "one-slice", "two-echoes")
REAL = {
    "sample": "",
    "sagittal-real": "dicom/SAG-anon",
    "enhanced-real": "dicom/dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm",
    "uneven-rows-real": "dicom/pydicom-bundled/examples_overlay.dcm",
}
"""The sample comes with the program; the others lie below the shared data."""


@dataclass(frozen=True, eq=False)
class Case:
    """A series and everything that was exported of it.

    ``bright``: outlined where it is bright, which every program can work out again: ``seg``.
    ``findings``: a plain shape with measurements, for all the other files.
    """

    name: str
    bright: StudyFindings
    sources: tuple[Path, ...]
    slices: tuple[SourceSlice, ...]
    seg: Path
    findings: StudyFindings
    seg_of_report: Path
    sr: Path
    captures: tuple[Path, ...]
    picture: np.ndarray

    @property
    def files(self) -> tuple[Path, ...]:
        """All exported files."""
        return (self.seg, self.seg_of_report, self.sr, *self.captures)


def _phantom(shape: tuple[int, int, int]) -> np.ndarray:
    """Bright in a lopsided corner of every slice, the first and the last too."""
    volume = factories.phantom(shape, lesion=False)
    for index in range(shape[0]):
        grown = index % 3
        volume[index, 3 : 9 + grown, 2 : 7 + 2 * grown] += 1500
    return volume


def _made_up(name: str, folder: Path) -> tuple[Series, ...]:
    if name == "oblique":
        made.oblique_series(folder, _phantom((7, 30, 24)))
    elif name == "odd-width":
        made.oblique_series(folder, _phantom(made.SHAPE), series="odd")
    elif name == "sagittal":
        factories.write_series(folder, _phantom((6, 28, 26)), plane="sagittal")
    elif name == "gap":
        datasets = factories.series_datasets(_phantom((8, 20, 19)))
        factories.save_all([d for i, d in enumerate(datasets) if i != 3], folder)
    elif name == "one-slice":
        factories.write_series(folder, _phantom((1, 21, 19)))
    else:
        both = factories.enhanced_mr(_phantom((5, 20, 19)), echo_times=(10.0, 90.0))
        factories.save(both, folder / "e.dcm")
    return scan_paths([folder]).series


def _series(name: str, folder: Path) -> Series:
    if name in MADE_UP:
        # Of two echoes in one file, the second.
        return _made_up(name, folder / "in")[-1]
    if name == "sample":
        return scan_paths([sample_study_dir() / "flair"]).series[0]
    shared = Path(__file__).resolve().parents[3] / "shared" / "data" / REAL[name]
    if not shared.exists():
        pytest.skip(f"the shared scan {REAL[name]} is not on this machine")
    # Some slices are enough; a folder would be read whole.
    paths = sorted(shared.iterdir())[30:44] if shared.is_dir() else [shared]
    return scan_paths(paths).series[0]


def make_case(name: str, folder: Path) -> Case:
    """Outline the brightest pixels of a series and export all that is DICOM."""
    series = _series(name, folder)
    reader = open_series(series)
    array = reader.read_volume().array.astype(np.float64)
    reader.close()
    kinds = np.unique(array)
    # Half way between two values that occur: no rounding moves a pixel across it.
    start = min(int(np.searchsorted(kinds, np.percentile(array, 98))), len(kinds) - 2)
    above = float(kinds[start] + kinds[start + 1]) / 2
    labels = (array > above).astype(np.uint8)
    bright = made.findings_on(
        series, labels, segments=[Segment(1, "Tumour", made.NEOPLASM)], measured=False
    )
    findings = made.findings_on(series)
    sources = tuple(dict.fromkeys(item.path for item in series.instances))
    own = {(i.sop_instance_uid, None if i.frame is None else i.frame + 1) for i in series.instances}
    slices = [s for s in source_slices(sources, above) if (s.uid, s.frame) in own]
    out = folder / "out"
    seg = write_seg(out / "seg-of-report.dcm", findings)
    picture = np.random.default_rng(1).integers(0, 255, (33, 41, 3)).astype(np.uint8)
    return Case(
        name=name,
        bright=bright,
        sources=sources,
        slices=tuple(slices),
        seg=write_seg(out / "seg.dcm", bright),
        findings=findings,
        seg_of_report=seg,
        sr=write_sr(out / "sr.dcm", findings, seg),
        captures=write_sc([out / "sc-1.dcm", out / "sc-2.dcm"], [picture], findings, slices=[0]),
        picture=picture,
    )


_cases: dict[str, Case] = {}


def _cached(name: str, factory: pytest.TempPathFactory) -> Case:
    if name not in _cases:
        _cases[name] = make_case(name, factory.mktemp(name))
    return _cases[name]


@pytest.fixture(
    scope="session",
    params=[
        *MADE_UP,
        "sample",
        *(pytest.param(name, marks=pytest.mark.shared_data) for name in list(REAL)[1:]),
    ],
)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """One series after the other."""
    return _cached(request.param, tmp_path_factory)


@pytest.fixture(scope="session")
def all_cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Those that need nothing beside the checkout."""
    return [_cached(name, tmp_path_factory) for name in (*MADE_UP, "sample")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an Orthanc of the test's own: no DICOM port, no callers but this machine."""
    program = tool("Orthanc")
    folder, port = tmp_path_factory.mktemp("orthanc"), _free_port()
    settings = {
        "Name": "TUMORDESK", "HttpPort": port, "DicomServerEnabled": False,
        "RemoteAccessAllowed": False, "AuthenticationEnabled": False, "Plugins": [],
        "StorageDirectory": str(folder / "db"), "IndexDirectory": str(folder / "db"),
        "DefaultEncoding": "Utf8",
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(settings), "utf-8")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    last = time.monotonic() + 60
    while time.monotonic() < last and server.poll() is None:
        try:
            with opener.open(f"{address}/system", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.skip("Orthanc does not start on this machine")
