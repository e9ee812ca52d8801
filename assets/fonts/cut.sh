#!/bin/sh
# Cuts the font of the pictures from Noto Sans CJK SC Regular: GB 2312, Latin, and the symbols that charts use, without
# layout tables and hinting. Needs fonttools (`pip install fonttools`; the font here was cut with 4.68.0).
#
# usage: assets/fonts/cut.sh [/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc]
set -eu
source=${1:-/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc}
folder=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$source" "$work" <<'PYTHON'
import sys
from fontTools.ttLib import TTCollection

source, work = sys.argv[1:]
characters = set()
for row in range(0xA1, 0xF8):
    for cell in range(0xA1, 0xFF):
        try:
            characters.update(bytes([row, cell]).decode("gb2312"))
        except UnicodeDecodeError:
            pass
ranges = [
    (0x20, 0x7E), (0xA0, 0x17F),  # ASCII, Latin-1, Latin Extended-A
    (0x1CD, 0x1DC), (0x2C7, 0x2C9),  # the tones of pinyin
    (0x2010, 0x203B), (0x20AC, 0x20AC),  # dashes, quotation marks, the euro
    (0x2100, 0x2127), (0x2150, 0x217F), (0x2190, 0x21FF),  # letters as signs, fractions, Roman numbers, arrows
    (0x2200, 0x2265), (0x2460, 0x24FF),  # mathematics, circled and bracketed numbers
    (0x25A0, 0x25FF), (0x2605, 0x2642), (0x2713, 0x2717),  # shapes, ticks
    (0x2776, 0x2793), (0x2E80, 0x2EF3), (0x3000, 0x303F),  # black circled numbers, radicals, marks of Chinese text
    (0x3220, 0x3243), (0x3251, 0x325F), (0x3280, 0x32BF),  # bracketed and circled words, circled numbers to 50
    (0x3380, 0x33DD), (0xFE30, 0xFE4F), (0xFF01, 0xFF5E), (0xFFE0, 0xFFE6),  # units, upright and full-width forms
]
for first, last in ranges:
    characters.update(map(chr, range(first, last + 1)))
# Beyond GB 2312: what stands in names of people and places of Fujian, in chemistry and in units.
characters.update("垚堃喆犇淼骉赟燊玥瑀珺玹晳昇昉旸暐晞翀翊頔祎祺禛禔竑筱莜甯桢槿楠樾樑沄沚浛淏湉滢漪澍濛灏烜煊煜熠燚瑄璟璐璠瓛甪畲畬"
                  "埕墘塭圳垵岽岈崎嵙峂鲎鲟鳗鲀蛏蚵蠔氡氪氙镎钚锿鿏鿔囍镕堉埔坂墩尪洺浯澛㵲浔涂漈漳濑溽砫碶磜礤")
face = next(face for face in TTCollection(source).fonts if face["name"].getDebugName(1) == "Noto Sans CJK SC")
face.recalcTimestamp = False
face.save(f"{work}/sc.otf")
known = face.getBestCmap()
with open(f"{work}/unicodes", "w") as unicodes:
    unicodes.writelines(f"{ord(c):X}\n" for c in sorted(characters) if ord(c) in known)
PYTHON

# The names go with the rest: the licence reserves them for the whole font.
pyftsubset "$work/sc.otf" --unicodes-file="$work/unicodes" --output-file="$work/cut.otf" --layout-features='' \
    --no-hinting --drop-tables+=GSUB,GPOS,GDEF,BASE,VORG,vhea,vmtx,DSIG --name-IDs='0,13,14' \
    --notdef-outline --no-glyph-names

python3 - "$work/cut.otf" "$folder/QingdanSans-Regular.otf" <<'PYTHON'
import sys
from fontTools.ttLib import TTFont

cut, result = sys.argv[1:]
font = TTFont(cut, recalcTimestamp=False)
names = {1: "Qingdan Sans", 2: "Regular", 3: "Qingdan Sans Regular", 4: "Qingdan Sans", 6: "QingdanSans-Regular"}
for number, name in names.items():
    font["name"].setName(name, number, 3, 1, 0x409)
top = font["CFF "].cff
top.fontNames = ["QingdanSans-Regular"]
for key, name in (("FullName", "Qingdan Sans"), ("FamilyName", "Qingdan Sans")):
    setattr(top.topDictIndex[0], key, name)
for part in top.topDictIndex[0].FDArray:
    part.FontName = part.FontName.replace("NotoSansCJKjp", "QingdanSans")
font.save(result)
print(f"{result}: {len(font.getBestCmap())} characters")
PYTHON
