"""One model on one series: masks where the tumour is, notes of what was done, cancel, memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference_fakes import (
    BrightIsTumour,
    MeanDecides,
    make_card,
    make_entry,
    make_series,
    make_volume,
    write_model,
)
from tumordesk.core.errors import Cancelled, InputMismatch, ModelError
from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext, Progress
from tumordesk.core.model_card import ClassSpec, InputSpec, Postprocess
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.volume import Volume
from tumordesk.inference import cache, devices, engine
from tumordesk.inference.devices import DeviceChoice, DeviceInfo
from tumordesk.inference.engine import Engine
from tumordesk.inference.run import run_model


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def use(monkeypatch):
    """Let run_model use this network."""

    def install(model, torch_name: str = "cpu", kind: str = "cpu"):
        monkeypatch.setattr(cache, "get_model", lambda entry: model)
        if kind != "cpu":
            device = DeviceInfo(kind, torch_name, "Fake GPU")
            monkeypatch.setattr(
                "tumordesk.inference.run.choose_device", lambda wish: DeviceChoice(device)
            )
        return model

    return install


def run(volume, card=None, **options):
    series = make_series(volume.geometry)
    return run_model(volume, series, make_entry(card), JobContext(), **options)


def test_outlines_the_bright_block_in_source_geometry(use) -> None:
    use(BrightIsTumour())
    volume, truth = make_volume()
    result = run(volume)
    assert result.outcome == "tumour"
    assert result.segmentation.geometry is volume.geometry
    mask = result.segmentation.array > 0
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.93
    (lesion,) = result.measurements.lesions
    assert lesion.slice_range == (3, 6)
    assert lesion.side == "right"
    expected_ml = truth.sum() * 5.0 * 1.2 * 1.5 / 1000
    assert result.measurements.volume_ml == pytest.approx(expected_ml, rel=0.1)
    provenance = result.provenance
    assert (provenance.model_id, provenance.series_uid) == ("fake-segmenter", "1.2.3")
    assert provenance.device.startswith("CPU")
    assert provenance.notes == ()
    assert provenance.warnings == ()
    assert provenance.seconds > 0


def test_no_tumour_is_a_result(use) -> None:
    use(BrightIsTumour(limit=2.0))
    result = run(make_volume()[0])
    assert result.outcome == "no tumour"
    assert result.measurements.lesions == ()


def test_same_input_same_mask_with_a_real_network(tmp_path) -> None:
    entry = write_model(tmp_path)
    volume, _ = make_volume((6, 70, 60))
    series = make_series(volume.geometry)
    runs = []
    for _ in range(2):
        cache.clear()
        runs.append(run_model(volume, series, entry, JobContext(), device="cpu"))
    assert (runs[0].segmentation.array == runs[1].segmentation.array).all()
    assert runs[0].measurements == runs[1].measurements
    assert runs[0].provenance.model_sha256 == entry.card.weights_sha256


def test_progress_tells_stage_slice_and_time_left(use) -> None:
    use(BrightIsTumour())
    seen: list[Progress] = []
    volume, _ = make_volume((26, 120, 100), slices=(3, 7))
    card = make_card(input=InputSpec(sequence="FLAIR", size=(512, 512)))
    context = JobContext(seen.append)
    run_model(volume, make_series(volume.geometry), make_entry(card), context)
    messages = [p.message for p in seen]
    assert messages[0] == "Loading Fake segmenter"
    assert "Segmenting slice 1 of 26" in messages
    assert any(m.startswith("Segmenting slice 14 of 26, ") and "left" in m for m in messages)
    assert "Measuring" in messages
    fractions = [p.fraction for p in seen if p.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_cancel_stops_before_the_next_batch(use) -> None:
    context = JobContext()
    model = use(BrightIsTumour())
    answer = model.forward

    def cancel_in_second(x):
        if len(model.batches) == 1:
            context.cancel()
        return answer(x)

    model.forward = cancel_in_second
    volume, _ = make_volume((40, 120, 100))
    card = make_card(input=InputSpec(sequence="FLAIR", size=(256, 256)))
    with pytest.raises(Cancelled):
        run_model(volume, make_series(volume.geometry), make_entry(card), context)
    assert len(model.batches) == 2


def test_out_of_gpu_memory_halves_the_batch_and_tells(use) -> None:
    model = use(BrightIsTumour(largest_batch=5), kind="cuda")
    volume, truth = make_volume()
    card = make_card(input=InputSpec(sequence="FLAIR", size=(256, 256)))
    result = run(volume, card)
    assert model.batches[:3] == [10, 8, 4]
    assert result.provenance.batch_size == 4
    assert result.provenance.device == "Fake GPU"
    assert len(result.provenance.notes) == 2
    assert "Out of memory on Fake GPU: batch reduced to 4." in result.provenance.notes
    assert model.places[-1] == "cpu"  # the GPU is left free
    assert (result.segmentation.array > 0)[truth].mean() > 0.9


def test_out_of_gpu_memory_ends_on_the_cpu_and_tells(use, monkeypatch) -> None:
    model = use(BrightIsTumour(), kind="cuda")
    answer = model.forward
    monkeypatch.setattr(
        model,
        "forward",
        lambda x: answer(x) if model.places[-1] == "cpu" else _no_memory(),
    )
    monkeypatch.setattr(
        "tumordesk.inference.run.choose_device",
        lambda wish: DeviceChoice(DeviceInfo("cuda", "cpu:0", "Fake GPU")),
    )
    result = run(make_volume()[0])
    assert result.provenance.device.startswith("CPU")
    assert result.provenance.notes[-1] == "Out of memory on Fake GPU: went on on the CPU."
    assert result.outcome == "tumour"


def _no_memory():
    raise torch.OutOfMemoryError("CUDA out of memory.")


def test_a_broken_gpu_ends_on_the_cpu_too(use, monkeypatch) -> None:
    model = use(BrightIsTumour(), kind="cuda", torch_name="cpu:0")
    answer = model.forward

    def broken(x):
        if model.places[-1] != "cpu":
            raise RuntimeError("CUDA error: no kernel image is available for execution")
        return answer(x)

    model.forward = broken
    result = run(make_volume()[0])
    assert result.provenance.notes == ("A fault on Fake GPU: went on on the CPU.",)


def test_not_even_one_slice_fits(use) -> None:
    use(BrightIsTumour(largest_batch=0))
    with pytest.raises(InputMismatch, match="not enough memory"):
        run(make_volume()[0])


def test_a_network_that_does_not_fit_its_card(use) -> None:
    model = use(BrightIsTumour())
    model.forward = lambda x: x.reshape(7, 7)
    with pytest.raises(ModelError, match="could not be run"):
        run(make_volume()[0])


def test_an_answer_that_is_not_a_number_is_refused(use) -> None:
    use(BrightIsTumour(limit=float("nan")))
    with pytest.raises(ModelError, match="not a number"):
        run(make_volume()[0])


def test_undecodable_slices_are_left_out_and_reported(use) -> None:
    model = use(BrightIsTumour())
    volume, _ = make_volume(missing=(4, 9))
    result = run(volume)
    assert sum(model.batches) == 8
    assert not result.segmentation.array[4].any()
    assert result.segmentation.array[5].any()
    assert any("Slices 5, 10 could not be decoded" in w for w in result.provenance.warnings)


def test_nothing_decodable_is_an_error(use) -> None:
    use(BrightIsTumour())
    volume, _ = make_volume(missing=tuple(range(10)))
    with pytest.raises(InputMismatch, match="No slice"):
        run(volume)


def test_values_that_are_not_numbers_are_background(use) -> None:
    use(BrightIsTumour())
    volume, truth = make_volume()
    array = volume.array.astype(np.float32)
    array[0, :5] = np.nan
    array[1, 0, 0] = np.inf
    result = run(Volume(array, volume.geometry, "1.2.3"))
    assert any("not numbers" in w for w in result.provenance.warnings)
    assert (result.segmentation.array > 0)[truth].mean() > 0.9


def test_monochrome1_is_seen_as_people_see_it(use) -> None:
    use(BrightIsTumour())
    volume, _ = make_volume()
    stored = (1000 - volume.array).astype(np.int16)
    result = run(Volume(stored, volume.geometry, "1.2.3", inverted=True))
    assert (result.segmentation.array == run(volume).segmentation.array).all()


def test_pixels_that_are_no_numbers_are_no_image(use) -> None:
    use(BrightIsTumour())
    with pytest.raises(InputMismatch, match="number"):
        run(Volume(np.full((2, 50, 40), np.nan, np.float32), Geometry((2, 50, 40)), "1.2.3"))


@pytest.mark.parametrize("fill", [0, 700])
def test_an_empty_image_is_no_crash(use, fill) -> None:
    use(BrightIsTumour())
    geometry = Geometry((2, 50, 40))
    result = run(Volume(np.full((2, 50, 40), fill, np.float32), geometry, "1.2.3"))
    assert result.outcome == "no tumour"
    assert any("one single grey value" in w for w in result.provenance.warnings)


def test_colour_picture(use) -> None:
    use(BrightIsTumour())
    array = np.full((1, 90, 80, 3), 60, np.uint8)
    array[0, 20:40, 20:40] = 250
    volume = Volume(array, Geometry((1, 90, 80)), "p", picture=True)
    series = make_series(volume.geometry, kind="picture", modality="", colour=True)
    result = run_model(volume, series, make_entry(), JobContext())
    assert result.outcome == "tumour"
    assert result.measurements.volume_ml is None
    assert result.measurements.refused
    assert result.measurements.share_of_pixels == pytest.approx(400 / 7200, rel=0.15)


def test_composite_of_sequences_is_read_from_the_channel_of_the_training(use) -> None:
    use(BrightIsTumour())
    card = make_card(input=InputSpec(sequence="FLAIR", size=(64, 64), source_channel=1))
    array = np.zeros((1, 90, 80, 3), np.uint8)
    array[0, 5:-5, 5:-5] = (150, 60, 20)
    array[0, 20:40, 20:40, 1] = 250
    array[0, 60:80, 20:40, 0] = 250
    composite = Volume(array, Geometry((1, 90, 80)), "p", picture=True)
    result = run(composite, card)
    (lesion,) = result.measurements.lesions
    assert lesion.centroid[1] == pytest.approx(29.5, abs=1)
    assert any("green channel" in w for w in result.provenance.warnings)
    shades = np.repeat(array[..., 1:2], 3, axis=-1)
    shades[0, :4, :30] = (255, 0, 0)  # a red mark on a grey picture
    plain = run(Volume(shades, Geometry((1, 90, 80)), "p", picture=True), card)
    assert not any("channel" in w for w in plain.provenance.warnings)


def test_small_islands_go_in_pixels_of_the_network_grid(use) -> None:
    use(BrightIsTumour())
    shape = (1, 256, 256)
    array = np.full(shape, 300, np.int16)
    array[0, :2], array[0, 100:124, 100:124], array[0, 20:32, 20:32] = 0, 1000, 1000
    volume = Volume(array, Geometry(shape), "1.2.3")
    # 256 -> 64: the blocks cover about 36 and 9 pixels of the network's grid.
    keep = make_card(postprocess=Postprocess(min_area_px=5))
    assert len(run(volume, keep).measurements.lesions) == 2
    drop = make_card(postprocess=Postprocess(min_area_px=15))
    assert len(run(volume, drop).measurements.lesions) == 1
    none = make_card(postprocess=Postprocess(min_slice_mass_px=70))
    assert run(volume, none).outcome == "no tumour"


def test_flips_give_an_agreement_map(use) -> None:
    model = use(BrightIsTumour())
    volume, _ = make_volume()
    plain, flipped = run(volume), run(volume, flips=True)
    assert plain.segmentation.agreement is None
    agreement = flipped.segmentation.agreement
    assert agreement.shape == volume.array.shape
    assert agreement.dtype == np.float32
    assert (agreement == 1.0).mean() > 0.99
    assert (plain.segmentation.array == flipped.segmentation.array).mean() > 0.999
    assert sum(model.batches) == 10 + 20


def outline_of(volume, mask) -> Segmentation:
    return Segmentation(mask.astype(np.uint8), volume.geometry, (Segment(1, "T"),), "1.2.3")


def test_classifier_reads_the_outlined_slices_weighted_by_area(use) -> None:
    use(MeanDecides())
    volume, truth = make_volume()
    outline = truth.copy()
    outline[6] = False
    outline[5, 25:] = False
    card = make_card("classification")
    result = run(volume, card, outline=outline_of(volume, outline))
    found = result.classification
    assert [s.slice_index for s in found.slices] == [3, 4, 5]
    weights = outline[3:6].sum(axis=(1, 2)) / outline.sum()
    expected = weights @ np.array([s.probabilities for s in found.slices])
    assert found.probabilities == pytest.approx(tuple(expected))
    assert sum(found.probabilities) == pytest.approx(1.0)
    assert found.classes == ("glioma", "meningioma", "pituitary", "no_tumor")
    assert set(found.driving_slices) <= {3, 4, 5}
    assert result.outcome == "tumour"
    assert not any("All" in w for w in result.provenance.warnings)


def test_classifier_without_outline_reads_all_and_warns(use) -> None:
    use(MeanDecides())
    volume, truth = make_volume()
    card = make_card("classification")
    result = run(volume, card)
    assert len(result.classification.slices) == 10
    assert any("All 10 slices were read" in w for w in result.provenance.warnings)
    driving = result.classification.driving_slices
    assert all(truth[i].any() for i in driving)  # the brighter ones
    empty = run(volume, card, outline=outline_of(volume, np.zeros_like(truth)))
    assert any("holds no tumour" in w for w in empty.provenance.warnings)


def test_a_detector_looks_at_every_slice_and_answers_by_the_likeliest(use) -> None:
    use(MeanDecides(2))
    volume, truth = make_volume()
    classes = (ClassSpec("tumour", "Tumour"), ClassSpec("no_tumour", "No tumour"))
    result = run(volume, make_card("classification", classes=classes))
    found = result.classification
    assert len(found.slices) == 10
    by_slice = sorted((s.probabilities[0] for s in found.slices), reverse=True)
    assert found.probabilities[0] == pytest.approx(np.mean(by_slice[:3]))
    assert all(truth[i].any() for i in found.driving_slices)
    assert not any("slices were read" in w for w in result.provenance.warnings)
    assert any("mean of the 3" in note for note in result.provenance.notes)


def test_classifier_on_one_picture_needs_no_outline(use) -> None:
    use(MeanDecides())
    array = np.full((1, 90, 80), 60, np.uint8)
    volume = Volume(array, Geometry((1, 90, 80)), "p", picture=True)
    result = run(volume, make_card("classification"))
    assert not any("slices were read" in w for w in result.provenance.warnings)


def test_outline_of_another_grid_is_refused(use) -> None:
    use(MeanDecides())
    volume, _ = make_volume()
    other, mask = make_volume((4, 30, 30), slices=(1, 2))
    with pytest.raises(InputMismatch, match="does not belong"):
        run(volume, make_card("classification"), outline=outline_of(other, mask))


def test_networks_are_loaded_once_and_one_of_each_task_is_kept(tmp_path) -> None:
    first = write_model(tmp_path, make_card("classification", id="a"))
    second = write_model(tmp_path, make_card("classification", id="b"), seed=1)
    network = cache.get_model(first)
    assert not network.training
    assert cache.get_model(first) is network
    assert cache.get_model(second) is not network
    assert cache.get_model(first) is not network


def test_cuda_that_is_not_there_is_told(monkeypatch) -> None:
    monkeypatch.setattr(devices, "_cuda_usable", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(devices, "nvidia_present", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", None)
    choice = devices.choose_device("cuda")
    assert choice.device.kind == "cpu"
    assert "No usable NVIDIA GPU" in choice.note
    assert "CPU build" in choice.device.hint
    assert devices.choose_device("auto").note == ""
    with pytest.raises(ValueError, match="device must be"):
        devices.choose_device("tpu")


def test_one_of_several_cards_is_taken_by_its_number(monkeypatch) -> None:
    cards = tuple(DeviceInfo("cuda", f"cuda:{n}", f"GPU {n}") for n in range(2))
    cpu = DeviceInfo("cpu", "cpu", "CPU")
    monkeypatch.setattr(devices, "available_devices", lambda: (*cards, cpu))
    assert devices.choose_device("cuda:1").device is cards[1]
    assert devices.choose_device("cuda").device is cards[0]
    choice = devices.choose_device("cuda:2")
    assert choice.device is cpu
    assert "No usable NVIDIA GPU 2 here" in choice.note
    for name in ("cuda:01", "cuda:99999999999"):
        with pytest.raises(ValueError, match="device must be"):
            devices.choose_device(name)


def test_threads_leave_cores_for_the_window() -> None:
    before = torch.get_num_threads()
    try:
        cores = devices.usable_cores()
        assert devices.limit_threads(keep_free=1) == max(1, cores - 1) == torch.get_num_threads()
        assert devices.limit_threads(keep_free=1000) == 1
        assert "1 thread" in devices.cpu_device().text
    finally:
        torch.set_num_threads(before)


def test_batches_are_small_on_a_cpu() -> None:
    cpu, gpu = DeviceInfo("cpu", "cpu", "CPU"), DeviceInfo("cuda", "cuda:0", "GPU")
    assert engine.start_batch_size(cpu, (256, 256)) == 4
    assert engine.start_batch_size(cpu, (512, 512)) == 1
    assert engine.start_batch_size(cpu, (1024, 1024)) == 1
    assert engine.start_batch_size(gpu, (256, 256)) == 16


def test_engine_puts_the_network_back_after_an_error() -> None:
    model = BrightIsTumour()
    gpu = DeviceInfo("cuda", "fake:0", "GPU")
    with pytest.raises(KeyError), Engine(model, gpu, (64, 64)):
        raise KeyError
    assert model.places == ["fake:0", "cpu"]
