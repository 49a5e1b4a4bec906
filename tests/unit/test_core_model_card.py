"""A model card is valid from construction on, and a bad one says what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tumordesk.core.errors import ModelError
from tumordesk.core.jsonio import from_plain, to_plain
from tumordesk.core.model_card import (
    NOTICE,
    ClassSpec,
    Code,
    HeadSpec,
    InputSpec,
    Metric,
    ModelCard,
    TrainingData,
    read_card,
    write_card,
)

CARD = ModelCard(
    id="flair-test",
    name="Test",
    version="1.0",
    task="segmentation",
    architecture="unet",
    input=InputSpec(sequence="FLAIR", channels=3, size=(128, 160)),
    classes=(
        ClassSpec("background", "Background"),
        ClassSpec("tumor", "Tumour", Code("108369006", "SCT", "Neoplasm")),
    ),
    head=HeadSpec((256,), (0.2,)),
    options={"decoder_channels": [64, 32]},
    training_data=(TrainingData("made up", "CC0", "nobody", patients=3),),
    metrics=(Metric("dice_mean", 0.5, "kept patients", "made up", 3),),
    weights_sha256="0" * 64,
)


def test_a_card_comes_back_equal(tmp_path):
    path = tmp_path / "flair-test" / "model.json"
    write_card(path, CARD)
    assert read_card(path) == CARD


def test_every_card_says_research_use_only():
    assert "not for diagnosis" in CARD.notice
    assert CARD.notice == NOTICE


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"schema": 2}, "schema"),
        ({"id": ""}, "id"),
        ({"id": "../evil"}, "id"),
        ({"id": ".hidden"}, "id"),
        ({"id": "a b"}, "id"),
        ({"input": InputSpec(channels=0)}, "channels"),
        ({"input": InputSpec(channels=5)}, "channels"),
        ({"classes": (ClassSpec("only", "Only"),)}, "classes"),
        ({"weights_file": "../weights.safetensors"}, "weights_file"),
    ],
)
def test_what_a_card_may_not_hold_is_refused_when_it_is_made(change, word):
    with pytest.raises(ValueError, match=word):
        replace(CARD, **change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 99}, ["schema 99"]),
        ({"task": "magic"}, ["task", "magic"]),
        ({"input": {"channels": "one"}}, ["input.channels"]),
        ({"input": {"size": [256]}}, ["input.size"]),
        ({"classes": []}, ["classes"]),
        ({"metrics": [{"name": "dice"}]}, ["metrics[0]", "value"]),
        ({"surprise": 1}, ["surprise"]),
        ({"id": "../evil"}, ["id"]),
    ],
)
def test_a_bad_card_on_disk_is_named_with_its_fault(tmp_path, change, words):
    path = tmp_path / "bad-model" / "model.json"
    path.parent.mkdir()
    path.write_text(json.dumps(to_plain(CARD) | change))
    with pytest.raises(ModelError) as caught:
        read_card(path)
    assert all(word in str(caught.value) for word in ["bad-model/model.json", *words])


@pytest.mark.parametrize("missing", ["id", "task", "architecture", "input", "classes"])
def test_a_card_without_a_required_entry_is_refused(tmp_path, missing):
    plain = to_plain(CARD)
    del plain[missing]
    path = tmp_path / "bad-model" / "model.json"
    path.parent.mkdir()
    path.write_text(json.dumps(plain))
    with pytest.raises(ModelError, match=missing):
        read_card(path)


def test_a_missing_card_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="missing"):
        read_card(tmp_path / "model.json")


def test_a_card_from_a_later_minor_program_with_only_known_entries_is_read():
    assert from_plain(ModelCard, to_plain(replace(CARD, software="TumorDesk 9"))).id == CARD.id
