"""English words beyond those of the offline phrases."""

WORDS = """
a about above according across activation actual add adding after all alone along also although
altogether among amount amounts an and another answer answers any apart appear appears approximate
approximately are area areas around as ask asked assessment at automated automatic automatically
available axis based be because been before began begins being below beneath between beyond bigger
both brain but by calculated called can cannot care center centimeter centimeters centimetre
centimetres change changed changes checked class classes classification classifier classifiers
clinician combined come comes compare compared comparing comparison computed computer concerns
confirmed considered consist consists constitute constitutes contact contain contains context
contour contours correct corrected corresponds could cover covered covering covers cubic currently
data date decrease decreased detail details detected determine determined diagnosis diagnostic
diameter diameters did differ difference different direction discuss discussed displayed distance
do doctor doctors does done doubt doubtful down drawn due during each earlier either else end ends
enlarged entire equal especially estimate estimated estimates estimation even every examination
exceed exceeds explain explained explanation extend extending extends extent falls far fell few
figures file find finding findings first for found from front further give given gives greater
greatest grew grow grown guess guessed guesses had has have having head healthcare height help
helps here however if image images imaging in inaccurate include included includes including
increase increased independent individual information inside instead intended interpret
interpretation interpreted into is it its itself judgement judgment just kind kinds known knows
label labels larger largest last later lay learn learned learning least left length lesion lesions
less level lie lies like likelihood likely limit limitation limitations limited line list listed
located location long longest look looked looking looks low lower lying made main mainly make
makes map mark marked maximum may mean meaning means measure measured measurement measurements
measures measuring medical method middle might milliliter milliliters millilitre millilitres
millimeter millimeters millimetre millimetres model models more most mostly much must name named
near neighbouring neither next no nor not note noted notes nothing now number numbered numbers
obtained occupies of on once one only onto or order other others out outline outlined outlines
outlining outside over overall overlap overlapping overlaps own page part partly parts pass passed
passes patient per percent percentage percentages performed perpendicular physician picture
pictures pixel pixels place placed places plane please point points position possible possibly
present presented previous previously prior probabilities probability probable probably procedure
process produced product products professional program programme programs provide provided
provider provider's provides published purely purposes qualified question questions radiologist
radiology range ranges ranging rather reach reached reaches read reading reads recorded reduced
refer reference referring region regions related relative reliable remember replace report
reported reports research respectively result results reviewed right rise rose rough roughly same
say says scan scanner scans second section see seen segmentation segmented separate sequence
series shape share should show showed showing shown shows shrank shrink shrunk side sides similar
simply since single situated size sizes slice slices slightly small smaller smallest so software
some somewhat space spaced spacing span spanning spans speak specialist square stack stand start
starting starts stated statement still study substitute such sum summary table take taken takes
talk team than thank that the their them then there therefore these they this those though
threshold thresholds through thus to together told total totals toward towards trained training
two type types uncertain uncertainty undecided under understand unit units until up upper use used
useful uses using value values very view visible visit volume volumes was way we were what when
where whereas whether which while whole whose wide widest width will with within without words
would written yet you your
"""
