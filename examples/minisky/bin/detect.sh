#!/bin/sh
# Finds and measures the sources of one image; the catalog's header tells how good the image is.
set -eu

usage() {
    echo "usage: detect.sh --image FITS --output FITS" >&2
    exit 2
}

image='' output=''
while [ $# -ge 2 ]; do
    case $1 in
        --image)  image=$2 ;;
        --output) output=$2 ;;
        *)        usage ;;
    esac
    shift 2
done
if [ $# -ne 0 ] || [ -z "$image" ] || [ -z "$output" ]; then usage; fi
here=${0%/*}

tmp=''
# shellcheck source=SCRIPTDIR/common.sh disable=SC1091
. "${0%/*}/common.sh"

astfits "$image" --hdu=0 --quiet \
    --keyvalue=VISIT,FIELD,DETNAME,FILTER,SEEING,MAGZERO,CDELT2 >"$tmp/keys"
read -r visit field name band seeing magzero cdelt <"$tmp/keys"

catalog=$tmp/catalog.fits
quietly source-extractor "$image" -c "$here/../etc/detect.sex" \
    -PARAMETERS_NAME "$here/../etc/detect.param" -FILTER_NAME "$here/../etc/gauss.conv" \
    -MAG_ZEROPOINT "$magzero" -CATALOG_NAME "$catalog"

# Noise of the background; how wide the bright, round, clean detections are (0 where they are fewer
# than three); the magnitude of a star five times above the noise that is under it.
detections=$(astfits "$catalog" --hdu=1 --quiet --keyvalue=NAXIS2)
noise=$(aststatistics "$image" --hdu=0 --quiet --sigclip-std)
: >"$tmp/sources.txt"
if [ "$detections" -gt 0 ]; then
    quietly asttable "$catalog" --hdu=1 \
        --column=FWHM_IMAGE,MAGERR_AUTO,ELLIPTICITY,FLAGS --output="$tmp/sources.txt"
fi
awk '!/^#/ && $2 < 0.03 && $3 < 0.15 && $4 == 0 { print $1 }' "$tmp/sources.txt" |
    sort -g >"$tmp/widths.txt"
fwhm=$(awk -v cdelt="$cdelt" '{ width[NR] = $1 }
    END { printf "%.3f", NR < 3 ? 0 : width[int((NR + 1) / 2)] * cdelt * 3600 }' "$tmp/widths.txt")
depth=$(awk -v zero="$magzero" -v noise="$noise" -v seeing="$seeing" -v cdelt="$cdelt" 'BEGIN {
    area = 2.266 * (seeing / 3600 / cdelt) ^ 2
    printf "%.3f", zero - 2.5 * log(5 * noise * sqrt(area)) / log(10)
}')

quietly astfits "$catalog" --hdu=1 \
    --write=/,"Survey" \
    --write="VISIT,$visit,Visit" \
    --write="FIELD,$field,Field: obshistid of the instance catalog" \
    --write="DETNAME,$name,Sensor" \
    --write="FILTER,$band,Band" \
    --write="SEEING,$seeing,FWHM of the point spread function,arcsec" \
    --write="FWHM,$fwhm,FWHM measured,arcsec" \
    --write="BKGNOISE,$noise,Standard deviation of the background,adu" \
    --write="DEPTH,$depth,Magnitude of a star at five sigma"
quietly astfits "$catalog" --hdu=1 --write=checksum
mv "$catalog" "$output"
echo "visit $visit $name $band: $detections detections, five sigma at $depth"
