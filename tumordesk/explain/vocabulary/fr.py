"""French words beyond those of the offline phrases."""

WORDS = """
constitue constituent constituer réservés réservé soit étend étendent discutez demandez rapport
a absence accru accrue adresser adressez afin ai ainsi ajouter alors analyse analysé analysée
analysées analysés ancien ancienne anciennes anciens antérieur antérieure apparaissent apparaît
apprentissage appris approximatif approximation approximative approximativement approximatives
après arrière assez associée atteint au au-dessus aucun aucune augmentation augmente augmenté
auparavant aussi automatique automatiquement automatiques autour autre autres aux avait avant avec
avez avoir axe baisse baissé bas basé basée basées basés c calculé calculée calculées car carte
cas ce ceci cela celle celles celui centimètre centimètres cependant certaines certains ces cet
cette ceux chacun chacune changement changements chaque chez classe classes classificateur
classification combien comme comparaison comparaisons compare comparé comparée comparées comprend
comprendre comprise concerne conclusion confirmé consulter contour contours contre correspond
correspondent corrigé coupe coupes couvre croissance cube cubes côté côtés d d' dans de delà
demander depuis dernier dernière dernières des description dessous dessus deux diamètre diamètres
dice différence différent différente différentes différents dimension dimensions diminue
diminution diminué dire discuter disponible disponibles distance dit doit doivent donc donne donné
donnée données donnés dont doute droit droite droites droits du due début déjà délimité délimitée
délimitées délimités dépasse dépassent détail détails détecté détectée détectées dû elle elles en
encore endroit ensemble ensuite entier entière entières entre environ espacement est estimation
estimations estime estimé estimée estimées estimés et eux examen examens examiné excède exemple
explication expliquer fait faite faites façon fichier figure fin finalement font gauche grand
grande grandes grandi grands général géométrie haut hauteur hors ici identifié identifiée
identifiées il ils image images important indique indiquent indiqué indiquée indiquées information
informations informatique inférieur inférieure interprétation interroger intérieur isolée jusqu
jusque juste l l' la laquelle largeur le lequel les leur leurs lieu ligne limite limites limité
limitée liste localisation localisé localisée localisées logiciel lois long longs longue longueur
lorsque lu lues lui lésion lésions m maintenant mais manière manuellement marqué marquée marquées
maximal maximale maximum mentionné mesure mesurent mesures mesuré mesurée mesurées mesurés met
millilitre millilitres millimètre millimètres modification modèle modèles moins montre montrent
montrée moyenne médecin médecins médical médicale méthode même mêmes n ne ni niveau nombre nombres
non note noter notez nous numéro néanmoins obtenu obtenue obtenues on ont ordinateur ordre ou où
par paragraphe parce parler parlez part partie parties partir pas passe passé patient patiente
pendant permet permettent perpendiculaire perpendiculairement perpendiculaires personne petit
petite petites petits peu peut peuvent pixel pixels place placée plan plus plutôt point points
poser position possible possibles pour pourcent pourcentage pourcentages pouvez principalement
probabilité probabilités probable probablement probables procédure produit produits professionnel
programme programmes précis précise précision précédent précédente précédentes présent présente
présents présentée présentées prévu publié publiée puis qu quand quant que quel quelle quelles
quels question questions qui quoi radiologue radiologues rapport recherche recouvrement regardé
remarque remplace remplacent remplacer représente représentent respectivement reste référence
région régions répondre réservé réservées résultat résultats résume résumé s sa sachez sans savoir
se segmentation segmenté segmentée selon sera ses seuil seuils seul seulement si signifie situe
situent situé située situées soignante son sont sous spécialiste suivant suivante suivantes
suivants sujet supérieur supérieure sur surface surtout série séries tableau taille tailles tandis
tel telle tels texte total totale totaux tous tout toute toutes trouve trouvent tumeur tumeurs
type types tête un une uniquement unité unités usage utilisation utilise utilisé utilisée
utilisées valeur valeurs variation vers veuillez visible visibles voici voir volume volumes
volumique vos votre vous vue zone zones à également équipe étaient était étant étend étendue étude
études été évaluation être
"""
