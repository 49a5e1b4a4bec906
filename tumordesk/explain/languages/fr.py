"""French."""

from __future__ import annotations

from tumordesk.explain.languages.speech import NBSP, Speech, listed

_PATIENT = {
    "p.start": "Ce texte a été produit par un programme informatique à partir de ses mesures.",
    "p.run.one": "Le modèle {model} a examiné {slices} image de votre examen.",
    "p.run.other": "Le modèle {model} a examiné {slices} images (coupes) de votre examen.",
    "p.mine": ("Le contour a été tracé ou corrigé par une personne. Le programme l’a mesuré."),
    "p.mine_model": "Le premier contour vient du modèle {model}.",
    "p.map": (
        "La partie marquée montre où un programme a regardé. Ce n’est pas le contour d’une "
        "tumeur ; elle n’est donc pas décrite ici."
    ),
    "p.file": "Le contour a été tracé par une personne ou lu dans un fichier.",
    "p.nothing": "Aucun contour n’a été tracé : il n’y a donc rien à mesurer.",
    "p.sequence": (
        "Le type d’image est probablement {sequence}. C’est une supposition du programme."
    ),
    "p.none": "Aucune tumeur n’a été délimitée sur ces images.",
    "p.none_caveat": (
        "Cela ne veut pas dire qu’il n’y en a pas : un programme peut manquer une tumeur. "
        "Seul votre médecin peut interpréter les images."
    ),
    "p.count.one": "{count} zone est délimitée comme tumeur possible.",
    "p.count.other": "{count} zones sont délimitées comme tumeur possible.",
    "p.slices": "La zone {number} est visible sur les coupes {first} à {last}.",
    "p.slice": "La zone {number} est visible sur la coupe {first}.",
    "p.volume": "Son volume est de {volume}.",
    "p.size": "Elle mesure {longest} au plus long et {perpendicular} en travers.",
    "p.size_one": "Elle mesure {longest} au plus long.",
    "p.side.left": "Elle se trouve du côté gauche de votre tête.",
    "p.side.right": "Elle se trouve du côté droit de votre tête.",
    "p.side.both": "Elle se trouve des deux côtés de votre tête.",
    "p.place": "Elle se situe approximativement {place}.",
    "p.more": "Seules les plus grandes zones sont décrites ici.",
    "p.total": "Ensemble, toutes les zones ont un volume de {total}.",
    "p.share": "Tout ce qui est délimité couvre {share} des images.",
    "p.since": "Les images ont été comparées à celles du {earlier}.",
    "p.since_unknown": "Les images ont été comparées à des images plus anciennes.",
    "p.volume_up": "Le volume total est maintenant plus grand qu’avant de {percent}.",
    "p.volume_down": "Le volume total est maintenant plus petit qu’avant de {percent}.",
    "p.volume_same": "Le volume total est le même qu’avant.",
    "p.product_up": "Le produit des diamètres est maintenant plus grand qu’avant de {percent}.",
    "p.product_down": "Le produit des diamètres est maintenant plus petit qu’avant de {percent}.",
    "p.product_same": "Le produit des diamètres est le même qu’avant.",
    "p.threshold": (
        "Ce changement dépasse un seuil publié de {threshold}. "
        "Un seuil n’est pas un diagnostic. Votre médecin sait ce que cela signifie pour vous."
    ),
    "p.class": "Le programme {classifier} a fait cette estimation :",
    "p.class_item": "{label} {probability}",
    "p.class_estimate": "Ces pourcentages sont une estimation de l’ordinateur, pas un diagnostic.",
    "p.class_none": (
        f"La classe «{NBSP}pas de tumeur{NBSP}» est ici la plus probable. "
        "Cela ne veut pas dire qu’il n’y en a pas."
    ),
    "p.undecided": (
        "Aucun type n’est plus probable que tous les autres réunis : le programme est indécis."
    ),
    "p.unlike": (
        "Ces images ne ressemblent pas à celles avec lesquelles le programme a appris. "
        "Son estimation est douteuse."
    ),
    "p.elsewhere": (
        "Pour son estimation, le programme a surtout regardé en dehors du contour. "
        "L’estimation est douteuse."
    ),
    "p.partly": "Pour son estimation, le programme a regardé en partie en dehors du contour.",
    "p.limits": "À prendre en compte :",
    "p.close": (
        "Tous les nombres sont des mesures d’un ordinateur, réservées à la recherche. "
        "Ils ne sont pas un diagnostic. Parlez-en avec votre médecin."
    ),
}

_REFERRER = {
    "r.series.one": "Série : {sequence} (supposé d’après le fichier), {slices} coupe.",
    "r.series.other": "Série : {sequence} (supposé d’après le fichier), {slices} coupes.",
    "r.unknown.one": "Série : type de séquence inconnu, {slices} coupe.",
    "r.unknown.other": "Série : type de séquence inconnu, {slices} coupes.",
    "r.model": "Contour : modèle {model}, non vérifié par une personne.",
    "r.mine": "Contour : tracé ou corrigé par une personne.",
    "r.mine_model": "Premier contour : modèle {model}.",
    "r.map": (
        "Contour : région d’une carte d’activation, pas le contour d’une tumeur ; non mesurée ici."
    ),
    "r.file": "Contour : tracé par une personne ou lu dans un fichier.",
    "r.nothing": "Contour : aucun tracé.",
    "r.none": "Résultat : aucune tumeur délimitée. Cela n’exclut pas une tumeur.",
    "r.count.one": "Résultat : {count} lésion délimitée.",
    "r.count.other": "Résultat : {count} lésions délimitées.",
    "r.lesion": "Lésion {number} : {parts}.",
    "r.volume": "volume {volume}",
    "r.size": "plus grand diamètre {longest}, diamètre perpendiculaire {perpendicular}",
    "r.size_one": "plus grand diamètre {longest}",
    "r.side.left": "côté gauche",
    "r.side.right": "côté droit",
    "r.side.both": "des deux côtés",
    "r.place": "approximativement {place}",
    "r.slices": "coupes {first} à {last}",
    "r.slice": "coupe {first}",
    "r.more": "D’autres lésions ne sont pas énumérées ici.",
    "r.total.one": "Total : volume {total}, délimité sur {tumour_slices} coupe sur {slices}.",
    "r.total.other": "Total : volume {total}, délimité sur {tumour_slices} coupes sur {slices}.",
    "r.share.one": (
        "Total : {share} de tous les pixels, délimités sur {tumour_slices} coupe sur {slices}."
    ),
    "r.share.other": (
        "Total : {share} de tous les pixels, délimités sur {tumour_slices} coupes sur {slices}."
    ),
    "r.since": "Comparé à l’examen du {earlier}.",
    "r.since_unknown": "Comparé à un examen plus ancien.",
    "r.volume_change": "Volume total : {before} avant, {after} maintenant, variation {percent}.",
    "r.volume_percent": "Volume total : variation {percent}.",
    "r.product_change": (
        "Produit des diamètres : {before} avant, {after} maintenant, variation {percent}."
    ),
    "r.product_percent": "Produit des diamètres : variation {percent}.",
    "r.threshold.volume": (
        "La variation du volume dépasse le seuil publié (RANO) de {threshold}. "
        "C’est un seuil, pas un diagnostic."
    ),
    "r.threshold.product": (
        "La variation du produit dépasse le seuil publié (RANO) de {threshold}. "
        "C’est un seuil, pas un diagnostic."
    ),
    "r.class": "Estimation ({classifier}) : {list}.",
    "r.class_item": "{label} {probability}",
    "r.class_estimate": "C’est une estimation du programme, pas un diagnostic.",
    "r.class_none": f"La classe «{NBSP}pas de tumeur{NBSP}» n’exclut pas une tumeur.",
    "r.undecided": "Indécis : aucune classe n’est plus probable que toutes les autres réunies.",
    "r.unlike": (
        "Douteux : les images ne ressemblent pas à celles avec lesquelles "
        "le classificateur a appris."
    ),
    "r.elsewhere": "Douteux : le classificateur a surtout regardé en dehors du contour.",
    "r.partly": "Le classificateur a regardé en partie en dehors du contour.",
    "r.inside": "Le classificateur a regardé le contour nettement plus que le reste.",
    "r.limits": "Limites :",
    "r.close": (
        "Mesuré par un programme informatique. Réservé à la recherche, non destiné au diagnostic ; "
        "les images doivent être vérifiées par un radiologue."
    ),
}

_RADIOLOGIST = {
    "x.series.one": "{sequence} (supposé), {slices} coupe. Géométrie : {geometry}.",
    "x.series.other": "{sequence} (supposé), {slices} coupes. Géométrie : {geometry}.",
    "x.unknown.one": "Séquence inconnue, {slices} coupe. Géométrie : {geometry}.",
    "x.unknown.other": "Séquence inconnue, {slices} coupes. Géométrie : {geometry}.",
    "x.distance": "Distance entre coupes {distance}.",
    "x.model": "Segmentation : {model}, hachage {hash}.",
    "x.model_nohash": "Segmentation : {model}.",
    "x.mine": "Segmentation : manuelle ou corrigée à la main.",
    "x.mine_model": "Base : {model}.",
    "x.nothing": "Segmentation : aucune.",
    "x.none": "Aucune tumeur segmentée ; n’exclut pas une tumeur.",
    "x.count.one": "{count} lésion.",
    "x.count.other": "{count} lésions.",
    "x.size": "plus grand diamètre × perpendiculaire {longest} × {perpendicular}",
    "x.product": "produit {product}",
    "x.largest": "plus grand diamètre sur la coupe {slice}",
    "x.product_change": (
        "Produit des diamètres (RANO) : {before} avant, {after} maintenant, variation {percent}."
    ),
    "x.class": "Classificateur {classifier}, hachage {hash}, probabilités estimées : {list}.",
    "x.class_nohash": "Classificateur {classifier}, probabilités estimées : {list}.",
    "x.driving": "Coupes déterminantes : {list}.",
    "x.class_estimate": "Estimation, pas un diagnostic.",
    "x.focus": "Carte d’activation : {share} de la carte à l’intérieur du contour.",
    "x.overlap": "Recouvrement (Dice) de la carte et du contour {overlap}.",
    "x.close": (
        "Mesure informatique non vérifiée. Réservé à la recherche, non destiné au diagnostic."
    ),
}

_REASONS = {
    "picture": (
        "Ceci est une simple image, sans données de l’appareil : son type ne peut être vérifié."
    ),
    "colour": "L’image est en couleur, ce que le modèle ne sait pas utiliser.",
    "ct": "Ceci est un scanner (CT) ; le modèle n’a appris que sur des IRM.",
    "modality": "Le modèle a appris sur un autre type d’appareil.",
    "localizer": "Ceci ressemble à un repérage, pas à une série complète.",
    "sequence-unknown": "Le type de séquence n’a pas pu être lu dans le fichier.",
    "sequence": "Le modèle a appris sur un autre type de séquence.",
    "plane-unknown": "Le fichier n’indique pas l’orientation des coupes.",
    "plane": "Les coupes sont dans un autre plan que celles avec lesquelles le modèle a appris.",
    "few-slices": "La série a très peu de coupes.",
    "thick-slices": (
        "Les coupes sont très espacées : de petites tumeurs entre elles peuvent être manquées."
    ),
    "uneven-unknown": "Pas de volume : des coupes manquent ou sont inégalement espacées.",
    "gap": "Des coupes manquent : les volumes sont approximatifs.",
    "irregular": "Les coupes sont inégalement espacées : les volumes sont approximatifs.",
    "sheared": "Les coupes sont décalées les unes par rapport aux autres (statif incliné).",
    "flat": "Pas de volume : la position des coupes est inconnue.",
    "small": "L’image a très peu de pixels.",
    "field-of-view": "Le champ de vue n’est pas celui d’une tête.",
    "undecoded": "Certaines coupes n’ont pas pu être lues : une tumeur y serait manquée.",
    "composite": "Les couleurs contiennent des images différentes ; une seule a été lue.",
    "not-numbers": "Certaines valeurs de pixel ne sont pas des nombres.",
    "one-grey": "L’image ne contient qu’une seule valeur de gris.",
    "no-mm": "Pas de millimètres : le fichier n’indique pas la taille des pixels.",
    "single-slice": "Pas de volume : il n’y a qu’une seule coupe.",
    "distance-unknown": "Pas de volume : la distance entre les coupes est inconnue.",
    "small-areas": "D’autres petites zones sont délimitées, trop petites pour être énumérées.",
    "all-slices": "Le classificateur a lu toutes les coupes, même celles sans contour.",
    "other": "Il y a une autre remarque ; elle se trouve avec les résultats.",
    "change": "Une valeur de la comparaison ne peut être donnée.",
    "doubt-sequence": "La comparaison est approximative : les séries sont de types différents.",
    "doubt-thickness": (
        "La comparaison est approximative : les coupes n’ont pas la même épaisseur."
    ),
    "doubt-model": (
        "La comparaison est approximative : les contours ont été faits de manières différentes."
    ),
    "doubt-unknown": "On ne sait pas si les séries comparées sont du même type.",
    "doubt-plane": "La comparaison est approximative : les coupes sont dans des plans différents.",
    "doubt-pixels": "La comparaison est approximative : les pixels n’ont pas la même taille.",
    "doubt-estimate": (
        "La comparaison est approximative : des coupes manquent ou sont inégalement espacées."
    ),
    "doubt-small": "Les lésions sont petites pour une comparaison des diamètres (RANO).",
    "doubt-other": (
        "La comparaison est approximative : les séries n’ont pas été faites de la même manière."
    ),
    "side-unknown": "Le côté de la tête est inconnu.",
}

SPEECH = Speech(
    decimal=",",
    percent_gap=NBSP,
    between=" ",
    stop=".",
    comma=", ",
    semicolon=f"{NBSP}; ",
    less_than="moins de {n}",
    more_than="plus de {n}",
    date="{d} {B} {Y}",
    first_day="1er",
    months=listed(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
    ),
    phrases={
        key: text.replace(" :", f"{NBSP}:").replace(" ;", f"{NBSP};")
        for key, text in (_PATIENT | _REFERRER | _RADIOLOGIST).items()
    },
    labels={
        "glioma": "gliome",
        "meningioma": "méningiome",
        "pituitary": "tumeur hypophysaire",
        "no_tumor": "pas de tumeur",
        "no_tumour": "pas de tumeur",
        "tumour": "tumeur",
        "tumor": "tumeur",
    },
    places={
        "front": "à l’avant",
        "back": "à l’arrière",
        "upper": "en haut",
        "lower": "en bas",
        "front upper": "à l’avant, en haut",
        "front lower": "à l’avant, en bas",
        "back upper": "à l’arrière, en haut",
        "back lower": "à l’arrière, en bas",
    },
    reasons={
        key: text.replace(" :", f"{NBSP}:").replace(" ;", f"{NBSP};")
        for key, text in _REASONS.items()
    },
    geometry={
        "ok": "régulière",
        "gap": "coupes manquantes",
        "irregular": "espacement inégal",
        "sheared": "cisaillée",
        "no-mm": "taille de pixel inconnue",
        "2d-only": "position des coupes inconnue",
        "single": "coupe unique",
    },
    sequences={"T1 post-contrast": "T1 avec contraste", "Localizer": "repérage"},
)
