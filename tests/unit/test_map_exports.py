"""A file with the region of an activation map says what it is, wherever it is opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

import export_factories as made
import factories
from tumordesk.core.activation import ActivationMap, map_mark, map_region_name
from tumordesk.core.job import JobContext
from tumordesk.core.segmentation import Segment
from tumordesk.core.study_findings import StudyFindings
from tumordesk.imaging.map_outline import map_outline
from tumordesk.io.export.nrrd import write_nrrd
from tumordesk.io.export.seg import write_seg
from tumordesk.io.export.sr import write_sr
from tumordesk.io.export.table_page import notes
from tumordesk.session.export_tables import export_document, lesion_table
from tumordesk.session.use_cases import measure_layer

MARK = "activation map of tumour-type, not an outline of the tumour"


@pytest.fixture
def findings(tmp_path: Path) -> StudyFindings:
    """An oblique series whose outline is the region of a map."""
    made.oblique_series(tmp_path / "in", factories.phantom(made.SHAPE))
    found = made.findings_on(made.only_series(tmp_path / "in"))
    values = np.zeros((2, *made.SHAPE[1:]), np.float32)
    values[:, 4:12, 5:11] = 1.0
    heat = ActivationMap("tumour-type", "glioma", "Glioma", "HiResCAM", (1, 2), values)
    region = map_outline(heat, found.volume.geometry, found.series.uid)
    measured = measure_layer(JobContext(), region)
    return replace(found, outline=region, made_by=None, measurements=measured, origin="ai")


def _texts(dataset: Dataset) -> str:
    return "\n".join(str(element.value) for element in dataset.iterall())


def test_seg_is_no_neoplasm_and_names_its_origin(findings: StudyFindings, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(write_seg(tmp_path / "out.dcm", findings))
    (segment,) = dataset.SegmentSequence
    assert segment.SegmentLabel == "Map region"
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Image Region"
    assert "Spatial" in segment.SegmentedPropertyCategoryCodeSequence[0].CodeMeaning
    assert segment.SegmentAlgorithmName == MARK
    assert dataset.ContentLabel == "MAP_REGION"
    assert "no tumour" in dataset.SeriesDescription


def test_sr_measures_no_neoplasm(findings: StudyFindings, tmp_path: Path) -> None:
    findings = replace(findings, classifications=())
    text = _texts(pydicom.dcmread(write_sr(tmp_path / "sr.dcm", findings, None)))
    assert MARK in text
    assert "Image Region" in text
    assert "Neoplasm" not in text
    assert "Morphologically" not in text


def test_tables_and_pages_carry_the_mark(findings: StudyFindings, tmp_path: Path) -> None:
    assert MARK in write_nrrd(tmp_path / "a.seg.nrrd", findings.outline).read_bytes().decode(
        "latin-1"
    ).replace("Activation", "activation")
    assert MARK in " ".join(notes(findings)).replace("Activation", "activation")
    assert lesion_table(findings).count("Activation map of tumour-type") >= 2
    document = export_document(findings, (), None)
    assert document["outline"].lower() == MARK
    assert document["segments"][0]["algorithm_name"] == MARK


def test_a_long_model_id_never_cuts_the_mark() -> None:
    name = map_region_name("a-model-of-mine-with-a-very-long-id-2026")
    assert len(name) == 64
    assert name.startswith("activation map of a-model-of-mine")
    assert map_mark((Segment(1, "Map region", algorithm_name=name),))
