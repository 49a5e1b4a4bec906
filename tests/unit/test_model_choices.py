"""Start points, simple choices, single entries, and what is wrong with a configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tumordesk.core.data_report import DataReport, PatientsFound
from tumordesk.core.model_card import HeadSpec, InputSpec, ModelCard, Normalisation
from tumordesk.core.recipes import find_recipe, recipes
from tumordesk.core.training_run import OptimiserConfig, TrainingConfig
from tumordesk.session.model_choices import (
    AUGMENT_PRESETS,
    LEVELS,
    SCRATCH,
    fits,
    guided_settings,
    preset_of,
    start_points,
    suggested,
    variants,
)
from tumordesk.session.model_edit import ModelEditor
from tumordesk.session.model_problems import problems
from tumordesk.session.settings_entries import entry, with_entry
from tumordesk.session.training import Draft
from tumordesk.zoo import ModelEntry, Zoo


def _draft(task: str = "segmentation") -> Draft:
    draft = Draft()
    draft.use_folder(Path("/data/brains"))
    classes = {"all": 9} if task == "segmentation" else {"no": 4, "yes": 5}
    draft.use_report(
        DataReport(
            root="brains", layout="masks", layout_title="", task=task,  # type: ignore[arg-type]
            pictures=9, classes=classes, parts={"": 9},
            patients=PatientsFound(True, 3, "file names"), sizes={}, modes={}, masks={},
        )
    )  # fmt: skip
    return draft


def _own(entry_: ModelEntry, name: str) -> ModelEntry:
    card: ModelCard = replace(entry_.card, id=name, name=name)
    return ModelEntry(card, Path("/models") / name, "user")


def test_own_models_come_after_bundled_ones_and_scratch_last() -> None:
    bundled = Zoo().entries(verify=False)
    own = _own(next(e for e in bundled if e.card.task == "segmentation"), "mine")
    points = start_points("segmentation", (own, *bundled))
    assert [p.bundled for p in points] == [True] * (len(points) - 2) + [False, False]
    assert (points[-2].weights, points[-1]) == ("mine", SCRATCH)
    assert suggested(points, "segmentation", "FLAIR").weights == "flair-glioma"
    assert suggested(points, "segmentation", "T1C").weights == "t1c-tumour"
    assert suggested((SCRATCH,), "segmentation", "T1C") is SCRATCH


def test_starts_of_a_network_are_those_of_the_same_architecture() -> None:
    points = start_points("classification", Zoo().entries(verify=False), "resnet50")
    assert points[-1] is SCRATCH
    assert all(p.card is None or p.card.architecture == "resnet50" for p in points)


def test_the_network_sees_pictures_as_its_weights_did() -> None:
    points = start_points("segmentation", Zoo().entries(verify=False))
    start = suggested(points, "segmentation", "T1C")
    assert start.card is not None
    draft = _draft()
    draft.architecture, draft.settings = guided_settings(
        "segmentation", LEVELS[1], start, 42, "FLAIR"
    )
    config = draft.config()
    assert config.input.normalisation == start.card.input.normalisation
    assert (config.input.sequence, config.budget_minutes) == ("FLAIR", 42.0)
    assert config.data.volumes
    assert not problems(config)


def test_before_anything_is_chosen_the_order_is_complete() -> None:
    for task in ("segmentation", "classification"):
        config = _draft(task).config()
        assert config.initial_weights == "auto"
        assert not problems(config)


def test_another_folder_forgets_the_model() -> None:
    draft = _draft()
    ModelEditor(draft).put("recipe", "coco-seg-512", draft.config())
    assert draft.config().recipe == "coco-seg-512"
    draft.use_folder(Path("/data/others"))
    assert (draft.recipe, draft.architecture, draft.settings) == ("", "", {})


def test_recipes_fit_what_is_learnt() -> None:
    found = {
        goal: [recipe.name for recipe in recipes() if fits(recipe, goal)]
        for goal in ("outline", "classes", "presence")
    }
    assert found == {
        "outline": ["coco-seg-512"],
        "classes": ["four-class", "yesno-224"],
        "presence": ["detect-resnet", "four-class", "yesno-224"],
    }
    assert "by-patient" not in variants(find_recipe("yesno-224"))
    assert "frozen" in variants(find_recipe("yesno-224"))


def test_yes_or_no_is_learnt_from_masks_whatever_the_recipe() -> None:
    draft = _draft()
    draft.learn("presence")
    assert draft.config().architecture == "mobilenetv2"
    for name in ("detect-resnet", "yesno-224", ""):
        ModelEditor(draft).put("recipe", name, draft.config())
        config = draft.config()
        assert config.data.label_from_mask
        assert (config.task, config.classes) == ("classification", ("no_tumour", "tumour"))
        assert not problems(config)


def test_a_model_of_the_same_classes_is_the_first_start() -> None:
    bundled = Zoo().entries(verify=False)
    entry_ = next(e for e in bundled if e.card.id == "tumour-type")
    pair = tuple(replace(entry_.card.classes[0], name=name) for name in ("no_tumour", "tumour"))
    detect = replace(entry_.card, id="detect", classes=pair)
    points = start_points("classification", (*bundled, ModelEntry(detect, Path("/d"), "bundled")))
    found = suggested(points, "classification", "T1C", ("no_tumour", "tumour"))
    assert found.weights == "detect"
    known = suggested(
        points, "classification", "FLAIR", ("no_tumour", "tumour"), neighbours_known=True
    )
    assert known.weights == "detect-resnet"
    assert suggested(points, "classification", "T1C", ("a", "b")).weights == entry_.card.id


@pytest.mark.parametrize("name", AUGMENT_PRESETS)
def test_presets_are_known_by_their_numbers(name: str) -> None:
    assert preset_of(AUGMENT_PRESETS[name]) == name
    assert preset_of(replace(AUGMENT_PRESETS[name], erase=0.37)) == ""


def test_entries_of_lists_keep_the_others() -> None:
    plain = {"input": {"size": [256, 320]}}
    assert entry(plain, "input.size.1") == 320
    assert entry(plain, "input.nothing") is None
    before: dict[str, Any] = {"input": {"channels": 3}}
    after = with_entry(before, "input.size.0", 128, plain)
    assert after == {"input": {"channels": 3, "size": [128, 320]}}
    assert before == {"input": {"channels": 3}}


def test_one_change_keeps_the_rest_of_the_usual_model() -> None:
    draft = _draft()
    usual = draft.config()
    ModelEditor(draft).put("epochs", 3, usual)
    assert draft.config() == replace(usual, epochs=3)


def test_hidden_layers_change_with_their_dropout() -> None:
    draft = _draft("classification")
    editor = ModelEditor(draft)
    for path, value, expected in (
        ("head.hidden", 3, HeadSpec((128, 128, 128), (0.2,))),
        ("head.width", 64, HeadSpec((64, 64, 64), (0.2,))),
        ("head.dropout", (0.1, 0.2, 0.3, 0.4), HeadSpec((64, 64, 64), (0.1, 0.2, 0.3, 0.4))),
        ("head.hidden", 0, HeadSpec((), (0.4,))),
    ):
        editor.put(path, value, draft.config())
        assert draft.config().head == expected


def _config(**changes: Any) -> TrainingConfig:
    base = TrainingConfig("x", "segmentation", "unet", ("background", "tumour"))
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"architecture": "resnet18"}, "architecture"),
        ({"architecture": "made-up"}, "architecture"),
        ({"input": InputSpec(size=(250, 256))}, "input.size.0"),
        ({"input": InputSpec(size=(256, 16))}, "input.size.1"),
        ({"input": InputSpec(channels=2, neighbours=1)}, "input.channels"),
        ({"input": InputSpec(channels=5, neighbours=2)}, "input.neighbours"),
        (
            {"input": InputSpec(normalisation=Normalisation(low=60.0, high=50.0))},
            "input.normalisation.high",
        ),
        (
            {"input": InputSpec(channels=3, normalisation=Normalisation(mean=(0.1, 0.2)))},
            "input.normalisation.mean",
        ),
        ({"input": InputSpec(normalisation=Normalisation(std=(0.0,)))}, "input.normalisation.std"),
        ({"optimiser": OptimiserConfig(freeze_backbone=True)}, "freeze"),
        (
            {"initial_weights": "auto", "optimiser": OptimiserConfig(freeze_epochs=20)},
            "optimiser.freeze_epochs",
        ),
        ({"initial_weights": "imagenet"}, "initial_weights"),
        ({"head": HeadSpec((), (1.0,))}, "head.dropout"),
        ({"head": HeadSpec((64,), (0.1, 0.2, 0.3))}, "head.dropout"),
        ({"batch_size": 1}, "batch_size"),
        ({"precision": "fp16", "device": "cpu"}, "precision"),
    ],
)
def test_what_is_wrong_is_named_at_its_entry(changes: dict[str, Any], path: str) -> None:
    found = problems(_config(**changes))
    assert [problem.path for problem in found] == [path]
    assert found[0].blocks
    assert found[0].text.endswith(".")


def test_what_is_only_odd_does_not_block() -> None:
    (odd,) = problems(_config(patience=30))
    assert (odd.path, odd.blocks) == ("patience", False)


def test_neighbours_need_known_patients() -> None:
    config = _config(input=InputSpec(channels=3, neighbours=1))
    assert problems(config) == ()
    (found,) = problems(config, patients_known=False)
    assert found.path == "input.neighbours"
