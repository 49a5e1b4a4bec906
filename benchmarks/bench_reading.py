"""How fast series are read, beside SimpleITK's ImageSeriesReader in the same run.

    python benchmarks/bench_reading.py [--slices 200] [--size 512] [--repeat 3] [FOLDER ...]

Makes synthetic series (uncompressed and compressed) in a temporary folder, and takes real ones
from the folders named (or ../shared/data where it is there). Prints, for each: the scan of its
headers, the first slice after the series was selected, the whole series, SimpleITK's time for
the whole series, and whether the voxels agree. Times are the best of the repeats, with a warm
disk cache.

Limits: every series' voxels agree; the first slice within 300 ms; uncompressed series are read
at least as fast as SimpleITK reads them. Compressed ones are shown, not judged: helper processes
need free cores.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
)

from tumordesk.core.study import Series
from tumordesk.io import pool
from tumordesk.io.quiet import quiet
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths

T = TypeVar("T")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FIRST_SLICE_MS = 300.0
REAL = ("tcga_fg_6692/dicom/S005", "dicom/SAG-anon")


@dataclass(frozen=True)
class Row:
    """One line of the table, times in milliseconds."""

    name: str
    slices: int
    scan: float
    first: float
    whole: float
    itk: float
    same: bool
    peak_mb: float
    compressed: bool

    @property
    def within_limits(self) -> bool:
        """See the limits at the top of this file."""
        quick = self.compressed or self.whole <= self.itk
        return self.same and quick and self.first <= FIRST_SLICE_MS


def _slice(index: int, size: int, noise: np.ndarray) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = f"2.25.1{index:05d}"
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    dataset.update(_common(size))
    dataset.SOPClassUID = MRImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [0.0, 0.0, float(index)]
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    brain = (x**2 + y**2 < 0.16) * (600 + 200 * np.sin(9 * x + index / 20) * np.cos(7 * y))
    array = (brain + np.roll(noise, index, axis=0)).astype("<u2")
    dataset.PixelData = array.tobytes()
    return dataset


def _common(size: int) -> Dataset:
    common = Dataset()
    common.Modality = "MR"
    common.SeriesDescription = "T1 synthetic"
    common.StudyInstanceUID, common.SeriesInstanceUID = "2.25.2", "2.25.3"
    common.Rows = common.Columns = size
    common.SamplesPerPixel, common.PixelRepresentation = 1, 0
    common.BitsAllocated, common.BitsStored, common.HighBit = 16, 12, 11
    common.PhotometricInterpretation = "MONOCHROME2"
    common.PixelSpacing, common.SliceThickness = [0.5, 0.5], 1.0
    common.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    return common


def synthetic(folder: Path, slices: int, size: int) -> Iterator[tuple[str, Path]]:
    """Write the synthetic series; yields (name, folder)."""
    noise = np.random.default_rng(0).normal(40, 8, (size, size)).clip(0)
    syntaxes = {
        "uncompressed": None,
        "RLE": RLELossless,
        "JPEG-LS": JPEGLSLossless,
        "JPEG 2000": JPEG2000Lossless,
    }
    for name, syntax in syntaxes.items():
        target = folder / name.replace(" ", "")
        target.mkdir()
        for index in range(slices if syntax is None else slices // 2):
            dataset = _slice(index, size, noise)
            with quiet():
                if syntax is not None:
                    dataset.compress(syntax, generate_instance_uid=False)
                dataset.save_as(target / f"{index:04d}", enforce_file_format=True)
        yield f"{name} {size} x {size}", target


def best(repeat: int, work: Callable[[], T]) -> tuple[float, T]:
    """(milliseconds of the quickest run, last result)."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        times.append((time.perf_counter() - start) * 1000)
    return min(times), result


def itk_volume(series: Series) -> np.ndarray:
    """The same files, in the same order, through SimpleITK."""
    import SimpleITK as sitk

    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(i.path) for i in series.instances])
    return sitk.GetArrayFromImage(reader.Execute())


def measure(name: str, folder: Path, repeat: int) -> Row:
    """One row: the most relevant series of a folder."""
    scan_ms, result = best(repeat, lambda: scan_paths([folder]))
    series = result.series[0]
    first_ms, _ = best(repeat, lambda: open_series(series).read_slice(series.slices // 2))
    whole_ms, volume = best(repeat, lambda: open_series(series).read_volume())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    itk_ms, other = best(repeat, lambda: itk_volume(series))
    same = other.shape == volume.array.shape and bool(np.allclose(other, volume.array, atol=1e-3))
    compressed = UID(series.extra["slices"][0].file.format.transfer_syntax).is_compressed
    return Row(name, series.slices, scan_ms, first_ms, whole_ms, itk_ms, same, peak, compressed)


def main() -> int:
    """Run and print the table; exit code 1 when a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    folders = options.folders or [SHARED / name for name in REAL if (SHARED / name).is_dir()]
    work = Path(tempfile.mkdtemp(prefix="tumordesk-bench-"))
    heading = ("series", "slices", "scan", "first", "whole", "SimpleITK", "ratio", "same")
    print("{:26}{:>7}{:>9}{:>9}{:>9}{:>11}{:>7}  {}".format(*heading))
    rows = []
    try:
        named = [(folder.name, folder) for folder in folders]
        for name, folder in (*synthetic(work, options.slices, options.size), *named):
            row = measure(name, folder, options.repeat)
            rows.append(row)
            print(
                f"{row.name:26}{row.slices:7}{row.scan:9.1f}{row.first:9.1f}{row.whole:9.1f}"
                f"{row.itk:11.1f}{row.itk / row.whole:7.1f}  {'yes' if row.same else 'NO'}"
            )
    finally:
        pool.shutdown()
        shutil.rmtree(work, ignore_errors=True)
    print(
        f"times in ms, best of {options.repeat}; peak memory after the first series, before "
        f"SimpleITK was imported: {rows[0].peak_mb:.0f} MB"
    )
    broken = [row.name for row in rows if not row.within_limits]
    print(f"limits broken: {', '.join(broken)}" if broken else "all limits kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
