"""Several sequences as people write them."""

from __future__ import annotations

import pytest

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import from_plain, to_plain
from tumordesk.core.model_card import InputSpec
from tumordesk.core.recipes import find_recipe
from tumordesk.core.sequence_sources import parse_sequences, sequences_text
from tumordesk.core.training_run import DataConfig, SequenceSource, TrainingConfig
from tumordesk.session.training import Draft

COLOURS = (SequenceSource("T1", 0), SequenceSource("FLAIR", 1), SequenceSource("T1C", 2))


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("", ()),
        ("T1=red, FLAIR=green, T1C=blue", COLOURS),
        ("T1, T1C", (SequenceSource("T1"), SequenceSource("T1C"))),
        ("T1=_0000, FLAIR", (SequenceSource("T1", None, "_0000"), SequenceSource("FLAIR"))),
        ("FLAIR", (SequenceSource("FLAIR"),)),
        ("FLAIR=_0003", (SequenceSource("FLAIR", None, "_0003"),)),
    ],
)
def test_what_is_written_is_read_back(text: str, sources: tuple[SequenceSource, ...]) -> None:
    assert parse_sequences(text) == sources
    assert sequences_text(sources) == text
    assert parse_sequences(text.lower().replace(" ", "")) == sources


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("T1, T9", "'T9' is no sequence; known are T1, T1C"),
        ("T1=red", "T1 alone is no choice among colours"),
        ("T1=red, T1=blue", "T1 stands there twice"),
        ("T1=red, FLAIR", "a colour to each of them, or to none"),
        ("T1=red, T2=red", "in the same colour"),
        ("T1=_0000, T2=_0000", "in the same files"),
    ],
)
def test_what_cannot_be_meant_is_explained(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_sequences(text)


def test_a_configuration_has_a_channel_for_each_of_them() -> None:
    data = DataConfig(root="x", sequences=COLOURS)
    good = InputSpec(channels=3, sequence="FLAIR")
    config = TrainingConfig("a", "segmentation", "unet", ("no", "yes"), input=good, data=data)
    assert config.data.sequences == COLOURS
    for spec, words in (
        (InputSpec(sequence="FLAIR"), "3 sequences need channels 3"),
        (InputSpec(channels=3, sequence="FLAIR", neighbours=1), "neighbours 0"),
        (InputSpec(channels=3, sequence="T2"), "must be one of data.sequences"),
    ):
        with pytest.raises(ValueError, match=words):
            TrainingConfig("a", "segmentation", "unet", ("no", "yes"), input=spec, data=data)
    with pytest.raises(ValueError, match="only a segmentation"):
        TrainingConfig("a", "classification", "resnet18", ("no", "yes"), input=good, data=data)


def test_one_sequence_fixes_the_name_alone() -> None:
    data = DataConfig(root="x", sequences=(SequenceSource("FLAIR"),))
    assert data.channel_sources == ()
    spec = InputSpec(channels=3, neighbours=1, sequence="FLAIR")
    config = TrainingConfig("a", "segmentation", "unet", ("no", "yes"), input=spec, data=data)
    assert from_plain(DataConfig, to_plain(config.data), "data") == data
    with pytest.raises(ValueError, match=r"must be one of data\.sequences"):
        TrainingConfig("a", "segmentation", "unet", ("no", "yes"), data=data)
    with pytest.raises(ValueError, match="chosen by channel"):
        DataConfig(root="x", sequences=(SequenceSource("FLAIR", 1),))


def test_recipes_of_several_sequences_name_them() -> None:
    recipe = find_recipe("coco-seg-512")
    three = recipe.config(("no", "yes"), architecture="resunet++", variant="three-sequences")
    assert three.data.sequences == COLOURS
    assert (three.input.channels, three.input.sequence) == (3, "FLAIR")
    four = recipe.config(("no", "yes"), variant="four-sequences+256")
    assert [one.sequence for one in four.data.sequences] == ["T1", "T1C", "T2", "FLAIR"]
    assert (four.input.channels, four.input.size) == (4, (256, 256))


# In the wizard ---------------------------------------------------------------------------------


def test_the_network_follows_the_sequences_that_a_person_named() -> None:
    draft = Draft(data=DataConfig(root="x", sequences=COLOURS))
    config = draft.config()
    assert (config.input.channels, config.input.sequence, config.input.neighbours) == (
        3,
        "FLAIR",
        0,
    )
    draft.settings = {"input": {"sequence": "T1C", "channels": 1, "neighbours": 1}}
    draft.architecture = "unet"
    assert (draft.config().input.channels, draft.config().input.sequence) == (3, "T1C")
    draft.settings = {"input": {"normalisation": {"mean": [0.1, 0.2], "std": [1.0, 2.0, 3.0]}}}
    scale = draft.config().input.normalisation
    assert (scale.mean, scale.std) == ((0.1,), (1.0, 2.0, 3.0))


def test_the_card_follows_the_one_sequence_that_a_person_chose() -> None:
    draft = Draft(data=DataConfig(root="x", sequences=(SequenceSource("FLAIR"),)))
    config = draft.config()
    assert (config.input.channels, config.input.sequence, config.input.sequences) == (
        1,
        "FLAIR",
        (),
    )
    draft.settings = {"input": {"sequence": "CT", "modality": "CT", "channels": 3, "neighbours": 1}}
    draft.architecture = "unet"
    config = draft.config()
    assert (config.input.channels, config.input.neighbours) == (3, 1)
    assert (config.input.sequence, config.input.modality) == ("FLAIR", "MR")
    assert config.data.sequences == (SequenceSource("FLAIR"),)


def test_one_sequence_again_leaves_nothing_of_several_behind() -> None:
    draft = Draft(data=DataConfig(root="x"))
    draft.architecture = "unet"
    draft.settings = {"input": {"sequences": ["T1", "T2"], "source_channels": [0, 1]}}
    config = draft.config()
    assert (config.input.sequences, config.input.source_channels) == ((), ())
    assert config.data.sequences == ()


def test_classes_are_learnt_from_one_sequence() -> None:
    draft = Draft(data=DataConfig(root="x", sequences=COLOURS), goal="presence")
    assert draft.config().data.sequences == ()


def test_a_recipe_of_several_sequences_works_in_the_wizard() -> None:
    draft = Draft(data=DataConfig(root="x"), recipe="coco-seg-512", variant="three-sequences")
    draft.settings = {"input": {"sequence": "unknown"}}
    config = draft.config()
    assert (config.input.channels, config.input.sequence) == (3, "FLAIR")
    assert config.data.sequences == COLOURS
    draft.variant = "no-such"
    with pytest.raises(ConfigError, match="no variant"):
        draft.config()
