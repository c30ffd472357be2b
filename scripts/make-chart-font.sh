#!/bin/sh
# Makes the font that the charts embed: DejaVu Sans, cut down to the characters a chart can need.
#
# Inputs: DejaVuSans.ttf of Debian's package fonts-dejavu-core 2.37-6 and fonttools 4.68.0 from PyPI,
# which goes into a temporary virtual environment. The same inputs give the same bytes.
#
# Usage: scripts/make-chart-font.sh [DejaVuSans.ttf]

set -eu

source=${1:-/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf}
target=$(dirname "$0")/../src/report/chart/font/DejaVuSans-subset.ttf

# Another release of the font would change every chart by a hair, unnoticed.
echo "abdc775b21b1bc470d50c97e790d276f2054b7504e56e5bd3e64f48d68582322  $source" | sha256sum --check --quiet

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet fonttools==4.68.0

# Basic Latin; Latin-1; Greek; dashes, quotes, bullet, ellipsis, per mille; subscript digits and n;
# trade mark (processor names have it); arrows; minus, infinity, approximately, (un)equal, at most,
# at least.
characters=U+0020-007E,U+00A0-00FF,U+0391-03A1,U+03A3-03A9,U+03B1-03C9
characters=$characters,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D,U+2022,U+2026,U+2030
characters=$characters,U+2080-2089,U+2099,U+2122,U+2190,U+2192,U+2212,U+221E,U+2248,U+2260,U+2264,U+2265

# Hinting and kerning go: neither is used when glyphs are drawn from their outlines at twice the size.
"$work/venv/bin/pyftsubset" "$source" --output-file="$target" --unicodes="$characters" \
    --no-hinting --drop-tables+=FFTM,GDEF,GPOS,GSUB,MATH,gasp --name-IDs=0,1,2,3,4,5,6,13,14 --notdef-outline
sha256sum "$target"
