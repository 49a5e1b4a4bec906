"""check-data on folders that hold more, or other things, than meets the eye."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
import torch
from PIL import Image

from training_factories import class_folder, head, mask_config, mask_folder, save
from tumordesk.core.data_report import DataFinding, DataReport
from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.check import check_data
from tumordesk_training.commands.orders import add_change_options
from tumordesk_training.distributed import join
from tumordesk_training.layouts import scan
from tumordesk_training.setup import choose_precision


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUMORDESK_HOME", str(tmp_path_factory.mktemp("home")))


def checked(root: Path) -> DataReport:
    return check_data(root, DataConfig(root=str(root)))


def finding(report: DataReport, code: str) -> DataFinding:
    found = [f for f in report.findings if f.code == code]
    assert len(found) == 1, [f.code for f in report.findings]
    return found[0]


def test_names_that_are_no_text_are_left_aside_and_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "pictures")
    odd = os.fsencode(root / "blob") + b"/caf\xe9.png"
    try:
        Path(os.fsdecode(odd)).write_bytes((root / "blob" / "blob0.png").read_bytes())
    except OSError:
        pytest.skip("this file system takes no such names")
    report = checked(root)
    assert report.pictures == 16
    assert "dce9.png" in finding(report, "odd_names").title


def test_links_to_folders_are_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "pictures")
    other = class_folder(tmp_path / "other", classes=("star", "moon"))
    (root / "star").symlink_to(other / "star", target_is_directory=True)
    report = checked(root)
    assert report.pictures == 16
    assert finding(report, "linked_folders").title == "Links are not followed: 1 folder (star)"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may go anywhere")
def test_a_closed_folder_is_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "pictures")
    closed = root / "lost"
    closed.mkdir(mode=0)
    try:
        assert finding(checked(root), "closed_folders").title == "Not to be opened: 1 folder (lost)"
    finally:
        closed.chmod(0o700)


def test_where_nothing_can_be_read_the_check_ends(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "pictures")
    for path in root.rglob("*.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"Not one of 16 pictures .*blob/blob0\.png"):
        checked(root)


def test_where_most_cannot_be_read_that_is_a_problem(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "pictures")
    for path in sorted(root.rglob("*.png"))[:9]:
        path.write_bytes(b"no picture")
    assert finding(checked(root), "unreadable").severity == "problem"


def test_masks_of_another_size_are_a_finding_of_their_own(tmp_path: Path) -> None:
    root = mask_folder(tmp_path, patients=3, slices=3)
    save(root / "TCGA_AA_0001_2_mask.png", np.full((9, 7), 255, np.uint8))
    found = finding(checked(root), "mask_size")
    assert found.exclude == ("TCGA_AA_0001_2.png",)
    assert "its mask is 7x9" in found.examples[0].note
    assert not [f for f in checked(root).findings if f.code == "unreadable"]


def test_pages_that_are_not_used_are_told(tmp_path: Path) -> None:
    for kind in ("blob", "ring"):
        pages = [Image.fromarray(head(n)[0]) for n in range(4)]
        (tmp_path / kind).mkdir()
        pages[0].save(tmp_path / kind / "stack.tif", save_all=True, append_images=pages[1:])
    found = finding(checked(tmp_path), "pages")
    assert found.severity == "problem"
    assert {example.note for example in found.examples} == {"4 pages"}


def masked(root: Path, name: str, mask: Image.Image) -> None:
    save(root / "images" / f"{name}.png", head(len(name))[0])
    (root / "masks").mkdir(exist_ok=True)
    mask.save(root / "masks" / f"{name}.png")


def test_parts_of_masks_that_are_not_read_are_told(tmp_path: Path) -> None:
    levels = np.zeros((40, 36), np.uint8)
    levels[10:20, 10:20], levels[20:26, 10:20] = 255, 85
    plain = np.where(levels > 0, 255, 0).astype(np.uint8)
    clear = np.zeros((40, 36, 4), np.uint8)
    clear[10:20, 10:20, 3] = 255
    numbers = Image.fromarray((plain > 0).astype(np.uint8), "P")
    numbers.putpalette([0] * 768)
    masked(tmp_path, "a", Image.fromarray(levels))
    masked(tmp_path, "bb", Image.fromarray(plain))
    masked(tmp_path, "ccc", Image.fromarray(clear))
    masked(tmp_path, "dddd", numbers)
    found = finding(checked(tmp_path), "mask_levels")
    assert {example.keys[0]: example.note for example in found.examples} == {
        "images/a.png": "fainter parts do not count",
        "images/ccc.png": "it is drawn in its transparency only",
        "images/dddd.png": "its numbers have black colours",
    }


def test_label_maps_of_several_numbers_are_told(tmp_path: Path) -> None:
    ring = np.zeros((40, 36), np.uint8)
    ring[4:28, 4:28], ring[10:18, 10:18] = 1, 2
    masked(tmp_path, "a", Image.fromarray(ring))
    masked(tmp_path, "bb", Image.fromarray((ring > 0).astype(np.uint8)))
    found = finding(checked(tmp_path), "label_numbers")
    assert found.title == "Label maps hold several numbers: 1 (in 2 of them) and 2 (in 1 of them)"
    assert checked(tmp_path).labels == {"1": 2, "2": 1}
    assert found.examples[0].note == "1 and 2"
    grey = tmp_path / "grey"
    masked(grey, "a", Image.fromarray(ring * 100))
    assert checked(grey).labels == {"100": 1, "200": 1}
    soft = tmp_path / "soft"
    edges = Image.fromarray((ring > 0).astype(np.uint8) * 255)
    masked(soft, "a", edges.rotate(20, Image.Resampling.BILINEAR))
    assert "label_numbers" not in [one.code for one in checked(soft).findings]
    volumes = tmp_path / "volumes"
    for name, values in (("p1_flair", ring * 3.5 + 1.0), ("p1_seg", ring)):
        image = SimpleITK.GetImageFromArray(np.stack([np.asarray(values, np.float32)] * 3))
        volumes.mkdir(exist_ok=True)
        SimpleITK.WriteImage(image, str(volumes / f"{name}.nii.gz"))
    assert "1 (in 1 of them) and 2" in finding(checked(volumes), "label_numbers").title


def test_classes_that_differ_in_case_only_are_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "pictures", classes=("glioma", "No"))
    class_folder(root, each=2, classes=("Glioma ",))
    title = finding(checked(root), "class_names").title
    assert title.endswith("'Glioma ' and 'glioma'")


def test_folders_of_empty_pictures_are_known_in_any_spelling(tmp_path: Path) -> None:
    for name, kind in (("1", "glioma"), ("2", "No_Tumor")):
        save(tmp_path / "images" / kind / f"{name}.png", head(1)[0])
    save(tmp_path / "masks" / "1.png", head(1)[1])
    cases = scan(tmp_path, DataConfig(root=str(tmp_path))).cases
    assert {case.label: (case.empty, case.has_mask) for case in cases} == {
        "glioma": (False, True),
        "No_Tumor": (True, True),
    }


def test_a_device_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="device must be"):
        mask_config(tmp_path, device="gpu")
    with pytest.raises(ValueError, match="device must be"):
        mask_config(tmp_path, device="cuda:01")
    with pytest.raises(ConfigError, match="no Apple graphics"):
        choose_precision(mask_config(tmp_path, device="mps"))


def test_a_card_is_named_by_its_number_and_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    config = mask_config(tmp_path, device="cuda:1", precision="float32")
    assert choose_precision(config).device == torch.device("cuda", 1)
    with pytest.raises(ConfigError, match="no graphics card 2"):
        choose_precision(replace(config, device="cuda:2"))
    for name, text in (("WORLD_SIZE", "2"), ("RANK", "0"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, text)
    with pytest.raises(ConfigError, match="one graphics card, for 2 processes"):
        join("cuda:1")


def test_a_card_can_be_named_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_change_options(parser)
    assert parser.parse_args(["--device", "cuda:1"]).device == "cuda:1"
    for name in ("cuda:x", "cuda:01", "cuda:300", "cuda:99999999999"):
        with pytest.raises(SystemExit):
            parser.parse_args(["--device", name])
        assert f"{name} is none of" in capsys.readouterr().err
