"""Countries by ISO 3166-1 alpha-2 code, which destinations require, and by English name."""

import re

COUNTRY_CODES = frozenset(
    re.findall(
        r"[A-Z]{2}",
        """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """,
    )
)

_NAMES = """
AR Argentina; AT Austria; AU Australia; BE Belgium; BG Bulgaria; BR Brazil; CA Canada; CH Switzerland; CL Chile;
CN China; CN People's Republic of China; CO Colombia; CY Cyprus; CZ Czech Republic; CZ Czechia; DE Germany; DK Denmark;
EE Estonia; EG Egypt; ES Spain; FI Finland; FR France; GB England; GB Great Britain; GB Northern Ireland; GB Scotland;
GB UK; GB United Kingdom; GB Wales; GR EL; GR Greece; HK Hong Kong; HR Croatia; HU Hungary; ID Indonesia; IE Ireland;
IE Republic of Ireland; IL Israel; IN India; IS Iceland; IT Italy; JP Japan; KR Korea; KR Republic of Korea;
KR South Korea; LI Liechtenstein; LT Lithuania; LU Luxembourg; LV Latvia; MA Morocco; MT Malta; MX Mexico; MY Malaysia;
NL Holland; NL Netherlands; NL The Netherlands; NO Norway; NZ New Zealand; PE Peru; PH Philippines; PL Poland;
PT Portugal; RO Romania; RS Serbia; RU Russia; RU Russian Federation; SA Saudi Arabia; SE Sweden; SG Singapore;
SI Slovenia; SK Slovak Republic; SK Slovakia; TH Thailand; TR Turkey; TR Türkiye; TW Taiwan; UA Ukraine;
AE United Arab Emirates; US America; US U.S.; US U.S.A.; US USA; US United States; US United States of America;
VN Viet Nam; VN Vietnam; ZA South Africa
"""
CODES_BY_NAME = {
    name.casefold(): country_code for country_code, name in (entry.split(maxsplit=1) for entry in _NAMES.split(";"))
}


def country_code(country_text: str) -> str:
    """Return the code in capitals; blank if the country is unknown.

    >>> country_code("de"), country_code("United Kingdom "), country_code("UK"), country_code("Atlantis")
    ('DE', 'GB', 'GB', '')
    """
    country_name = " ".join(country_text.split())
    return (
        country_name.upper()
        if country_name.upper() in COUNTRY_CODES
        else CODES_BY_NAME.get(country_name.casefold(), "")
    )
