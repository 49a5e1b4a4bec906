"""German."""

from __future__ import annotations

from tumordesk.explain.languages.speech import NBSP, Speech, listed

_PATIENT = {
    "p.start": "Dieser Text stammt von einem Computerprogramm und beruht auf dessen Messungen.",
    "p.run.one": "Das Modell {model} hat {slices} Bild Ihrer Aufnahme ausgewertet.",
    "p.run.other": "Das Modell {model} hat {slices} Bilder (Schichten) Ihrer Aufnahme ausgewertet.",
    "p.mine": (
        "Der Umriss wurde von einem Menschen gezeichnet oder korrigiert. "
        "Das Programm hat ihn vermessen."
    ),
    "p.mine_model": "Der erste Umriss stammt vom Modell {model}.",
    "p.map": (
        "Der markierte Teil zeigt, wo ein Programm hingesehen hat. Er ist kein Umriss "
        "eines Tumors und wird hier nicht beschrieben."
    ),
    "p.file": "Der Umriss wurde von einem Menschen gezeichnet oder aus einer Datei gelesen.",
    "p.nothing": "Es wurde kein Umriss erstellt, daher gibt es nichts zu messen.",
    "p.sequence": "Die Art der Bilder ist wahrscheinlich {sequence}. Das vermutet das Programm.",
    "p.none": "In diesen Bildern wurde kein Tumor umrandet.",
    "p.none_caveat": (
        "Das heißt nicht, dass keiner da ist: Ein Programm kann einen Tumor übersehen. "
        "Nur Ihre Ärztin oder Ihr Arzt kann die Bilder beurteilen."
    ),
    "p.count.one": "{count} Bereich ist als möglicher Tumor umrandet.",
    "p.count.other": "{count} Bereiche sind als möglicher Tumor umrandet.",
    "p.slices": "Bereich {number} ist auf den Schichten {first} bis {last} zu sehen.",
    "p.slice": "Bereich {number} ist auf Schicht {first} zu sehen.",
    "p.volume": "Sein Volumen beträgt {volume}.",
    "p.size": "An der längsten Stelle misst er {longest}, quer dazu {perpendicular}.",
    "p.size_one": "An der längsten Stelle misst er {longest}.",
    "p.side.left": "Er liegt auf der linken Seite Ihres Kopfes.",
    "p.side.right": "Er liegt auf der rechten Seite Ihres Kopfes.",
    "p.side.both": "Er liegt auf beiden Seiten Ihres Kopfes.",
    "p.place": "Ungefähr liegt er {place}.",
    "p.more": "Hier sind nur die größten Bereiche beschrieben.",
    "p.total": "Zusammen haben alle Bereiche ein Volumen von {total}.",
    "p.share": "Alles Umrandete bedeckt {share} der Bilder.",
    "p.since": "Die Bilder wurden mit denen vom {earlier} verglichen.",
    "p.since_unknown": "Die Bilder wurden mit früheren verglichen.",
    "p.volume_up": "Das gesamte Volumen ist jetzt um {percent} größer als damals.",
    "p.volume_down": "Das gesamte Volumen ist jetzt um {percent} kleiner als damals.",
    "p.volume_same": "Das gesamte Volumen ist gleich geblieben.",
    "p.product_up": "Das Produkt der Durchmesser ist jetzt um {percent} größer als damals.",
    "p.product_down": "Das Produkt der Durchmesser ist jetzt um {percent} kleiner als damals.",
    "p.product_same": "Das Produkt der Durchmesser ist gleich geblieben.",
    "p.threshold": (
        "Diese Änderung überschreitet einen veröffentlichten Schwellenwert von {threshold}. "
        "Ein Schwellenwert ist keine Diagnose. "
        "Was er für Sie bedeutet, weiß Ihre Ärztin oder Ihr Arzt."
    ),
    "p.class": "Das Programm {classifier} hat Folgendes geschätzt:",
    "p.class_item": "{label} {probability}",
    "p.class_estimate": "Diese Prozentwerte sind eine Schätzung des Computers, keine Diagnose.",
    "p.class_none": (
        "Am wahrscheinlichsten ist hier die Klasse „kein Tumor“. "
        "Das heißt nicht, dass keiner da ist."
    ),
    "p.undecided": (
        "Keine Art ist wahrscheinlicher als alle anderen zusammen: Das Programm ist unentschieden."
    ),
    "p.unlike": (
        "Diese Bilder sehen anders aus als die, an denen das Programm gelernt hat. "
        "Seine Schätzung ist fraglich."
    ),
    "p.elsewhere": (
        "Für seine Schätzung hat das Programm vor allem außerhalb des Umrisses hingesehen. "
        "Die Schätzung ist fraglich."
    ),
    "p.partly": "Für seine Schätzung hat das Programm teilweise außerhalb des Umrisses hingesehen.",
    "p.limits": "Bitte beachten Sie:",
    "p.close": (
        "Alle Zahlen sind Messungen eines Computers und nur für Forschungszwecke bestimmt. "
        "Sie sind keine Diagnose. Bitte sprechen Sie mit Ihrer Ärztin oder Ihrem Arzt darüber."
    ),
}

_REFERRER = {
    "r.series.one": "Serie: {sequence} (aus der Datei vermutet), {slices} Schicht.",
    "r.series.other": "Serie: {sequence} (aus der Datei vermutet), {slices} Schichten.",
    "r.unknown.one": "Serie: Art der Sequenz unbekannt, {slices} Schicht.",
    "r.unknown.other": "Serie: Art der Sequenz unbekannt, {slices} Schichten.",
    "r.model": "Umriss: Modell {model}, nicht von einem Menschen geprüft.",
    "r.mine": "Umriss: von einem Menschen gezeichnet oder korrigiert.",
    "r.mine_model": "Erster Umriss: Modell {model}.",
    "r.map": (
        "Umriss: Gebiet einer Aktivierungskarte, kein Umriss eines Tumors; hier nicht vermessen."
    ),
    "r.file": "Umriss: von einem Menschen gezeichnet oder aus einer Datei gelesen.",
    "r.nothing": "Umriss: keiner erstellt.",
    "r.none": "Ergebnis: kein Tumor umrandet. Das schließt einen Tumor nicht aus.",
    "r.count.one": "Ergebnis: {count} Läsion umrandet.",
    "r.count.other": "Ergebnis: {count} Läsionen umrandet.",
    "r.lesion": "Läsion {number}: {parts}.",
    "r.volume": "Volumen {volume}",
    "r.size": "längster Durchmesser {longest}, senkrechter Durchmesser {perpendicular}",
    "r.size_one": "längster Durchmesser {longest}",
    "r.side.left": "linke Seite",
    "r.side.right": "rechte Seite",
    "r.side.both": "beide Seiten",
    "r.place": "ungefähr {place}",
    "r.slices": "Schichten {first} bis {last}",
    "r.slice": "Schicht {first}",
    "r.more": "Weitere Läsionen sind hier nicht aufgeführt.",
    "r.total.one": "Gesamt: Volumen {total}, umrandet auf {tumour_slices} Schicht von {slices}.",
    "r.total.other": (
        "Gesamt: Volumen {total}, umrandet auf {tumour_slices} Schichten von {slices}."
    ),
    "r.share.one": (
        "Gesamt: {share} aller Bildpunkte, umrandet auf {tumour_slices} Schicht von {slices}."
    ),
    "r.share.other": (
        "Gesamt: {share} aller Bildpunkte, umrandet auf {tumour_slices} Schichten von {slices}."
    ),
    "r.since": "Verglichen mit der Untersuchung vom {earlier}.",
    "r.since_unknown": "Verglichen mit einer früheren Untersuchung.",
    "r.volume_change": "Gesamtvolumen: vorher {before}, jetzt {after}, Änderung {percent}.",
    "r.volume_percent": "Gesamtvolumen: Änderung {percent}.",
    "r.product_change": (
        "Produkt der Durchmesser: vorher {before}, jetzt {after}, Änderung {percent}."
    ),
    "r.product_percent": "Produkt der Durchmesser: Änderung {percent}.",
    "r.threshold.volume": (
        "Die Änderung des Volumens überschreitet den veröffentlichten Schwellenwert (RANO) "
        "von {threshold}. Das ist ein Schwellenwert, keine Diagnose."
    ),
    "r.threshold.product": (
        "Die Änderung des Produkts überschreitet den veröffentlichten Schwellenwert (RANO) "
        "von {threshold}. Das ist ein Schwellenwert, keine Diagnose."
    ),
    "r.class": "Schätzung ({classifier}): {list}.",
    "r.class_item": "{label} {probability}",
    "r.class_estimate": "Das ist eine Schätzung des Programms, keine Diagnose.",
    "r.class_none": "Die Klasse „kein Tumor“ schließt einen Tumor nicht aus.",
    "r.undecided": "Unentschieden: Keine Klasse ist wahrscheinlicher als alle anderen zusammen.",
    "r.unlike": (
        "Fraglich: Die Bilder sind denen unähnlich, an denen der Klassifikator gelernt hat."
    ),
    "r.elsewhere": "Fraglich: Der Klassifikator sah vor allem außerhalb des Umrisses hin.",
    "r.partly": "Der Klassifikator sah teilweise außerhalb des Umrisses hin.",
    "r.inside": "Der Klassifikator sah deutlich mehr auf den Umriss als auf andere Stellen.",
    "r.limits": "Einschränkungen:",
    "r.close": (
        "Von einem Computerprogramm gemessen. Nur für Forschungszwecke, nicht zur Diagnose; "
        "die Bilder müssen radiologisch geprüft werden."
    ),
}

_RADIOLOGIST = {
    "x.series.one": "{sequence} (vermutet), {slices} Schicht. Geometrie: {geometry}.",
    "x.series.other": "{sequence} (vermutet), {slices} Schichten. Geometrie: {geometry}.",
    "x.unknown.one": "Sequenz unbekannt, {slices} Schicht. Geometrie: {geometry}.",
    "x.unknown.other": "Sequenz unbekannt, {slices} Schichten. Geometrie: {geometry}.",
    "x.distance": "Schichtabstand {distance}.",
    "x.model": "Segmentierung: {model}, Hash {hash}.",
    "x.model_nohash": "Segmentierung: {model}.",
    "x.mine": "Segmentierung: manuell oder von Hand korrigiert.",
    "x.mine_model": "Grundlage: {model}.",
    "x.nothing": "Segmentierung: keine.",
    "x.none": "Kein Tumor segmentiert; schließt einen Tumor nicht aus.",
    "x.count.one": "{count} Läsion.",
    "x.count.other": "{count} Läsionen.",
    "x.size": "längster Durchmesser × Senkrechte {longest} × {perpendicular}",
    "x.product": "Produkt {product}",
    "x.largest": "längster Durchmesser auf Schicht {slice}",
    "x.product_change": (
        "Produkt der Durchmesser (RANO): vorher {before}, jetzt {after}, Änderung {percent}."
    ),
    "x.class": (
        "Klassifikator {classifier}, Hash {hash}, geschätzte Wahrscheinlichkeiten: {list}."
    ),
    "x.class_nohash": "Klassifikator {classifier}, geschätzte Wahrscheinlichkeiten: {list}.",
    "x.driving": "Ausschlaggebende Schichten: {list}.",
    "x.class_estimate": "Schätzung, keine Diagnose.",
    "x.focus": "Aktivierungskarte: {share} davon innerhalb des Umrisses.",
    "x.overlap": "Überlappung (Dice) von Karte und Umriss {overlap}.",
    "x.close": "Nicht überprüfte Computermessung. Nur für Forschungszwecke, nicht zur Diagnose.",
}

_REASONS = {
    "picture": "Dies ist ein Bild ohne Gerätedaten: Seine Art lässt sich nicht prüfen.",
    "colour": "Das Bild ist farbig; damit kann das Modell nichts anfangen.",
    "ct": "Dies ist ein CT, das Modell hat nur an MR-Bildern gelernt.",
    "modality": "Das Modell hat an Bildern eines anderen Gerätetyps gelernt.",
    "localizer": "Dies sieht nach einer Übersichtsaufnahme aus, nicht nach einer ganzen Serie.",
    "sequence-unknown": "Die Art der Sequenz ließ sich der Datei nicht entnehmen.",
    "sequence": "Das Modell hat an einer anderen Art von Sequenz gelernt.",
    "plane-unknown": "Die Datei sagt nicht, wie die Schichten liegen.",
    "plane": "Die Schichten liegen in einer anderen Ebene als die, an denen das Modell lernte.",
    "few-slices": "Die Serie hat sehr wenige Schichten.",
    "thick-slices": (
        "Die Schichten liegen weit auseinander: Kleine Tumoren dazwischen können übersehen werden."
    ),
    "uneven-unknown": "Kein Volumen: Schichten fehlen oder haben ungleiche Abstände.",
    "gap": "Es fehlen Schichten: Volumina sind grob geschätzt.",
    "irregular": "Die Schichtabstände sind ungleich: Volumina sind grob geschätzt.",
    "sheared": "Die Schichten sind gegeneinander verschoben (gekippte Gantry).",
    "flat": "Kein Volumen: Die Lage der Schichten ist unbekannt.",
    "small": "Das Bild hat sehr wenige Bildpunkte.",
    "field-of-view": "Das Bildfeld ist nicht das eines Kopfes.",
    "undecoded": "Einige Schichten waren nicht lesbar: Ein Tumor dort wird übersehen.",
    "composite": "Die Farben enthalten verschiedene Bilder; nur eines davon wurde gelesen.",
    "not-numbers": "Einige Bildwerte sind keine Zahlen.",
    "one-grey": "Das Bild enthält nur einen einzigen Grauwert.",
    "no-mm": "Keine Millimeter: Die Datei nennt die Pixelgröße nicht.",
    "single-slice": "Kein Volumen: Es gibt nur eine einzige Schicht.",
    "distance-unknown": "Kein Volumen: Der Abstand der Schichten ist unbekannt.",
    "small-areas": "Weitere kleine Bereiche sind umrandet, aber zu klein für die Liste.",
    "all-slices": "Der Klassifikator hat alle Schichten gelesen, auch solche ohne Umriss.",
    "other": "Es gibt eine weitere Bemerkung; sie steht bei den Befunden.",
    "change": "Ein Wert des Vergleichs lässt sich nicht angeben.",
    "doubt-sequence": "Der Vergleich ist grob: Die Serien sind verschiedener Art.",
    "doubt-thickness": "Der Vergleich ist grob: Die Schichten sind nicht gleich dick.",
    "doubt-model": "Der Vergleich ist grob: Die Umrisse entstanden auf verschiedene Weise.",
    "doubt-unknown": "Es ist unbekannt, ob die verglichenen Serien von gleicher Art sind.",
    "doubt-plane": "Der Vergleich ist grob: Die Schichten liegen in verschiedenen Ebenen.",
    "doubt-pixels": "Der Vergleich ist grob: Die Bildpunkte sind nicht gleich groß.",
    "doubt-estimate": "Der Vergleich ist grob: Schichten fehlen oder haben ungleiche Abstände.",
    "doubt-small": "Die Läsionen sind klein für einen Vergleich der Durchmesser (RANO).",
    "doubt-other": "Der Vergleich ist grob: Die Serien entstanden auf verschiedene Weise.",
    "side-unknown": "Die Seite im Kopf ist unbekannt.",
}

SPEECH = Speech(
    decimal=",",
    percent_gap=NBSP,
    between=" ",
    stop=".",
    comma=", ",
    semicolon="; ",
    less_than="weniger als {n}",
    more_than="mehr als {n}",
    date="{d}. {B} {Y}",
    months=listed(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
    ),
    phrases=_PATIENT | _REFERRER | _RADIOLOGIST,
    labels={
        "glioma": "Gliom",
        "meningioma": "Meningeom",
        "pituitary": "Hypophysentumor",
        "no_tumor": "kein Tumor",
        "no_tumour": "kein Tumor",
        "tumour": "Tumor",
        "tumor": "Tumor",
    },
    places={
        "front": "vorn",
        "back": "hinten",
        "upper": "oben",
        "lower": "unten",
        "front upper": "vorn oben",
        "front lower": "vorn unten",
        "back upper": "hinten oben",
        "back lower": "hinten unten",
    },
    reasons=_REASONS,
    geometry={
        "ok": "gleichmäßig",
        "gap": "Schichten fehlen",
        "irregular": "ungleiche Abstände",
        "sheared": "geschert",
        "no-mm": "keine Pixelgröße",
        "2d-only": "keine Schichtpositionen",
        "single": "Einzelschicht",
    },
    sequences={"T1 post-contrast": "T1 mit Kontrastmittel", "Localizer": "Übersichtsaufnahme"},
)
