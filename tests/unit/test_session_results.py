"""Figures in words, the pictures behind a cell, quartiles, comparisons."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import evaluation_fakes as fakes
from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import Interval
from tumordesk.core.jsonio import write_json
from tumordesk.session import results


def test_headlines_have_units_digits_and_intervals() -> None:
    shown = {f.key: f for f in results.headline(fakes.classification())}
    assert list(shown) == ["accuracy", "balanced_accuracy", "macro_f1", "auc", "ece"]
    accuracy = shown["accuracy"]
    assert (accuracy.value, accuracy.unit, accuracy.range_text) == ("87.1", "%", "78.6 to 94.3")
    assert shown["auc"].value == "0.968"
    outlines = {f.key: f for f in results.headline(fakes.segmentation())}
    assert (outlines["hd95_px_median"].value, outlines["hd95_px_median"].unit) == ("4.5", "px")
    assert results.figure_of("dice_mean", Interval(0.5)).range_text == ""


@pytest.mark.parametrize(("truth", "said", "count"), [(0, 0, 18), (1, 0, 3), (0, 2, 0)])
def test_a_cell_holds_its_cases_the_surest_first(truth: int, said: int, count: int) -> None:
    cases = results.cell_cases(fakes.classification(), truth, said)
    assert len(cases) == count
    sure = [case.probabilities[said] for case in cases]
    assert sure == sorted(sure, reverse=True)


def test_mistakes_and_extremes() -> None:
    wrong = results.mistakes(fakes.classification())
    assert len(wrong) == 9
    assert all(case.truth != case.said for case in wrong)
    found = fakes.segmentation()
    worst, best = results.worst_outlines(found), results.best_outlines(found)
    assert worst[0].group == "P00"
    assert best[0].group == "P13"
    assert not any(case.true_px == 0 for case in best)
    assert results.group_values(found)[0] == ("P00", pytest.approx(0.52))
    assert len(results.group_cases(found, "P03")) == 4


def test_facts_of_a_case() -> None:
    found = fakes.classification()
    facts = dict(results.case_facts(found, found.cases[0]))
    assert facts["Truth"] == "glioma"
    assert facts["p(glioma)"] == "97\N{NO-BREAK SPACE}%"
    outline = fakes.segmentation()
    facts = dict(results.case_facts(outline, outline.cases[1]))
    assert facts["Group"] == "P00"
    assert facts["HD95"] == "4.5 px"
    assert results.case_line(outline, outline.cases[0]) == "Empty, and right"


def test_quartiles_are_those_of_numpy() -> None:
    rng = np.random.default_rng(3)
    values = [float(v) for v in rng.normal(0.7, 0.1, 37)]
    _, low, middle, high, _ = results.quartiles(values)
    assert [low, middle, high] == pytest.approx(list(np.percentile(values, (25, 50, 75))))
    least, _, _, _, most = results.quartiles([0.1, 0.8, 0.81, 0.82, 0.83])
    assert (least, most) == (0.8, 0.83)
    assert results.quartiles([0.4]) == (0.4,) * 5
    with pytest.raises(ValueError, match="at least one"):
        results.quartiles([])


def test_figures_of_patients_and_their_axis() -> None:
    found = fakes.segmentation()
    assert results.group_figures(found) == (("dice", "Dice"), ("iou", "IoU"), ("hd95_px", "HD95"))
    assert results.group_figures(fakes.classification()) == ()
    assert [results.axis_top([v]) for v in (0.7, 1.0, 1.2, 4.5, 37.0, 0.0)] == [1, 1, 2, 5, 50, 1]


def test_hd95_is_shown_in_mm_where_it_is_known() -> None:
    found = fakes.in_mm(fakes.segmentation())
    assert results.group_figures(found)[-1] == ("hd95_mm", "HD95")
    shown = {f.key: f for f in results.headline(found)}
    assert (shown["hd95_mm_median"].value, shown["hd95_mm_median"].unit) == ("2.2", "mm")
    assert "hd95_px_median" not in shown
    assert dict(results.case_facts(found, found.cases[1]))["HD95"] == "2.2 mm"


def test_an_older_evaluation_than_the_checkpoint_is_stale(tmp_path: Path) -> None:
    assert results.read_fresh(tmp_path) is None
    path = results.evaluation_file(tmp_path)
    write_json(path, fakes.classification())
    assert results.read_fresh(tmp_path) == fakes.classification()
    best = tmp_path / "checkpoints" / "best.pt"
    best.parent.mkdir()
    best.write_bytes(b"x")
    later = path.stat().st_mtime + 10
    os.utime(best, (later, later))
    assert results.read_fresh(tmp_path) is None
    path.write_text("{}")
    os.utime(path, (later + 10, later + 10))
    with pytest.raises(ConfigError, match=r"test\.json"):
        results.read_fresh(tmp_path)


def test_a_comparison_is_read_and_its_columns_found() -> None:
    found = results.read_comparison(fakes.comparison(same_split=False))
    assert not found.same_split
    assert "otherwise" in found.reason
    assert [row.architecture for row in found.rows] == ["mobilenet", "xception", "mobilenet"]
    assert results.figure_columns(found.rows) == ("accuracy", "balanced_accuracy")
    assert found.side_by_side
    assert (found.rows[1].split, found.rows[1].copies) == ("by picture, at random", "kept")
    assert found.rows[0].split_id != found.rows[1].split_id
    older = fakes.comparison()
    for row in older["rows"]:
        del row["split"], row["split_id"]
    del older["side_by_side"]
    assert not results.read_comparison(older).side_by_side
    with pytest.raises(ConfigError):
        results.read_comparison([])
    with pytest.raises(ConfigError):
        results.read_comparison({"rows": [{"parameters": "many"}]})
