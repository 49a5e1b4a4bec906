"""Several runs in sequence: networks of a recipe, folds; and what helps before a run."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training_factories import class_config, class_folder, mask_config, mask_folder
from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.training_run import (
    AugmentConfig,
    DataConfig,
    LossConfig,
    OptimiserConfig,
    RunState,
    SplitConfig,
    read_run,
    write_config,
)
from tumordesk_training import loop, rate_finder
from tumordesk_training.cli import main
from tumordesk_training.dataset import build_cache
from tumordesk_training.layouts import scan
from tumordesk_training.plan import plan_split
from tumordesk_training.preview import preview
from tumordesk_training.rate_finder import find_rate, suggestion
from tumordesk_training.series import (
    Done,
    Planned,
    _series,
    by_fold,
    by_network,
    run_series,
    table,
)
from tumordesk_training.split import select


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return class_folder(tmp_path_factory.mktemp("classes") / "pictures", 12)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mask_folder(tmp_path_factory.mktemp("scans") / "scans")


def test_networks_are_compared_on_one_split(pictures: Path, tmp_path: Path) -> None:
    config = class_config(pictures, epochs=1, samples=0)
    planned = by_network(config, ("mobilenetv2", "resnet18"))
    series, state = run_series("sweep", planned, tmp_path / "out", same_split=True)
    assert state is RunState.FINISHED
    assert [run.architecture for run in series.runs] == ["mobilenetv2", "resnet18"]
    assert all(run.part == "test" and "accuracy" in run.figures for run in series.runs)
    splits = [
        json.loads((tmp_path / "out" / run.name / "split.json").read_text())["parts"]
        for run in series.runs
    ]
    assert splits[0] == splits[1]
    assert json.loads((tmp_path / "out" / "sweep.json").read_text())["runs"][1]["epochs"] == 1
    assert any(line.startswith("resnet18") for line in table(series))


def test_every_picture_is_tested_in_one_fold(pictures: Path, tmp_path: Path) -> None:
    config = class_config(pictures, epochs=1, samples=0, split=SplitConfig(validation=0.2))
    series, _ = run_series("kfold", by_fold(config, 3), tmp_path / "out")
    assert [run.name for run in series.runs] == ["fold-0", "fold-1", "fold-2"]
    tests = [
        json.loads((tmp_path / "out" / run.name / "split.json").read_text())["parts"]["test"]
        for run in series.runs
    ]
    together = [key for part in tests for key in part]
    assert len(together) == len(set(together)) == 24
    accuracy = [run.figures["accuracy"] for run in series.runs]
    assert series.summary["accuracy"]["mean"] == pytest.approx(sum(accuracy) / 3)
    assert series.summary["accuracy"]["deviation"] == pytest.approx(np.std(accuracy, ddof=1))


@pytest.fixture
def copies(pictures: Path, tmp_path: Path) -> Path:
    """An order on pictures that are there twice, split as published ones were: copies kept."""
    root = Path(shutil.copytree(pictures, tmp_path / "copies"))
    for file in sorted(root.rglob("*.png")):
        shutil.copy(file, file.with_name(f"again_{file.name}"))
    config = class_config(root, epochs=1, samples=0, split=SplitConfig(method="stratified"))
    data = replace(config.data, duplicates="keep", near_duplicates="keep")
    write_config(tmp_path / "config.json", replace(config, data=data))
    return tmp_path / "config.json"


LEAK = "an exact copy in another part: figures on test will flatter."


def test_a_sweep_says_what_its_figures_are_worth_also_when_it_goes_on(
    copies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["sweep", str(copies), "--networks", "mobilenetv2,resnet18"]
    order += ["--out", str(tmp_path / "out")]
    for options in ([], ["--resume"]):
        capsys.readouterr()
        assert main([*order, *options]) == 0
        lines = capsys.readouterr().out.splitlines()
        table_at = max(i for i, line in enumerate(lines) if line.startswith("mobilenetv2  "))
        told = [line for line in lines[table_at:] if line.startswith("Note: ")]
        assert sum(line.endswith(LEAK) for line in told) == 1, "one split, one warning"
        assert any("Patients are not known" in line for line in told)
        found = json.loads((tmp_path / "out" / "sweep.json").read_text())
        assert all(any(w.endswith(LEAK) for w in run["warnings"]) for run in found["runs"])
        assert [f"Note: {warning}" for warning in found["warnings"]] == told


def test_means_of_folds_stand_with_the_warnings_of_all_folds(
    copies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["kfold", str(copies), "--folds", "2", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    mean_at = next(i for i, line in enumerate(lines) if line.startswith("accuracy: "))
    told = [line.removeprefix("Note: ") for line in lines[mean_at:] if line.startswith("Note: ")]
    found = json.loads((out / "kfold.json").read_text())
    assert found["warnings"] == told
    own = [
        warning
        for fold in ("fold-0", "fold-1")
        for warning in json.loads((out / fold / "evaluation" / "test.json").read_text())["warnings"]
    ]
    assert any(warning.endswith(LEAK) for warning in own)
    assert all(any(line.endswith(warning) for line in told) for warning in own)


def test_networks_take_only_options_they_know(scans: Path) -> None:
    config = mask_config(scans, architecture="unet-mobilenetv2", options={"decoder_channels": [8]})
    light, plain = by_network(config, ("unet-mobilenetv2", "unet"))
    assert light.config.options == {"decoder_channels": [8]}
    assert plain.config.options == {}


def test_a_run_that_fails_does_not_stop_the_others(pictures: Path, tmp_path: Path) -> None:
    config = class_config(pictures, epochs=1, samples=0)
    planned = by_network(config, ("unet", "resnet18"))
    series, _ = run_series("sweep", planned, tmp_path / "out", same_split=True)
    assert [run.state for run in series.runs] == ["failed", "finished"]
    assert "is for segmentation" in series.runs[0].message


def test_a_stopped_series_goes_on_where_it_was(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = class_config(pictures, epochs=2, samples=0)
    planned = [Planned("a", config), Planned("b", replace(config, architecture="resnet18"))]
    validated = loop.Trainer._validated

    def stopping(self: loop.Trainer) -> Any:
        if self._folder.name == "b":
            (self._folder / "STOP").touch()
        return validated(self)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Trainer, "_validated", stopping)
        series, state = run_series("sweep", planned, tmp_path / "out")
    assert state is RunState.STOPPED
    assert [run.state for run in series.runs] == ["finished", "stopped"]
    with pytest.raises(ConfigError, match="--resume"):
        run_series("sweep", planned, tmp_path / "out")
    first = (tmp_path / "out" / "a" / "events.jsonl").read_bytes()
    series, state = run_series("sweep", planned, tmp_path / "out", resume=True)
    assert [run.state for run in series.runs] == ["finished", "finished"]
    assert series.runs[1].epochs == 2
    assert (tmp_path / "out" / "a" / "events.jsonl").read_bytes() == first


def test_folds_on_the_command_line(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path / "config.json", class_config(pictures, epochs=1, samples=0))
    order = ["run", str(tmp_path / "config.json"), "--out", str(tmp_path / "all")]
    assert main([*order, "--folds", "2"]) == 0
    assert "accuracy: 0." in capsys.readouterr().out or "accuracy" in (
        (tmp_path / "all" / "kfold.json").read_text()
    )
    assert read_run(tmp_path / "all" / "fold-1").config.split.fold == 1
    order = ["run", str(tmp_path / "config.json"), "--out", str(tmp_path / "one")]
    assert main([*order, "--folds", "2", "--fold", "1"]) == 0
    assert read_run(tmp_path / "one").config.split.folds == 2
    one = json.loads((tmp_path / "one" / "split.json").read_text())
    assert one["parts"] == json.loads((tmp_path / "all/fold-1/split.json").read_text())["parts"]
    assert main(["run", str(tmp_path / "config.json"), "--out", "x", "--fold", "1"]) == 2
    assert main(["kfold", str(tmp_path / "config.json"), "--out", "x", "--folds", "1"]) == 2


def test_a_sweep_refuses_networks_of_other_recipes(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["sweep", "--recipe", "yesno-224", "--data", str(pictures), "--out", str(tmp_path)]
    assert main([*order, "--networks", "mobilenetv2,unet"]) == 2
    assert "is not for unet" in capsys.readouterr().err


def test_a_sweep_over_a_configuration_of_ones_own(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path / "config.json", class_config(pictures, epochs=1, samples=0))
    order = ["sweep", str(tmp_path / "config.json"), "--out", str(tmp_path / "out")]
    assert main([*order, "--networks", "mobilenetv2,unet"]) == 2
    assert "is not for unet" in capsys.readouterr().err
    assert main([*order, "--networks", "mobilenetv2,resnet18"]) == 0
    found = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert [run["architecture"] for run in found["runs"]] == ["mobilenetv2", "resnet18"]
    assert all("accuracy" in run["figures"] for run in found["runs"])


def test_a_sweep_of_which_nothing_came_is_no_success(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: loop.Trainer) -> RunState:
        raise DataError("The memory does not suffice.")

    monkeypatch.setattr(loop.Trainer, "_run", broken)
    write_config(tmp_path / "config.json", class_config(pictures, epochs=1, samples=0))
    assert main(["sweep", str(tmp_path / "config.json"), "--out", str(tmp_path / "out")]) == 2


def test_a_preview_shows_originals_and_what_becomes_of_them(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = mask_config(scans, augment=AugmentConfig(flip=1.0))
    write_config(tmp_path / "config.json", config)
    order = ["preview", str(tmp_path / "config.json"), "--out", str(tmp_path / "shown")]
    assert main([*order, "--count", "2", "--progress"]) == 0
    captured = capsys.readouterr()
    shown = json.loads(captured.out)
    assert [entry["original"] for entry in shown] == ["0_original.png", "1_original.png"]
    assert shown[0]["augmented"] == ["0_1.png", "0_2.png", "0_3.png"]
    assert '"progress": 1.0' in captured.err
    with Image.open(tmp_path / "shown" / "1_3.png") as picture:
        assert picture.size == (256, 256)
        assert picture.mode == "RGB"
    files = [tmp_path / "shown" / name for name in ("0_original.png", "0_1.png", "0_2.png")]
    assert len({file.read_bytes() for file in files}) == 3


def test_pictures_of_a_preview_are_not_put_among_the_data(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path / "config.json", class_config(pictures))
    for out in (pictures, pictures / "shown"):
        assert main(["preview", str(tmp_path / "config.json"), "--out", str(out)]) == 2
        assert "lies in the data folder" in capsys.readouterr().err
    assert not list(pictures.rglob("*original*"))


def test_a_run_in_the_data_folder_is_no_data(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "pictures", 12)
    before = scan(root, DataConfig())
    write_config(tmp_path / "config.json", class_config(root, epochs=1, samples=2))
    out = root / "blob" / "first run"
    assert main(["run", str(tmp_path / "config.json"), "--out", str(out)]) == 0
    assert list(out.rglob("*.png")), "pictures of what the network made of some"
    again = scan(root, DataConfig())
    assert [case.key for case in again.cases] == [case.key for case in before.cases]
    assert again.problems == before.problems


def test_a_preview_is_the_same_for_the_same_seed(pictures: Path, tmp_path: Path) -> None:
    config = class_config(pictures, augment=AugmentConfig())
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        shown = preview(config, tmp_path / name, count=4, seed=seed)
        assert {entry["class"] for entry in shown} == {"blob", "ring"}
    first, same, other = ((tmp_path / n / "0_1.png").read_bytes() for n in "abc")
    assert first == same
    assert first != other


def test_the_suggested_rate_is_where_the_loss_falls_most() -> None:
    rates = [10 ** (-6 + k / 10) for k in range(51)]
    falling = [1.0 - 0.5 / (1 + math.exp(-4 * (math.log10(r) + 3))) for r in rates]
    found, reason = suggestion(rates, falling)
    assert found == pytest.approx(1e-3, rel=0.15)
    assert "most steeply" in reason
    assert suggestion(rates, [1.0] * 51)[0] is None
    assert suggestion(rates[:3], [1.0, 0.5, 0.1])[0] is None


def test_find_rate_tries_growing_rates_and_keeps_nothing(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path / "config.json", mask_config(scans, batch_size=2))
    order = ["find-rate", str(tmp_path / "config.json"), "--json", "--progress"]
    assert main([*order, "--steps", "30"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["schema"] == 1
    assert len(found["rates"]) == len(found["losses"]) > 5
    assert found["rates"] == sorted(found["rates"])
    assert found["suggested"] is None or 1e-6 < found["suggested"] < 1.0
    assert found["reason"]
    assert '"progress"' in captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_find_rate_stops_where_the_loss_explodes(pictures: Path) -> None:
    sgd = OptimiserConfig(name="sgd", gradient_clip=0.0)
    found = find_rate(class_config(pictures, optimiser=sgd, architecture="resnet18"), steps=40)
    assert all(math.isfinite(loss) for loss in found.losses)
    assert found.suggested is None or found.suggested < 0.9


def test_folds_of_which_none_could_be_trained_are_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = mask_folder(tmp_path / "data", patients=2)
    path = tmp_path / "config.json"
    write_config(path, mask_config(root))
    assert main(["kfold", str(path), "--folds", "5", "--out", str(tmp_path / "out")]) != 0
    told = capsys.readouterr().err
    assert "tumordesk-train: Not one of 5 folds could be trained." in told
    assert "Choose fewer folds" in told


def test_find_rate_learns_from_the_training_part_alone(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def watched(cases: Any, *rest: Any) -> Any:
        seen.extend(case.key for case in cases)
        return build_cache(cases, *rest)

    monkeypatch.setattr(rate_finder, "build_cache", watched)
    config = class_config(pictures, loss=LossConfig(balanced=True))
    find_rate(config, steps=5)
    data = scan(pictures, config.data)
    split = plan_split(data, config.data, config.split)
    assert set(seen) == {case.key for case in select(data, split, "train")}


def test_one_fold_alone_has_no_deviation() -> None:
    done = Done("fold-0", "unet", "finished", part="test", figures={"dice_mean": 0.5})
    series = _series("kfold", [done], planned=5)
    assert series.summary == {"dice_mean": {"mean": 0.5, "runs": 1.0}}
    assert "dice_mean: 0.5000 (mean over 1 of 5 folds)" in table(series)
    two = _series("kfold", [done, replace(done, figures={"dice_mean": 0.7})], planned=5)
    assert "dice_mean: 0.6000 +- 0.1414 (mean over 2 of 5 folds)" in table(two)
