"""The reference of a classifier: made by publish and by its own command, carried with the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training_factories import class_config, class_folder
from tumordesk.core.errors import DataError
from tumordesk.core.model_card import REFERENCE_NAME, HeadSpec
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference.unlike import judge, read_reference, tapped
from tumordesk.networks.weights import load_model
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk_training.cli import main
from tumordesk_training.publish import Publication, publish
from tumordesk_training.reference import Seen, fit, thinned
from tumordesk_training.run import start

Copied = Callable[..., Path]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelEntry, Path]:
    """A classifier of blobs and rings with its reference, and its run."""
    pictures = class_folder(tmp_path_factory.mktemp("many") / "pictures", each=30)
    run = tmp_path_factory.mktemp("run") / "types"
    start(run, class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec()))
    return publish(Publication(run, "types", {}, tmp_path_factory.mktemp("models"))), run


def score(entry: ModelEntry, picture: np.ndarray) -> float:
    import torch

    preparer = Preparer(picture[None], None, entry.card.input)
    network = load_model(entry.folder, entry.card)
    with tapped(network) as tap, torch.inference_mode():
        network(torch.from_numpy(preparer.batch([0])))
    found = judge(entry.folder, entry.card, preparer, tap.features(), [0], [1.0])
    assert found.score is not None
    assert found.threshold is not None
    return found.score / found.threshold


def test_publish_makes_a_reference_and_measures_calibration(
    published: tuple[ModelEntry, Path],
) -> None:
    entry, run = published
    card = entry.card
    assert card.reference is not None
    assert card.calibration is not None
    assert (entry.folder / REFERENCE_NAME).stat().st_size < 1_000_000
    split = json.loads((run / "split.json").read_text())
    assert card.reference.pictures == sum(split["counts"]["train"].values())
    assert card.reference.validation == sum(split["counts"]["val"].values())
    assert sum(b.pictures for b in card.calibration.bins) == card.calibration.n
    assert card.calibration.part == "test"
    assert any(m.name == "Expected calibration error" for m in card.metrics)


def test_pictures_of_another_kind_are_unlike(published: tuple[ModelEntry, Path]) -> None:
    entry, run = published
    root = Path(json.loads((run / "config.json").read_text())["data"]["root"])
    from PIL import Image

    known = np.asarray(Image.open(root / "blob" / "blob3.png").convert("L"))
    noise = np.random.default_rng(0).integers(0, 255, known.shape).astype(np.uint8)
    assert score(entry, known) < 1.1
    assert score(entry, noise) > 1.2
    assert score(entry, 255 - known) > 1.2


def test_the_command_makes_the_same_reference_again(
    published: tuple[ModelEntry, Path], copied: Copied, capsys: pytest.CaptureFixture[str]
) -> None:
    entry, run = published
    root = json.loads((run / "config.json").read_text())["data"]["root"]
    folder = copied(entry.folder)
    (folder / REFERENCE_NAME).unlink()
    order = ["reference", str(folder), root, "--split", str(run / "split.json"), "--device", "cpu"]
    assert main(order) == 0
    assert "limit" in capsys.readouterr().out
    again = Zoo().find(folder).card
    assert again.weights_sha256 == entry.card.weights_sha256
    assert again.reference is not None
    assert entry.card.reference is not None
    assert again.reference.threshold == pytest.approx(entry.card.reference.threshold, rel=1e-3)
    assert again.calibration is not None
    assert again.calibration.error == pytest.approx(entry.card.calibration.error, abs=1e-3)


def test_a_model_travels_with_its_reference(
    published: tuple[ModelEntry, Path], own_home: Path, tmp_path: Path
) -> None:
    from tumordesk.zoo.archive import pack

    entry, _ = published
    added = Zoo().add(pack(entry.folder, tmp_path / "types.tdmodel"))
    assert read_reference(added.folder, added.card) is not None


def test_too_few_pictures_make_no_reference_but_a_model(
    type_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["publish", str(type_run), "--id", "few", "--out", str(tmp_path)]
    assert main(order) == 0
    said = capsys.readouterr().out
    card = Zoo().find(tmp_path / "few").card
    if card.reference is None:
        assert "No reference: A reference needs" in said
        assert not (tmp_path / "few" / REFERENCE_NAME).exists()


def test_fit_refuses_too_few_and_one_class_is_enough() -> None:
    rng = np.random.default_rng(1)

    def seen(count: int) -> Seen:
        values = rng.normal(size=(count, 40)).astype(np.float32)
        return Seen(values, rng.normal(size=(count, 12)).astype(np.float32), np.zeros(count, int))

    with pytest.raises(DataError, match="there are 19 and 30"):
        fit(seen(19), seen(30))
    found, limit = fit(seen(60), seen(30))
    far = replace(seen(5), features=np.full((5, 40), 9.0, np.float32))
    assert (found.scores(far.features, far.traits) > 2 * limit).all()


def test_thinned_keeps_volumes_whole(tmp_path: Path) -> None:
    from tumordesk_training.layouts import scan

    config = class_config(class_folder(tmp_path / "pictures", each=10)).data
    cases = scan(Path(config.root), config).cases
    assert len(thinned(cases, config, most=7)) == 7
    assert thinned(cases, config) == tuple(cases)
