"""Spanish."""

from __future__ import annotations

from tumordesk.explain.languages.speech import NBSP, Speech, listed

_PATIENT = {
    "p.start": "Este texto lo ha escrito un programa informático a partir de sus mediciones.",
    "p.run.one": "El modelo {model} ha analizado {slices} imagen de su exploración.",
    "p.run.other": "El modelo {model} ha analizado {slices} imágenes (cortes) de su exploración.",
    "p.mine": "El contorno lo ha dibujado o corregido una persona. El programa lo ha medido.",
    "p.mine_model": "El primer contorno procede del modelo {model}.",
    "p.map": (
        "La parte señalada muestra dónde miró un programa. No es el contorno de un tumor y "
        "por eso no se describe aquí."
    ),
    "p.file": "El contorno lo dibujó una persona o se leyó de un archivo.",
    "p.nothing": "No se ha trazado ningún contorno, así que no hay nada que medir.",
    "p.sequence": "El tipo de imagen es probablemente {sequence}. Es una suposición del programa.",
    "p.none": "No se ha delimitado ningún tumor en estas imágenes.",
    "p.none_caveat": (
        "Esto no significa que no lo haya: un programa puede pasar por alto un tumor. "
        "Solo su médico puede valorar las imágenes."
    ),
    "p.count.one": "{count} zona está delimitada como posible tumor.",
    "p.count.other": "{count} zonas están delimitadas como posible tumor.",
    "p.slices": "La zona {number} se ve en los cortes {first} a {last}.",
    "p.slice": "La zona {number} se ve en el corte {first}.",
    "p.volume": "Su volumen es de {volume}.",
    "p.size": "Mide {longest} en su parte más larga y {perpendicular} en perpendicular.",
    "p.size_one": "Mide {longest} en su parte más larga.",
    "p.side.left": "Está en el lado izquierdo de su cabeza.",
    "p.side.right": "Está en el lado derecho de su cabeza.",
    "p.side.both": "Está en ambos lados de su cabeza.",
    "p.place": "Se sitúa aproximadamente {place}.",
    "p.more": "Aquí solo se describen las zonas más grandes.",
    "p.total": "En total, todas las zonas juntas tienen un volumen de {total}.",
    "p.share": "Parte delimitada de las imágenes: {share}.",
    "p.since": "Las imágenes se han comparado con las del {earlier}.",
    "p.since_unknown": "Las imágenes se han comparado con otras más antiguas.",
    "p.volume_up": "El volumen total es ahora un {percent} mayor que antes.",
    "p.volume_down": "El volumen total es ahora un {percent} menor que antes.",
    "p.volume_same": "El volumen total es igual que antes.",
    "p.product_up": "El producto de los diámetros es ahora un {percent} mayor que antes.",
    "p.product_down": "El producto de los diámetros es ahora un {percent} menor que antes.",
    "p.product_same": "El producto de los diámetros es igual que antes.",
    "p.threshold": (
        "Este cambio supera un umbral publicado del {threshold}. "
        "Un umbral no es un diagnóstico. Su médico sabe lo que significa para usted."
    ),
    "p.class": "El programa {classifier} ha hecho esta estimación:",
    "p.class_item": "{label} {probability}",
    "p.class_estimate": "Estos porcentajes son una estimación del ordenador, no un diagnóstico.",
    "p.class_none": (
        "La clase «sin tumor» es aquí la más probable. Esto no significa que no lo haya."
    ),
    "p.undecided": (
        "Ningún tipo es más probable que todos los demás juntos: el programa está indeciso."
    ),
    "p.unlike": (
        "Estas imágenes no se parecen a las que el programa usó para aprender. "
        "Su estimación es dudosa."
    ),
    "p.elsewhere": (
        "Para su estimación, el programa miró sobre todo fuera del contorno. "
        "La estimación es dudosa."
    ),
    "p.partly": "Para su estimación, el programa miró en parte fuera del contorno.",
    "p.limits": "Tenga en cuenta:",
    "p.close": (
        "Todos los números son mediciones de un ordenador, solo para investigación. "
        "No son un diagnóstico. Por favor, hable de ellos con su médico."
    ),
}

_REFERRER = {
    "r.series.one": "Serie: {sequence} (supuesto según el archivo), {slices} corte.",
    "r.series.other": "Serie: {sequence} (supuesto según el archivo), {slices} cortes.",
    "r.unknown.one": "Serie: tipo de secuencia desconocido, {slices} corte.",
    "r.unknown.other": "Serie: tipo de secuencia desconocido, {slices} cortes.",
    "r.model": "Contorno: modelo {model}, sin revisión por una persona.",
    "r.mine": "Contorno: dibujado o corregido por una persona.",
    "r.mine_model": "Primer contorno: modelo {model}.",
    "r.map": (
        "Contorno: región de un mapa de activación, no el contorno de un tumor; no se mide aquí."
    ),
    "r.file": "Contorno: dibujado por una persona o leído de un archivo.",
    "r.nothing": "Contorno: ninguno trazado.",
    "r.none": "Resultado: ningún tumor delimitado. Esto no descarta un tumor.",
    "r.count.one": "Resultado: {count} lesión delimitada.",
    "r.count.other": "Resultado: {count} lesiones delimitadas.",
    "r.lesion": "Lesión {number}: {parts}.",
    "r.volume": "volumen {volume}",
    "r.size": "diámetro máximo {longest}, diámetro perpendicular {perpendicular}",
    "r.size_one": "diámetro máximo {longest}",
    "r.side.left": "lado izquierdo",
    "r.side.right": "lado derecho",
    "r.side.both": "ambos lados",
    "r.place": "aproximadamente {place}",
    "r.slices": "cortes {first} a {last}",
    "r.slice": "corte {first}",
    "r.more": "Las demás lesiones no se enumeran aquí.",
    "r.total.one": "Total: volumen {total}, delimitado en {tumour_slices} corte de {slices}.",
    "r.total.other": "Total: volumen {total}, delimitado en {tumour_slices} cortes de {slices}.",
    "r.share.one": (
        "Total: {share} de todos los píxeles, delimitados en {tumour_slices} corte de {slices}."
    ),
    "r.share.other": (
        "Total: {share} de todos los píxeles, delimitados en {tumour_slices} cortes de {slices}."
    ),
    "r.since": "Comparado con el estudio del {earlier}.",
    "r.since_unknown": "Comparado con un estudio más antiguo.",
    "r.volume_change": "Volumen total: {before} antes, {after} ahora, variación {percent}.",
    "r.volume_percent": "Volumen total: variación {percent}.",
    "r.product_change": (
        "Producto de los diámetros: {before} antes, {after} ahora, variación {percent}."
    ),
    "r.product_percent": "Producto de los diámetros: variación {percent}.",
    "r.threshold.volume": (
        "La variación del volumen supera el umbral publicado (RANO) del {threshold}. "
        "Es un umbral, no un diagnóstico."
    ),
    "r.threshold.product": (
        "La variación del producto supera el umbral publicado (RANO) del {threshold}. "
        "Es un umbral, no un diagnóstico."
    ),
    "r.class": "Estimación ({classifier}): {list}.",
    "r.class_item": "{label} {probability}",
    "r.class_estimate": "Es una estimación del programa, no un diagnóstico.",
    "r.class_none": "La clase «sin tumor» no descarta un tumor.",
    "r.undecided": "Indeciso: ninguna clase es más probable que todas las demás juntas.",
    "r.unlike": "Dudoso: las imágenes no se parecen a las que el clasificador usó para aprender.",
    "r.elsewhere": "Dudoso: el clasificador miró sobre todo fuera del contorno.",
    "r.partly": "El clasificador miró en parte fuera del contorno.",
    "r.inside": "El clasificador miró el contorno claramente más que otros lugares.",
    "r.limits": "Limitaciones:",
    "r.close": (
        "Medido por un programa informático. Solo para investigación, no para diagnóstico; "
        "las imágenes debe revisarlas un radiólogo."
    ),
}

_RADIOLOGIST = {
    "x.series.one": "{sequence} (supuesto), {slices} corte. Geometría: {geometry}.",
    "x.series.other": "{sequence} (supuesto), {slices} cortes. Geometría: {geometry}.",
    "x.unknown.one": "Secuencia desconocida, {slices} corte. Geometría: {geometry}.",
    "x.unknown.other": "Secuencia desconocida, {slices} cortes. Geometría: {geometry}.",
    "x.distance": "Distancia entre cortes {distance}.",
    "x.model": "Segmentación: {model}, hash {hash}.",
    "x.model_nohash": "Segmentación: {model}.",
    "x.mine": "Segmentación: manual o corregida a mano.",
    "x.mine_model": "Basada en {model}.",
    "x.nothing": "Segmentación: ninguna.",
    "x.none": "Ningún tumor segmentado; no descarta un tumor.",
    "x.count.one": "{count} lesión.",
    "x.count.other": "{count} lesiones.",
    "x.size": "diámetro máximo × perpendicular {longest} × {perpendicular}",
    "x.product": "producto {product}",
    "x.largest": "diámetro máximo en el corte {slice}",
    "x.product_change": (
        "Producto de los diámetros (RANO): {before} antes, {after} ahora, variación {percent}."
    ),
    "x.class": "Clasificador {classifier}, hash {hash}, probabilidades estimadas: {list}.",
    "x.class_nohash": "Clasificador {classifier}, probabilidades estimadas: {list}.",
    "x.driving": "Cortes decisivos: {list}.",
    "x.class_estimate": "Estimación, no un diagnóstico.",
    "x.focus": "Mapa de activación: {share} del mapa dentro del contorno.",
    "x.overlap": "Solapamiento (Dice) de mapa y contorno {overlap}.",
    "x.close": "Medición informática sin verificar. Solo para investigación, no para diagnóstico.",
}

_REASONS = {
    "picture": "Esto es una imagen sin datos del equipo: no se puede comprobar su tipo.",
    "colour": "La imagen es en color, y el modelo no puede usarlo.",
    "ct": "Esto es una TC, y el modelo solo aprendió con RM.",
    "modality": "El modelo aprendió con otro tipo de equipo.",
    "localizer": "Esto parece un localizador y no una serie completa.",
    "sequence-unknown": "El archivo no permite saber el tipo de secuencia.",
    "sequence": "El modelo aprendió con otro tipo de secuencia.",
    "plane-unknown": "El archivo no indica la orientación de los cortes.",
    "plane": "Los cortes están en otro plano que los que el modelo usó para aprender.",
    "few-slices": "La serie tiene muy pocos cortes.",
    "thick-slices": (
        "Los cortes están muy separados: entre ellos se pueden pasar por alto tumores pequeños."
    ),
    "uneven-unknown": "Sin volumen: faltan cortes o la separación es desigual.",
    "gap": "Faltan cortes: los volúmenes son aproximados.",
    "irregular": "La separación de los cortes es desigual: los volúmenes son aproximados.",
    "sheared": "Los cortes están desplazados entre sí (gantry inclinado).",
    "flat": "Sin volumen: se desconoce la posición de los cortes.",
    "small": "La imagen tiene muy pocos píxeles.",
    "field-of-view": "El campo de visión no es el de una cabeza.",
    "undecoded": "Algunos cortes no se pudieron leer: ahí se pasaría por alto un tumor.",
    "composite": "Los colores contienen imágenes distintas; solo se leyó una de ellas.",
    "not-numbers": "Algunos valores de píxel no son números.",
    "one-grey": "La imagen contiene un único valor de gris.",
    "no-mm": "Sin milímetros: el archivo no indica el tamaño del píxel.",
    "single-slice": "Sin volumen: hay un único corte.",
    "distance-unknown": "Sin volumen: se desconoce la distancia entre los cortes.",
    "small-areas": ("Hay otras zonas pequeñas delimitadas, demasiado pequeñas para enumerarlas."),
    "all-slices": "El clasificador leyó todos los cortes, también los que no tienen contorno.",
    "other": "Hay otra observación; está junto a los resultados.",
    "change": "No se puede dar un valor de la comparación.",
    "doubt-sequence": "La comparación es aproximada: las series son de distinto tipo.",
    "doubt-thickness": "La comparación es aproximada: los cortes no tienen el mismo grosor.",
    "doubt-model": "La comparación es aproximada: los contornos se hicieron de modos distintos.",
    "doubt-unknown": "No se sabe si las series comparadas son del mismo tipo.",
    "doubt-plane": "La comparación es aproximada: los cortes están en planos distintos.",
    "doubt-pixels": "La comparación es aproximada: los píxeles no tienen el mismo tamaño.",
    "doubt-estimate": "La comparación es aproximada: faltan cortes o la separación es desigual.",
    "doubt-small": "Las lesiones son pequeñas para comparar los diámetros (RANO).",
    "doubt-other": "La comparación es aproximada: las series no se hicieron del mismo modo.",
    "side-unknown": "Se desconoce el lado de la cabeza.",
}

SPEECH = Speech(
    decimal=",",
    percent_gap=NBSP,
    between=" ",
    stop=".",
    comma=", ",
    semicolon="; ",
    less_than="menos de {n}",
    more_than="más de {n}",
    date="{d} de {B} de {Y}",
    months=listed(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ),
    phrases=_PATIENT | _REFERRER | _RADIOLOGIST,
    labels={
        "glioma": "glioma",
        "meningioma": "meningioma",
        "pituitary": "tumor hipofisario",
        "no_tumor": "sin tumor",
        "no_tumour": "sin tumor",
        "tumour": "tumor",
        "tumor": "tumor",
    },
    places={
        "front": "en la parte delantera",
        "back": "en la parte trasera",
        "upper": "en la parte superior",
        "lower": "en la parte inferior",
        "front upper": "en la parte delantera superior",
        "front lower": "en la parte delantera inferior",
        "back upper": "en la parte trasera superior",
        "back lower": "en la parte trasera inferior",
    },
    reasons=_REASONS,
    geometry={
        "ok": "regular",
        "gap": "faltan cortes",
        "irregular": "separación desigual",
        "sheared": "cizallada",
        "no-mm": "sin tamaño de píxel",
        "2d-only": "sin posición de los cortes",
        "single": "corte único",
    },
    sequences={"T1 post-contrast": "T1 con contraste", "Localizer": "localizador"},
)
