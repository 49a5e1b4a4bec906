"""Pictures per second in training: TumorDesk beside plain loops, in one run on one machine.

Run: .venv/bin/python benchmarks/training.py [--only resnet18] [--pictures 128] [--device cpu]

Two tasks on made-up files of 512 x 512 pixels: UNet (31 million weights) at 256 x 256 on PNG with
masks, and ResNet18 at 224 x 224 on JPEG. Each is trained for two epochs, and the second counts,
without validation:

* plain: as the references of torchvision write it. A DataLoader decodes the files in every epoch,
  transforms v2, float32.
* timm: timm's own dataset, loader and optimiser in the loop of its script (classification only),
  float32.
* TumorDesk: a run as ``tumordesk-train run`` makes it: decoded once, channels last, bf16 where
  the processor or GPU has it, freed memory kept.

All get the same network, batch size, optimiser (SGD), augmentation (resize, horizontal flip) and
threads. Limit: TumorDesk trains at least 1.5 times as many pictures per second as the plain loop
on a CPU, 3 times on a GPU; exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from tumordesk.core.model_card import InputSpec, Normalisation
from tumordesk.core.training_run import (
    DataConfig,
    LossConfig,
    OptimiserConfig,
    SplitConfig,
    TrainingConfig,
    read_run,
)
from tumordesk.networks import build
from tumordesk_training.allocator import keep_memory
from tumordesk_training.losses import Loss
from tumordesk_training.presets import NONE
from tumordesk_training.run import start
from tumordesk_training.setup import card_of

LIMITS = {"cpu": 1.5, "cuda": 3.0}
FILE_SIZE = 512
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
EPOCHS = 2

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]


def picture(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A grey picture with a bright blob, RGB uint8, and the blob's mask 0/255."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:FILE_SIZE, 0:FILE_SIZE]
    grey = random.normal(90, 12, (FILE_SIZE, FILE_SIZE))
    row, column = random.uniform(0.3, 0.7, 2) * FILE_SIZE
    blob = np.hypot(y - row, x - column) < random.uniform(20, 60)
    grey[blob] += 90
    shades = np.clip(grey, 0, 255).astype(np.uint8)
    return np.repeat(shades[..., None], 3, axis=2), blob.astype(np.uint8) * 255


def class_files(root: Path, count: int) -> Path:
    """Two class folders of JPEG files; a tenth more than ``count``, for validation."""
    for number in range(count + max(4, count // 10)):
        folder = root / ("yes" if number % 2 else "no")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(number)[0]).save(folder / f"{number}.jpg", quality=90)
    return root


def mask_files(root: Path, count: int) -> Path:
    """PNG pictures and masks side by side."""
    root.mkdir(parents=True, exist_ok=True)
    for number in range(count + max(4, count // 10)):
        rgb, mask = picture(number)
        Image.fromarray(rgb).save(root / f"{number}.png")
        Image.fromarray(mask).save(root / f"{number}_mask.png")
    return root


class MaskFiles(Dataset):  # type: ignore[type-arg]
    """Pictures and masks, decoded each time, as torchvision's segmentation reference does."""

    def __init__(self, root: Path, transform: Any) -> None:
        self._files = sorted(p for p in root.glob("*.png") if not p.stem.endswith("_mask"))
        self._transform = transform

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        path = self._files[index]
        image = tv_tensors.Image(Image.open(path).convert("RGB"))
        mask = tv_tensors.Mask(Image.open(path.with_name(f"{path.stem}_mask.png")))
        image, mask = self._transform(image, mask)
        return image, (mask[0] > 127).long()


def transform(size: int) -> v2.Compose:
    """As the references of torchvision: resize, flip, float, mean and standard deviation."""
    return v2.Compose(
        [
            v2.ToImage(),
            v2.Resize((size, size), antialias=True),
            v2.RandomHorizontalFlip(0.5),
            v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )


def order(args: argparse.Namespace, root: Path, network: str) -> TrainingConfig:
    """The same training as an order for TumorDesk."""
    segment = network == "unet"
    size = 256 if segment else 224
    return TrainingConfig(
        name="Benchmark",
        task="segmentation" if segment else "classification",
        architecture=network,
        classes=("background", "tumour") if segment else ("no", "yes"),
        input=InputSpec(
            channels=3, size=(size, size), normalisation=Normalisation(mean=MEAN, std=STD)
        ),
        data=DataConfig(root=str(root), duplicates="keep"),
        split=SplitConfig(validation=0.08, test=0.0),
        augment=replace(NONE, flip=0.5),
        loss=LossConfig(name="dice_ce" if segment else "ce"),
        optimiser=OptimiserConfig(
            name="sgd", rate=0.01, schedule="none", warmup=0.0, gradient_clip=0.0
        ),
        epochs=EPOCHS,
        batch_size=args.batch,
        threads=args.threads,
        workers=args.own_workers,
        device=args.device,
        samples=0,
    )


def ours(config: TrainingConfig, folder: Path) -> tuple[float, float]:
    """Pictures per second of the last epoch of a run in a process of its own, and its last loss."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        process.submit(_run, config, folder).result()
    last = [event for event in read_run(folder).events if event.kind == "epoch"][-1]
    return float(last.values["images_per_s"]), float(last.values["loss"])


def _run(config: TrainingConfig, folder: Path) -> None:
    keep_memory()  # as the training program does; the other loops must not have it
    start(folder, config)


def timed(
    batches: Callable[[], Batches], step: Callable[[torch.Tensor, torch.Tensor], float]
) -> tuple[float, float]:
    """Pictures per second of the last epoch, and the mean loss in it."""
    rate = mean = 0.0
    for _ in range(EPOCHS):
        count, total, begun = 0, 0.0, time.perf_counter()
        for images, targets in batches():
            total += step(images, targets) * len(images)
            count += len(images)
        rate = count / (time.perf_counter() - begun)
        mean = total / max(1, count)
    return rate, mean


def plain(args: argparse.Namespace, root: Path, config: TrainingConfig) -> tuple[float, float]:
    """The loop of torchvision's references, float32, files decoded in every epoch."""
    torch.manual_seed(1)
    device = torch.device(args.device)
    size = config.input.size[0]
    segment = config.task == "segmentation"
    data: Any = MaskFiles(root, transform(size)) if segment else ImageFolder(root, transform(size))
    loader = DataLoader(
        data,
        args.batch,
        shuffle=True,
        num_workers=args.workers,
        drop_last=True,
        pin_memory=device.type == "cuda",
    )
    network = build(config.architecture, card_of(config)).to(device).train()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-2)
    loss_of = Loss(config.loss)

    def step(images: torch.Tensor, targets: torch.Tensor) -> float:
        images, targets = images.to(device), targets.to(device)
        loss = loss_of(network(images), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return float(loss.item())

    return timed(lambda: loader, step)


def with_timm(args: argparse.Namespace, root: Path, config: TrainingConfig) -> tuple[float, float]:
    """timm's dataset, loader, optimiser factory and loss, in the loop of its train script."""
    from timm.data import create_dataset, create_loader
    from timm.optim import create_optimizer_v2

    torch.manual_seed(1)
    device = torch.device(args.device)
    loader = create_loader(
        create_dataset("", root=str(root)), (3, *config.input.size), args.batch,
        is_training=True, use_prefetcher=device.type == "cuda", hflip=0.5, color_jitter=None,
        interpolation="bilinear", num_workers=args.workers, device=device,
        persistent_workers=args.workers > 0,
    )  # fmt: skip
    network = build(config.architecture, card_of(config)).to(device).train()
    optimiser = create_optimizer_v2(network, opt="sgd", lr=0.01, momentum=0.9, weight_decay=1e-2)
    loss_of = nn.CrossEntropyLoss()

    def step(images: torch.Tensor, targets: torch.Tensor) -> float:
        loss = loss_of(network(images.to(device)), targets.to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return float(loss.item())

    return timed(lambda: loader, step)


def measure(args: argparse.Namespace, network: str, folder: Path) -> dict[str, Any]:
    """All loops on one task; pictures per second by name."""
    segment = network == "unet"
    root = (mask_files if segment else class_files)(folder / network, args.pictures)
    config = order(args, root, network)
    torch.set_num_threads(args.threads or os.cpu_count() or 1)
    found = {"plain": plain(args, root, config)}
    if not segment:
        found["timm"] = with_timm(args, root, config)
    found["TumorDesk"] = ours(config, folder / f"{network}-run")
    return {
        "network": network,
        "size": config.input.size[0],
        "images_per_s": {name: round(value[0], 2) for name, value in found.items()},
        "loss": {name: round(value[1], 4) for name, value in found.items()},
        "factor": round(found["TumorDesk"][0] / found["plain"][0], 2),
    }


def main() -> int:
    """Measure, print, and return 1 where the limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("unet", "resnet18"), help="only this network")
    parser.add_argument("--pictures", type=int, default=64, help="files of each task (64)")
    parser.add_argument("--batch", type=int, default=8, help="pictures in a batch (8)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (all)")
    parser.add_argument("--workers", type=int, default=2, help="of the other loops' loaders (2)")
    parser.add_argument("--own-workers", type=int, default=0, help="of TumorDesk's loader (0)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    args = parser.parse_args()
    limit = LIMITS[args.device]
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {args.device}, "
          f"torch {torch.__version__}; batch {args.batch}, {args.pictures} pictures")  # fmt: skip
    results = []
    with tempfile.TemporaryDirectory(prefix="tumordesk-bench-") as name:
        for network in (args.only,) if args.only else ("unet", "resnet18"):
            result = measure(args, network, Path(name))
            results.append(result)
            rates = ", ".join(f"{k} {v}" for k, v in result["images_per_s"].items())
            print(f"{network} {result['size']}: pictures per second: {rates}; TumorDesk is "
                  f"{result['factor']} times plain (limit {limit})", flush=True)  # fmt: skip
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0 if all(result["factor"] >= limit for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
