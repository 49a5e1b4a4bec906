"""The draft of a training: decisions, the order they make, and what can be visited when."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import evaluation_fakes
from tumordesk.core.data_report import DataFinding, DataReport, PatientsFound
from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import write_json
from tumordesk.core.training_run import (
    CONFIG_NAME,
    EVENTS_NAME,
    RunState,
    SplitConfig,
    TrainingConfig,
    TrainingEvent,
    write_config,
)
from tumordesk.session.results import folds_warnings, folds_words
from tumordesk.session.split_choices import (
    SHARES,
    flattering,
    possible,
    safest,
    shares_words,
    way_of,
    with_shares,
    with_way,
)
from tumordesk.session.training import Draft, SplitReport, goals, known_runs, new_run_folder


def _finding(code: str, *actions: str, exclude: tuple[str, ...] = ()) -> DataFinding:
    chosen: Any = actions
    return DataFinding(code, "problem", code, "", 1, (), chosen, exclude)


def _report(*findings: DataFinding, **changes: Any) -> DataReport:
    plain = DataReport(
        root="data", layout="classes", layout_title="Class folders", task="classification",
        pictures=20, classes={"no": 10, "yes": 10}, parts={"": 20},
        patients=PatientsFound(False, 20, "none"), sizes={}, modes={}, masks={}, findings=findings,
    )  # fmt: skip
    return replace(plain, **changes)


def _masks(**changes: Any) -> DataReport:
    plain = {"task": "segmentation", "layout": "masks", "classes": {"": 20}}
    return _report(**{**plain, **changes})


def _draft(report: DataReport, folder: str = "/data/scans") -> Draft:
    draft = Draft()
    draft.use_folder(Path(folder))
    draft.use_report(report)
    return draft


def test_a_draft_without_data_makes_no_order() -> None:
    with pytest.raises(ConfigError, match="No data folder"):
        Draft().config()


def _with_pred() -> DataReport:
    """yes and no without a split of their own, pred as it came, and a set with one inside."""
    pred = replace(
        _finding("unlabelled_class", "exclude", "ignore", exclude=("pred/1.png",)),
        classes=("pred",),
    )
    inner = replace(
        _finding("class_in_some_parts", "exclude", exclude=("in/train/1.png", "in/test/2.png")),
        classes=("in",),
    )
    loose = {"no": 4, "pred": 1, "yes": 4}
    return _report(
        pred, inner, pictures=11, classes={"in": 2, **loose}, parts={"train": 1, "test": 1, "": 9},
        class_parts={"train": {"in": 1}, "test": {"in": 1}, "": loose},
    )  # fmt: skip


def test_a_class_that_is_left_out_is_not_learned() -> None:
    draft = _draft(_with_pred())
    assert draft.kept is draft.report
    assert draft.config().classes == ("in", "no", "pred", "yes")
    draft.decide("unlabelled_class", "exclude")
    kept = draft.kept
    assert kept is draft.kept
    assert safest(kept) == "given"
    draft.decide("class_in_some_parts", "exclude")
    config = draft.config()
    assert config.classes == ("no", "yes")
    assert config.data.exclude == ("in/test/2.png", "in/train/1.png", "pred/1.png")
    assert [d.action for d in config.data.decisions] == ["exclude", "exclude"]
    kept = draft.kept
    assert (kept.pictures, kept.parts) == (8, {"": 8})
    assert (safest(kept), possible("given", kept)) == ("stratified", False)
    draft.decide("unlabelled_class", "ignore", "they are labelled")
    assert draft.config().classes == ("no", "pred", "yes")


def _partly(*classes: str) -> DataReport:
    keys = tuple(f"{name}/1.png" for name in classes)
    partly = _finding("class_in_some_parts", "exclude", "ignore", exclude=keys)
    found = (replace(partly, classes=classes),) if classes else ()
    return _report(*found, classes={"a": 5, "b": 5, "c": 5, "d": 5})


@pytest.mark.parametrize("between", [(), ("b",)])
def test_a_class_that_is_left_out_says_nothing_of_another(between: tuple[str, ...]) -> None:
    draft = _draft(_partly("a"))
    draft.decide("class_in_some_parts", "exclude")
    draft.use_report(_partly(*between))
    draft.use_report(_partly("b"))
    assert draft.decision("class_in_some_parts") is None
    assert (draft.data.exclude, draft.config().classes) == ((), ("a", "b", "c", "d"))
    draft.decide("class_in_some_parts", "exclude")
    assert draft.config().classes == ("a", "c", "d")


def test_of_the_classes_that_are_left_out_some_may_be_mended() -> None:
    draft = _draft(_partly("a", "b"))
    draft.decide("class_in_some_parts", "exclude")
    draft.use_report(_partly("b"))
    assert (draft.data.exclude, draft.config().classes) == (("b/1.png",), ("a", "c", "d"))
    draft.use_report(_partly("b", "c"))
    assert draft.config().data.exclude == ()


def test_too_few_classes_are_left_to_learn() -> None:
    report = _report(replace(_finding("unlabelled_class", "exclude"), classes=("no",)))
    draft = _draft(report)
    draft.decide("unlabelled_class", "exclude")
    assert "split" not in draft.reachable()


def test_the_colour_that_was_chosen_is_read_until_another_is() -> None:
    report = _masks()
    draft = _draft(replace(report, findings=(_finding("coloured", "red", "green", "grey"),)))
    draft.recipe = "detect-resnet"
    assert draft.config().data.channel == 1
    draft.decide("coloured", "red")
    assert draft.config().data.channel == 0
    draft.decide("coloured", "grey")
    assert draft.config().data.channel is None
    draft.read_as(replace(draft.data, layout="masks"))
    assert draft.decision("coloured") is not None
    draft.read_as(replace(draft.data, channel=2))
    assert draft.decision("coloured") is None
    assert draft.config().data.channel == 2


def test_the_pattern_that_was_offered_is_used_until_it_is_dropped() -> None:
    offered = replace(_finding("patients_unknown", "pattern", "ignore"), pattern="^(P\\d+)")
    draft = _draft(_report(offered))
    draft.decide("patients_unknown", "pattern")
    assert draft.config().data.group_pattern == "^(P\\d+)"
    assert draft.decision("patients_unknown").reason == "^(P\\d+)"
    draft.use_report(_report(_finding("patients_from_pattern", "forget")))
    draft.decide("patients_from_pattern", "forget")
    assert (draft.data.group_pattern, draft.data.decisions) == ("", ())
    draft.use_report(_report(offered))
    draft.decide("patients_unknown", "pattern")
    draft.read_as(replace(draft.data, group_pattern="^(S\\d+)"))
    assert draft.decision("patients_unknown") is None


def test_one_class_is_too_few() -> None:
    draft = _draft(_report(classes={"yes": 20}))
    with pytest.raises(ConfigError, match="one class"):
        draft.config()
    assert "split" not in draft.reachable()


def test_the_order_holds_folder_classes_and_split() -> None:
    draft = _draft(_report())
    draft.split = SplitConfig(validation=0.2, test=0.1, given=False, method="stratified", seed=5)
    config = draft.config()
    assert config.data.root == str(Path("/data/scans"))
    assert config.classes == ("no", "yes")
    assert config.split == draft.split
    assert config.name == "scans"


def test_settings_are_put_over_the_recipe() -> None:
    draft = _draft(_report())
    draft.recipe, draft.variant, draft.architecture = "yesno-224", "sgd", "resnet50"
    draft.settings = {"epochs": 3, "optimiser": {"rate": 0.5}}
    config = draft.config()
    assert (config.architecture, config.epochs, config.optimiser.rate) == ("resnet50", 3, 0.5)
    assert config.optimiser.name == "sgd"
    assert config.recipe == "yesno-224/sgd"


def test_a_recipe_that_makes_classes_from_masks() -> None:
    draft = _draft(_masks(patients=PatientsFound(True, 5, "csv")))
    assert draft.config().classes == ("background", "tumour")
    assert draft.config().data.volumes
    draft.recipe = "detect-resnet"
    config = draft.config()
    assert (config.task, config.classes) == ("classification", ("no_tumour", "tumour"))
    assert config.data.label_from_mask
    assert not config.data.volumes


def test_what_is_learnt_from_pictures_with_masks_and_labels() -> None:
    masks = {"with": 20, "empty": 8, "rectangles": 0}
    draft = _draft(_masks(masks=masks))
    assert goals(_masks(masks=masks)) == ("outline", "presence")
    both = _masks(masks=masks, classes={"glioma": 10, "pituitary": 10})
    draft.use_report(both)
    assert goals(both) == ("outline", "classes", "presence")
    assert draft.config().task == "segmentation"
    draft.recipe = "coco-seg-512"
    draft.learn("classes")
    config = draft.config()
    assert (config.task, config.classes) == ("classification", ("glioma", "pituitary"))
    assert (draft.recipe, config.data.volumes) == ("", False)
    draft.learn("presence")
    config = draft.config()
    assert (config.classes, config.data.label_from_mask) == (("no_tumour", "tumour"), True)
    assert goals(_report()) == ("classes",)


def test_a_recipe_that_does_not_fit_new_data_is_forgotten() -> None:
    draft = _draft(_masks())
    draft.recipe, draft.settings = "coco-seg-512", {"epochs": 2}
    draft.use_folder(Path("/data/other"))
    draft.use_report(_report())
    assert (draft.recipe, draft.settings) == ("", {})
    assert draft.config().task == "classification"


def test_decisions_become_settings_of_the_data() -> None:
    report = _report(
        _finding("duplicates", "drop", "together", "keep"),
        _finding("near_duplicates", "together", "drop", "keep"),
        _finding("conflicting_labels", "exclude", "ignore", exclude=("b.png", "a.png")),
    )
    draft = _draft(report)
    assert (draft.data.duplicates, draft.data.near_duplicates) == ("together", "together")
    draft.decide("duplicates", "drop")
    draft.decide("near_duplicates", "ignore", "different scans")
    draft.decide("conflicting_labels", "exclude")
    data = draft.config().data
    assert (data.duplicates, data.near_duplicates) == ("drop", "keep")
    assert data.exclude == ("a.png", "b.png")
    ignored = draft.decision("near_duplicates")
    assert ignored is not None
    assert ignored.reason == "different scans"
    draft.decide("conflicting_labels", "")
    assert draft.config().data.exclude == ()


def test_of_two_findings_on_copies_the_stricter_decision_counts() -> None:
    draft = _draft(_report(_finding("duplicates"), _finding("duplicates_across_parts")))
    draft.decide("duplicates_across_parts", "drop")
    draft.decide("duplicates", "keep")
    assert draft.data.duplicates == "drop"


def test_another_folder_forgets_what_was_known() -> None:
    draft = _draft(_report(_finding("duplicates")))
    draft.decide("duplicates", "drop")
    draft.use_folder(Path("/data/other"))
    assert draft.report is None
    assert draft.data.decisions == ()


def test_stages_open_one_after_the_other() -> None:
    draft = Draft()
    assert draft.reachable() == {"data"}
    draft.use_folder(Path("/data/scans"))
    assert draft.reachable() == {"data", "check"}
    draft.use_report(_report())
    assert draft.reachable() == {"data", "check", "split"}
    draft.split_report = SplitReport("group", "", "", {}, {})
    assert draft.reachable() == {"data", "check", "split", "model", "train"}
    draft.run = Path("/runs/one")
    assert draft.reachable() == {"train"}
    draft.run_state = RunState.FINISHED
    assert {"data", "model", "results", "use"} <= draft.reachable()


def test_a_failed_training_with_a_best_epoch_can_be_measured(tmp_path: Path) -> None:
    draft = Draft()
    draft.run, draft.run_state = tmp_path, RunState.FAILED
    assert "results" not in draft.reachable()
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "best.pt").write_bytes(b"best")
    assert {"results", "use"} <= draft.reachable()


# Splits ----------------------------------------------------------------------------------------


def test_the_safest_split() -> None:
    known = PatientsFound(True, 5, "folders")
    given = {"train": 10, "test": 10}
    assert safest(_report(patients=known, parts=given)) == "patient"
    assert safest(_report(parts=given)) == "given"
    assert safest(_report()) == "stratified"
    assert safest(_masks()) == "random"
    assert not possible("patient", _report())
    assert not possible("given", _report())


@pytest.mark.parametrize("way", ["patient", "given", "stratified", "random"])
def test_a_way_is_found_again_in_its_configuration(way: Any) -> None:
    report = _report(patients=PatientsFound(True, 5, "csv"), parts={"train": 10, "test": 10})
    assert way_of(with_way(SplitConfig(), way, report), report) == way


def test_k_fold_and_shares_in_words() -> None:
    split = with_shares(SplitConfig(), SHARES[3])
    assert (split.folds, split.fold) == (5, 0)
    assert shares_words(split).endswith("20 % to test it")
    assert shares_words(SHARES[2]).startswith("70 % to learn from, 20 %")


def test_splits_that_flatter_are_named() -> None:
    report = _report(_finding("duplicates"), patients=PatientsFound(True, 5, "csv"))
    draft = _draft(report)
    by_patient = with_way(SplitConfig(), "patient", report)
    assert flattering(by_patient, draft.data, report) == ()
    by_picture = with_way(SplitConfig(), "random", report)
    assert "one patient" in flattering(by_picture, draft.data, report)[0]
    draft.decide("duplicates", "keep")
    assert "same picture" in flattering(by_patient, draft.data, report)[0]


# Runs ------------------------------------------------------------------------------------------


def test_known_runs_newest_first(tmp_path: Path) -> None:
    config = TrainingConfig("One", "classification", "resnet18", ("a", "b"))
    for name, kind, when in (("old", "finished", 100.0), ("new", "epoch", time.time() + 50)):
        folder = tmp_path / name
        write_config(folder / CONFIG_NAME, config)
        event: Any = TrainingEvent(kind, when)  # type: ignore[arg-type]
        (folder / EVENTS_NAME).write_text(event.line(), encoding="utf-8")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / CONFIG_NAME).write_text("{", encoding="utf-8")
    runs = known_runs(tmp_path)
    assert [run.folder.name for run in runs] == ["new", "broken", "old"]
    assert [run.state for run in runs] == [RunState.RUNNING, None, RunState.FINISHED]
    assert known_runs(tmp_path / "nowhere") == ()


def test_a_new_run_folder_is_not_there_yet(tmp_path: Path) -> None:
    first = new_run_folder("Lékař: Ψ/gliomas?", tmp_path)
    assert first.parent == tmp_path
    first.mkdir()
    second = new_run_folder("Lékař: Ψ/gliomas?", tmp_path)
    assert second != first
    assert not second.exists()


def _summary(root: Path, **figures: dict[str, float]) -> Path:
    """A cross-validation of three folds that are through; the first of them."""
    config = TrainingConfig("x", "segmentation", "unet", ("no", "yes"), split=SplitConfig(folds=3))
    for number in range(3):
        write_config(root / f"fold-{number}" / "config.json", config)
    write_config(root / "config.json", config)
    runs = [{"figures": {"dice_mean": 0.5}}] * 3
    document = {"kind": "kfold", "runs": runs, "summary": figures}
    (root / "kfold.json").write_text(json.dumps(document))
    return root / "fold-0"


def test_a_figure_that_one_fold_has_is_no_mean_of_all(tmp_path: Path) -> None:
    run = _summary(
        tmp_path,
        dice_mean={"mean": 0.5, "deviation": 0.1, "runs": 3.0},
        hd95_mm_median={"mean": 18.7, "deviation": 0.0, "runs": 1.0},
    )
    assert folds_words(run) == (
        "All 3 folds, mean ± standard deviation: Dice per patient 0.500 ± 0.100; "
        "HD95, median 18.7 mm (1 of them)."
    )


def test_means_of_folds_come_with_their_warnings(tmp_path: Path) -> None:
    run = _summary(tmp_path, dice_mean={"mean": 0.5, "deviation": 0.1, "runs": 3.0})
    assert folds_warnings(run) == ()
    for number in range(2):  # of a summary that was written without warnings
        found = evaluation_fakes.segmentation(warnings=(f"{number} of 9 are copies.",))
        write_json(tmp_path / f"fold-{number}" / "evaluation" / "test.json", found)
    assert folds_warnings(run) == ("fold-0: 0 of 9 are copies.", "fold-1: 1 of 9 are copies.")
    document = json.loads((tmp_path / "kfold.json").read_text())
    (tmp_path / "kfold.json").write_text(json.dumps({**document, "warnings": ["Copies."]}))
    assert folds_warnings(run) == ("Copies.",)
    assert folds_warnings(tmp_path) == ()
    (tmp_path / "kfold.json").write_text(json.dumps({**document, "warnings": 3}))
    with pytest.raises(ConfigError):
        folds_warnings(run)


def test_a_damaged_summary_of_folds_is_refused(tmp_path: Path) -> None:
    run = _summary(tmp_path, dice_mean={"mean": float("nan"), "deviation": 0.1, "runs": 3.0})
    with pytest.raises(ConfigError):
        folds_words(run)
