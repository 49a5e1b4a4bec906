"""result.json says where lesions are, what the whole series has, and what is an estimate."""

from __future__ import annotations

import json
from dataclasses import replace

import panel_fakes as fakes
from inference_fakes import make_card
from tumordesk.commands.document import result_document
from tumordesk.core.finding import Part


def document(measured):
    made = result_document(make_card(), fakes.result(measured), fakes.geometry(), (), seconds=1.0)
    return json.loads(json.dumps(made))


def test_places_products_and_totals() -> None:
    first = fakes.lesion(1, location="Right, front, upper")
    found = document(fakes.measurements(first, fakes.lesion(2), volume_estimated=True))
    assert [lesion["location"] for lesion in found["lesions"]] == ["Right, front, upper", None]
    assert found["lesions"][0]["product_mm2"] == round(41.2 * 32.4, 2)
    totals = found["totals"]
    assert totals["lesions"] == 2
    assert totals["sum_of_products_mm2"] == round(2 * 41.2 * 32.4, 2)
    assert totals["volume_ml"] == found["volume_ml"]
    assert totals["volume_estimated"] is True
    assert totals["share_of_pixels"] == 0.0142


def test_parts_have_their_names_and_volumes() -> None:
    parts = (Part(1, 300, 1500.0), Part(2, 0, 0.0))
    both = replace(fakes.lesion(1), segment=0, parts=parts[:1])
    measured = replace(fakes.measurements(both), parts=parts)
    found = document(measured)
    told = {"segment": 1, "label": "Tumour", "voxels": 300, "volume_ml": 1.5}
    assert found["lesions"][0]["parts"] == [told]
    assert [part["segment"] for part in found["totals"]["parts"]] == [1, 2]
    assert document(fakes.measurements(fakes.lesion(1)))["totals"]["parts"] == []


def test_what_geometry_does_not_support_is_null_with_the_reason() -> None:
    found = document(fakes.measurements(fakes.lesion(mm=False), refused=(fakes.PIXELS_ONLY,)))
    assert found["totals"]["volume_ml"] is None
    assert found["totals"]["sum_of_products_mm2"] is None
    assert found["lesions"][0]["product_mm2"] is None
    assert found["refused"] == [fakes.PIXELS_ONLY]
    assert document(fakes.NOTHING)["totals"]["sum_of_products_mm2"] == 0.0
