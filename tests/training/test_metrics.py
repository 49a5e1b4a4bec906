"""Figures, schedule and average against scikit-learn and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from tumordesk.core.training_run import OptimiserConfig, Stage
from tumordesk_training.ema import Average
from tumordesk_training.metrics import (
    ClassDice,
    DiceCount,
    classification_summary,
    confusion,
    dice,
    score,
)
from tumordesk_training.schedule import FLOOR, rate_factor, stage_size

NAMES = ("a", "b", "c")


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
def test_classification_figures_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    wanted, said = [p[0] for p in pairs], [p[1] for p in pairs]
    table = confusion(wanted, said, 3)
    found = classification_summary(table, NAMES)
    assert table == sk.confusion_matrix(wanted, said, labels=[0, 1, 2]).tolist()
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(wanted, said))
    recalls = sk.recall_score(wanted, said, labels=[0, 1, 2], average=None, zero_division=0)
    for index, name in enumerate(NAMES):
        if index in wanted:
            assert found["recall"][name] == pytest.approx(recalls[index])
        else:
            assert found["recall"][name] is None
    known = [r for r in found["recall"].values() if r is not None]
    assert found["balanced_accuracy"] == pytest.approx(float(np.mean(known)))


@settings(max_examples=30)
@given(
    st.lists(st.booleans(), min_size=9, max_size=9), st.lists(st.booleans(), min_size=9, max_size=9)
)
def test_dice_is_the_f1_score_of_pixels(predicted: list[bool], wanted: list[bool]) -> None:
    count = DiceCount()
    count.add("P", np.array(predicted), np.array(wanted))
    expected = sk.f1_score(wanted, predicted, zero_division=1.0)
    assert dice(*count.pictures[0]) == pytest.approx(expected)


def picture(pixels: int, size: int = 100) -> np.ndarray:
    return np.arange(size) < pixels


def test_dice_is_over_all_slices_of_a_patient() -> None:
    count = DiceCount()
    count.add("P1", picture(10), picture(20))
    count.add("P1", picture(30), picture(0))
    count.add("P2", picture(5), picture(5))
    count.add("P3", picture(60), picture(0))
    assert count.by_group() == {"P1": 2 * 10 / (40 + 20), "P2": 1.0}
    assert count.summary() == {
        "dice_mean": pytest.approx((1 / 3 + 1) / 2),
        "dice_by_image_mean": pytest.approx((2 / 3 + 1) / 2),
        "tumour_images": 2,
        "empty_images": 2,
        "false_positive_share": 0.5,
    }


def test_counts_of_several_processes_add_up() -> None:
    whole, first, second = DiceCount(), DiceCount(), DiceCount()
    for number in range(6):
        for count in (whole, (first, second)[number % 2]):
            count.add(f"P{number % 3}", picture(number * 5), picture(20))
    first.merge(second)
    assert first.by_group() == whole.by_group()
    assert first.summary() == pytest.approx(whole.summary())


def test_nothing_to_count() -> None:
    assert DiceCount().summary()["dice_mean"] is None
    assert classification_summary(confusion([], [], 3), NAMES)["accuracy"] is None


def test_the_score_that_chooses_the_best() -> None:
    values = {"dice_mean": 0.8, "dice_by_image_mean": 0.7, "false_positive_share": 0.1}
    assert score("segmentation", values, volumes=True) == 0.8
    assert score("segmentation", values, volumes=False) == pytest.approx(0.65)
    assert score("classification", {"balanced_accuracy": 0.9}, volumes=False) == 0.9
    assert score("segmentation", {"dice_mean": None}, volumes=True) == 0.0


def test_the_rate_warms_up_and_comes_down() -> None:
    config = OptimiserConfig(warmup=0.1)
    factors = [rate_factor(p, config) for p in (0.0, 0.05, 0.1, 0.55, 1.0)]
    assert factors == pytest.approx([FLOOR, 0.5, 1.0, 0.505, FLOOR])
    assert rate_factor(0.7, OptimiserConfig(schedule="none")) == 1.0
    assert rate_factor(0.7, OptimiserConfig(schedule="plateau"), 0.3) == 0.3


def test_stages_of_growing_pictures() -> None:
    stages = (Stage(0.3, (64, 64)), Stage(0.6, (96, 96)))
    sizes = [stage_size(p, stages, (128, 128))[0] for p in (0.0, 0.3, 0.59, 0.6, 1.0)]
    assert sizes == [64, 96, 96, 128, 128]


def test_the_moving_average_by_hand() -> None:
    layer = torch.nn.BatchNorm1d(1)
    average = Average(layer, 0.5)
    layer.weight.data.fill_(3.0)
    layer.num_batches_tracked.fill_(7)
    average.update()  # the first decay is (1 + 1) / (10 + 1)
    expected = 1.0 * 2 / 11 + 3.0 * 9 / 11
    assert float(average.state["weight"]) == pytest.approx(expected)
    assert int(average.state["num_batches_tracked"]) == 7
    with average.applied():
        assert float(layer.weight.detach()) == pytest.approx(expected)
    assert float(layer.weight.detach()) == 3.0
    off = Average(layer, 0.0)
    with off.applied():
        assert float(layer.weight.detach()) == 3.0
    assert off.current()["weight"].data_ptr() == layer.weight.data_ptr()


def test_the_best_epoch_of_several_classes_is_that_of_their_mean() -> None:
    parts = [ClassDice(("background", "oedema", "core")) for _ in range(2)]
    true = np.array([1, 1, 2, 2, 0, 0])
    parts[0].add("a", np.array([1, 1, 2, 2, 0, 0]), true)
    parts[1].add("a", np.array([2, 2, 1, 1, 0, 0]), true)  # the same patient, all swapped
    parts[0].merge(parts[1])
    found = parts[0].summary()
    assert found["dice_by_class"] == {"oedema": 0.5, "core": 0.5}
    values = {"dice_mean": 1.0, "dice_by_image_mean": 1.0, "false_positive_share": 0.2, **found}
    assert score("segmentation", values, volumes=True) == pytest.approx(0.5)
    assert score("segmentation", values, volumes=False) == pytest.approx(0.4)
    assert ClassDice(("background", "tumour")).summary() == {}
