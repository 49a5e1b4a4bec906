"""Augmentation of picture and mask together (torchvision.transforms.v2)."""

from __future__ import annotations

from typing import Any

import torch
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode, v2

from tumordesk.core.training_run import AugmentConfig

NONE = AugmentConfig(
    flip=0.0, rotation_deg=0.0, scale=(1.0, 1.0), shift=0.0,
    brightness=0.0, contrast=0.0, gamma=0.0, noise=0.0, blur=0.0,
)  # fmt: skip
PRESETS: dict[str, AugmentConfig] = {
    "none": NONE,
    "light": AugmentConfig(rotation_deg=8.0, scale=(0.9, 1.1), gamma=0.15, noise=0.0, blur=0.0),
    "standard": AugmentConfig(),
    "any-orientation": AugmentConfig(flip_vertical=0.25, quarter_turn=0.15),
}


def _uniform(low: float, high: float) -> float:
    return float(torch.empty(()).uniform_(low, high))


def _chance(probability: float) -> bool:
    return probability > 0 and float(torch.rand(())) < probability


class QuarterTurn(v2.Transform):  # type: ignore[misc]
    """One quarter turn to the left or right, with a chance."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self._probability = probability

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        turns = (1 if _chance(0.5) else 3) if _chance(self._probability) else 0
        return {"turns": turns}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if not params["turns"]:
            return inpt
        return tv_tensors.wrap(torch.rot90(inpt, params["turns"], (-2, -1)), like=inpt)


class Intensity(v2.Transform):  # type: ignore[misc]
    """Brightness, contrast, gamma and noise of a float picture in 0..1; masks are left alone."""

    _transformed_types = (tv_tensors.Image,)

    def __init__(self, config: AugmentConfig) -> None:
        super().__init__()
        self._config = config

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        c = self._config
        return {
            "shift": _uniform(-c.brightness, c.brightness) / 2,
            "gain": 1.0 + _uniform(-c.contrast, c.contrast),
            "gamma": float(torch.exp(torch.empty(()).uniform_(-c.gamma, c.gamma))),
            "noise": _uniform(0.0, c.noise) if _chance(0.5) else 0.0,
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        image = inpt.as_subclass(torch.Tensor)
        tissue = image > 0.02  # air stays black, as percentile scaling leaves it
        out = (image * params["gain"] + params["shift"]).clamp(0.0, 1.0).pow(params["gamma"])
        out = torch.where(tissue, out, image)
        if params["noise"]:
            out = out + params["noise"] * torch.randn_like(out)
        return tv_tensors.wrap(out.clamp(0.0, 1.0), like=inpt)


class Erase(v2.RandomErasing):  # type: ignore[misc]
    """Blacks out a small rectangle of the picture; what the mask says there stays true."""

    _transformed_types = (tv_tensors.Image,)


def train_transform(config: AugmentConfig, size: tuple[int, int]) -> v2.Compose:
    """uint8 picture (and mask) -> augmented float picture in 0..1 at ``size``."""
    steps: list[Any] = [v2.Resize(size, antialias=True)]
    if config.flip:
        steps.append(v2.RandomHorizontalFlip(config.flip))
    if config.flip_vertical:
        steps.append(v2.RandomVerticalFlip(config.flip_vertical))
    if config.quarter_turn:
        steps.append(QuarterTurn(config.quarter_turn))
    steps.append(v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True))
    if config.rotation_deg or config.shift or config.scale != (1.0, 1.0):
        affine = v2.RandomAffine(
            config.rotation_deg,
            (config.shift, config.shift),
            config.scale,
            interpolation=InterpolationMode.BILINEAR,
        )
        steps.append(affine)
    if config.brightness or config.contrast or config.gamma or config.noise:
        steps.append(Intensity(config))
    if config.blur:
        steps.append(v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.2))], config.blur))
    if config.erase:
        steps.append(Erase(config.erase, scale=(0.01, 0.06)))
    return v2.Compose(steps)


def plain_transform(size: tuple[int, int]) -> v2.Compose:
    """uint8 picture (and mask) -> float picture in 0..1 at ``size``, nothing random."""
    return v2.Compose(
        [
            v2.Resize(size, antialias=True),
            v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
        ]
    )
