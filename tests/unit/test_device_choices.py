"""What is offered to compute on."""

from __future__ import annotations

import pytest

from tumordesk.session.device_choices import Device, device_help, device_options, find_devices
from tumordesk.session.training_progress import device_words

CPU = Device("cpu", "CPU, 8 threads")
CARDS = tuple(Device(f"cuda:{n}", f"GPU {n}: H200, 139 GB") for n in range(2))


def test_each_card_is_offered_by_its_name() -> None:
    assert device_options((*CARDS, CPU), "auto") == [
        ("auto", "Automatic"),
        ("cuda:0", "GPU 0: H200, 139 GB"),
        ("cuda:1", "GPU 1: H200, 139 GB"),
        ("cpu", "Processor"),
    ]


def test_while_nothing_is_known_a_card_can_be_asked_for() -> None:
    assert [name for name, _ in device_options((), "auto")] == ["auto", "cuda", "cpu"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [("cuda:3", "cuda:3 (not there)"), ("cuda", "Graphics card (CUDA)")],
)
def test_what_was_chosen_elsewhere_is_still_shown(chosen: str, words: str) -> None:
    assert dict(device_options((*CARDS, CPU), chosen))[chosen] == words


def test_without_a_card_what_was_chosen_is_not_there() -> None:
    assert dict(device_options((CPU,), "cuda"))["cuda"] == "Graphics card (CUDA) (not there)"
    assert [name for name, _ in device_options((CPU,), "cpu")] == ["auto", "cpu"]


def test_the_help_tells_of_several_cards_and_of_one_that_is_not_used() -> None:
    assert "torchrun" in device_help((*CARDS, CPU))
    assert "torchrun" not in device_help((CARDS[0], CPU))
    assert "too old" in device_help((Device("cpu", "CPU", "The driver is too old."),))


def test_this_computer_has_a_processor() -> None:
    assert find_devices()[-1].name == "cpu"


def test_the_second_card_is_told_by_its_number() -> None:
    assert [device_words(name) for name in ("cuda", "cuda:0", "cuda:1")] == ["GPU", "GPU", "GPU 1"]
