"""A classifier tells pictures unlike those it learned from; without a reference it says so."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from inference_fakes import make_card, make_series, make_volume, write_model
from model_factories import make_card as make_network_card
from model_factories import make_model_folder
from tumordesk.core.errors import ModelError
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import CARD_NAME, REFERENCE_NAME, Reference, write_card
from tumordesk.core.volume import Volume
from tumordesk.imaging.preprocess import Preparer
from tumordesk.imaging.traits import TRAITS, traits_of
from tumordesk.inference import cache
from tumordesk.inference.run import run_model
from tumordesk.inference.unlike import Cloud, Familiar, read_reference, slice_traits, tapped
from tumordesk.networks import build
from tumordesk.networks.ensemble import Ensemble
from tumordesk.networks.weights import load_model
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk.zoo.archive import pack
from tumordesk.zoo.reference import MAX_REFERENCE_BYTES

FEATURES = 1280


def cloud(means: np.ndarray, spread: float = 1.0) -> Cloud:
    axes = np.eye(1, means.shape[1], dtype=np.float32)
    ones = np.ones(means.shape[1], np.float32)
    return Cloud(means.astype(np.float32), axes, np.full(1, spread, np.float32), ones, 1.0, 1.0)


def with_reference(entry: ModelEntry, found: Familiar) -> ModelEntry:
    data = safetensors.numpy.save(found.tensors())
    (entry.folder / REFERENCE_NAME).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    told = Reference(digest, 2.0, 100, 30, "made-up", "distance")
    card = replace(entry.card, reference=told)
    write_card(entry.folder / CARD_NAME, card)
    return replace(entry, card=card)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ModelEntry:
    """A network of random weights without a reference."""
    return write_model(tmp_path_factory.mktemp("plain"), make_card("classification"))


@pytest.fixture(autouse=True, scope="module")
def one_network(plain: ModelEntry) -> Iterator[None]:
    """Loaded once: all entries here have the same weights."""
    network = load_model(plain.folder, plain.card)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "get_model", lambda entry: network)
        yield


@pytest.fixture
def classifier(plain: ModelEntry, tmp_path: Path) -> ModelEntry:
    """The same, with a reference that knows the pictures of ``make_volume``."""
    folder = Path(shutil.copytree(plain.folder, tmp_path / plain.folder.name))
    entry = replace(plain, folder=folder)
    volume, _ = make_volume()
    familiar = slice_traits(Preparer(volume.grey(), volume.geometry, entry.card.input), range(10))
    traits = cloud(familiar.mean(axis=0, keepdims=True))
    traits = replace(traits, rest=1e-3, spread=np.full(1, 1e-3, np.float32), limit=4.0)
    return with_reference(entry, Familiar(cloud(np.zeros((2, FEATURES)), 1e6), traits))


def run(entry: ModelEntry, volume: Volume | None = None):
    volume = volume or make_volume()[0]
    return run_model(volume, make_series(volume.geometry), entry, JobContext(), device="cpu")


def test_a_run_says_how_unlike_its_slices_are(classifier: ModelEntry) -> None:
    result = run(classifier)
    unlike = result.classification.unlike
    assert not unlike.unlike
    assert [index for index, _ in unlike.by_slice] == list(range(10))
    assert unlike.score == pytest.approx(np.mean([s for _, s in unlike.by_slice]))
    assert not any("unlike" in w for w in result.provenance.warnings)


def test_noise_is_unlike_and_the_run_warns(classifier: ModelEntry) -> None:
    volume, _ = make_volume()
    noise = np.random.default_rng(0).integers(0, 900, volume.array.shape).astype(np.int16)
    result = run(classifier, replace(volume, array=noise))
    unlike = result.classification.unlike
    assert unlike.unlike
    assert "10 of 10 slices read are unlike those fake-classifier learned from" in unlike.text
    assert unlike.text in result.provenance.warnings


def test_the_scores_do_not_depend_on_the_batch(
    classifier: ModelEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tumordesk.inference import engine

    whole = run(classifier).classification.unlike
    monkeypatch.setattr(engine, "_CPU_SLICES", 0)  # one slice at a time
    single = run(classifier).classification.unlike
    assert [i for i, _ in single.by_slice] == [i for i, _ in whole.by_slice]
    assert [s for _, s in single.by_slice] == pytest.approx([s for _, s in whole.by_slice], 1e-3)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4]), "is cut off"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x01"),
            "is not the one its card",
        ),
        (lambda path: path.write_bytes(b"0" * (MAX_REFERENCE_BYTES + 1)), "is over 4 MB"),
    ],
)
def test_a_damaged_reference_is_refused_and_the_model_still_works(
    classifier: ModelEntry, tmp_path: Path, harm, said: str
) -> None:
    harm(classifier.folder / REFERENCE_NAME)
    result = run(classifier)
    unlike = result.classification.unlike
    assert unlike.score is unlike.threshold is None
    assert not unlike.unlike
    assert "cannot be told" in unlike.text
    assert said in unlike.text
    assert sum(result.classification.probabilities) == pytest.approx(1.0)
    Zoo().verify(classifier)  # the weights are sound
    with pytest.raises(ModelError, match=said):
        pack(classifier.folder, tmp_path / "model.tdmodel")


def test_a_model_without_a_reference_says_so(plain: ModelEntry) -> None:
    unlike = run(plain).classification.unlike
    assert unlike.score is None
    assert "it has no reference of its training pictures" in unlike.text


def test_a_reference_of_another_network_is_refused(classifier: ModelEntry) -> None:
    found = read_reference(classifier.folder, classifier.card)
    other = with_reference(classifier, replace(found, features=cloud(np.zeros((1, 7)))))
    assert "made for another network" in run(other).classification.unlike.text


def test_nonsense_in_a_reference_is_refused(classifier: ModelEntry) -> None:
    found = read_reference(classifier.folder, classifier.card)
    spoiled = replace(found.traits, limit=float("nan"))
    other = with_reference(classifier, replace(found, traits=spoiled))
    with pytest.raises(ModelError, match="makes no sense"):
        read_reference(other.folder, other.card)


def test_a_link_is_neither_used_nor_installed(classifier: ModelEntry, tmp_path: Path) -> None:
    path = classifier.folder / REFERENCE_NAME
    path.rename(tmp_path / "elsewhere.safetensors")
    path.symlink_to(tmp_path / "elsewhere.safetensors")
    assert "is a link" in run(classifier).classification.unlike.text
    added = Zoo(tmp_path / "none", tmp_path / "user").add(classifier.folder)
    assert not (added.folder / REFERENCE_NAME).exists()


def test_models_listing_tells_of_the_reference(
    classifier: ModelEntry, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tumordesk.commands.models import models_text

    zoo = Zoo(classifier.folder.parent, own_home / "none")
    assert "reference: 100 training pictures of made-up" in models_text(zoo)
    (classifier.folder / REFERENCE_NAME).unlink()
    assert "reference: refused. The reference of model fake-classifier is missing." in models_text(
        zoo
    )


def test_old_cards_have_no_reference(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path)
    import json

    card = json.loads((folder / CARD_NAME).read_text())
    del card["reference"], card["calibration"]
    (folder / CARD_NAME).write_text(json.dumps(card))
    entry = Zoo().find(folder)
    assert entry.card.reference is None
    assert entry.card.calibration is None


def test_distance_is_to_the_nearest_class() -> None:
    two = cloud(np.array([[0.0, 0, 0, 0], [10, 0, 0, 0]]))
    near, other, between = two.distances(np.array([[0.0, 0, 0, 0], [10, 0, 0, 0], [5, 0, 0, 0]]))
    assert near == other == 0.0
    assert between == pytest.approx(np.sqrt(25 / 2))


@pytest.mark.parametrize("shape", [(64, 64), (224, 224), (96, 130)])
def test_traits_are_finite_and_of_one_length(shape: tuple[int, int]) -> None:
    flat, noise = np.zeros(shape), np.random.default_rng(0).random(shape)
    for picture in (flat, np.ones(shape), noise):
        found = traits_of(picture)
        assert found.shape == (TRAITS,)
        assert np.isfinite(found).all()
    assert np.abs(traits_of(flat) - traits_of(noise)).max() > 0.3


def test_result_json_tells_and_reads_it_back(classifier: ModelEntry) -> None:
    from tumordesk.commands.document import result_document
    from tumordesk.commands.earlier import _unlike

    result = run(classifier)
    geometry = make_volume()[0].geometry
    document = result_document(classifier.card, result, geometry, (), seconds=1.0)
    told = document["unlike"]
    assert told["unlike"] is False
    assert len(told["slices"]) == 10
    back = _unlike(told)
    assert back.score == pytest.approx(result.classification.unlike.score, abs=1e-4)
    assert back.text == result.classification.unlike.text
    assert _unlike(None) is None


def test_of_several_networks_the_first_is_heard_once_the_batch_is_through() -> None:
    both = Ensemble([build_one(), build_one()]).eval()
    pictures = torch.rand(4, 1, 32, 32)

    def fails(*_: object) -> None:
        raise RuntimeError("out of memory")

    with tapped(both) as tap, torch.inference_mode():
        handle = both.members[1].register_forward_hook(fails)
        with pytest.raises(RuntimeError):
            both(pictures)
        handle.remove()
        for half in pictures.split(2):
            both(half)
    with tapped(both.members[0]) as alone, torch.inference_mode():
        both.members[0](pictures)
    assert tap.features().shape[0] == 4
    np.testing.assert_allclose(tap.features(), alone.features(), atol=1e-5)


def build_one() -> torch.nn.Module:
    return build("resnet18", make_network_card("resnet18", "classification", 1, 2))
