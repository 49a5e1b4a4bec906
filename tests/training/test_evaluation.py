"""``tumordesk-train evaluate RUN``: figures, caveats and files."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from training_factories import head, mask_config
from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.evaluation import Evaluation
from tumordesk.core.jsonio import from_plain
from tumordesk.core.training_run import SplitConfig, read_config
from tumordesk_training.cli import main
from tumordesk_training.evaluation.files import (
    read_evaluation,
    write_evaluation,
    write_table,
)
from tumordesk_training.evaluation.of_run import evaluate_run
from tumordesk_training.publish import Publication, publish
from tumordesk_training.run import start
from tumordesk_training.run_model import open_run
from tumordesk_training.split import Split
from tumordesk_training.split_id import split_id

Copied = Callable[..., Path]


def evaluated(run: Path, capsys: pytest.CaptureFixture[str], *options: str) -> Evaluation:
    capsys.readouterr()
    assert main(["evaluate", str(run), *options, "--json"]) == 0
    return from_plain(Evaluation, json.loads(capsys.readouterr().out))


def test_a_segmentation_run(
    outline_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(outline_run)
    found = evaluated(run, capsys)
    split = json.loads((run / "split.json").read_text())
    assert sorted(found.groups) == sorted(split["parts"]["test"])
    assert (found.task, found.part, found.pictures) == ("segmentation", "test", len(found.cases))
    assert found.group_count == len(found.groups)
    assert found.figures["dice_mean"].value > 0.6
    mean = np.mean([row["dice"] for row in found.groups.values() if row["dice"] is not None])
    assert found.figures["dice_mean"].value == pytest.approx(mean)
    assert found.figures["hd95_px_median"].value < 10
    assert any("only 2 patients" in sentence for sentence in found.warnings)
    assert read_evaluation(run, "test") == found
    with (run / "evaluation" / "test-cases.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["picture"] for row in rows] == [case.key for case in found.cases]
    assert {row["group"] for row in rows} == set(found.groups)
    assert not list((run / "evaluation").glob(".part*"))


def test_the_figures_are_those_of_the_published_model(
    outline_run: Path, tmp_path: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    found = evaluated(copied(outline_run), capsys)
    card = publish(Publication(outline_run, "blobs", {}, tmp_path / "models")).card
    metric = next(m for m in card.metrics if "test" in m.split and m.name.startswith("Dice, mean"))
    assert found.figures["dice_mean"].value == pytest.approx(metric.value, abs=2e-3)


def test_a_classification_run(
    type_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(type_run)
    found = evaluated(run, capsys, "--part", "val")
    assert found.part == "val"
    table = np.array(found.confusion)
    assert table.sum() == found.pictures == len(found.cases)
    assert found.figures["accuracy"].value == pytest.approx(np.trace(table) / table.sum())
    assert [row.name for row in found.class_figures] == ["blob", "ring"]
    assert all(case.truth in found.classes and case.said in found.classes for case in found.cases)
    assert all(sum(case.probabilities) == pytest.approx(1.0, abs=1e-3) for case in found.cases)
    assert sum(b.pictures for b in found.calibration) == found.pictures
    told = " ".join(found.warnings)
    assert "chosen on this validation part" in told
    assert "Patients are not known" in told
    assert main(["evaluate", str(run), "--part", "val"]) == 0
    text = capsys.readouterr().out
    assert "Note: The best epoch was chosen" in text
    assert "confusion (rows: truth): blob, ring" in text


def test_progress_is_told_in_lines_of_json(
    outline_run: Path, copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(copied(outline_run)), "--json", "--progress"]) == 0
    output = capsys.readouterr()
    lines = [json.loads(line) for line in output.err.splitlines()]
    assert lines[0]["progress"] == 0.0
    assert lines[-1] == {"progress": 1.0, "text": "Evaluated"}
    assert json.loads(output.out)["task"] == "segmentation"


def test_copies_and_pictures_split_one_by_one_are_told(
    outline_run: Path, copied: Copied, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(outline_run)
    scans = tmp_path / "scans"
    shutil.copytree(read_config(run / "config.json").data.root, scans)
    split = json.loads((run / "split.json").read_text())
    first, other = split["parts"]["test"][0], split["parts"]["train"][0]
    shutil.copy(scans / f"{first}_1.png", scans / f"{other}_1.png")
    told = " ".join(evaluated(run, capsys, str(scans)).warnings)
    assert "1 picture is in more than one part as exact copies" in told


def test_pictures_split_one_by_one_are_told(
    outline_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = read_config(outline_run / "config.json")
    split = SplitConfig(validation=0.2, test=0.2, method="random")
    start(tmp_path / "run", replace(config, split=split, epochs=1))
    found = evaluated(tmp_path / "run", capsys)
    assert found.split_method == "random"
    assert "by picture although patients are known" in " ".join(found.warnings)
    made = json.loads((tmp_path / "run" / "split.json").read_text())
    (tmp_path / "run" / "split.json").write_text(json.dumps({**made, "warnings": []}))
    found = evaluated(tmp_path / "run", capsys)
    assert "Single pictures were split, not patients" in " ".join(found.warnings)


def test_volumes_have_distances_in_millimetres(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for patient in range(5):
        pairs = [head(patient * 10 + n, tumour=n > 0) for n in range(3)]
        (tmp_path / "scans" / f"P{patient}").mkdir(parents=True)
        for name, index in (("flair", 0), ("mask", 1)):
            image = sitk.GetImageFromArray(np.stack([pair[index] for pair in pairs]))
            image.SetSpacing((0.5, 0.5, 4.0))
            sitk.WriteImage(image, str(tmp_path / "scans" / f"P{patient}" / f"{name}.nii.gz"))
    config = mask_config(tmp_path / "scans", epochs=12, options={"width": 8})
    config = replace(config, optimiser=replace(config.optimiser, rate=0.01))
    start(tmp_path / "run", config)
    found = evaluate_run(open_run(tmp_path / "run"))
    (case,) = found.cases
    assert found.pictures == 3
    assert case.hd95_px is not None
    assert case.hd95_mm == pytest.approx(case.hd95_px * 0.5)
    assert case.key.endswith("flair.nii.gz")
    (group,) = found.groups.values()
    assert group["hd95_mm"] == pytest.approx(case.hd95_mm)
    assert found.figures["hd95_mm_median"].value == pytest.approx(case.hd95_mm)
    assert not any("hd95_px" in name for name in (*group, *found.figures))
    write_evaluation(tmp_path / "run", found)
    assert main(["compare", str(tmp_path / "run")]) == 0
    assert "hd95_mm_median" in capsys.readouterr().out.splitlines()[0]
    assert main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "r.html")]) == 0
    told = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "HD95, median, mm" in told
    assert "HD95 (mm)" in told
    assert f"HD95 {case.hd95_mm:.1f} mm" in told
    card = publish(Publication(tmp_path / "run", "blobs", {}, tmp_path / "models")).card
    (metric,) = [m for m in card.metrics if "HD95" in m.name and m.split.startswith("test")]
    assert metric.name == "HD95 in mm, median over groups"
    assert metric.value == pytest.approx(case.hd95_mm, abs=0.3)


def test_what_cannot_be_read_is_told(
    type_run: Path, copied: Copied, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(type_run)
    pictures = Path(shutil.copytree(read_config(run / "config.json").data.root, tmp_path / "p"))
    split = json.loads((run / "split.json").read_text())
    (pictures / split["parts"]["test"][0]).write_bytes(b"no picture")
    found = evaluated(run, capsys, str(pictures))
    assert [key for key, _ in found.skipped] == [split["parts"]["test"][0]]
    assert any("could not be read and do not count" in w for w in found.warnings)


def test_what_cannot_be_done_is_one_plain_sentence(
    type_run: Path, copied: Copied, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(type_run)
    split = json.loads((run / "split.json").read_text())
    split["parts"]["test"] = []
    (run / "split.json").write_text(json.dumps(split))
    for arguments, words in (
        ([str(run)], "has no test part"),
        ([str(run), "--part", "val", "--split", "x.json"], "--split is for models"),
        ([str(run), str(tmp_path / "nowhere"), "--part", "val"], "does not exist"),
        ([str(tmp_path / "no-run")], "Which data?"),
    ):
        assert main(["evaluate", *arguments]) == 2
        assert words in capsys.readouterr().err
    (run / "checkpoints" / "best.pt").unlink()
    with pytest.raises(DataError, match="no checkpoint"):
        evaluate_run(open_run(run), "val")
    with pytest.raises(ConfigError, match="has not been evaluated on its test part"):
        read_evaluation(run, "test")


def test_the_id_of_a_split_is_that_of_its_groups() -> None:
    one = Split(1, {"train": ("a", "b"), "val": ("c",), "test": ()}, {})
    same = Split(7, {"test": (), "val": ("c",), "train": ("b", "a")}, {"train": {"x": 2}}, "given")
    other = Split(1, {"train": ("a",), "val": ("c",), "test": ("b",)}, {})
    assert split_id(one) == split_id(same)
    assert split_id(one) != split_id(other)
    assert len(split_id(one)) == 64


def test_tables_are_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", ["a", "b"], [["=1+1", None], ["x,y", 0.25], ["-", -0.5]])
    with (tmp_path / "t.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [["a", "b"], ["'=1+1", ""], ["x,y", "0.25"], ["'-", "-0.5"]]
