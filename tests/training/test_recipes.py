"""Recipes: they mean what they say, find their classes, and train every one of their networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from training_factories import class_config, class_folder, head, mask_config, mask_folder, save
from tumordesk.core.errors import ConfigError, DataError, ModelError
from tumordesk.core.recipes import find_recipe, recipes, with_settings
from tumordesk.core.training_run import DataConfig, RunState, read_run
from tumordesk.networks.parts import head_name
from tumordesk_training import initial
from tumordesk_training.cli import main
from tumordesk_training.imagenet_scale import MEAN, STD
from tumordesk_training.layouts import scan
from tumordesk_training.recipe import from_recipe
from tumordesk_training.run import start
from tumordesk_training.starts import BACKBONES

TINY = {"input": {"size": [64, 64]}, "epochs": 1, "threads": 1, "device": "cpu", "limit": 6}
QUICK = {"batch_size": 3, "precision": "float32", "initial_weights": "", "samples": 0}
NETWORKS = [(r.name, network) for r in recipes() for network in r.networks]


def coco_folder(root: Path, each: int = 5) -> Path:
    """Train, valid and test folders with a COCO file each."""
    for number, part in enumerate(("train", "valid", "test")):
        images, notes = [], []
        for index in range(each):
            picture, mask = head(number * 50 + index)
            name = f"{part}{index}.png"
            save(root / part / name, picture)
            rows, columns = np.nonzero(mask)
            left, right = float(columns.min()), float(columns.max())
            top, bottom = float(rows.min()), float(rows.max())
            images.append({"id": index, "file_name": name, "width": 36, "height": 40})
            outline = [left, top, right, top, right, bottom, left, bottom - 1]
            notes.append({"image_id": index, "category_id": 1, "segmentation": [outline]})
        document = {"images": images, "annotations": notes, "categories": [{"id": 1, "name": "t"}]}
        (root / part / "_annotations.coco.json").write_text(json.dumps(document))
    return root


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A data folder for each recipe, in the layout that people have for it."""
    root = tmp_path_factory.mktemp("data")
    four = ("glioma", "meningioma", "no_tumor", "pituitary")
    class_folder(root / "four" / "Training", 6, four)
    class_folder(root / "four" / "Testing", 2, four)
    return {
        "coco-seg-512": coco_folder(root / "coco"),
        "yesno-224": class_folder(root / "yesno", 12, ("no", "yes")),
        "four-class": root / "four",
        "detect-resnet": mask_folder(root / "slices", patients=8, slices=3),
    }


def test_the_recipes_are_there_and_every_variant_makes_sense() -> None:
    assert {r.name for r in recipes()} == {
        "coco-seg-512", "yesno-224", "four-class", "detect-resnet",
    }  # fmt: skip
    for recipe in recipes():
        for variant in recipe.variants:
            config = recipe.config(("a", "b"), variant=variant)
            assert config.recipe == f"{recipe.name}/{variant}"


def test_a_recipe_means_what_was_published() -> None:
    yesno = find_recipe("yesno-224").config(("no", "yes"), variant="frozen+adam")
    assert (yesno.input.size, yesno.batch_size, yesno.epochs) == ((224, 224), 16, 100)
    assert (yesno.optimiser.name, yesno.optimiser.rate) == ("adam", 1e-3)
    assert yesno.optimiser.freeze_backbone
    assert yesno.augment.rotation_deg == 72.0
    assert (yesno.split.method, yesno.split.test) == ("stratified", 0.2)
    four = find_recipe("four-class").config(("a", "b", "c", "d"), variant="head-256+rate-2e-5")
    assert four.head is not None
    assert four.head.hidden == (256, 256, 256)
    assert four.optimiser.rate == 2e-5
    detect = find_recipe("detect-resnet").config(("a", "b"))
    optimiser = detect.optimiser
    assert (optimiser.name, optimiser.rate, optimiser.momentum) == ("sgd", 1e-4, 0.5)
    assert (detect.batch_size, detect.epochs, detect.split.test) == (8, 30, 0.15)
    assert detect.data.label_from_mask
    assert detect.head is not None
    assert (len(detect.head.hidden), detect.head.relu) == (2, (True, False))
    assert detect.head.dropout[0] == 0.0
    coco = find_recipe("coco-seg-512").config(("a", "b")).input
    assert (coco.size, coco.fit) == ((512, 512), "stretch")


@pytest.mark.parametrize("recipe", recipes(), ids=lambda r: r.name)
def test_by_patient_drops_copies_and_keeps_patients_together(recipe: Any) -> None:
    honest = recipe.config(("a", "b"), variant="by-patient")
    assert honest.split.method == "group"
    assert not honest.split.given
    assert (honest.data.duplicates, honest.data.near_duplicates) == ("drop", "drop")
    published = recipe.config(("a", "b"))
    assert (published.data.duplicates, published.data.near_duplicates) == ("keep", "keep")


@pytest.mark.parametrize(("name", "network"), NETWORKS, ids=lambda v: v)
def test_every_recipe_trains_each_of_its_networks(
    name: str, network: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    config = with_settings(from_recipe(name, folders[name], network=network), {**TINY, **QUICK})
    assert start(tmp_path / "run", config) is RunState.FINISHED
    epochs = [event for event in read_run(tmp_path / "run").events if event.kind == "epoch"]
    assert len(epochs) == 1
    assert epochs[0].values["loss"] > 0


def test_run_by_name_from_the_command_line(folders: dict[str, Path], tmp_path: Path) -> None:
    command = ["run", "--recipe", "four-class/frozen+dropout-0.5", "--network", "mobilenet"]
    command += ["--data", str(folders["four-class"]), "--out", str(tmp_path / "run")]
    assert main([*command, "--epochs", "1", "--limit", "8", "--weights", "scratch"]) == 0
    run = read_run(tmp_path / "run")
    assert run.config.recipe == "four-class/frozen+dropout-0.5"
    assert run.config.classes == ("glioma", "meningioma", "no_tumor", "pituitary")
    assert run.config.optimiser.freeze_backbone
    assert run.events[0].values["train"] == 8
    assert "frozen although it has learnt nothing" in run.events[0].message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "nothing"], "There is no recipe 'nothing'"),
        (["--recipe", "yesno-224/upside-down"], "has no variant 'upside-down'"),
        (["--recipe", "yesno-224", "--network", "unet"], "is not for unet"),
        (["--recipe", "coco-seg-512"], "holds no masks"),
        (["--recipe", "yesno-224", "--limit", "0"], "--limit 0"),
        (["--network", "unet"], "Which configuration"),
    ],
)
def test_orders_that_make_no_sense(
    arguments: list[str],
    message: str,
    folders: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    common = ["--data", str(folders["yesno-224"]), "--out", str(tmp_path / "run")]
    assert main(["run", *arguments, *common]) == 2
    assert message in capsys.readouterr().err


def test_recipes_and_networks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes"]) == 0
    assert "coco-seg-512: " in capsys.readouterr().out
    assert main(["recipes", "--json"]) == 0
    assert [r["name"] for r in json.loads(capsys.readouterr().out)] == [r.name for r in recipes()]
    assert main(["architectures", "--json"]) == 0
    assert {"unet", "xception"} <= {a["id"] for a in json.loads(capsys.readouterr().out)}


def test_classes_from_masks(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "slices", patients=2, slices=3)
    data = scan(root, DataConfig(label_from_mask=True))
    assert data.labels == ("no_tumour", "tumour")
    assert [case.label for case in data.cases[:3]] == ["no_tumour", "tumour", "tumour"]
    with pytest.raises(DataError, match="no mask in this folder"):
        scan(class_folder(tmp_path / "classes", 2), DataConfig(label_from_mask=True))


def test_a_mask_that_cannot_be_read_leaves_its_picture_out(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "slices", patients=2, slices=2)
    (root / "TCGA_AA_0001_1_mask.png").write_bytes(b"no picture")
    data = scan(root, DataConfig(label_from_mask=True))
    assert len(data.cases) == 3
    assert data.problems[0][0] == "TCGA_AA_0001_1.png"


def test_auto_starts_from_a_bundled_model_and_the_run_remembers_which(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "data", 6)
    start(tmp_path / "run", class_config(root, initial_weights="auto", epochs=1))
    run = read_run(tmp_path / "run")
    assert run.config.initial_weights == "tumour-type"
    assert "start from the model tumour-type" in run.events[0].message
    other = class_config(root, initial_weights="auto", architecture="densenet121")
    assert initial.resolved(other).initial_weights == ""


def test_pretrained_weights_from_a_folder(tmp_path: Path) -> None:
    from torchvision.models import resnet18

    config = class_config(tmp_path, architecture="resnet18")
    torch.manual_seed(5)
    state = resnet18().state_dict()
    (tmp_path / "weights").mkdir()
    torch.save(state, tmp_path / "weights" / "resnet18-f37072fd.pth")
    network, messages = initial_network(config, str(tmp_path / "weights"))
    assert torch.equal(network.backbone.state_dict()["layer1.0.conv1.weight"],
                       state["layer1.0.conv1.weight"])  # fmt: skip
    assert "starts from the weights" in messages[0]
    other = class_config(tmp_path, architecture="xception")
    with pytest.raises(ModelError, match="holds no weights for xception"):
        initial_network(other, str(tmp_path / "weights"))


def test_imagenet_weights_are_downloaded_only_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.models import resnet18

    asked: list[str] = []

    def fetch(name: str) -> dict[str, torch.Tensor]:
        asked.append(name)
        return resnet18().state_dict()

    def broken(name: str) -> dict[str, torch.Tensor]:
        raise OSError("no route to host")

    config = class_config(tmp_path, architecture="resnet18")
    monkeypatch.setitem(initial._FETCH, "torchvision", fetch)
    initial_network(config, "")
    assert asked == []
    initial_network(config, "imagenet")
    assert asked == ["resnet18"]
    monkeypatch.setitem(initial._FETCH, "torchvision", broken)
    with pytest.raises(ModelError, match="could not be downloaded"):
        initial_network(config, "imagenet")


def initial_network(config: Any, weights: str) -> Any:
    from tumordesk_training.setup import make_network

    return make_network(replace(config, initial_weights=weights))


@pytest.mark.parametrize("name", ["own.safetensors", "own.pth"])
def test_a_file_of_the_same_network_is_taken_whole(tmp_path: Path, name: str) -> None:
    config = mask_config(tmp_path)
    torch.manual_seed(5)
    network = initial_network(config, "")[0]
    path = tmp_path / name
    save = safetensors.torch.save_file if name.endswith("safetensors") else torch.save
    save(network.state_dict(), path)
    begun, words = initial_network(config, str(path))
    own = network.state_dict()
    assert all(torch.equal(value, own[key]) for key, value in begun.state_dict().items())
    assert words[0] == "The weights start from own.safetensors."

    more = replace(config, classes=("background", "edema", "core"))
    begun, words = initial_network(more, str(path))
    changed = [k for k, v in begun.state_dict().items() if not torch.equal(v, own[k])]
    assert changed
    assert all(key.startswith(head_name(begun)) for key in changed)
    assert "its last layer starts anew" in words[1]


def test_a_file_of_another_network_gives_its_backbone(tmp_path: Path) -> None:
    config = class_config(tmp_path)
    network = initial_network(config, "")[0]
    path = tmp_path / "other.safetensors"
    safetensors.torch.save_file(network.state_dict(), path)
    outlines = mask_config(tmp_path, architecture="unet-mobilenetv2", options={})
    begun, words = initial_network(outlines, str(path))
    assert words[0] == "The encoder starts from the weights in other.safetensors."
    own = network.state_dict()
    assert torch.equal(
        begun.state_dict()["encoder.features.0.0.weight"],
        own["backbone.features.0.0.weight"],
    )


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    config = class_config(tmp_path)
    (tmp_path / "a.pth").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"a\.pth is no file of plain weights"):
        initial_network(config, str(tmp_path / "a.pth"))
    safetensors.torch.save_file({"x": torch.zeros(1)}, tmp_path / "b.safetensors")
    with pytest.raises((ModelError, ConfigError)):
        initial_network(config, str(tmp_path / "b.safetensors"))


@pytest.mark.parametrize(
    ("architecture", "convolution"), [("mobilenet", "conv_stem"), ("xception", "conv1")]
)
def test_imagenet_weights_of_another_scale_see_what_they_learned(
    architecture: str, convolution: str, tmp_path: Path
) -> None:
    import timm

    name = BACKBONES[architecture][1]
    torch.manual_seed(0)
    foreign = timm.create_model(name).eval()
    safetensors.torch.save_file(foreign.state_dict(), tmp_path / f"{name}.safetensors")
    config = class_config(tmp_path, architecture=architecture)
    config = replace(config, input=replace(config.input, channels=3))
    network, messages = initial_network(config, str(tmp_path / f"{name}.safetensors"))
    assert any("rescaled to those of ImageNet" in message for message in messages)
    picture = torch.rand(1, 3, 32, 32)
    norm = {"conv_stem": "bn1", "conv1": "bn1"}[convolution]
    theirs = (picture - 0.5) / 0.5
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (MEAN, STD))
    ours = (picture - mean) / std
    first = [
        model.get_submodule(norm)(model.get_submodule(convolution)(inputs))
        for model, inputs in ((foreign, theirs), (network.eval().backbone, ours))
    ]
    inside = [found[..., 2:-2, 2:-2] for found in first]
    torch.testing.assert_close(inside[1], inside[0], rtol=1e-3, atol=1e-3)
