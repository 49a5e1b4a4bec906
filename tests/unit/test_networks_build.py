"""Every architecture: shapes, size, reproducible start, gradients everywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

import pytest
import torch
from torch import nn

from model_factories import make_card
from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import HeadSpec
from tumordesk.networks import ARCHITECTURES, build, parts
from tumordesk.networks.ensemble import first_member, members_of

SEGMENTATION = [i for i, info in ARCHITECTURES.items() if info.task == "segmentation"]
CLASSIFICATION = [i for i, info in ARCHITECTURES.items() if info.task == "classification"]
NARROW = {
    "unet": {"width": 4},
    "unet-resnext50": {"decoder_channels": [32, 16, 16, 8, 8]},
    "resunet++": {"width": 4},
    "resunet++-resnet50": {"width": 4},
    "unet-mobilenetv2": {"decoder_channels": [32, 16, 16, 8, 8]},
}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def make(
    architecture: str, channels: int = 1, classes: int = 2, *, seed: int = 7, **changes
) -> nn.Module:
    changes.setdefault("options", NARROW.get(architecture, {}))
    task = ARCHITECTURES[architecture].task
    torch.manual_seed(seed)
    return build(architecture, make_card(architecture, task, channels, classes, **changes))


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_all_nine_architectures_of_the_plan_are_there():
    assert {*SEGMENTATION} == {*NARROW}
    assert {*CLASSIFICATION} == {
        "mobilenetv2", "mobilenet", "densenet121", "resnet18", "resnet50", "xception",
    }  # fmt: skip


@pytest.mark.parametrize(("channels", "classes"), [(1, 5), (2, 4), (3, 2), (4, 3)])
@pytest.mark.parametrize("architecture", SEGMENTATION)
def test_segmentation_logits_have_the_size_of_the_input(architecture, channels, classes):
    divisor = ARCHITECTURES[architecture].divisor
    model = make(architecture, channels, classes).eval()
    with torch.inference_mode():
        logits = model(torch.zeros(1, channels, 2 * divisor, 3 * divisor))
    assert logits.shape == (1, classes, 2 * divisor, 3 * divisor)
    assert logits.dtype == torch.float32


@pytest.mark.parametrize(("channels", "classes"), [(1, 5), (2, 4), (3, 2), (4, 3)])
@pytest.mark.parametrize("architecture", CLASSIFICATION)
def test_classification_gives_one_logit_a_class(architecture, channels, classes):
    model = make(architecture, channels, classes).eval()
    with torch.inference_mode():
        assert model(torch.zeros(2, channels, 64, 96)).shape == (2, classes)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_seed_alone_decides_the_first_weights(architecture):
    first, second = make(architecture).state_dict(), make(architecture).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def without_gradient(architecture: str, seed: int) -> set[str]:
    """Names of the parameters that one backward pass leaves at exactly zero gradient."""
    model = make(architecture, channels=2, classes=3, seed=seed)
    x = torch.randn(4, 2, 64, 64)
    shape = (4, 64, 64) if ARCHITECTURES[architecture].task == "segmentation" else (4,)
    nn.functional.cross_entropy(model(x), torch.randint(0, 3, shape)).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
    return {n for n, p in model.named_parameters() if p.grad.abs().max() == 0}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gradients_reach_every_parameter(architecture):
    unreached = without_gradient(architecture, seed=0)
    # A squeeze gate with one or two hidden units may start with all of them off: try others.
    for seed in range(1, 8):
        if unreached:
            unreached &= without_gradient(architecture, seed)
    assert unreached == set()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_parts_have_uniform_names(architecture):
    model = make(architecture, channels=2, classes=3)
    names = {id(p): n for n, p in model.named_parameters()}
    head = [names[id(p)] for p in parts.head_parameters(model)]
    backbone = [names[id(p)] for p in parts.backbone_parameters(model)]
    assert head
    assert backbone
    assert all(n.startswith(parts.head_name(model) + ".") for n in head)
    assert all(n.startswith(parts.backbone_name(model) + ".") for n in backbone)
    for layer in parts.input_layers(model):
        assert model.get_submodule(layer).in_channels == 2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_last_feature_layer_feeds_the_head(architecture):
    model = make(architecture).eval()
    seen: list[torch.Tensor] = []
    parts.last_feature_layer(model).register_forward_hook(lambda *args: seen.append(args[2]))
    with torch.inference_mode():
        logits = model(torch.randn(1, 1, 64, 64))
        again = getattr(model, parts.head_name(model))(seen[0])
    assert seen[0].ndim == 4
    assert torch.equal(again, logits)


@pytest.mark.parametrize("architecture", ["unet", "unet-mobilenetv2", "mobilenetv2", "resnet18"])
def test_a_frozen_backbone_does_not_change_in_training(architecture):
    model = make(architecture)
    parts.freeze_backbone(model)
    parts.training_mode(model)
    before = {n: t.clone() for n, t in parts.backbone(model).state_dict().items()}
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    head = [p.clone() for p in parts.head_parameters(model)]
    model(torch.randn(2, 1, 64, 64)).square().mean().backward()
    optimiser.step()
    assert all(torch.equal(t, before[n]) for n, t in parts.backbone(model).state_dict().items())
    assert not all(map(torch.equal, head, parts.head_parameters(model)))
    assert model.training


def test_a_backbone_that_is_not_frozen_trains_as_usual():
    model = make("resnet18").eval()
    parts.training_mode(model)
    assert parts.backbone(model).training


# Sources: torchvision's model pages (1000 classes, 3 channels); timm's results table for
# mobilenetv1_100 and legacy_xception; for UNet the sum of its convolutions written out below.
@pytest.mark.parametrize(
    ("architecture", "published"),
    [
        ("mobilenetv2", 3_504_872),
        ("mobilenet", 4_231_976),
        ("densenet121", 7_978_856),
        ("resnet18", 11_689_512),
        ("resnet50", 25_557_032),
        ("xception", 22_855_952),
    ],
)
def test_classifiers_have_the_published_number_of_parameters(architecture, published):
    with torch.device("meta"):
        assert parameters(make(architecture, channels=3, classes=1000)) == published


def test_unet_has_the_published_widths():
    widths = [3, 64, 128, 256, 512, 1024]
    down = sum(9 * a * b + 9 * b * b + 4 * b for a, b in pairwise(widths))
    up = sum((4 * 2 * b * b + b) + 9 * 2 * b * b + 9 * b * b + 4 * b for b in widths[1:-1])
    with torch.device("meta"):
        count = parameters(make("unet", channels=3, options={}))
    assert count == down + up + 64 * 2 + 2 == 31_037_698


def test_resunetpp_has_the_authors_number_of_parameters():
    # 4,062,993 in the authors' code (3 channels, 1 class), of which 2,912 are biases before batch
    # normalisation, which have no effect and are left out here; a second class adds 17.
    with torch.device("meta"):
        assert parameters(make("resunet++", channels=3, options={})) == 4_062_993 - 2_912 + 17


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_catalogue_tells_the_number_of_parameters(architecture):
    with torch.device("meta"):
        count = parameters(make(architecture, options={}))
    assert round(count / 1e6, 2) == ARCHITECTURES[architecture].million_parameters


@pytest.mark.parametrize("hidden", [(), (64,), (128, 64, 32)])
def test_heads_with_hidden_layers_have_dropout_before_each_linear_layer(hidden):
    model = make("resnet18", classes=4, head=HeadSpec(hidden=hidden, dropout=(0.3,)))
    linear = [m for m in model.head.modules() if isinstance(m, nn.Linear)]
    dropout = [m.p for m in model.head.modules() if isinstance(m, nn.Dropout)]
    assert [m.out_features for m in linear] == [*hidden, 4]
    assert dropout == [0.3] * len(linear)
    assert model.eval()(torch.zeros(1, 1, 64, 64)).shape == (1, 4)


def test_each_linear_layer_may_have_its_own_dropout():
    model = make("resnet18", head=HeadSpec(hidden=(8,), dropout=(0.1, 0.5)))
    assert [m.p for m in model.head.modules() if isinstance(m, nn.Dropout)] == [0.1, 0.5]


def test_a_hidden_layer_may_be_without_relu():
    """Linear, ReLU, Dropout, Linear, Dropout, Linear: the published head of detect-resnet."""
    head = HeadSpec(hidden=(8, 4), dropout=(0.0, 0.5, 0.5), relu=(True, False))
    layers = make("resnet18", head=head).head.layers
    told = [type(layer).__name__ for layer in layers if not isinstance(layer, nn.Identity)]
    assert told[1:] == ["Linear", "ReLU", "Dropout", "Linear", "Dropout", "Linear"]
    assert layers[0].p == 0.0
    plain = make("resnet18", head=HeadSpec(hidden=(8, 4))).head.layers
    assert list(layers.state_dict()) == list(plain.state_dict()), "weights keep their names"


@pytest.mark.parametrize(
    "head",
    [
        HeadSpec(hidden=(8, 8), relu=(True,)),
        HeadSpec(hidden=(8, 8, 8, 8)),
        HeadSpec(hidden=(0,)),
        HeadSpec(hidden=(10**6,)),
        HeadSpec(dropout=(1.0,)),
        HeadSpec(dropout=()),
        HeadSpec(hidden=(8, 8, 8), dropout=(0.1, 0.2)),
    ],
)
def test_heads_out_of_range_are_refused(head):
    with pytest.raises(ModelError) as caught:
        make("mobilenetv2", head=head)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("unet", {"width": 0}),
        ("unet", {"width": 10**6}),
        ("unet", {"width": True}),
        ("resunet++", {"width": "16"}),
        ("unet-mobilenetv2", {"decoder_channels": [64, 32]}),
        ("unet-mobilenetv2", {"decoder_channels": [64, 32, 16, 8, 10**6]}),
        ("unet-mobilenetv2", {"decoder_channels": 64}),
        ("unet-mobilenetv2", {"width": 8}),
        ("resnet18", {"width": 8}),
    ],
)
def test_options_out_of_range_are_refused(architecture, options):
    with pytest.raises(ModelError, match="option"):
        make(architecture, options=options)


def test_unknown_architectures_and_wrong_tasks_are_told():
    with pytest.raises(ModelError, match="unknown architecture 'vgg'"):
        build("vgg", make_card("vgg"))
    with pytest.raises(ModelError, match="for classification, but UNet does segmentation"):
        build("unet", make_card("unet", "classification"))


def test_the_catalogue_does_not_need_torch():
    code = "import sys, tumordesk.networks as n; n.ARCHITECTURES; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_asks_a_server_for_weights():
    code = (
        "import os, socket\n"
        "os.environ.pop('HF_HUB_OFFLINE', None)\n"
        "def refuse(*args, **kwargs): raise AssertionError('network')\n"
        "socket.getaddrinfo = socket.create_connection = refuse\n"
        "import tumordesk.networks.factory\n"
        "assert os.environ['HF_HUB_OFFLINE'] == '1'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_strided_point_convolution_gives_the_numbers_of_torchs_own() -> None:
    from tumordesk.networks.resunetpp import PointConv2d

    own = PointConv2d(4, 8, 1, stride=2, bias=False)
    plain = torch.nn.Conv2d(4, 8, 1, stride=2, bias=False)
    plain.load_state_dict(own.state_dict())
    picture = torch.rand(2, 4, 17, 16)
    torch.testing.assert_close(own(picture), plain(picture))


@pytest.mark.parametrize("architecture", ["unet", "resnet18"])
def test_several_networks_answer_with_the_mean_of_their_probabilities(architecture: str) -> None:
    model = make(architecture, members=3).eval()
    pictures = torch.rand(2, 1, 32, 32)
    with torch.inference_mode():
        alone = [member(pictures).softmax(dim=1) for member in members_of(model)]
        found = model(pictures).softmax(dim=1)
    assert len(alone) == 3
    assert not torch.allclose(alone[0], alone[1])
    torch.testing.assert_close(found, torch.stack(alone).mean(dim=0))
    first = make(architecture)
    first.load_state_dict(first_member(model.state_dict()))
    assert members_of(first) == (first,)


@pytest.mark.parametrize("members", [0, 11])
def test_a_model_has_one_to_ten_networks(members: int) -> None:
    with pytest.raises(ValueError, match="members must be 1 to 10"):
        make("unet", members=members)
