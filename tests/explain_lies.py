# ruff: noqa: E501 - tables of short texts, several on a line
"""What a language model might write of one patient: an honest text per language, and lies.

A lie is a pair: words of the honest text and what stands in their place; or '' and a sentence that
is added. The findings are :func:`known`: two lesions, one classifier, an earlier study.
"""

from __future__ import annotations

import numpy as np

from panel_fakes import (
    NOTHING,
    classification,
    diameter,
    lesion,
    measurements,
    result,
    series,
)
from tumordesk.core.activation import Focus
from tumordesk.core.change import Change
from tumordesk.core.explanation import Fact
from tumordesk.core.explanation import Language as L
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume
from tumordesk.explain.facts import facts

VOLUME = Volume(np.zeros((26, 1, 1), np.int16), series().geometry.__class__((26, 1, 1)), "1.2.3")


def known() -> tuple[Fact, ...]:
    """Lesion 1: 24.3 mL, 41 x 32 mm, right, front upper, slices 9-18; lesion 2: 0.81 mL,
    9.2 x 7.4 mm, left, slice 6. Glioma 87 %, meningioma 9 %. Volume 26 % up since 2024-03-01."""
    small = lesion(
        2,
        volume_mm3=812.0,
        side="left",
        longest=diameter(5, 9.2),
        perpendicular=diameter(5, 7.44),
        slice_range=(5, 5),
        largest_slice=5,
    )
    made = result(measurements(lesion(1, location="front upper right"), small))
    change = Change(
        "2024-03-01", "2024-06-02", "AX", 20_000.0, 25_124.0, 25.6, 1000.0, 1335.0, 33.5,
        ("RANO: product of the diameters up by 25 % or more",), (), (),
    )  # fmt: skip
    return facts(
        StudyFindings(
            series=series(),
            volume=VOLUME,
            outline=made.segmentation,
            made_by=made,
            measurements=made.measurements,
            classifications=(classification(),),
            foci={"tumour-type": Focus(0.42, 0.31, 0.1, "elsewhere", "x")},
            change=change,
        )
    )


def known_nothing() -> tuple[Fact, ...]:
    """Looked at, nothing outlined, no classifier, no earlier study."""
    made = result(NOTHING)
    return facts(
        StudyFindings(
            series=series(),
            volume=VOLUME,
            outline=made.segmentation,
            made_by=made,
            measurements=made.measurements,
        )
    )


HONEST = {
    L.ENGLISH: (
        "The model flair-glioma 1.0 outlined two areas on your scan.\n\n"
        "Area 1 is on the right side of the head, in the front upper part. Its volume is 24.3 mL, "
        "and its longest diameter is 41 mm; the perpendicular diameter is 32 mm. "
        "It can be seen on slices 9 to 18.\n\n"
        "Area 2 is on the left side. Its volume is 0.81 mL. It is on slice 6.\n\n"
        "Since 1 March 2024 the total volume has increased by 26%.\n\n"
        "A computer program estimates the probability of glioma at 87%, of meningioma at 9%. "
        "This is an estimate and not a diagnosis.\n\n"
        "Please talk about these measurements with your doctor."
    ),
    L.GERMAN: (
        "Das Modell flair-glioma 1.0 hat auf Ihren Bildern zwei Bereiche umrandet.\n\n"
        "Bereich 1 liegt auf der rechten Seite des Kopfes, vorn oben. Sein Volumen beträgt "
        "24,3 mL, der längste Durchmesser 41 mm, der senkrechte Durchmesser 32 mm. "
        "Er ist auf den Schichten 9 bis 18 zu sehen.\n\n"
        "Bereich 2 liegt auf der linken Seite. Sein Volumen beträgt 0,81 mL. "
        "Er ist auf Schicht 6 zu sehen.\n\n"
        "Seit dem 1. März 2024 hat das Gesamtvolumen um 26 % zugenommen.\n\n"
        "Ein Programm schätzt die Wahrscheinlichkeit für ein Gliom auf 87 %, für ein Meningeom "
        "auf 9 %. Das ist eine Schätzung und keine Diagnose.\n\n"
        "Bitte sprechen Sie mit Ihrer Ärztin oder Ihrem Arzt über diese Messungen."
    ),
    L.FRENCH: (
        "Le modèle flair-glioma 1.0 a délimité deux zones sur vos images.\n\n"
        "La zone 1 se trouve du côté droit de la tête, à l’avant, en haut. Son volume est de "
        "24,3 mL, son plus grand diamètre est de 41 mm et son diamètre perpendiculaire de 32 mm. "
        "Elle est visible sur les coupes 9 à 18.\n\n"
        "La zone 2 se trouve du côté gauche. Son volume est de 0,81 mL. "
        "Elle est visible sur la coupe 6.\n\n"
        "Depuis le 1 mars 2024, le volume total a augmenté de 26 %.\n\n"
        "Un programme estime la probabilité d’un gliome à 87 %, celle d’un méningiome à 9 %. "
        "C’est une estimation, pas un diagnostic.\n\n"
        "Parlez de ces mesures avec votre médecin."
    ),
    L.SPANISH: (
        "El modelo flair-glioma 1.0 ha delimitado dos zonas en sus imágenes.\n\n"
        "La zona 1 está en el lado derecho de la cabeza, en la parte delantera superior. Su "
        "volumen es de 24,3 mL, su diámetro máximo es de 41 mm y el diámetro perpendicular de "
        "32 mm. Se ve en los cortes 9 a 18.\n\n"
        "La zona 2 está en el lado izquierdo. Su volumen es de 0,81 mL. Se ve en el corte 6.\n\n"
        "Desde el 1 de marzo de 2024 el volumen total ha aumentado un 26 %.\n\n"
        "Un programa estima la probabilidad de un glioma en un 87 %, la de un meningioma en un "
        "9 %. Es una estimación y no un diagnóstico.\n\n"
        "Por favor, hable de estas mediciones con su médico."
    ),
    L.KOREAN: (
        "flair-glioma 1.0 모델이 영상에서 두 영역에 윤곽선을 그렸습니다.\n\n"
        "영역 1은 머리의 오른쪽, 앞쪽 위에 있습니다. 부피는 24.3 mL이고, 가장 긴 지름은 41 mm, "
        "수직 지름은 32 mm입니다. 단면 9번부터 18번까지 보입니다.\n\n"
        "영역 2는 왼쪽에 있습니다. 부피는 0.81 mL입니다. 단면 6번에서 보입니다.\n\n"
        "2024년 3월 1일 이후 전체 부피가 26% 증가했습니다.\n\n"
        "프로그램은 신경교종의 확률을 87%, 수막종의 확률을 9%로 추정합니다. "
        "이는 추정이며 진단이 아닙니다.\n\n"
        "이 측정값에 대해 담당 의사와 상의하십시오."
    ),
    L.CHINESE: (
        "模型 flair-glioma 1.0 在您的影像中圈出兩個區域。\n\n"
        "區域 1 位於頭部右側的前上方。體積為 24.3 毫升，最長徑為 41 毫米，垂直徑為 32 毫米。"
        "出現在切片 9 到 18。\n\n"
        "區域 2 位於左側。體積為 0.81 毫升。出現在切片 6。\n\n"
        "自 2024 年 3 月 1 日以來，總體積增加 26%。\n\n"
        "程式估計神經膠質瘤的機率為 87%，腦膜瘤的機率為 9%。這是估計，不是診斷。\n\n"
        "請與您的醫師討論這些測量結果。"
    ),
}

LIES: dict[L, tuple[tuple[str, str], ...]] = {
    L.ENGLISH: (
        ("24.3 mL", "24.7 mL"), ("24.3 mL", "24.3 mm"), ("24.3 mL", "24 mL"), ("24.3 mL", "243 mL"),
        ("24.3 mL", "24.3 L"), ("24.3 mL", "2.43 cL and a half"), ("24.3 mL", "25.1 mL"),
        ("24.3 mL", "twenty-five millilitres"), ("24.3 mL", "２５.３ mL"), ("24.3 mL", "٢٥٫٣ mL"),
        ("24.3 mL", "2\u200b5.3 mL"), ("24.3 mL", "24½ mL"), ("24.3 mL", "24.3 cubic millimetres"),
        ("41 mm", "41 cm"), ("41 mm", "4.2 cm"), ("41 mm", "forty-two mm"), ("41 mm", "32 mm"),
        ("41 mm", "41 %"), ("volume is 24.3 mL", "volume is 41 mm"), ("41 mm", "> 41 mm"),
        ("perpendicular diameter is 32 mm", "perpendicular diameter is 41 mm"),
        ("two areas", "three areas"), ("two areas", "3 areas"), ("two areas", "several areas"),
        ("slices 9 to 18", "slices 9 to 19"), ("slices 9 to 18", "slices 6 to 18"),
        ("slice 6", "slice 7"), ("slice 6", "slice seven"), ("slice 6", "the third slice"),
        ("0.81 mL", "24.3 mL"), ("0.81 mL", "0,9 mL"), ("right side", "left side"),
        ("on the left side", "on the right side"), ("front upper part", "back lower part"),
        ("front upper part", "right frontal lobe"), ("87%", "78%"), ("87%", "9%"),
        ("glioma at 87%, of meningioma at 9%", "meningioma at 87%, of glioma at 9%"),
        ("87%", "more than 87%"), ("by 26%", "by 62%"), ("increased", "decreased"),
        ("by 26%", "by half"), ("by 26%", "by −26%"), ("by 26%", "twofold"), ("26%", "34 mm"),
        ("1 March 2024", "3 January 2024"), ("1 March 2024", "2024-03-02"), ("flair-glioma 1.0", "GPT-4"),
        ("A computer program estimates the probability of glioma at 87%, of meningioma at 9%.",
         "You have a glioma."),
        ("This is an estimate and not a diagnosis.", "This is definitely a glioma, at 87%."),
        ("", "It is a glioblastoma."), ("", "This tumour is benign."), ("", "You have brain cancer."),
        ("", "It is a WHO grade 4 tumour."), ("", "It is grade IV."), ("", "The tumour is malignant."),
        ("", "You will need surgery."), ("", "Chemotherapy can help."), ("", "A biopsy would be next."),
        ("", "Radiation is an option."), ("", "Your chance of survival is good."),
        ("", "You have 14 months to live."), ("", "See a doctor immediately."), ("", "This is an emergency."),
        ("", "You are healthy."), ("", "There is no need to worry."), ("", "Everything looks normal."),
        ("", "There is no tumour."), ("", "No tumour was found."), ("", "No lesion is visible."),
        ("", "The patient John Smith was examined."), ("", "Dear Mr Quixote, all is said."),
        ("", "Series 1.2.840.113619.2.55.3 was used."), ("", "Born on 12.05.1961."),
        ("", "More at https://example.org."), ("", "Have a scan again in 3 months."),
        ("", "It lies in the temporal lobe."), ("", "There is oedema around it."),
        ("", "A follow-up is recommended."), ("", "The ratio is 2/3."), ("", "T2 shows it as well."),
        ("", "Die Läsion ist auf der rechten Seite und das ist nicht gut für die Frau und den Mann."),
    ),
    L.GERMAN: (
        ("24,3 mL", "24,7 mL"), ("24,3 mL", "24,3 mm"), ("24,3 mL", "24 mL"), ("24,3 mL", "243 mL"),
        ("24,3 mL", "24.300 mL"), ("24,3 mL", "fünfundzwanzig Milliliter"), ("24,3 mL", "２５,３ mL"),
        ("24,3 mL", "24½ mL"), ("24,3 mL", "25,1 mL"), ("41 mm", "41 cm"), ("41 mm", "4,2 cm"),
        ("41 mm", "zweiundvierzig Millimeter"), ("41 mm", "32 mm"), ("41 mm", "über 41 mm"),
        ("Volumen beträgt 24,3 mL", "Volumen beträgt 41 mm"), ("zwei Bereiche", "drei Bereiche"),
        ("zwei Bereiche", "3 Bereiche"), ("zwei Bereiche", "mehrere Bereiche"),
        ("9 bis 18", "9 bis 19"), ("Schicht 6", "Schicht 7"), ("Schicht 6", "Schicht sieben"),
        ("0,81 mL", "24,3 mL"), ("rechten Seite", "linken Seite"), ("linken Seite", "rechten Seite"),
        ("vorn oben", "hinten unten"), ("vorn oben", "im Frontallappen"), ("87 %", "78 %"), ("87 %", "9 %"),
        ("ein Gliom auf 87 %, für ein Meningeom auf 9 %", "ein Meningeom auf 87 %, für ein Gliom auf 9 %"),
        ("um 26 %", "um 62 %"), ("um 26 % zugenommen", "um 26 % abgenommen"), ("um 26 %", "um die Hälfte"),
        ("um 26 % zugenommen", "sich verdoppelt"), ("1. März 2024", "3. Januar 2024"),
        ("Ein Programm schätzt die Wahrscheinlichkeit für ein Gliom auf 87 %, für ein Meningeom auf 9 %.",
         "Sie haben ein Gliom."),
        ("", "Das ist sicher ein Gliom, 87 %."), ("", "Es ist ein Glioblastom."), ("", "Der Tumor ist gutartig."),
        ("", "Der Tumor ist bösartig."), ("", "Sie haben Krebs."), ("", "Es ist ein Tumor vom WHO-Grad vier."),
        ("", "Sie müssen operiert werden."), ("", "Eine Chemotherapie hilft."), ("", "Eine Bestrahlung ist möglich."),
        ("", "Die Behandlung beginnt bald."), ("", "Die Prognose ist gut."), ("", "Sie haben noch 14 Monate."),
        ("", "Gehen Sie sofort in die Klinik."), ("", "Das ist ein Notfall."), ("", "Sie sind gesund."),
        ("", "Machen Sie sich keine Sorgen."), ("", "Alles ist normal."), ("", "Es gibt keinen Tumor."),
        ("", "Es wurde kein Tumor gefunden."), ("", "Keine Läsion ist sichtbar."), ("", "Patient Hans Meier wurde untersucht."),
        ("", "Sehr geehrter Herr Meier."), ("", "Geboren am 12.05.1961."), ("", "Er liegt im Schläfenlappen."),
        ("", "Eine Kontrolle wird empfohlen."), ("", "The lesion is on the right and it is not that large."),
    ),
    L.FRENCH: (
        ("24,3 mL", "24,7 mL"), ("24,3 mL", "24,3 mm"), ("24,3 mL", "24 mL"), ("24,3 mL", "243 mL"),
        ("24,3 mL", "vingt-cinq millilitres"), ("24,3 mL", "２５,３ mL"), ("24,3 mL", "24½ mL"),
        ("24,3 mL", "25,1 mL"), ("41 mm", "41 cm"), ("41 mm", "4,2 cm"), ("41 mm", "quarante-deux millimètres"),
        ("41 mm", "32 mm"), ("41 mm", "plus de 41 mm"), ("volume est de 24,3 mL", "volume est de 41 mm"),
        ("deux zones", "trois zones"), ("deux zones", "3 zones"), ("deux zones", "plusieurs zones"),
        ("9 à 18", "9 à 19"), ("la coupe 6", "la coupe 7"), ("la coupe 6", "la coupe sept"), ("0,81 mL", "24,3 mL"),
        ("côté droit", "côté gauche"), ("côté gauche", "côté droit"), ("à l’avant, en haut", "à l’arrière, en bas"),
        ("à l’avant, en haut", "dans le lobe frontal"), ("87 %", "78 %"), ("87 %", "9 %"),
        ("d’un gliome à 87 %, celle d’un méningiome à 9 %", "d’un méningiome à 87 %, celle d’un gliome à 9 %"),
        ("de 26 %", "de 62 %"), ("a augmenté", "a diminué"), ("a augmenté de 26 %", "a doublé"),
        ("a augmenté de 26 %", "a augmenté de moitié"), ("1 mars 2024", "3 janvier 2024"),
        ("Un programme estime la probabilité d’un gliome à 87 %, celle d’un méningiome à 9 %.", "Vous avez un gliome."),
        ("", "C’est certainement un gliome, 87 %."), ("", "C’est un glioblastome."), ("", "La tumeur est bénigne."),
        ("", "La tumeur est maligne."), ("", "Vous avez un cancer."), ("", "C’est une tumeur de grade quatre."),
        ("", "Une opération est nécessaire."), ("", "Une chimiothérapie peut aider."), ("", "Le traitement commence bientôt."),
        ("", "La radiothérapie est possible."), ("", "Le pronostic est bon."), ("", "Il vous reste 14 mois."),
        ("", "Allez immédiatement à l’hôpital."), ("", "C’est une urgence."), ("", "Vous êtes en bonne santé."),
        ("", "Ne vous inquiétez pas."), ("", "Tout est normal."), ("", "Il n’y a pas de tumeur."),
        ("", "Aucune tumeur n’a été trouvée."), ("", "Aucune lésion n’est visible."), ("", "La patiente Marie Dupont a été examinée."),
        ("", "Cher Monsieur Dupont."), ("", "Né le 12/05/1961."), ("", "Elle est dans le lobe temporal."),
        ("", "Un contrôle est recommandé."), ("", "The lesion is on the right and it is not that large."),
    ),
    L.SPANISH: (
        ("24,3 mL", "24,7 mL"), ("24,3 mL", "24,3 mm"), ("24,3 mL", "24 mL"), ("24,3 mL", "243 mL"),
        ("24,3 mL", "veinticinco mililitros"), ("24,3 mL", "２５,３ mL"), ("24,3 mL", "24½ mL"),
        ("24,3 mL", "25,1 mL"), ("41 mm", "41 cm"), ("41 mm", "4,2 cm"), ("41 mm", "cuarenta y dos milímetros"),
        ("41 mm", "32 mm"), ("41 mm", "más de 41 mm"), ("volumen es de 24,3 mL", "volumen es de 41 mm"),
        ("dos zonas", "tres zonas"), ("dos zonas", "3 zonas"), ("dos zonas", "varias zonas"), ("9 a 18", "9 a 19"),
        ("el corte 6", "el corte 7"), ("el corte 6", "el corte siete"), ("0,81 mL", "24,3 mL"),
        ("lado derecho", "lado izquierdo"), ("lado izquierdo", "lado derecho"),
        ("parte delantera superior", "parte trasera inferior"), ("en la parte delantera superior", "en el lóbulo frontal"),
        ("87 %", "78 %"), ("87 %", "9 %"),
        ("un glioma en un 87 %, la de un meningioma en un 9 %", "un meningioma en un 87 %, la de un glioma en un 9 %"),
        ("un 26 %", "un 62 %"), ("ha aumentado", "ha disminuido"), ("ha aumentado un 26 %", "se ha duplicado"),
        ("ha aumentado un 26 %", "ha aumentado la mitad"), ("1 de marzo de 2024", "3 de enero de 2024"),
        ("Un programa estima la probabilidad de un glioma en un 87 %, la de un meningioma en un 9 %.", "Usted tiene un glioma."),
        ("", "Es con certeza un glioma, 87 %."), ("", "Es un glioblastoma."), ("", "El tumor es benigno."),
        ("", "El tumor es maligno."), ("", "Usted tiene cáncer."), ("", "Es un tumor de grado cuatro."),
        ("", "Hace falta cirugía."), ("", "La quimioterapia puede ayudar."), ("", "El tratamiento empieza pronto."),
        ("", "La radioterapia es posible."), ("", "El pronóstico es bueno."), ("", "Le quedan 14 meses."),
        ("", "Vaya inmediatamente al hospital."), ("", "Es una urgencia."), ("", "Usted está sano."),
        ("", "No se preocupe."), ("", "Todo es normal."), ("", "No hay ningún tumor."), ("", "No se ha encontrado ningún tumor."),
        ("", "Ninguna lesión es visible."), ("", "La paciente María García fue examinada."), ("", "Estimado Sr. García."),
        ("", "Nacido el 12/05/1961."), ("", "Está en el lóbulo temporal."), ("", "Se recomienda un control."),
        ("", "The lesion is on the right and it is not that large."),
    ),
    L.KOREAN: (
        ("24.3 mL", "24.7 mL"), ("24.3 mL", "24.3 mm"), ("24.3 mL", "24 mL"), ("24.3 mL", "243 mL"),
        ("24.3 mL", "이십오 밀리리터"), ("24.3 mL", "２５.３ mL"), ("24.3 mL", "24½ mL"), ("24.3 mL", "25.1 mL"),
        ("41 mm", "41 cm"), ("41 mm", "4.2 cm"), ("41 mm", "사십이 밀리미터"), ("41 mm", "32 mm"), ("지름은 41 mm", "지름은 41 mm 초과"),
        ("부피는 24.3 mL이고", "부피는 41 mm이고"), ("두 영역", "세 영역"), ("두 영역", "영역 세 개"), ("두 영역", "여러 영역"),
        ("두 영역", "영역 3개"), ("18번까지", "19번까지"), ("단면 6번", "단면 7번"), ("단면 6번", "단면 칠 번"), ("0.81 mL", "24.3 mL"),
        ("오른쪽", "왼쪽"), ("왼쪽", "오른쪽"), ("앞쪽 위", "뒤쪽 아래"), ("앞쪽 위에", "전두엽에"), ("87%", "78%"), ("87%", "팔십팔 퍼센트"), ("87%", "9%"),
        ("신경교종의 확률을 87%, 수막종의 확률을 9%", "수막종의 확률을 87%, 신경교종의 확률을 9%"), ("26% 증가", "62% 증가"), ("26% 증가", "26% 감소"),
        ("26% 증가했습니다", "두 배가 되었습니다"), ("26% 증가", "절반 증가"), ("2024년 3월 1일", "2024년 1월 3일"),
        ("프로그램은 신경교종의 확률을 87%, 수막종의 확률을 9%로 추정합니다.", "신경교종입니다."),
        ("", "확실히 신경교종 87%입니다."), ("", "교모세포종입니다."), ("", "양성 종양입니다."), ("", "악성 종양입니다."), ("", "뇌암입니다."), ("", "암입니다."),
        ("", "등급이 높은 종양입니다."), ("", "수술이 필요합니다."), ("", "항암제가 도움이 됩니다."), ("", "곧 치료를 시작합니다."), ("", "방사선을 쓸 수 있습니다."),
        ("", "예후가 좋습니다."), ("", "14개월 남았습니다."), ("", "즉시 병원에 가십시오."), ("", "응급 상황입니다."), ("", "건강합니다."), ("", "걱정하지 마십시오."),
        ("", "모두 정상입니다."), ("", "종양이 없습니다."), ("", "종양이 발견되지 않았습니다."), ("", "병변이 보이지 않습니다."), ("", "홍길동 씨의 영상입니다."),
        ("", "김철수님의 검사입니다."), ("", "측두엽에 있습니다."), ("", "추적 검사를 권고합니다."), ("", "The lesion is on the right and it is not that large at all."),
    ),
    L.CHINESE: (
        ("24.3 毫升", "24.7 毫升"), ("24.3 毫升", "24.3 毫米"), ("24.3 毫升", "24 毫升"), ("24.3 毫升", "243 毫升"), ("24.3 毫升", "二十五毫升"),
        ("24.3 毫升", "２５.３ 毫升"), ("24.3 毫升", "24½ 毫升"), ("24.3 毫升", "25.1 毫升"), ("41 毫米", "41 公分"), ("41 毫米", "4.2 公分"),
        ("41 毫米", "四十二毫米"), ("41 毫米", "32 毫米"), ("為 41 毫米", "超過 41 毫米"), ("體積為 24.3 毫升", "體積為 41 毫米"),
        ("兩個區域", "三個區域"), ("兩個區域", "3 個區域"), ("兩個區域", "多個區域"), ("9 到 18", "9 到 19"), ("切片 6", "切片 7"), ("切片 6", "切片七"),
        ("切片 6", "第七張切片"), ("0.81 毫升", "24.3 毫升"), ("右側", "左側"), ("位於左側", "位於右側"), ("前上方", "後下方"), ("的前上方", "額葉"),
        ("87%", "78%"), ("87%", "百分之七十八"), ("87%", "9%"), ("神經膠質瘤的機率為 87%，腦膜瘤的機率為 9%", "腦膜瘤的機率為 87%，神經膠質瘤的機率為 9%"),
        ("增加 26%", "增加 62%"), ("增加 26%", "減少 26%"), ("增加 26%", "增加一倍"), ("增加 26%", "增加一半"), ("2024 年 3 月 1 日", "2024 年 1 月 3 日"),
        ("程式估計神經膠質瘤的機率為 87%，腦膜瘤的機率為 9%。", "您有神經膠質瘤。"), ("", "確定是神經膠質瘤，87%。"), ("", "這是膠質母細胞瘤。"), ("", "腫瘤是良性的。"),
        ("", "腫瘤是惡性的。"), ("", "您得了腦癌。"), ("", "這是第四級腫瘤。"), ("", "您需要手術。"), ("", "化療會有幫助。"), ("", "治療很快開始。"), ("", "可以放射治療。"),
        ("", "預後良好。"), ("", "還有 14 個月。"), ("", "請立即到醫院。"), ("", "這是緊急情況。"), ("", "您很健康。"), ("", "請不要擔心。"), ("", "一切正常。"),
        ("", "沒有腫瘤。"), ("", "沒有發現腫瘤。"), ("", "看不到病灶，未見病灶。"), ("", "這是王大明先生的影像。"), ("", "位於顳葉。"), ("", "建議追蹤。"),
        ("", "这个肿瘤在头部。"), ("", "The lesion is on the right and it is not that large at all, they say so here."),
    ),
}  # fmt: skip

HONEST_NOTHING = {
    L.ENGLISH: "The model flair-glioma 1.0 looked at 26 slices. No tumour was outlined. "
    "This does not mean that there is no tumour. Please talk with your doctor.",
    L.GERMAN: "Das Modell flair-glioma 1.0 hat 26 Schichten ausgewertet. Es wurde kein Tumor "
    "umrandet. Das schließt einen Tumor nicht aus. Bitte sprechen Sie mit Ihrem Arzt.",
    L.FRENCH: "Le modèle flair-glioma 1.0 a examiné 26 coupes. Aucune tumeur n’a été délimitée. "
    "Cela n’exclut pas une tumeur. Parlez-en avec votre médecin.",
    L.SPANISH: "El modelo flair-glioma 1.0 ha analizado 26 cortes. No se ha delimitado ningún "
    "tumor. Esto no descarta un tumor. Hable con su médico.",
    L.KOREAN: "flair-glioma 1.0 모델이 단면 26장을 보았습니다. 윤곽선을 그린 종양은 없습니다. "
    "종양을 배제하지 않습니다. 담당 의사와 상의하십시오.",
    L.CHINESE: "模型 flair-glioma 1.0 看過 26 張切片。沒有圈出腫瘤。這不能排除腫瘤。請與您的醫師討論。",
}

LIES_NOTHING: dict[L, tuple[tuple[str, str], ...]] = {
    L.ENGLISH: (
        ("No tumour was outlined.", "There is no tumour."), ("No tumour was outlined.", "A tumour was outlined."),
        ("No tumour was outlined.", "You are tumour-free."), ("", "This rules out a tumour."), ("", "You do not have a tumour."),
        ("26 slices", "27 slices"), ("", "It has grown."), ("", "It may be a glioma."), ("", "It lies on the left side."),
        ("", "Its volume is 3 mL."), ("", "One lesion was found."),
    ),
    L.GERMAN: (
        ("Es wurde kein Tumor umrandet.", "Es gibt keinen Tumor."), ("Es wurde kein Tumor umrandet.", "Es wurde ein Tumor umrandet."),
        ("", "Sie sind tumorfrei."), ("", "Sie haben keinen Tumor."), ("26 Schichten", "27 Schichten"), ("", "Er ist gewachsen."),
        ("", "Es könnte ein Gliom sein."), ("", "Er liegt links."), ("", "Ein Tumor ist ausgeschlossen."),
    ),
    L.FRENCH: (
        ("Aucune tumeur n’a été délimitée.", "Il n’y a pas de tumeur."), ("Aucune tumeur n’a été délimitée.", "Une tumeur a été délimitée."),
        ("", "Vous n’avez pas de tumeur."), ("26 coupes", "27 coupes"), ("", "Elle a grandi."), ("", "C’est peut-être un gliome."),
        ("", "Elle est à gauche."), ("", "Cela exclut une tumeur."),
    ),
    L.SPANISH: (
        ("No se ha delimitado ningún tumor.", "No hay ningún tumor."), ("No se ha delimitado ningún tumor.", "Se ha delimitado un tumor."),
        ("", "Usted no tiene ningún tumor."), ("26 cortes", "27 cortes"), ("", "Ha crecido."), ("", "Puede ser un glioma."),
        ("", "Está a la izquierda."), ("", "Esto descarta un tumor."),
    ),
    L.KOREAN: (
        ("윤곽선을 그린 종양은 없습니다.", "종양이 없습니다."), ("윤곽선을 그린 종양은 없습니다.", "종양이 발견되었습니다."), ("26장", "27장"), ("", "커졌습니다."),
        ("", "신경교종일 수 있습니다."), ("", "왼쪽에 있습니다."), ("", "종양이 배제됩니다."),
    ),
    L.CHINESE: (
        ("沒有圈出腫瘤。", "沒有腫瘤。"), ("沒有圈出腫瘤。", "圈出腫瘤。"), ("26 張", "27 張"), ("", "已經變大。"), ("", "可能是神經膠質瘤。"), ("", "位於左側。"), ("", "這排除了腫瘤。"),
    ),
}  # fmt: skip


MORE_HONEST: dict[L, tuple[str, ...]] = {
    L.ENGLISH: (
        "The program outlined 2 lesions with a total volume of 25.1 mL.",
        "The larger lesion is on the right, the smaller one on the left.",
        "Glioma was estimated at 87%, meningioma at 9%, pituitary tumour at 3% and no tumour at 1%.",
        "The volume was 20.0 mL before and is 25.1 mL now.",
        "The product of the diameters increased by 34%, which passes a published threshold of 25%.",
        "The classifier mostly looked outside the outline: 42% of its activation map lies inside, the overlap is 0.31.",
        "Please note that this is for research use only and not a diagnosis.",
        "The outline appears on 10 of 26 slices, from slice 9 to slice 18.",
        "Lesion 1: 24.3 mL, 41 × 32 mm, right, slices 9–18.",
        "The most likely class according to the program is glioma (87%).",
        "If you have questions, please ask your doctor.",
        "The scan appears to be a FLAIR sequence, which is a guess.",
    ),
    L.GERMAN: (
        "Das Programm hat 2 Läsionen mit einem Gesamtvolumen von 25,1 mL umrandet.",
        "Gliom wurde auf 87 % geschätzt, Meningeom auf 9 %, Hypophysentumor auf 3 % und kein Tumor auf 1 %.",
        "Das Volumen betrug vorher 20,0 mL und beträgt jetzt 25,1 mL.",
        "Das Produkt der Durchmesser hat um 34 % zugenommen und überschreitet einen Schwellenwert von 25 %.",
        "Läsion 1: 24,3 mL, 41 × 32 mm, rechts, Schichten 9–18.",
        "Bitte beachten Sie, dass dies nur für Forschungszwecke und keine Diagnose ist.",
    ),
    L.FRENCH: (
        "Le programme a délimité 2 lésions d’un volume total de 25,1 mL.",
        "Le volume était de 20,0 mL avant et il est de 25,1 mL maintenant.",
        "Lésion 1 : 24,3 mL, 41 × 32 mm, à droite, coupes 9–18.",
    ),
    L.SPANISH: (
        "El programa ha delimitado 2 lesiones con un volumen total de 25,1 mL.",
        "El volumen era de 20,0 mL antes y es de 25,1 mL ahora.",
        "Lesión 1: 24,3 mL, 41 × 32 mm, derecha, cortes 9–18.",
        "El glioma se estima en un 87 % y el meningioma en un 9 %.",
    ),
    L.KOREAN: (
        "프로그램은 총 부피 25.1 mL인 병변 2개에 윤곽선을 그렸습니다.",
        "병변 1: 24.3 mL, 41 × 32 mm, 오른쪽, 단면 9–18번.",
        "부피는 이전 20.0 mL에서 현재 25.1 mL로 증가했습니다.",
        "연구용이며 진단용이 아닙니다.",
    ),
    L.CHINESE: (
        "程式圈出 2 個病灶，總體積 25.1 毫升。",
        "病灶 1：24.3 毫升，41 × 32 毫米，右側，切片 9–18。",
        "體積由先前的 20.0 毫升增加到 25.1 毫升。",
        "僅供研究使用，不是診斷。",
    ),
}
"""Texts on the same findings that must pass."""


LONG_HONEST: dict[L, tuple[str, ...]] = {
    L.ENGLISH: (
        """Based on the measurements of the computer program, two lesions were outlined on the FLAIR series. Lesion 1 is located on the right side, in the front upper part of the head. It has a volume of 24.3 mL, a longest diameter of 41 mm and a perpendicular diameter of 32 mm, and extends from slice 9 to slice 18.

Lesion 2 is smaller. It is located on the left side, on slice 6, with a volume of 0.81 mL and diameters of 9.2 mm and 7.4 mm.

The classifier estimated a probability of 87 % for glioma, 9 % for meningioma, 3 % for pituitary tumour and 1 % for no tumour. However, the classifier looked mostly outside the outline, so this estimate should be read with care. These results are for research use only and are not a diagnosis. Please discuss them with your doctor.""",
        """Compared with the earlier study, the total volume has changed from 20.0 mL to 25.1 mL, an increase of 26%. The product of the diameters increased from 1000 mm² to 1340 mm² (34%), which exceeds the published threshold of 25%.""",
        """FLAIR (guess), 26 slices, 5.0 mm spacing. Lesion 1: 24.3 mL, 41 × 32 mm, product 1330 mm², right, front upper, slices 9–18. Lesion 2: 0.81 mL, 9.2 × 7.4 mm, left, slice 6. Total 25.1 mL on 10 slices. Classifier estimate: glioma 87%. Activation map 42% inside outline, overlap 0.31.""",
    ),
    L.GERMAN: (
        """Das Computerprogramm hat auf den Bildern zwei Läsionen umrandet. Läsion 1 liegt rechts, vorn oben. Sie hat ein Volumen von 24,3 mL, einen längsten Durchmesser von 41 mm und einen senkrechten Durchmesser von 32 mm und erstreckt sich von Schicht 9 bis Schicht 18.

Läsion 2 ist kleiner und liegt links auf Schicht 6. Ihr Volumen beträgt 0,81 mL.

Der Klassifikator schätzt die Wahrscheinlichkeit für ein Gliom auf 87 %, für ein Meningeom auf 9 %, für einen Hypophysentumor auf 3 % und für keinen Tumor auf 1 %. Er hat jedoch vor allem außerhalb des Umrisses hingesehen, daher ist diese Schätzung unsicher. Diese Ergebnisse dienen nur Forschungszwecken und sind keine Diagnose. Bitte besprechen Sie sie mit Ihrem Arzt oder Ihrer Ärztin.""",
        """Im Vergleich zur früheren Untersuchung ist das Gesamtvolumen von 20,0 mL auf 25,1 mL gestiegen, also um 26 %.""",
    ),
    L.FRENCH: (
        """Le programme informatique a délimité deux lésions. La lésion 1 se situe à droite, à l’avant et en haut. Elle a un volume de 24,3 mL, un plus grand diamètre de 41 mm et un diamètre perpendiculaire de 32 mm, et s’étend de la coupe 9 à la coupe 18.

La lésion 2 est plus petite et se situe à gauche, sur la coupe 6. Son volume est de 0,81 mL.

Le classificateur estime la probabilité d’un gliome à 87 %, d’un méningiome à 9 % et d’une tumeur hypophysaire à 3 %. Ces résultats sont réservés à la recherche et ne constituent pas un diagnostic. Veuillez en discuter avec votre médecin.""",
        """Par rapport à l’examen précédent, le volume total est passé de 20,0 mL à 25,1 mL, soit une augmentation de 26 %.""",
    ),
    L.SPANISH: (
        """El programa informático ha delimitado dos lesiones. La lesión 1 se encuentra en el lado derecho, en la parte delantera superior. Tiene un volumen de 24,3 mL, un diámetro máximo de 41 mm y un diámetro perpendicular de 32 mm, y se extiende del corte 9 al corte 18.

La lesión 2 es más pequeña y se encuentra en el lado izquierdo, en el corte 6. Su volumen es de 0,81 mL.

El clasificador estima una probabilidad de glioma del 87 %, de meningioma del 9 % y de tumor hipofisario del 3 %. Estos resultados son solo para investigación y no constituyen un diagnóstico. Consulte con su médico.""",
        """En comparación con el estudio anterior, el volumen total ha pasado de 20,0 mL a 25,1 mL, un aumento del 26 %.""",
    ),
    L.KOREAN: (
        """컴퓨터 프로그램이 영상에서 두 개의 병변에 윤곽선을 그렸습니다. 병변 1은 오른쪽 앞쪽 위에 위치하며, 부피는 24.3 mL, 최장 지름은 41 mm, 수직 지름은 32 mm이고 단면 9번에서 18번까지 나타납니다.

병변 2는 왼쪽에 있으며 단면 6번에서 보입니다. 부피는 0.81 mL입니다.

분류기는 신경교종의 확률을 87%, 수막종의 확률을 9%, 뇌하수체 종양의 확률을 3%로 추정했습니다. 이 결과는 연구용이며 진단이 아닙니다. 자세한 내용은 담당 의사와 상의하시기 바랍니다.""",
        """이전 검사와 비교하면 전체 부피는 20.0 mL에서 25.1 mL로 26% 증가했습니다.""",
    ),
    L.CHINESE: (
        """電腦程式在影像中圈出兩個病灶。病灶 1 位於右側前上方，體積為 24.3 mL，最長徑為 41 mm，垂直徑為 32 mm，從切片 9 延伸到切片 18。

病灶 2 較小，位於左側，在切片 6 上可見，體積為 0.81 mL。

分類器估計神經膠質瘤的機率為 87%，腦膜瘤為 9%，腦下垂體瘤為 3%。這些結果僅供研究使用，並非診斷。請與您的醫師討論。""",
        """與先前的檢查相比，總體積由 20.0 mL 增加到 25.1 mL，增加了 26%。""",
    ),
}
"""Whole answers as a language model gives them; they must pass."""
