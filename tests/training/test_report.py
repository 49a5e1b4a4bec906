"""``tumordesk-train report``: one HTML file, and tables."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from tumordesk.core.evaluation import CalibrationBin, CaseResult, Evaluation
from tumordesk.core.model_card import NOTICE
from tumordesk.core.training_run import read_config
from tumordesk_training.cli import main
from tumordesk_training.history import Epoch
from tumordesk_training.report import charts
from tumordesk_training.report.canvas import PngCanvas, SvgCanvas, lighter
from tumordesk_training.report.content import best_cases, worst_cases
from tumordesk_training.report.plot import number, ticks, widened

Copied = Callable[..., Path]


def written(run: Path, out: Path, *options: str) -> str:
    """The report's text, after checks that hold for every report."""
    assert main(["report", str(run), "--out", str(out), *options]) == 0
    text = out.read_text(encoding="utf-8")
    tree = ET.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
    names = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert not names & {"script", "link", "iframe", "object"}
    sources = [element.get("src", "") for element in tree.iter() if element.tag == "img"]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert re.findall(r"https?://[^\"<]*", text.replace("http://www.w3.org/2000/svg", "")) == []
    assert NOTICE in text
    return text


def pictures(text: str) -> list[Image.Image]:
    data = re.findall(r"base64,([^\"]+)", text)
    return [Image.open(io.BytesIO(base64.b64decode(item))) for item in data]


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words(text: str) -> str:
    parser = _Words()
    parser.feed(text.partition("<body>")[2])
    return " ".join(parser.words)


def test_the_report_of_a_segmentation_run(
    outline_run: Path, copied: Copied, tmp_path: Path
) -> None:
    run = copied(outline_run)
    text = written(run, tmp_path / "report.html")
    found = json.loads((run / "evaluation" / "test.json").read_text())
    told = words(text)
    assert f"{found['figures']['dice_mean']['value']:.3f}" in told
    assert "test has only 2 patients: its figures are chance." in told
    assert told.index("Dice, mean over groups") < told.index("its figures are chance")
    assert "12 epochs" in told
    for name in ("Training loss", "Learning rate", "Dice of 2 groups", "Configuration", "torch"):
        assert name in told
    assert found["split_id"][:16] in told
    assert all(group in told for group in found["groups"])
    assert text.count("<svg") == 4
    assert pictures(text)
    assert str(read_config(run / "config.json").data.root) not in text
    assert "base64" not in told


def test_the_simple_report_has_pictures_for_charts(
    type_run: Path, copied: Copied, tmp_path: Path
) -> None:
    run = copied(type_run)
    full = written(run, tmp_path / "full.html")
    simple = written(run, tmp_path / "simple.html", "--simple")
    assert full.count("<svg") == 6
    assert "<svg" not in simple
    assert "display: flex" not in simple
    assert len(pictures(simple)) == len(pictures(full)) + 6
    for text in (full, simple):
        told = words(text)
        assert "Patients are not known" in told
        assert "balanced accuracy" in told.lower()
        assert "Right, and most sure of it" in told


def test_names_can_be_left_out(
    outline_run: Path, copied: Copied, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(outline_run)
    text = written(run, tmp_path / "r.html", "--no-names", "--csv", str(tmp_path / "tables"))
    assert "TCGA_AA" not in text
    assert "group 1" in text
    with (tmp_path / "tables" / "cases.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["picture"] == "picture 1"
    assert not any("TCGA" in cell for row in rows for cell in row.values())
    with (tmp_path / "tables" / "curves.csv").open(newline="") as stream:
        curves = list(csv.DictReader(stream))
    assert [row["epoch"] for row in curves] == [str(n) for n in range(1, 13)]
    assert float(curves[-1]["loss"]) < float(curves[0]["loss"])


def test_nothing_is_replaced_unasked(
    type_run: Path, copied: Copied, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copied(type_run)
    out = tmp_path / "r.html"
    out.write_text("mine")
    assert main(["report", str(run), "--out", str(out)]) == 2
    assert "r.html is already there" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert not (run / "evaluation").exists()
    assert main(["report", str(run)]) == 2
    assert "Where to?" in capsys.readouterr().err
    assert main(["report", str(run), "--out", str(tmp_path / "r.pdf")]) == 2
    assert "r.pdf does not end in .html" in capsys.readouterr().err
    data = Path(read_config(run / "config.json").data.root)
    assert main(["report", str(run), "--csv", str(data / "tables")]) == 2
    assert "lies in the data folder" in capsys.readouterr().err
    assert not (data / "tables").exists()
    written(run, out, "--replace", "--no-pictures")


def test_figures_older_than_the_weights_are_measured_again(
    type_run: Path, copied: Copied, tmp_path: Path
) -> None:
    run = copied(type_run)
    assert main(["evaluate", str(run)]) == 0
    path = run / "evaluation" / "test.json"
    path.write_text(path.read_text().replace('"software": "', '"software": "old '))
    written(run, tmp_path / "1.html", "--no-pictures")
    assert '"software": "old ' in path.read_text()
    os.utime(path, (1, 1))
    written(run, tmp_path / "2.html", "--no-pictures")
    assert '"software": "old ' not in path.read_text()


def test_a_report_without_the_data_says_so(type_run: Path, copied: Copied, tmp_path: Path) -> None:
    run = copied(type_run)
    assert main(["evaluate", str(run)]) == 0
    text = written(run, tmp_path / "r.html", "--data", str(tmp_path / "gone"))
    assert "Pictures could not be drawn" in words(text)
    assert pictures(text) == []


def test_names_that_look_like_html_are_only_text(
    type_run: Path, copied: Copied, tmp_path: Path
) -> None:
    run = copied(type_run)
    config = json.loads((run / "config.json").read_text())
    config["name"] = "<script>alert(1)</script> & 'co'"
    (run / "config.json").write_text(json.dumps(config))
    assert "<script>alert(1)</script>" in words(written(run, tmp_path / "r.html", "--no-pictures"))


def evaluation(**changes: object) -> Evaluation:
    plain: dict[str, object] = {
        "task": "segmentation", "model": "m", "architecture": "unet", "part": "test",
        "pictures": 4, "group_count": 2, "classes": ("background", "tumour"), "split_id": "0" * 64,
        "split_method": "group", "figures": {},
    }  # fmt: skip
    return Evaluation(**{**plain, **changes})  # type: ignore[arg-type]


def case(key: str, group: str, dice: float | None, true: int, found: int) -> CaseResult:
    return CaseResult(key, group, dice=dice, true_px=true, found_px=found)


def test_best_and_worst_outlines_come_from_many_groups() -> None:
    cases = (
        case("a1", "a", 0.10, 90, 10), case("a2", "a", 0.20, 90, 10), case("a3", "a", 0.95, 90, 90),
        case("b1", "b", 0.50, 90, 50), case("b2", "b", None, 0, 0), case("b3", "b", 0.0, 0, 20),
        case("c1", "c", 0.0, 0, 400),
    )  # fmt: skip
    found = evaluation(cases=cases)
    assert [c.key for c in worst_cases(found, 3)] == ["c1", "a1", "b1"]
    assert [c.key for c in best_cases(found, 2)] == ["a3", "b1"]
    assert [c.key for c in worst_cases(found, 9)] == ["c1", "a1", "a2", "b1", "a3"]


def test_wrong_answers_come_the_surest_first() -> None:
    rows = (("x", "b", (0.4, 0.6)), ("y", "b", (0.1, 0.9)), ("z", "a", (0.7, 0.3)))
    cases = tuple(CaseResult(k, k, "a", said, shares) for k, said, shares in rows)
    found = evaluation(task="classification", classes=("a", "b"), cases=cases)
    assert [c.key for c in worst_cases(found)] == ["y", "x"]
    assert [c.key for c in best_cases(found)] == ["z"]


def test_charts_without_anything_to_draw_are_left_out() -> None:
    nothing = evaluation()
    assert charts.roc(nothing) == charts.calibration(nothing) == charts.confusion(nothing) == ""
    assert charts.box_plot(nothing) == ""
    assert charts.curves((), "segmentation") == []
    assert len(charts.curves((Epoch(1, {"loss": 0.5, "rate": 0.0}),), "segmentation")) == 2


@pytest.mark.parametrize("make", [SvgCanvas, PngCanvas])
def test_charts_of_long_names_and_flat_values(make: type[SvgCanvas]) -> None:
    names = tuple(f"a class with a very long name number {n}" for n in range(12))
    table = tuple(tuple(int(i == j) for j in range(12)) for i in range(12))
    found = evaluation(
        classes=names,
        confusion=table,
        groups={"a": {"dice": 0.5}, "b": {"dice": 0.5}, "c": {"dice": None}},
        calibration=(CalibrationBin(0.9, 1.0, 3, 0.95, 1.0),),
    )
    elements = [f(found, make) for f in (charts.confusion, charts.box_plot, charts.calibration)]
    flat = tuple(Epoch(n, {"loss": 0.0, "rate": 1e-7}) for n in (1, 2))
    for element in [*elements, *charts.curves(flat, "classification", make)]:
        ET.fromstring(element)


def test_whiskers_reach_no_outlier() -> None:
    values = [0.1, 0.8, 0.82, 0.85, 0.9, 0.92]
    low, first, middle, third, high = charts.whiskers(values)
    assert (low, high) == (0.8, 0.92)
    assert low <= first <= middle <= third <= high
    assert middle == pytest.approx(float(np.median(values)))


def test_numbers_on_axes() -> None:
    assert ticks(0.0, 1.0) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(1.0, 3.0, whole=True) == [1.0, 2.0, 3.0]
    assert [number(v) for v in (0.0, 0.25, 1.0, 2e-4, 1e-7, 150000.0)] == [
        "0", "0.25", "1", "2e-4", "1e-7", "2e5"
    ]  # fmt: skip
    assert widened((0.3, 0.3)) == pytest.approx((0.27, 0.33))
    assert (lighter("#000000", 0.0), lighter("#0072b2", 1.0)) == ("#ffffff", "#0072b2")
