"""English."""

from __future__ import annotations

from tumordesk.explain.languages.speech import Speech, listed

_PATIENT = {
    "p.start": "This text was made by a computer program from its own measurements.",
    "p.run.one": "The model {model} looked at {slices} picture of your scan.",
    "p.run.other": "The model {model} looked at {slices} pictures (slices) of your scan.",
    "p.mine": "The outline was drawn or corrected by a person. The program measured it.",
    "p.mine_model": "The model {model} made the first outline.",
    "p.map": (
        "The marked part shows where a program looked. It is not an outline of a tumour, "
        "and so it is not described here."
    ),
    "p.file": "The outline was drawn by a person or read from a file.",
    "p.nothing": "No outline has been made, so there is nothing to measure.",
    "p.sequence": "The kind of picture is probably {sequence}. This is a guess of the program.",
    "p.none": "No tumour was outlined in these pictures.",
    "p.none_caveat": (
        "This does not mean that there is none: a program can miss a tumour. "
        "Only your doctor can judge the pictures."
    ),
    "p.count.one": "{count} area is outlined as a possible tumour.",
    "p.count.other": "{count} areas are outlined as possible tumour.",
    "p.slices": "Area {number} can be seen on slices {first} to {last}.",
    "p.slice": "Area {number} can be seen on slice {first}.",
    "p.volume": "Its volume is {volume}.",
    "p.size": "At its longest it measures {longest}, and {perpendicular} across.",
    "p.size_one": "At its longest it measures {longest}.",
    "p.side.left": "It lies on the left side of your head.",
    "p.side.right": "It lies on the right side of your head.",
    "p.side.both": "It lies on both sides of your head.",
    "p.place": "Roughly, it lies {place}.",
    "p.more": "Only the largest areas are described here.",
    "p.total": "Together, all areas have a volume of {total}.",
    "p.share": "All that is outlined covers {share} of the pictures.",
    "p.since": "The pictures were compared with those of {earlier}.",
    "p.since_unknown": "The pictures were compared with earlier ones.",
    "p.volume_up": "The total volume is now {percent} larger than before.",
    "p.volume_down": "The total volume is now {percent} smaller than before.",
    "p.volume_same": "The total volume is the same as before.",
    "p.product_up": "The product of the diameters is now {percent} larger than before.",
    "p.product_down": "The product of the diameters is now {percent} smaller than before.",
    "p.product_same": "The product of the diameters is the same as before.",
    "p.threshold": (
        "This change passes a published threshold of {threshold}. "
        "A threshold is not a diagnosis. Your doctor knows what it means for you."
    ),
    "p.class": "The program {classifier} made this estimate:",
    "p.class_estimate": "These percentages are a computer's estimate, not a diagnosis.",
    "p.class_none": (
        "The class “no tumour” is the likeliest here. It does not mean that there is none."
    ),
    "p.class_item": "{label} {probability}",
    "p.undecided": "No kind is more likely than all others together: the program is undecided.",
    "p.unlike": (
        "These pictures look unlike those that the program learned from. Its estimate is doubtful."
    ),
    "p.elsewhere": (
        "For its estimate, the program looked mostly outside the outline. The estimate is doubtful."
    ),
    "p.partly": "For its estimate, the program looked partly outside the outline.",
    "p.limits": "Please keep in mind:",
    "p.close": (
        "All numbers are measurements of a computer, for research use only. "
        "They are not a diagnosis. Please talk about them with your doctor."
    ),
}

_REFERRER = {
    "r.series.one": "Series: {sequence} (guessed from the file), {slices} slice.",
    "r.series.other": "Series: {sequence} (guessed from the file), {slices} slices.",
    "r.unknown.one": "Series: kind of sequence unknown, {slices} slice.",
    "r.unknown.other": "Series: kind of sequence unknown, {slices} slices.",
    "r.model": "Outline: model {model}, not checked by a person.",
    "r.mine": "Outline: drawn or corrected by a person.",
    "r.mine_model": "First outline: model {model}.",
    "r.map": "Outline: region of an activation map, not an outline of a tumour; not measured here.",
    "r.file": "Outline: drawn by a person or read from a file.",
    "r.nothing": "Outline: none was made.",
    "r.none": "Result: no tumour outlined. This does not rule out a tumour.",
    "r.count.one": "Result: {count} lesion outlined.",
    "r.count.other": "Result: {count} lesions outlined.",
    "r.lesion": "Lesion {number}: {parts}.",
    "r.volume": "volume {volume}",
    "r.size": "longest diameter {longest}, perpendicular diameter {perpendicular}",
    "r.size_one": "longest diameter {longest}",
    "r.side.left": "left side",
    "r.side.right": "right side",
    "r.side.both": "both sides",
    "r.place": "roughly {place}",
    "r.slices": "slices {first} to {last}",
    "r.slice": "slice {first}",
    "r.more": "Further lesions are not listed here.",
    "r.total.one": "Total: volume {total}, outlined on {tumour_slices} slice of {slices}.",
    "r.total.other": "Total: volume {total}, outlined on {tumour_slices} slices of {slices}.",
    "r.share.one": "Total: {share} of all pixels, outlined on {tumour_slices} slice of {slices}.",
    "r.share.other": (
        "Total: {share} of all pixels, outlined on {tumour_slices} slices of {slices}."
    ),
    "r.since": "Compared with the study of {earlier}.",
    "r.since_unknown": "Compared with an earlier study.",
    "r.volume_change": "Total volume: {before} before, {after} now, change {percent}.",
    "r.volume_percent": "Total volume: change {percent}.",
    "r.product_change": "Product of the diameters: {before} before, {after} now, change {percent}.",
    "r.product_percent": "Product of the diameters: change {percent}.",
    "r.threshold.volume": (
        "The change of the volume passes the published threshold (RANO) of {threshold}. "
        "This is a threshold, not a diagnosis."
    ),
    "r.threshold.product": (
        "The change of the product passes the published threshold (RANO) of {threshold}. "
        "This is a threshold, not a diagnosis."
    ),
    "r.class": "Estimate ({classifier}): {list}.",
    "r.class_item": "{label} {probability}",
    "r.class_estimate": "This is the program's estimate, not a diagnosis.",
    "r.class_none": "The class “no tumour” does not rule out a tumour.",
    "r.undecided": "Undecided: no class is more likely than all others together.",
    "r.unlike": "Doubtful: the pictures are unlike those that the classifier learned from.",
    "r.elsewhere": "Doubtful: the classifier looked mostly outside the outline.",
    "r.partly": "The classifier looked partly outside the outline.",
    "r.inside": "The classifier looked at the outline clearly more than elsewhere.",
    "r.limits": "Limits:",
    "r.close": (
        "Measured by a computer program. Research use only, not for diagnosis; "
        "a radiologist must check the pictures."
    ),
}

_RADIOLOGIST = {
    "x.series.one": "{sequence} (guess), {slices} slice. Geometry: {geometry}.",
    "x.series.other": "{sequence} (guess), {slices} slices. Geometry: {geometry}.",
    "x.unknown.one": "Sequence unknown, {slices} slice. Geometry: {geometry}.",
    "x.unknown.other": "Sequence unknown, {slices} slices. Geometry: {geometry}.",
    "x.distance": "Slice distance {distance}.",
    "x.model": "Segmentation: {model}, hash {hash}.",
    "x.model_nohash": "Segmentation: {model}.",
    "x.mine": "Segmentation: manual or corrected by hand.",
    "x.mine_model": "Based on {model}.",
    "x.nothing": "Segmentation: none.",
    "x.none": "No tumour segmented; does not rule out a tumour.",
    "x.count.one": "{count} lesion.",
    "x.count.other": "{count} lesions.",
    "x.size": "longest diameter × perpendicular {longest} × {perpendicular}",
    "x.product": "product {product}",
    "x.largest": "longest diameter on slice {slice}",
    "x.product_change": "Product of the diameters (RANO): {before}, now {after}, change {percent}.",
    "x.class": "Classifier {classifier}, hash {hash}, estimated probabilities: {list}.",
    "x.class_nohash": "Classifier {classifier}, estimated probabilities: {list}.",
    "x.driving": "Decisive slices: {list}.",
    "x.class_estimate": "Estimate, not a diagnosis.",
    "x.focus": "Activation map: {share} of it inside the outline.",
    "x.overlap": "Overlap (Dice) of map and outline {overlap}.",
    "x.close": "Unverified computer measurement. Research use only, not for diagnosis.",
}

_REASONS = {
    "picture": "This is a picture, not scanner data: its kind cannot be checked.",
    "colour": "The image is in colour, which the model cannot use.",
    "ct": "This is a CT scan, and the model learned from MR only.",
    "modality": "The model learned from another type of scanner.",
    "localizer": "This looks like a localizer, not like a full series.",
    "sequence-unknown": "The kind of sequence could not be told from the file.",
    "sequence": "The model learned from another kind of sequence.",
    "plane-unknown": "The file does not say how the slices lie.",
    "plane": "The slices lie in another plane than those that the model learned from.",
    "few-slices": "The series has very few slices.",
    "thick-slices": "The slices lie far apart: small tumours between them can be missed.",
    "uneven-unknown": "No volume: slices are missing or unevenly spaced.",
    "gap": "Slices are missing: volumes are rough.",
    "irregular": "The slices are unevenly spaced: volumes are rough.",
    "sheared": "The slices are shifted against each other (tilted gantry).",
    "flat": "No volume: the position of the slices is unknown.",
    "small": "The image has very few pixels.",
    "field-of-view": "The field of view is not that of a head.",
    "undecoded": "Some slices could not be read: a tumour there is missed.",
    "composite": "The colours hold different images; only one of them was read.",
    "not-numbers": "Some pixel values are not numbers.",
    "one-grey": "The image holds only a single grey value.",
    "no-mm": "No millimetres: the file does not give the pixel size.",
    "single-slice": "No volume: there is only a single slice.",
    "distance-unknown": "No volume: the distance between slices is unknown.",
    "small-areas": "Further small areas are outlined, but too small to be listed.",
    "all-slices": "The classifier read all slices, also those without an outline.",
    "other": "There is a further remark; it stands with the findings.",
    "change": "A number of the comparison cannot be given.",
    "doubt-sequence": "The comparison is rough: the series are of different kinds.",
    "doubt-thickness": "The comparison is rough: the slices are not equally thick.",
    "doubt-model": "The comparison is rough: the outlines were made in different ways.",
    "doubt-unknown": "It is unknown whether the compared series are of the same kind.",
    "doubt-plane": "The comparison is rough: the slices lie in different planes.",
    "doubt-pixels": "The comparison is rough: the pixels are not equally large.",
    "doubt-estimate": "The comparison is rough: slices are missing or unevenly spaced.",
    "doubt-small": "The lesions are small for a comparison of diameters (RANO).",
    "doubt-other": "The comparison is rough: the series were not made in the same way.",
    "side-unknown": "The side in the head is unknown.",
}

SPEECH = Speech(
    decimal=".",
    percent_gap="",
    between=" ",
    stop=".",
    comma=", ",
    semicolon="; ",
    less_than="less than {n}",
    more_than="more than {n}",
    date="{d} {B} {Y}",
    months=listed(
        "January February March April May June July August September October November December"
    ),
    phrases=_PATIENT | _REFERRER | _RADIOLOGIST,
    labels={
        "glioma": "glioma",
        "meningioma": "meningioma",
        "pituitary": "pituitary tumour",
        "no_tumor": "no tumour",
        "no_tumour": "no tumour",
        "tumour": "tumour",
        "tumor": "tumour",
    },
    places={
        "front": "in the front part",
        "back": "in the back part",
        "upper": "in the upper part",
        "lower": "in the lower part",
        "front upper": "in the front upper part",
        "front lower": "in the front lower part",
        "back upper": "in the back upper part",
        "back lower": "in the back lower part",
    },
    reasons=_REASONS,
    geometry={
        "ok": "even",
        "gap": "slices missing",
        "irregular": "unevenly spaced",
        "sheared": "sheared",
        "no-mm": "no pixel size",
        "2d-only": "no slice positions",
        "single": "single slice",
    },
    sequences={"Localizer": "localizer"},
)
