"""The bundled models on the bundled sample study and on pictures of each class."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tumordesk import cli
from tumordesk.core.errors import ModelNotFound
from tumordesk.core.job import JobContext
from tumordesk.core.paths import sample_study_dir
from tumordesk.core.study import Sequence
from tumordesk.inference import cache
from tumordesk.inference.run import run_model
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths
from tumordesk.zoo import Zoo


@pytest.fixture(autouse=True)
def empty_cache():
    yield
    cache.clear()


def bundled(model_id: str):
    zoo = Zoo()
    try:
        entry = zoo.find(model_id)
    except ModelNotFound:
        pytest.skip(f"the model {model_id} is not in resources/models")
    zoo.verify(entry)
    return entry


def sample(sequence: Sequence):
    found = scan_paths([sample_study_dir()]).series
    (series,) = [s for s in found if s.guess.sequence is sequence]
    reader = open_series(series)
    try:
        return series, reader.read_volume()
    finally:
        reader.close()


def test_flair_glioma_finds_the_right_frontal_lesion() -> None:
    entry = bundled("flair-glioma")
    series, volume = sample(Sequence.FLAIR)
    result = run_model(volume, series, entry, JobContext(), device="cpu")
    assert result.outcome == "tumour"
    assert result.provenance.warnings == ()
    largest = result.measurements.lesions[0]
    assert largest.side == "right"
    assert 5.0 < largest.volume_ml < 200.0
    assert largest.volume_mm3 > 0.7 * result.measurements.volume_mm3
    # Frontal: in front of the middle of the head (LPS y grows to the back).
    head = np.argwhere(volume.array > 0.15 * np.percentile(volume.array, 99.5))
    middle_mm = volume.geometry.to_patient(head)[:, 1].mean()
    assert volume.geometry.to_patient(largest.centroid)[1] < middle_mm


def test_t1c_tumour_and_tumour_type_run_on_the_post_contrast_series(tmp_path) -> None:
    bundled("t1c-tumour")
    bundled("tumour-type")
    arguments = ["--model", "tumour-type", "--device", "cpu", "--out", str(tmp_path)]
    assert cli.run(["predict", str(sample_study_dir()), *arguments]) == 0
    found = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert sum(found["classes"].values()) == pytest.approx(1.0, abs=1e-4)
    assert any("POST GAD" in w for w in found["warnings"])


@pytest.mark.shared_data
def test_tumour_type_on_pictures_it_was_developed_on(shared_data: Path, tmp_path) -> None:
    bundled("tumour-type")
    folders = sorted(p for p in (shared_data / "tumour_type" / "images").iterdir() if p.is_dir())
    pictures = [sorted(folder.iterdir())[i] for folder in folders for i in (5, 50, 200, 400)]
    arguments = ["--model", "tumour-type", "--device", "cpu", "--format", "json"]
    assert cli.run(["predict", *map(str, pictures), *arguments, "--out", str(tmp_path)]) == 0
    kinds = {picture.name: picture.parent.name for picture in pictures}
    right = 0
    for result in tmp_path.glob("*/result.json"):
        found = json.loads(result.read_text(encoding="utf-8"))
        winner = max(found["classes"], key=found["classes"].get)
        right += winner == kinds[found["input"]]
        assert found["outcome"] == ("no tumour" if winner == "no_tumor" else "tumour")
    assert right >= 0.75 * len(pictures)


def test_detect_resnet_sees_the_tumour_where_the_outline_is() -> None:
    entry = bundled("detect-resnet")
    series, volume = sample(Sequence.FLAIR)
    found = run_model(volume, series, entry, JobContext(), device="cpu").classification
    by_slice = {s.slice_index: s.probabilities[1] for s in found.slices}
    assert len(by_slice) == series.slices
    assert found.probabilities[1] > 0.8
    # The lesion of the sample lies on slices 15 to 20 of 26; the ends of the head hold none.
    assert min(by_slice[i] for i in range(15, 19)) > 0.5
    assert max(by_slice[i] for i in (0, 1, 25)) < 0.5
