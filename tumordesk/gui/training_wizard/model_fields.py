"""Every number of a training as a form: captions, controls and what they mean in plain words."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from tumordesk.core.study import Sequence
from tumordesk.gui.training_wizard.controls import (
    Choice,
    Decimal,
    Tick,
    Whole,
    numbers_box,
    rate_box,
    wholes_box,
)
from tumordesk.gui.training_wizard.form import FormSection
from tumordesk.session.device_choices import device_help, device_options
from tumordesk.session.model_choices import AUGMENT_PRESETS

OWN = ""
SEQUENCES: tuple[tuple[str, str], ...] = (
    (Sequence.UNKNOWN.value, "Not known, or several"),
    *((s.value, s.shown) for s in (Sequence.FLAIR, Sequence.T1C, Sequence.T1, Sequence.T2)),
    (Sequence.DWI.value, "Diffusion (DWI)"),
    (Sequence.CT.value, "CT"),
)
FREEZE = (
    ("all", "Train all layers"),
    ("head", "Train the last part only"),
    ("later", "Last part first, then all"),
)
_HIDDEN = ((0, "None"), (1, "One"), (2, "Two"), (3, "Three"))
_PLANES = (("axial", "Axial"), ("coronal", "Coronal"), ("sagittal", "Sagittal"), ("any", "Any"))


def network_section(parent: QWidget) -> FormSection:
    """Recipe, its variants, the network."""
    made = FormSection(parent, "Recipe and network")
    made.add("recipe", "&Recipe", Choice(), "A named set of numbers to start from.", wide=True)
    made.add("variant", "Variant", Choice(), "What is done differently from the recipe.")
    made.add(
        "architecture",
        "Net&work",
        Choice(),
        "Larger networks need more pictures and time.",
        wide=True,
    )
    made.add(
        "options.width",
        "Width",
        Whole(4, 128, step=4),
        "Channels of the first layer; half as many is about four times as quick.",
    )
    made.add(
        "options.decoder_channels", "Decoder channels", wholes_box(),
        "Five numbers, coarse to fine. Weights fit only where they are the same.",
    )  # fmt: skip
    return made


def start_section(parent: QWidget) -> FormSection:
    """Weights to start from, and what of them is trained."""
    made = FormSection(parent, "Start and layers")
    made.add("initial_weights", "S&tart from", Choice(), "", wide=True)
    made.add("freeze", "Layers", Choice(FREEZE), "", wide=True)
    made.add(
        "optimiser.freeze_epochs",
        "Frozen epochs",
        Whole(1, 500),
        "So long only the last part learns; then everything does.",
    )
    made.add(
        "optimiser.backbone_rate", "Share of the rate", Decimal(0.01, 1.0),
        "Learning rate of the part that knows something already: 1 is the full one, 0.1 a tenth.",
    )  # fmt: skip
    return made


def head_section(parent: QWidget) -> FormSection:
    """The classifier's last layers."""
    made = FormSection(parent, "Head", "The last layers, which turn what was seen into classes.")
    made.add(
        "head.hidden",
        "Hidden layers",
        Choice(_HIDDEN),
        "None is best for few pictures; the published four-class models had three.",
    )
    made.add("head.width", "Width", Whole(8, 4096, step=32), "Units of each hidden layer.")
    made.add(
        "head.dropout", "Dropout", numbers_box(),
        "Share of units left out at random while training, against learning by heart: 0.2 to 0.5.",
    )  # fmt: skip
    return made


def input_section(parent: QWidget) -> FormSection:
    """What the network sees of a picture."""
    made = FormSection(parent, "Pictures")
    made.add(
        "input.sequence",
        "Se&quence",
        Choice(SEQUENCES),
        "Stands on the model's card; the viewer then offers it for fitting series.",
    )
    made.add("input.plane", "Plane", Choice(_PLANES), "Which way the slices lie.")
    made.add(
        "input.size.0",
        "Rows",
        Whole(32, 1024, step=32, unit="px"),
        "Pictures are scaled to this. Twice as many take four times as long.",
    )
    made.add("input.size.1", "Columns", Whole(32, 1024, step=32, unit="px"), "As above.")
    made.add(
        "input.fit",
        "Shape",
        Choice((("pad", "Kept, black around it"), ("stretch", "Stretched to the size"))),
        "How a picture comes to this size. Stretched, a head may look longer than it is.",
    )
    made.add(
        "input.channels",
        "Channels",
        Whole(1, 4),
        "Grey pictures are repeated; networks that knew photographs want 3.",
    )
    made.add(
        "input.neighbours",
        "Neighbouring slices",
        Choice(((0, "None"), (1, "One on either side"))),
        "Shows the slices before and after too; needs patients that are known, and 3 channels.",
    )
    made.add(
        "input.normalisation.scope",
        "Brightness from",
        Choice((("volume", "The whole scan"), ("picture", "Each picture alone"))),
        "Where the darkest and brightest values are looked for.",
    )
    made.add(
        "input.normalisation.low",
        "Darkest",
        Decimal(0, 99, step=0.5, digits=1, unit="%"),
        "Share of the pixels that become black.",
    )
    made.add(
        "input.normalisation.high",
        "Brightest",
        Decimal(1, 100, step=0.5, digits=1, unit="%"),
        "Above this share everything is white; 99.5 keeps single bright dots from mattering.",
    )
    made.add(
        "input.normalisation.mean",
        "Mean",
        numbers_box(),
        "Taken away from each pixel (0 to 1); ImageNet: 0.485, 0.456, 0.406.",
    )
    made.add(
        "input.normalisation.std", "Spread", numbers_box(),
        "Then divided by this; ImageNet: 0.229, 0.224, 0.225.",
    )  # fmt: skip
    return made


def augment_section(parent: QWidget) -> FormSection:
    """Random changes of the training pictures."""
    made = FormSection(
        parent,
        "Augmentation",
        "Training pictures are changed at random, so that the model sees more than you have. "
        "They must still look like pictures that could come from a scanner.",
    )
    presets = tuple((name, name) for name in AUGMENT_PRESETS)
    made.add("augment", "Pre&set", Choice((*presets, (OWN, "Own numbers"))), "Sets all of these.")
    return made


def augment_numbers(made: FormSection) -> None:
    """The numbers, below the pictures that show what they do."""
    chance = "Chance, 0 to 1"
    for path, caption, control, text in (
        ("flip", "Mirrored", Decimal(0, 1), f"{chance}, of left and right changing sides."),
        ("flip_vertical", "Upside down", Decimal(0, 1), f"{chance}. Rare in real scans."),
        ("quarter_turn", "Quarter turn", Decimal(0, 1), f"{chance}, of lying on its side."),
        ("rotation_deg", "Turned", Decimal(0, 180, step=5, digits=0, unit="°"),
         "At most so far to either side."),
        ("scale.0", "Smallest size", Decimal(0.3, 1.0), "1 is the size it has."),
        ("scale.1", "Largest size", Decimal(1.0, 3.0), "1 is the size it has."),
        ("shift", "Shifted", Decimal(0, 0.5, step=0.01), "At most by this share of the picture."),
        ("brightness", "Brightness", Decimal(0, 1), "How much lighter or darker, 0 to 1."),
        ("contrast", "Contrast", Decimal(0, 1), "How much stronger or weaker, 0 to 1."),
        ("gamma", "Gamma", Decimal(0, 2), "How much the middle greys move."),
        ("noise", "Noise", Decimal(0, 0.5, step=0.01), "Grain, as a share of white."),
        ("blur", "Blur", Decimal(0, 1), f"{chance}, of a soft picture."),
        ("erase", "Erased patch", Decimal(0, 1), f"{chance}, of a small patch going missing."),
        ("alone", "Alone", Decimal(0, 1), f"{chance}, of a slice shown without its neighbours."),
    ):  # fmt: skip
        made.add(f"augment.{path}", caption, control, text)


def loss_section(parent: QWidget) -> FormSection:
    """What counts as wrong."""
    made = FormSection(parent, "What counts as wrong")
    losses = (("dice_ce", "Overlap (Dice) and pixels"), ("ce", "Pixels alone"))
    made.add(
        "loss.name",
        "&Loss",
        Choice(losses),
        "Dice looks at the whole outline, so that a small tumour is not forgotten.",
    )
    made.add(
        "loss.dice_over",
        "Dice counted over",
        Choice((("batch", "The batch"), ("picture", "Each picture"))),
        "Each picture: small tumours count as much as large ones.",
    )
    made.add(
        "loss.dice_weight",
        "Weight of Dice",
        Decimal(0, 10, step=0.25),
        "1: Dice and pixels count the same.",
    )
    made.add(
        "loss.balanced",
        "Balance",
        Tick("Rare classes count more"),
        "Good where one class has far fewer pictures or pixels than another.",
    )
    made.add(
        "loss.label_smoothing", "Label smoothing", Decimal(0, 0.5, step=0.01),
        "Takes some certainty from the labels, some of which may be wrong: 0 to 0.1.",
    )  # fmt: skip
    return made


def optimiser_section(parent: QWidget) -> FormSection:
    """How the weights are changed."""
    made = FormSection(parent, "How it learns")
    made.add(
        "optimiser.name",
        "&Optimiser",
        Choice((("adamw", "AdamW"), ("adam", "Adam"), ("sgd", "SGD with momentum"))),
        "AdamW is a good choice nearly always.",
    )
    made.add(
        "optimiser.rate",
        "L&earning rate",
        rate_box(),
        "How large each step is: too small learns nothing in time, too large forgets.",
    )
    return made


def optimiser_numbers(made: FormSection) -> None:
    """What comes after the learning rate and its finder."""
    made.add(
        "optimiser.schedule",
        "Schedule",
        Choice(
            (
                ("cosine", "Falls slowly to nothing"),
                ("plateau", "Falls when nothing improves"),
                ("none", "Stays the same"),
            )
        ),
        "How the learning rate goes on over the training.",
    )
    made.add(
        "optimiser.warmup",
        "Warm-up",
        Decimal(0, 0.5, step=0.01),
        "Share of the training in which the rate rises from nothing.",
    )
    made.add(
        "optimiser.weight_decay",
        "Weight decay",
        Decimal(0, 1, step=0.01, digits=4),
        "Pulls weights towards zero, against learning by heart.",
    )
    made.add(
        "optimiser.momentum",
        "Momentum",
        Decimal(0, 0.99),
        "How much of the last step is kept.",
    )
    made.add(
        "optimiser.gradient_clip", "Longest step", Decimal(0, 100, step=0.5),
        "Steps are cut to this; 0 cuts none.",
    )  # fmt: skip


def course_section(parent: QWidget) -> FormSection:
    """How long, on what."""
    made = FormSection(parent, "How long, and on what")
    for path, caption, control, text in (
        ("epochs", "E&pochs", Whole(1, 1000), "How often each picture is learnt from."),
        ("budget_minutes", "At most", Whole(0, 10_000, step=5, unit="min", none="No limit"),
         "The training comes to its end in this time, whatever is left."),
        ("batch_size", "B&atch size", Whole(0, 512, none="Automatic"),
         "Pictures in one step. Automatic takes as many as the memory holds."),
        ("patience", "Stop early", Whole(0, 500, unit="epochs", none="Never"),
         "Ends after so many epochs without a better figure. The best one is kept anyway."),
        ("ema", "Averaging", Decimal(0, 0.9999, step=0.001, digits=4),
         "Keeps a running mean of the weights, which is steadier; 0 is off, 0.99 usual."),
        ("precision", "Precision",
         Choice((("auto", "Automatic"), ("bf16", "Mixed, bf16"), ("fp16", "Mixed, fp16"),
                 ("float32", "Full, 32 bit"))),
         "Mixed is quicker where the hardware can; Automatic finds out."),
        ("device", "De&vice", Choice(device_options((), "auto")), device_help(())),
        ("workers", "Helper processes", Whole(0, 32),
         "Prepare pictures beside the training; 0 is best for up to some thousand pictures."),
        ("threads", "Threads", Whole(0, 256, none="All cores"),
         "Fewer leave the computer quicker for other work."),
        ("samples", "Pictures shown", Whole(0, 16),
         "Validation cases that are drawn after each epoch."),
        ("seed", "Seed", Whole(0, 999_999), "The same seed gives the same training again."),
    ):  # fmt: skip
        made.add(path, caption, control, text)
    return made
