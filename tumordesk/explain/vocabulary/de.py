"""German words beyond those of the offline phrases."""

WORDS = """
ab aber abgebildet abgenommen abhängig abnahme abstand abstände aktivierung aktivierungskarte
aktuell aktuelle aktuellen alle allein allem allen aller alles als also am an analyse analysiert
andere anderen anderer anderes angabe angaben angegeben angezeigt anhand ansprechen anteil anteile
anzahl art arten arzt auch auf aufgenommen aufnahme aufnahmen aus ausdehnung ausgewertet
ausschließlich auswertung automatisch automatische automatischen außen außerdem außerhalb basieren
basierend basiert beantworten bedeuten bedeutet befand befinden befindet befund befunde befunden
bei beide beiden beider beim beinhaltet berechnet bereich bereiche bereichen bereichs bericht
berücksichtigen beschreiben beschreibt beschrieben besitzt besprechen bestimmt betragen betrug
beträgt beurteilen beurteilung bezieht bild bilder bildern bildes bis bitte breit breite computer
computerprogramm computers da dabei dafür damals damit danach dann daran darauf daraus dargestellt
darin darunter darüber das dass datei daten davon dazu dem den denen der deren des deshalb dessen
deutlich dick dicke die dienen dient dies diese diesem diesen dieser dieses differenz direkt doch
dort durch durchgeführt durchmesser durchmessern durchmessers durchschnitt ebene ebenfalls ebenso
ein eine einem einen einer eines eingezeichnet einige einigen einschätzung einzelne einzelnen
enthalten enthält entlang entspricht er erfolgt erfolgte ergab ergeben ergebnis ergebnisse
ergebnissen ergibt erkannt erkannte erkannten erklären erklärung erklärungen ermittelt ermittelte
erreicht erscheint ersetzen ersetzt erste erstellt ersten erster erstrecken erstreckt es etwa
etwas facharzt fachkraft fachärztin falls farbe fehlen fläche folgende folgenden folgendes
forschung forschungszwecke forschungszwecken frage fragen früher frühere früheren frühestens fällt
für gab ganz ganze ganzen ganzes gar geben gebiet gebiete gefallen gefunden gegen gegenüber gehört
gelernt gemacht gemeinsam gemessen gemessene gemessenen genannt genau genaue genauer geometrie
gering geringer gesamt gesamte gesamten gesamtes gesamtvolumen geschätzt geschätzte geschätzten
gesehen gestiegen gesunken gewachsen gezeichnet gezeigt gibt gilt gleich gleiche gleichen
gleichzeitig grob grundlage größe größen größer größere größeren größte größten größter haben hat
hatte hatten heißt her hier hierbei hin hinaus hinten hintere hinteren hinweis hinweise hoch
höchste höchsten höhe höher ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in indem information
informationen inhalt innen innerhalb insgesamt ist jede jedem jeden jeder jedes jedoch jetzt
jeweilige jeweiligen jeweils kann karte kein keine keinen keiner keines klasse klassen
klassifikator klassifikators klein kleine kleinen kleiner kleinere kleineren kleinste konnte
konnten kopf kopfes korrigiert kubikzentimeter können könnte lag lage lagen lang laut lediglich
legt lernen lesen letzte letzten liegen liegend liegt linie linke linken linker linkes links liste
länge längste längsten längster läsion läsionen maximal maximale maximalen maß maße mehr meisten
mensch menschen menschlich messen messung messungen messwert messwerte messwerten milliliter
millilitern millimeter millimetern misst mit mitte mittels modell modelle modells muss möglich
mögliche möglichen möglicher möglicherweise müssen nach nahm neben nicht nichts nimmt noch nummer
nun nur ob oben obere oberen oberer obwohl oder ohne ort patient patientin person pixel pro probe
produkt produkte produkts programm programme programms prozent prozentpunkte punkt quer
querdurchmesser radiologe radiologin radiologisch radiologischen rand rechte rechten rechter
rechtes rechts region regionen reichen reicht reine richtung rund sagen sagt sank schicht
schichtabstand schichten schon schwelle schwellenwert schwellenwerte schätzt schätzung schätzungen
schätzwert schätzwerte segmentiert segmentierung sehen sehr sei sein seine seinem seinen seiner
seines seit seite seiten senkrecht senkrechte senkrechten senkrechter sequenz serie serien sich
sicht sichtbar sie sieht sind so sofern sogar soll sollte sollten somit sowie sowohl sprechen
später stammen stammt stand statt steht stelle stellen stellt stieg stiegen studie summe tabelle
teil teile teilen teils text texte tumor tumorart tumore tumoren tumors typ typen um umfang
umfassen umfasst umgrenzt umrandet umrandete umrandeten umriss umrisse umrissen und ungefähr
ungefähre uns unsicher unsicherheit unten unter untere unteren unterer unterschied unterschiede
untersuchung untersuchungen ursprünglich vergleich vergleichen verglichen verhältnis vermessen
vermutet vermutlich vermutung verschieden verschiedene verschiedenen verteilt verwendet verwendete
verwendeten verändert veränderung veränderungen viel vom von vor vordere vorderen vorher vorherige
vorherigen vorliegen vorliegend vorliegende vorliegenden vorn vorne wahrscheinlich
wahrscheinlichkeit wahrscheinlichkeiten wahrscheinlichste wahrscheinlichsten war waren was weder
weil weise weist weitere weiteren weiterer wenden weniger wenn werden wert werte werten wichtig
wie wieder wird wo wobei worden wurde wurden wächst zahl zahlen zeigen zeigt zeigte zeit
zentimeter zentimetern zu zudem zuerst zufolge zugenommen zugeordnet zum zunahme zur zurück
zusammen zusammenfassung zusammengefasst zusätzlich zuvor zwar zweck zwecke zwecken zwischen
ähnlich ärzte ärztin ärztinnen über überein überlappt überlappung überschreitet übersicht
"""
