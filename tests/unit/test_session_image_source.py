"""Slices can be shown while the rest is still on its way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tumordesk.core.geometry import Geometry
from tumordesk.core.study import Instance, Sequence, SequenceGuess, Series
from tumordesk.core.volume import Volume, Window
from tumordesk.session.image_source import ImageSource


def make_series(shape: tuple[int, int, int] = (3, 4, 5)) -> Series:
    return Series(
        key="k",
        uid="1.2.3",
        kind="dicom",
        number=1,
        modality="MR",
        description="FLAIR",
        guess=SequenceGuess(Sequence.FLAIR, "description says FLAIR"),
        geometry=Geometry(shape=shape),
        instances=tuple(Instance(Path(f"{i}.dcm")) for i in range(shape[0])),
    )


def test_a_slice_is_there_before_the_rest() -> None:
    source = ImageSource(make_series())
    middle = np.arange(20, dtype=np.int16).reshape(4, 5)
    source.put(1, middle)
    assert source.slice(0, 0) is None
    assert source.slice(0, 1) is middle
    assert not source.complete
    assert source.loaded == 1
    assert source.slice(1, 0) is None
    assert source.volume() is None


def test_complete_source_gives_all_three_axes() -> None:
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    source = ImageSource(make_series())
    for index in (2, 0, 1):
        source.put(index, array[index])
    assert source.complete
    np.testing.assert_array_equal(source.slice(0, 2), array[2])
    np.testing.assert_array_equal(source.slice(1, 3), array[:, 3])
    np.testing.assert_array_equal(source.slice(2, 4), array[:, :, 4])


def test_adopting_a_volume_completes_and_copies_nothing() -> None:
    array = np.zeros((3, 4, 5), dtype=np.uint16)
    volume = Volume(array, Geometry(shape=(3, 4, 5)), "1.2.3", windows=(Window(40, 80),))
    source = ImageSource(make_series())
    source.put(0, array[0])
    source.adopt(volume)
    assert source.complete
    assert source.volume() is volume
    assert source.windows == (Window(40, 80),)
    assert np.shares_memory(source.slice(0, 1), array)
    source.put(0, np.ones((4, 5), dtype=np.uint16))
    assert not source.slice(0, 0).any()


def test_a_volume_of_another_shape_is_refused() -> None:
    volume = Volume(np.zeros((2, 4, 5)), Geometry(shape=(2, 4, 5)), "1.2.3")
    with pytest.raises(ValueError, match="is not"):
        ImageSource(make_series()).adopt(volume)


def test_a_slice_put_twice_counts_once() -> None:
    source = ImageSource(make_series())
    source.put(0, np.zeros((4, 5)))
    source.put(0, np.ones((4, 5)))
    assert source.loaded == 1
    assert source.slice(0, 0).all()
