"""The standard tree's phrases alone on real Nordic texts: the area, before a single line has been labelled."""

from hashlib import md5

import pandas as pd
import pytest

from procurement_kit.classifier.features import clean_features
from procurement_kit.classifier.training import LABELLED, train
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.tables import CLASSIFIER_FEATURES

LONGEST_TEXT = 400  # characters of a description; an invoice line has fewer
TITLES = 2000  # of each half of the Swedish buyers
DANISH_FIRST, DANISH_THREE = 0.60, 0.74  # a notice is 0.008
SWEDISH_FIRST, SWEDISH_THREE = 0.62, 0.83
FINNISH_FIRST, FINNISH_THREE = 0.57, 0.81
INVENTED_LINES = {  # area → lines as they stand on invoices to a municipality, all invented
    "01": (
        "Døgntakst april 30 dg|Ophold opholdssted uge 18|Vederlag anbringelse ungt menneske 2. kvt.|"
        "§ 107 midlertidigt ophold m. støtte|Belægning bosted juni, 30 døgn á 4.215|Krisecenter ophold 14 døgn|"
        "Døgnbehandling alkohol, primær 6 uger|Aflastningsdøgn weekend x 2|Opholdsbetaling botilbud maj|"
        "Eget værelse ung 17 år, måned|Sikret afdeling døgn 12|Forsorgshjem § 110 døgntakst|"
        "Tillæg vågen nattevagt anbragt barn|Plejefamiliekonsulent honorar"
    ),
    "02": (
        "Kontaktperson 16 t. uge 10-13|Støttetimer familie aften|Familiebehandling forløb 8 samtaler|"
        "Bostøtte § 85 12,5 timer|BPA hjælpertimer marts|Forældrekompetenceundersøgelse slutrapport|"
        "Overvåget samvær 3 timer|Ledsagertimer § 97|Ambulant misbrugsbehandling uge 22|"
        "Støttekontaktperson psykiatri|Samværs- og aktivitetstilbud dagpris|Beskyttet værksted § 103 takst|"
        "Supervision af plejefamilier|Ungementor fritid 6 t"
    ),
    "03": (
        "Virksomhedspraktik opfølgning ledig|Jobrettet forløb 13 uger|Mentor sygedagpengemodtager 5 t|"
        "AMU truckkursus ledige|Danskuddannelse 2 modul 3|Modultakst DU1|Opkvalificering aktivitetsparat borger|"
        "Jobsøgningskursus hold 4|Anden aktør resultatbetaling|CV-forløb dimittender|"
        "6 ugers jobrettet uddannelse regnskab|Personlig assistance i erhverv timer|"
        "Vejledning job og uddannelse kontanthjælp|Afklaringsforløb fleksjob"
    ),
    "04": (
        "Personlig pleje hverdage 122 t|Praktisk hjælp frit valg feb.|Leveret hjemmepleje uge 30-33|"
        "Friplejebolig pleje- og omsorgstakst|Rehabiliteringsophold 21 døgn|Nødkald abonnement 44 stk|"
        "Nødkaldscentral vagtservice|Aflastningsplads ældre døgn|Dagcenter demens fremmøde|"
        "Delegeret sygepleje besøg|Indkøbsordning levering dagligvarer|Skærmbesøg abonnement|"
        "Sensor sengealarm licens|Helhedspleje forløb måned"
    ),
    "05": (
        "Rollator let model 62 cm|Nitrilhandsker str. M 100 stk|Bleer voksen L tape|Sondeernæring 1,5 kcal 500 ml|"
        "Plejeseng 90x200 el|Loftlift skinne + motor|Kateter ch 12 m. slange|Skumbandage 10x10 cm|"
        "Stomipose 1-dels lukket|Komfortkørestol sb 45|Høreapparat batterier 312|Kompressionsstrømper kl. 2|"
        "Dosispakket medicin uge 12|Håndsprit 500 ml pumpe|Ernæringsdrik protein vanilje 4x200|Badebænk m. ryg|"
        "Teststrimler blodsukker 50 stk|Engangsforklæder plast hvid|Kanyle 0,8x40|Ortopædisk fodtøj par"
    ),
    "06": (
        "Tandbehandling omsorgstandpleje|Protese over- og undermund tekniker|Vederlagsfri fys. § 140 a|"
        "Psykologsamtale borger 5 stk|LÆ 265 speciallægeattest|Genoptræningsplan individuel træning|"
        "Fluorlak og aftryksmateriale|Bøjlebehandling fast apparatur|Kommunelæge honorar|Rygestopkursus hold|"
        "Fysioterapi holdtræning|Helbredsattest LÆ 125|Tandlægeunit service|Ergoterapeut hjemmebesøg"
    ),
    "07": (
        "Matematikportal abonnement 7. kl.|Dansk læsebog 4. klasse sæt 28 stk|Gouachefarve 1 l rød|"
        "Byggeklodser institution|Gyngestativ m. faldunderlag|Fodbolde str. 4 net|Specialskole elevtakst marts|"
        "STU forløb år 2|Puljeordning dagpleje tilskud plads|Klaverstemning musikskole|Karton 50x70 ass.|"
        "Entré zoo 3. b|Lejrskole kost og logi|Perler og piberensere|E-bøger bibliotek download|"
        "Bunsenbrænder fysiklokale"
    ),
    "08": (
        "Taxakørsel bon 4471|Skolebus rute 7 marts|Kørsel til genoptræning|Handicapkørsel visiteret|"
        "Turistbus t/r svømmehal|Togbillet t/r 2. klasse|Hotel 1 nat m. morgenmad|Flybillet Bruxelles|"
        "Variabel kørsel flexrute|Bustilskud lokalrute|Parkering p-hus|Bropassage personbil|"
        "Minibuskørsel specialbørnehave|Kørsel af elever til specialklasse"
    ),
    "09": (
        "Letmælk 1 l øko|Hakket oksekød 8-12 %|Agurker 12 stk|Rugbrød skiveskåret 950 g|"
        "Kyllingebryst 2,5 kg frost|Kaffe formalet 500 g|Smørrebrød 3 stk. møde|Gulerødder vaskede 10 kg|"
        "Kammerjunkere 1 kg|Pasta penne 5 kg|Catering sommerfest 85 kuv.|Madudbringning hovedret m. biret|"
        "Skyr vanilje 1 kg|Æbler Elstar kasse|Remoulade spand 2,5 kg|Kogeplade service industriovn|"
        "Havregryn 1 kg|Sodavand 33 cl pant|Laks røget skiveskåret|Frokostordning børnehave"
    ),
    "10": (
        "Rengøring af rådhus april|Vinduespudsning udv.|Toiletpapir 2-lags 64 rl|Affaldssække sort 60 l 25 stk|"
        "Opvasketabs maskine|Måtteleje entre 14 dg|Vagtrundering nat|Alarmudrykning 23:40|Eftersyn elevator|"
        "ABA service årligt|Rottebekæmpelse abonnement|Husleje lokaler 2. kvartal|Leje af pavillon daginst.|"
        "Håndsæbe parfumefri 1 l|Flytning af kontor 3. sal|Nøgle system kopi|Vask af duge og viskestykker|"
        "Aftørringspapir centerfeed|Mikrofiberklude blå|Skadeservice vandskade affugtning"
    ),
    "11": (
        "Udskiftning af blandingsbatteri|Murerarbejde fuger|Elektriker timer lør|Montering af LED armatur|"
        "Malerarbejde klasselokale|Gipsplader 13 mm|Skruer 5x60 pk|Reparation af tag|Ny termorude|"
        "Gulvafslibning parket|Ventilationsanlæg udskift motor|VVS svend 3,5 t|Låsesmed udkald|"
        "Træbeskyttelse 5 l|Udskiftning af radiator|Dørpumpe montering|HPFI relæ|Boremaskine akku 18 V|"
        "Tømrerarbejde facade|Rensning af tagrender"
    ),
    "12": (
        "A conto 3 nybygning skole|Stade 4 totalentreprise|Projektering ingeniør fase 2|"
        "Arkitekthonorar dispositionsforslag|Geoteknisk boring 3 stk|Byggeledelse maj|Kloakseparering etape 1|"
        "Nedrivning af barak|Miljøscreening asbest|Landinspektør afsætning|Bygherrerådgivning timer|"
        "Ekstraarbejde aftaleseddel 12|Cykelsti anlæg|Lokalplan udarbejdelse|Statiske beregninger|"
        "Tilsyn ombygning"
    ),
    "13": (
        "Græsslåning 6 gange|Snerydning P-plads|Vejsalt 27 t|Asfaltreparation hul|Stabilgrus 0-32|"
        "Fejning af fortov|Beskæring af vejtræer|Gadelampe udskift LED|Kantsten granit|Tømning af vejbrønde|"
        "Stedmoderblomster bakke|Striber p-båse|Grødeskæring å|Færdselstavle C55|Ukrudtsbrænding|"
        "Trafiksignal servicebesøg|Bænk bordsæt park"
    ),
    "14": (
        "El forbrug kWh juli|Fjernvarme MWh aconto|Vandafledning m3|Nettarif C lav|Naturgas m3|"
        "Træpiller 8 mm palle|Fyringsolie 1500 l|Statsafgift af ledningsført vand|Fast afgift fjernvarme|"
        "Ladeboks abonnement|Elafgift|Spildevand afgift variabel|Fjernaflæst måler montage|Effektbidrag varme"
    ),
    "15": (
        "Afhentning af pap container|Dagrenovation tømning 660 l|Brændbart affald ton|Farligt affald afhentning|"
        "Klinisk risikoaffald kasse|Genbrugsplads drift|Leje af container 10 m3|Deponi ikke brændbart|"
        "Analyse af badevand|Haveaffald modtaget ton|Beholder 240 l grøn|Makulering fortroligt papir|"
        "Slamtømning tank|Jordprøver analyse"
    ),
    "16": (
        "Diesel B7 l|Blyfri 95|Dækskifte vinter 4 stk|Leasingydelse varebil|Serviceeftersyn 60.000 km|"
        "Bremseklodser for|Liftleje 12 m dag|Plæneklipper klinge|Hydraulikslange|Ladvogn el|Motorolie 5w30 20 l|"
        "Traktor leje uge|AdBlue 10 l dunk|Kompaktlæsser|Synstjek bil|Minigraver leje"
    ),
    "17": (
        "Bærbar pc 14 tommer|Tabletcover 10 tommer|Kontorpakke licens pr. bruger|Mobilabonnement fri tale|"
        "Fiberforbindelse 1000/1000|Hosting af server md.|Kliks s/h print|Kopimaskine leje kvartal|"
        "Konsulent SQL timer|Omsorgssystem årlig licens|Skærm 27 tommer QHD|Headset trådløst|Switch 24 port PoE|"
        "Docking USB-C|Projektor lampe|Støttesystem tilslutning|ESDH vedligehold|Firewall support 3 år|"
        "Billedbehandling licens"
    ),
    "18": (
        "Kopipapir A4 80 g|Kuglepen blå 10 stk|Kontorstol sort m. arme|Hæve-sænkebord 180x80|Tonerpatron magenta|"
        "Ringbind A4 70 mm|Sikkerhedssko str. 43|T-shirt m. logo|Porto erhvervspakke|Gardiner mørklægning|"
        "Vaskemaskine 8 kg|Batterier AA 24 pk|Skilt alu 40x60|Køleskab u. frys|Skolebord 70x50|Regnjakke hi-vis|"
        "Flyers A5 1000 stk|Opbevaringsskab m. lås|Post-it 76x76|Kaffekopper hvid 36 stk"
    ),
    "19": (
        "Vikar SOSU-hjælper dag 8 t|Sygeplejerske nat vikartimer|Vikar pædagogmedhjælper|Rengøringsvikar 5 t|"
        "Stillingsopslag rekruttering leder|Kursusgebyr excel|Diplommodul ledelse|Supervision team 3 t|"
        "Førstehjælpskursus 12 delt.|Konferencedeltagelse|Lederudvikling dag 2|Arbejdspladsvurdering konsulent|"
        "Psykologisk krisehjælp medarbejder|Køkkenvikar weekend|Influenzavaccination personale|"
        "Headhunting skoleleder"
    ),
    "20": (
        "Advokatsalær sag|Revision årsregnskab|Tolk arabisk fremmøde|Forsikringspræmie motor|"
        "Annonce lokalavis stillinger|Kontingent 2025|Bankgebyr|Koncert spillemandslaug|"
        "Konsulentbistand organisationsanalyse|Inkassogebyr|Grafisk opsætning årsberetning|Haltimer håndbold|"
        "Abonnement dagblad|Oversættelse tysk 4 sider|Beredskab overdragelse station|Fotograf portræt|"
        "Teaterforestilling børn|Arbejdsskadeforsikring|Brugerundersøgelse rapport|Annoncering sociale medier"
    ),
}


def areas_by_cpv(tree):
    """CPV prefix, of two digits at least → areas whose categories carry it."""
    areas: dict[str, set[str]] = {}
    for category in tree.categories:
        for code in category.cpv_codes:
            areas.setdefault(code.rstrip("0").ljust(2, "0"), set()).add(tree.path(category.category_code)[0])
    return areas


def areas_of(code, areas):
    found = (areas[code[:length]] for length in range(8, 1, -1) if code[:length] in areas)
    return next(found, set())


def with_areas(table, codes):
    """Rows whose CPV code belongs to some area, and which areas those are."""
    areas = areas_by_cpv(standard_tree())
    table = table.assign(areas=[areas_of(code, areas) if isinstance(code, str) else set() for code in codes])
    return table[table["areas"].map(bool)].reset_index(drop=True)


def feature_rows(names, texts=None):
    rows = pd.DataFrame(dict.fromkeys(CLASSIFIER_FEATURES), index=names.index, dtype=object)
    rows["item_name"], rows["line_text"] = names, texts
    return rows


def half_of(buyer):
    """Half 0 was looked at while phrases were written, half 1 never."""
    return int(md5(buyer.encode(), usedforsecurity=False).hexdigest(), 16) % 2


def shares_right(classifier, rows, areas):
    """Share of rows whose area is the best one, and among the best three."""
    by_area = classifier.levels.at(classifier.probabilities(clean_features(rows)), 1)
    best = classifier.levels.codes[1][(-by_area).argsort(axis=1)[:, :3]]
    first = sum(codes[0] in known for codes, known in zip(best, areas, strict=True)) / len(rows)
    three = sum(bool(known & set(codes)) for codes, known in zip(best, areas, strict=True)) / len(rows)
    print({"rows": len(rows), "first": round(first, 3), "three": round(three, 3)})  # noqa: T201
    return first, three


@pytest.fixture(scope="module")
def classifier():
    return train(pd.DataFrame(columns=list(LABELLED)), standard_tree())


@pytest.fixture(scope="module")
def notices(shared_data):
    path = shared_data / "ted_denmark" / "notices_dk.csv"
    if not path.is_file():
        pytest.skip("the Danish notices are not among the real data")
    table = pd.read_csv(path, dtype=str)
    table = table[table["lang"].eq("DA")]
    return with_areas(table, table["cpv_main"])


@pytest.fixture(scope="module")
def titles(shared_data):
    path = shared_data / "sweden_cpv" / "number_of_procurements.csv.gz"
    if not path.is_file():
        pytest.skip("the Swedish tenders are not among the real data")
    columns = {"Upphandlingens titel": "title", "Huvudsaklig CPV-kod": "cpv", "Namn för köpare": "buyer"}
    table = pd.read_csv(path, dtype=str, usecols=list(columns)).rename(columns=columns).dropna()
    table["cpv"] = table["cpv"].str[:8]
    table = table[table["cpv"].ne("00000000")].drop_duplicates(["title", "cpv"])
    return table.assign(half=table["buyer"].map(half_of))


def test_the_area_of_danish_notices_is_mostly_the_first_and_nearly_always_among_three(classifier, notices):
    rows = feature_rows(notices["title"], notices["description"].str[:LONGEST_TEXT])
    first, three = shares_right(classifier, rows, notices["areas"])
    assert first > DANISH_FIRST
    assert three > DANISH_THREE
    claimed = classifier.predict(rows)["category_code"]
    right = [code[:2] in areas for code, areas in zip(claimed, notices["areas"], strict=True) if code]
    assert sum(right) / len(right) > 0.7


@pytest.mark.parametrize("half", [0, 1], ids=["seen-while-writing", "unseen-buyers"])
def test_the_area_of_swedish_titles_is_mostly_the_first(classifier, titles, half):
    table = titles[titles["half"].eq(half)].sample(TITLES, random_state=1)
    table = with_areas(table, table["cpv"])
    first, three = shares_right(classifier, feature_rows(table["title"]), table["areas"])
    assert first > SWEDISH_FIRST
    assert three > SWEDISH_THREE


def test_the_area_of_finnish_names_of_what_is_tendered_for_is_mostly_the_first(classifier, titles, shared_data):
    path = shared_data / "cpv" / "cpv2008_da.csv"
    if not path.is_file():
        pytest.skip("the nomenclature is not among the real data")
    names = pd.read_csv(path, dtype=str, usecols=["code", "name_fi"]).dropna()
    names = names[names["code"].str[:8].isin(set(titles["cpv"]))]
    table = with_areas(names, names["code"].str[:8])
    first, three = shares_right(classifier, feature_rows(table["name_fi"]), table["areas"])
    assert first > FINNISH_FIRST
    assert three > FINNISH_THREE


def test_the_area_of_invented_invoice_lines_is_nearly_always_the_first(classifier):
    lines = [(area, line) for area, text in INVENTED_LINES.items() for line in text.split("|")]
    areas, texts = zip(*lines, strict=True)
    first, three = shares_right(classifier, feature_rows(pd.Series(texts)), [{area} for area in areas])
    assert first > 0.90
    assert three > 0.96
