"""Figures of an evaluation against scikit-learn, scipy and counting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tumordesk.core.evaluation import Interval
from tumordesk_training.evaluation import calibration, roc
from tumordesk_training.evaluation.bootstrap import (
    draw_groups,
    interval,
    medians,
    share_of,
    sure_share,
)
from tumordesk_training.evaluation.classification import Answers, figures_of
from tumordesk_training.evaluation.hausdorff import EdgeDistances, distances, edge, hd95_of
from tumordesk_training.evaluation.segmentation import OutlineCount

NAMES = ("glioma", "meningioma", "none", "pituitary")


def answers(count: int = 300, seed: int = 0, *, ties: bool = False) -> Answers:
    """Made-up answers, right more often than not, of 40 groups."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(NAMES), count)
    logits = rng.normal(0.0, 1.0, (count, len(NAMES)))
    logits[np.arange(count), truth] += 1.0
    shares = np.exp(logits)
    shares /= shares.sum(axis=1, keepdims=True)
    if ties:
        shares = shares.round(1)
    groups = tuple(f"P{n}" for n in rng.integers(0, 40, count))
    return Answers(truth.astype(np.int64), shares, groups)


@pytest.mark.parametrize("ties", [False, True])
def test_roc_and_auc_are_those_of_scikit_learn(ties: bool) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    given = answers(ties=ties)
    for index in range(len(NAMES)):
        positive, scores = given.truth == index, given.probabilities[:, index]
        false, true = roc.curve(positive, scores)
        wanted = metrics.roc_curve(positive, scores, drop_intermediate=False)
        assert np.allclose(false, wanted[0])
        assert np.allclose(true, wanted[1])
        assert roc.area(positive, scores) == pytest.approx(metrics.roc_auc_score(positive, scores))
        corners = np.array(roc.points(positive, scores))
        assert len(corners) <= roc.MAX_POINTS
        assert np.trapezoid(corners[:, 1], corners[:, 0]) == pytest.approx(
            metrics.roc_auc_score(positive, scores), abs=2e-3
        )


def test_weighted_areas_are_those_of_repeated_pictures() -> None:
    given = answers(60, ties=True)
    positive, scores = given.truth == 1, given.probabilities[:, 1]
    weights = np.random.default_rng(1).integers(0, 4, (5, 60))
    found = roc.weighted_areas(positive, scores, weights)
    wanted = [roc.area(np.repeat(positive, w), np.repeat(scores, w)) for w in weights]
    assert np.allclose(found, np.array(wanted, dtype=float))
    nobody = np.where(positive, 0, 1)[None]
    assert np.isnan(roc.weighted_areas(positive, scores, nobody)).all()


def test_figures_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    given = answers()
    found = figures_of(given, NAMES)
    truth, said = given.truth, given.said
    wanted = {
        "accuracy": metrics.accuracy_score(truth, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, said),
        "macro_f1": metrics.f1_score(truth, said, average="macro"),
        "auc": metrics.roc_auc_score(truth, given.probabilities, multi_class="ovr"),
    }
    for name, value in wanted.items():
        assert found.figures[name].value == pytest.approx(value)
        low, high = found.figures[name].low, found.figures[name].high
        assert low is not None
        assert high is not None
        assert low < value < high
        assert high - low < 0.25
    assert found.figures["ece"].low is None
    assert np.array_equal(found.confusion, metrics.confusion_matrix(truth, said))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, said)
    for index, row in enumerate(found.class_figures):
        assert row.name == NAMES[index]
        assert row.pictures == support[index]
        assert (row.precision, row.recall, row.f1) == pytest.approx(
            (precision[index], recall[index], f1[index])
        )


def test_calibration_bins_and_their_gap() -> None:
    confidence = np.array([0.95, 0.95, 0.55, 0.55, 1.0])
    right = np.array([True, True, True, False, True])
    low, high = calibration.bins(confidence, right)
    assert (low.low, low.high, low.pictures, low.accuracy) == (0.5, 0.6, 2, 0.5)
    assert (high.pictures, high.accuracy) == (3, 1.0)
    by_hand = (2 * 0.05 + 3 * (1.0 - 2.9 / 3)) / 5
    assert calibration.error((low, high)) == pytest.approx(by_hand)
    assert calibration.error(()) is None


def test_a_class_without_pictures_has_no_figures_and_hides_nothing() -> None:
    shares = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.6, 0.4, 0.0]])
    found = figures_of(Answers(np.array([0, 1, 1]), shares, ("a", "b", "c")), ("x", "y", "z"))
    missing = found.class_figures[2]
    assert (missing.pictures, missing.precision, missing.recall, missing.auc) == (
        0,
        None,
        None,
        None,
    )
    assert missing.roc == ()
    assert found.figures["balanced_accuracy"].value == pytest.approx(0.75)
    assert found.figures["auc"].value == pytest.approx(1.0)


def test_one_group_gives_no_interval() -> None:
    given = answers(20)
    alone = figures_of(Answers(given.truth, given.probabilities, ("P1",) * 20), NAMES)
    assert all(v.low is None and v.high is None for v in alone.figures.values())


def test_intervals_are_wider_when_pictures_of_a_patient_agree() -> None:
    """Ten copies of every picture must not look like ten times the evidence."""
    given = answers(60)
    single = Answers(given.truth, given.probabilities, tuple(map(str, range(60))))
    tenfold = Answers(
        np.repeat(given.truth, 10),
        np.repeat(given.probabilities, 10, axis=0),
        tuple(np.repeat(np.arange(60).astype(str), 10)),
    )
    widths = []
    for each in (single, tenfold):
        accuracy = figures_of(each, NAMES).figures["accuracy"]
        assert accuracy.low is not None
        assert accuracy.high is not None
        widths.append(accuracy.high - accuracy.low)
    assert widths[1] == pytest.approx(widths[0], abs=0.02)


def test_the_bootstrap_is_seeded_and_right() -> None:
    drawn = draw_groups(30)
    assert np.array_equal(drawn, draw_groups(30))
    assert (drawn.sum(axis=1) == 30).all()
    values = np.random.default_rng(3).normal(10.0, 2.0, 30)
    means = share_of(values, np.ones(30), drawn)
    found = interval(float(values.mean()), means)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    expected = 2 * 1.96 * values.std() / np.sqrt(30)
    assert found.high - found.low == pytest.approx(expected, rel=0.1)
    assert np.isfinite(medians([1.0, float("nan"), 3.0], draw_groups(3))).mean() > 0.9
    assert interval(None, means) is None
    nothing = interval(0.5, np.full(10, np.nan))
    assert nothing is not None
    assert nothing.low is None


def squares() -> tuple[np.ndarray, np.ndarray]:
    one, other = np.zeros((40, 50), bool), np.zeros((40, 50), bool)
    one[10:20, 10:20] = True
    other[10:20, 13:23] = True
    return one, other


def test_hd95_of_a_shifted_square_is_the_shift() -> None:
    one, other = squares()
    assert hd95_of(*distances(one, other)) == pytest.approx(3.0)
    assert hd95_of(*distances(one, one)) == 0.0
    assert hd95_of(*distances(one, other, (2.0, 0.5))) == pytest.approx(1.5)
    with pytest.raises(ValueError, match="empty"):
        distances(one, np.zeros_like(one))


def test_distances_are_those_of_scipy() -> None:
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is not installed")
    rng = np.random.default_rng(0)
    for shape, spacing in (((30, 44), (1.0, 1.0)), ((9, 20, 24), (3.0, 0.9, 0.7))):
        masks = [ndimage.gaussian_filter(rng.normal(size=shape), 2.0) > 0.02 for _ in range(2)]
        rims = [edge(m) for m in masks]
        there, back = distances(*masks, spacing)
        to_other = ndimage.distance_transform_edt(~rims[1], sampling=spacing)
        to_one = ndimage.distance_transform_edt(~rims[0], sampling=spacing)
        assert np.allclose(there, to_other[rims[0]], atol=1e-4)
        assert np.allclose(back, to_one[rims[1]], atol=1e-4)


def test_outlines_are_counted_by_picture_and_by_group() -> None:
    one, other = squares()
    count = OutlineCount()
    first = count.add("a/1.png", "a", other, one, (0.5, 0.5))
    assert first.dice == pytest.approx(0.7)
    assert first.iou == pytest.approx(70 / 130)
    assert (first.hd95_px, first.hd95_mm) == (pytest.approx(3.0), pytest.approx(1.5))
    assert (first.true_px, first.found_px) == (100, 100)
    empty = count.add("a/2.png", "a", np.zeros_like(one), np.zeros_like(one))
    assert (empty.dice, empty.iou, empty.hd95_px, empty.hd95_mm) == (None, None, None, None)
    missed = count.add("b/1.png", "b", np.zeros_like(one), one)
    assert (missed.dice, missed.hd95_px) == (0.0, None)
    count.add("c/1.png", "c", other, np.zeros_like(one))
    groups = count.by_group()
    assert groups["a"]["dice"] == pytest.approx(0.7)
    assert groups["a"]["pictures"] == 2
    assert groups["c"]["dice"] is None
    figures = count.figures()
    assert figures["dice_mean"].value == pytest.approx(0.35)
    assert figures["dice_by_image_mean"].value == pytest.approx(0.35)
    assert figures["iou_mean"].value == pytest.approx(35 / 130)
    assert figures["hd95_mm_median"].value == pytest.approx(1.5)
    assert figures["false_positive_share"].value == pytest.approx(0.5)
    assert [case.key for case in count.cases()] == ["a/1.png", "a/2.png", "b/1.png", "c/1.png"]


def test_hd95_of_patients_is_in_mm_where_all_voxel_sizes_are_known() -> None:
    one, other = squares()
    scans = OutlineCount()
    for name, spacing in (("a", (5.0, 0.5, 0.5)), ("b", (5.0, 1.0, 1.0)), ("c", (1.0, 2.0, 2.0))):
        scans.add(f"{name}.nii.gz", name, other[None], one[None], spacing)
    scans.add("d.nii.gz", "d", np.zeros_like(one)[None], one[None])  # nothing is measured there
    groups = scans.by_group()
    assert [groups[name]["hd95_mm"] for name in "abcd"] == [
        pytest.approx(1.5), pytest.approx(3.0), pytest.approx(6.0), None
    ]  # fmt: skip
    assert not any("hd95_px" in row for row in groups.values())
    figures = scans.figures()
    assert figures["hd95_mm_median"].value == pytest.approx(3.0)
    assert "hd95_px_median" not in figures
    assert scans.apart() == {"hd95_mm_median": pytest.approx(3.0)}


def test_one_unknown_voxel_size_leaves_hd95_in_pixels() -> None:
    one, other = squares()
    mixed = OutlineCount()
    mixed.add("a.nii.gz", "a", other[None], one[None], (5.0, 0.5, 0.5))
    mixed.add("b.png", "b", other, one)
    assert [row["hd95_px"] for row in mixed.by_group().values()] == pytest.approx([3.0, 3.0])
    assert "hd95_mm_median" not in mixed.figures()
    assert mixed.apart() == {"hd95_px_median": pytest.approx(3.0)}
    assert OutlineCount().apart() == {}


def test_edges_of_several_slices_are_pooled() -> None:
    one, other = squares()
    pool = EdgeDistances()
    assert pool.value() is None
    pool.add(one, one)
    pool.add(one, other)
    assert pool.add(one, np.zeros_like(one)) is None
    value = pool.value()
    assert value is not None
    assert 0.0 < value <= 3.0


def test_hd95_tells_what_it_leaves_out() -> None:
    one, other = squares()
    nothing = np.zeros_like(one)
    count = OutlineCount()
    for key, found, true in (
        ("1", one, one), ("2", nothing, one), ("3", nothing, one), ("4", other, nothing),
        ("5", nothing, nothing),
    ):  # fmt: skip
        count.add(f"{key}.png", f"P{key}", found, true)
    assert count.one_sided() == (2, 1)
    (told,) = count.warnings()
    assert "2 of 3 pictures with tumour that were missed altogether" in told
    assert "1 of 2 without tumour that were outlined" in told
    fine = OutlineCount()
    fine.add("1.png", "a", other, one)
    assert fine.warnings() == ()
    empty = OutlineCount()
    empty.add("1.png", "a", nothing, nothing)
    assert empty.warnings() == ("No picture of this part shows a tumour: there is no Dice.",)


def test_slices_of_a_volume_count_as_pictures_do() -> None:
    """A volume of four slices: one outlined, one missed, one outlined though empty, one empty."""
    one, _ = squares()
    nothing = np.zeros_like(one)
    found, true = np.stack([one, nothing, one, nothing]), np.stack([one, one, nothing, nothing])
    volume, pictures = OutlineCount(), OutlineCount()
    volume.add("a.nii.gz", "a", found, true)
    for number in range(4):
        pictures.add(f"{number}.png", "a", found[number], true[number])
    for name, value in (("dice_by_image_mean", 0.5), ("false_positive_share", 0.5)):
        assert volume.figures()[name].value == pytest.approx(value)
        assert pictures.figures()[name].value == pytest.approx(value)
    assert volume.figures()["dice_mean"] == pictures.figures()["dice_mean"]
    assert len(volume.cases()) == 1


def test_classes_taken_for_each_other_are_wrong() -> None:
    one, other = squares()
    true = np.where(one, 1, np.where(other, 2, 0))
    swapped = np.where(true == 1, 2, np.where(true == 2, 1, 0))
    count = OutlineCount(("background", "oedema", "core"))
    for patient in ("a", "b"):
        count.add(f"{patient}.png", patient, swapped, true)
    count.add("c.png", "c", np.where(one, 1, 0), np.where(one, 1, 0))
    figures = count.figures()
    assert figures["dice_mean"].value == pytest.approx(1.0)
    assert figures["dice_class_oedema"].value == pytest.approx(1 / 3)
    assert figures["dice_class_core"].value == 0.0
    assert figures["dice_classes_mean"].value == pytest.approx(1 / 6)
    assert figures["dice_class_oedema"].low == 0.0
    assert count.classes.summary()["dice_by_class"] == {
        "oedema": pytest.approx(1 / 3), "core": 0.0
    }  # fmt: skip
    single = OutlineCount(("background", "tumour"))
    single.add("a.png", "a", one, one)
    assert not any("class" in name for name in single.figures())


def test_where_all_are_right_the_range_is_that_of_so_few_patients() -> None:
    truth = np.array([0, 1] * 20)
    shares = np.eye(2)[truth]
    found = figures_of(Answers(truth, shares, tuple(f"P{n}" for n in range(40))), ("a", "b"))
    accuracy = found.figures["accuracy"]
    assert (accuracy.value, accuracy.high) == (1.0, 1.0)
    assert accuracy.low == pytest.approx(0.9119, abs=1e-4)  # Clopper-Pearson, 40 of 40
    assert found.figures["balanced_accuracy"] == Interval(1.0)
    assert sure_share(Interval(0.0), 3) == Interval(0.0, 0.0, pytest.approx(0.7076, abs=1e-4))
    assert sure_share(Interval(0.5), 3) == Interval(0.5)
    assert sure_share(Interval(1.0), 1) == Interval(1.0)
