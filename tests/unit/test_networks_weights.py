"""Weights: written, read, made to fit, and refused in plain words."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision
from torch import nn

from model_factories import make_card, safetensors_bytes
from tumordesk.core.errors import ModelError, WriteError
from tumordesk.core.model_card import CARD_NAME, WEIGHTS_NAME, HeadSpec, ModelCard, write_card
from tumordesk.networks import build, parts, weights
from tumordesk.networks.weights import (
    adapt_state,
    load_model,
    load_pretrained,
    load_weights,
    read_state,
    save_weights,
)

LIGHT = {"decoder_channels": [32, 16, 16, 8, 8]}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def segmenter_card(channels: int = 1, classes: int = 2) -> ModelCard:
    return make_card("unet-mobilenetv2", "segmentation", channels, classes, options=LIGHT)


def classifier_card(channels: int = 1, classes: int = 2, **changes) -> ModelCard:
    return make_card("mobilenetv2", "classification", channels, classes, **changes)


def make(card: ModelCard, seed: int = 1) -> nn.Module:
    """A network with batch statistics that are not all alike, in eval mode."""
    torch.manual_seed(seed)
    model = build(card.architecture, card)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 2.0)
    return model.eval()


def answer(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return model(x)


def pictures(channels: int) -> torch.Tensor:
    """Grey pictures, repeated over the channels."""
    return torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(3)).repeat(
        1, channels, 1, 1
    )


def test_weights_of_one_slice_start_with_eyes_for_the_middle_one_alone():
    old = make(segmenter_card(1))
    new = make(segmenter_card(3), seed=2)
    state, messages = adapt_state(old.state_dict(), new, centre=True)
    new.load_state_dict(state)
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(answer(new, x), answer(old, x[:, 1:2]))
    assert "3 neighbouring slices" in messages[0]


def test_half_precision_roundtrip_keeps_the_answer_and_halves_the_file(tmp_path):
    model, path = make(segmenter_card()), tmp_path / WEIGHTS_NAME
    digest = save_weights(model, path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    full = tmp_path / "full.safetensors"
    save_weights(model, full, half=False)
    assert path.stat().st_size < 0.6 * full.stat().st_size
    other = make(segmenter_card(), seed=2)
    load_weights(other, path)
    assert torch.allclose(answer(other, pictures(1)), answer(model, pictures(1)), atol=0.02)
    stored = safetensors.torch.load_file(path)
    assert all(t.dtype == torch.float16 for t in stored.values() if t.ndim >= 2)
    for name, tensor in model.state_dict().items():
        if tensor.ndim < 2:
            assert torch.equal(stored[name], tensor), name


def test_full_precision_roundtrip_is_exact_in_any_memory_format(tmp_path):
    model = make(classifier_card()).to(memory_format=torch.channels_last)
    save_weights(model, tmp_path / WEIGHTS_NAME, half=False)
    other = make(classifier_card(), seed=2)
    load_weights(other, tmp_path / WEIGHTS_NAME)
    for name, tensor in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name


def test_the_same_weights_give_the_same_file(tmp_path):
    one = save_weights(make(classifier_card()), tmp_path / "a.safetensors")
    two = save_weights(make(classifier_card()), tmp_path / "b.safetensors")
    assert one == two


def test_a_weight_too_large_for_half_precision_stays_whole(tmp_path):
    model = make(classifier_card())
    with torch.no_grad():
        model.head.layers[1].weight[0, 0] = 1e6
    save_weights(model, tmp_path / WEIGHTS_NAME)
    assert read_state(tmp_path / WEIGHTS_NAME)["head.layers.1.weight"][0, 0] == 1e6


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    model = make(classifier_card())
    with torch.no_grad():
        model.head.layers[1].bias[0] = float("nan")
    with pytest.raises(ModelError, match="not a finite number"):
        save_weights(model, tmp_path / WEIGHTS_NAME)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="could not be written"):
        save_weights(make(classifier_card()), tmp_path / "file" / WEIGHTS_NAME)


def test_weights_of_another_network_are_refused_by_name(tmp_path):
    path = tmp_path / WEIGHTS_NAME
    save_weights(make(classifier_card(classes=3)), path)
    with pytest.raises(
        ModelError, match=r"2 have another shape \(head\.layers\.1\.weight"
    ) as caught:
        load_weights(make(classifier_card()), path)
    assert path.name in caught.value.message
    with pytest.raises(ModelError, match="are missing"):
        load_weights(make(segmenter_card()), path)


def test_a_file_that_is_sound_but_not_weights_is_refused(tmp_path):
    path = tmp_path / WEIGHTS_NAME
    path.write_bytes(safetensors_bytes())
    with pytest.raises(ModelError, match=r"not known to it \(weight\)"):
        load_weights(make(classifier_card()), path)
    path.write_bytes(b"PK\x03\x04 a pickle in a zip")
    with pytest.raises(ModelError, match="announces a header"):
        load_weights(make(classifier_card()), path)


def model_folder(tmp_path: Path, model: nn.Module, card: ModelCard) -> tuple[Path, ModelCard]:
    folder = tmp_path / card.id
    digest = save_weights(model, folder / WEIGHTS_NAME)
    card = dataclasses.replace(card, weights_sha256=digest)
    write_card(folder / CARD_NAME, card)
    return folder, card


def test_a_model_folder_becomes_a_network_ready_to_run(tmp_path):
    card = classifier_card()
    model = make(card)
    folder, card = model_folder(tmp_path, model, card)
    loaded = load_model(folder, card)
    assert not loaded.training
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert torch.allclose(answer(loaded, pictures(1)), answer(model, pictures(1)), atol=0.01)


def test_a_model_with_a_wrong_hash_is_not_loaded(tmp_path):
    folder, card = model_folder(tmp_path, make(classifier_card()), classifier_card())
    data = bytearray((folder / WEIGHTS_NAME).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS_NAME).write_bytes(data)
    with pytest.raises(ModelError, match="not the ones its card describes"):
        load_model(folder, card)
    (folder / WEIGHTS_NAME).write_bytes(data[:-100])
    with pytest.raises(ModelError, match="cut off: 100 bytes"):
        load_model(folder, card)


def test_weights_that_fit_are_left_alone():
    model = make(segmenter_card())
    state, messages = adapt_state(model.state_dict(), make(segmenter_card(), seed=2))
    assert messages == ()
    assert all(torch.equal(t, model.state_dict()[n]) for n, t in state.items())


@pytest.mark.parametrize(("old", "new"), [(3, 1), (1, 3), (3, 4), (4, 2)])
@pytest.mark.parametrize("architecture", ["unet-mobilenetv2", "resunet++"])
def test_other_input_channels_keep_the_answer_to_grey_pictures(architecture, old, new):
    options = LIGHT if architecture == "unet-mobilenetv2" else {"width": 4}
    source = make(make_card(architecture, channels=old, options=options))
    target = make(make_card(architecture, channels=new, options=options), seed=2)
    state, messages = adapt_state(source.state_dict(), target)
    target.load_state_dict(state)
    before, after = answer(source, pictures(old)), answer(target, pictures(new))
    assert torch.allclose(before, after, atol=1e-3 * float(before.abs().max()))
    (message,) = messages
    assert f"made for {old} input channel" in message
    assert f"this network has {new} input channel" in message


def test_other_classes_start_a_new_last_layer_and_keep_the_rest():
    source, target = make(segmenter_card(classes=2)), make(segmenter_card(classes=4), seed=2)
    own = {n: t.clone() for n, t in target.state_dict().items()}
    state, messages = adapt_state(source.state_dict(), target)
    target.load_state_dict(state)
    head = parts.head_name(target) + "."
    for name, tensor in target.state_dict().items():
        expected = own[name] if name.startswith(head) else source.state_dict()[name]
        assert torch.equal(tensor, expected), name
    assert messages == (
        "The weights were made for 2 classes, this network has 4: "
        "its last layer starts anew and must be trained.",
    )


def test_another_head_is_told_too():
    source = make(classifier_card(3, 2, head=HeadSpec(hidden=(16,))))
    for head in (HeadSpec(), HeadSpec(hidden=(8, 8, 8))):
        target = make(classifier_card(1, 3, head=head), seed=2)
        state, messages = adapt_state(source.state_dict(), target)
        target.load_state_dict(state)
        assert len(messages) == 2
        assert "head" in messages[1]


def test_hidden_layers_are_kept_when_only_the_classes_differ():
    source = make(classifier_card(1, 2, head=HeadSpec(hidden=(16,))))
    target = make(classifier_card(1, 5, head=HeadSpec(hidden=(16,))), seed=2)
    state, messages = adapt_state(source.state_dict(), target)
    assert torch.equal(state["head.layers.1.weight"], source.state_dict()["head.layers.1.weight"])
    assert "made for 2 classes, this network has 5" in messages[0]


def test_weights_of_another_architecture_are_not_bent_to_fit():
    with pytest.raises(ModelError, match="another architecture"):
        adapt_state(make(classifier_card()).state_dict(), make(segmenter_card()))


@pytest.fixture(scope="module")
def imagenet_like(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in torchvision's names and half precision, as a downloaded file has them."""
    torch.manual_seed(5)
    state = torchvision.models.mobilenet_v2(weights=None).state_dict()
    path = tmp_path_factory.mktemp("weights") / "mobilenet_v2.safetensors"
    half = {n: t.half() if t.ndim >= 2 else t for n, t in state.items()}
    safetensors.torch.save_file(half, path)
    return path


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_torchvision_weights_go_into_classifier_and_encoder_alike(imagenet_like, channels):
    classifier = make(classifier_card(channels, 4))
    segmenter = make(segmenter_card(channels), seed=2)
    messages = [load_pretrained(model, imagenet_like) for model in (classifier, segmenter)]
    with torch.inference_mode():
        features = classifier.backbone(pictures(channels))
        assert torch.allclose(segmenter.encoder(pictures(channels))[-1], features, atol=1e-5)
        reference = torchvision.models.mobilenet_v2(weights=None).eval()
        reference.load_state_dict(read_state(imagenet_like))
        assert torch.allclose(reference.features(pictures(3)), features, atol=1e-3)
    for said in messages:
        assert "mobilenet_v2.safetensors" in said[0]
        assert "classifier" in said[-1]
        assert "dropped" in said[-1]
        assert any("3 input channels" in sentence for sentence in said) == (channels != 3)


def test_pretraining_leaves_the_head_alone(imagenet_like):
    model = make(classifier_card(1, 4))
    before = [p.clone() for p in parts.head_parameters(model)]
    load_pretrained(model, imagenet_like)
    assert all(map(torch.equal, before, parts.head_parameters(model)))


def test_a_segmenter_may_start_from_our_own_classifier(tmp_path):
    classifier, segmenter = make(classifier_card()), make(segmenter_card(), seed=2)
    save_weights(classifier, tmp_path / WEIGHTS_NAME)
    assert "(head) were dropped" in load_pretrained(segmenter, tmp_path / WEIGHTS_NAME)[-1]
    with torch.inference_mode():
        x = pictures(1)
        assert torch.allclose(segmenter.encoder(x)[-1], classifier.backbone(x), atol=0.02)


def test_torchvision_resnet_weights_go_into_resunetpp(tmp_path):
    torch.manual_seed(5)
    state = torchvision.models.resnet50(weights=None).state_dict()
    safetensors.torch.save_file(state, tmp_path / "resnet50.safetensors")
    for card in (
        make_card("resunet++-resnet50", options={"width": 4}),
        make_card("resnet50", "classification"),
    ):
        model = build(card.architecture, card)
        assert "(fc) were dropped" in load_pretrained(model, tmp_path / "resnet50.safetensors")[-1]
        assert torch.equal(
            parts.backbone(model).state_dict()["layer4.2.conv3.weight"],
            state["layer4.2.conv3.weight"],
        )


def test_pretrained_weights_of_another_backbone_are_refused(imagenet_like):
    model = build("resnet18", make_card("resnet18", "classification"))
    with pytest.raises(ModelError, match="another architecture"):
        load_pretrained(model, imagenet_like)


@pytest.mark.shared_data
def test_the_real_imagenet_weights_load(shared_data):
    path = shared_data / "weights" / "mobilenet_v2_imagenet_fp16.safetensors"
    if not path.is_file():
        pytest.skip("the ImageNet weights of MobileNetV2 are not beside the checkout")
    for card in (classifier_card(), segmenter_card()):
        messages = weights.load_pretrained(build(card.architecture, card), path)
        assert len(messages) == 3
