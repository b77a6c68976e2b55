#!/bin/sh
# Adds up all images of a field in one band, on a fixed grid around the centre of the field, with
# North up and East left.
set -eu

usage() {
    echo "usage: coadd.sh --field N --band B --ra DEG --dec DEG --output FITS IMAGE..." >&2
    exit 2
}

field='' band='' ra='' dec='' output=''
while [ $# -ge 2 ]; do
    case $1 in
        --field)  field=$2 ;;
        --band)   band=$2 ;;
        --ra)     ra=$2 ;;
        --dec)    dec=$2 ;;
        --output) output=$2 ;;
        --*)      usage ;;
        *)        break ;;
    esac
    shift 2
done
[ $# -ge 1 ] || usage
for value in "$field" "$band" "$ra" "$dec" "$output"; do
    [ -n "$value" ] || usage
done

tmp=''
# shellcheck source=SCRIPTDIR/common.sh disable=SC1091
. "${0%/*}/common.sh"

# The images must be of one scale of brightness; the coadd's seeing is their mean.
for image; do
    astfits "$image" --hdu=0 --quiet --keyvalue=MAGZERO,SEEING,GAIN,VISIT
done >"$tmp/keys"
awk 'NR == 1 { zero = $1; gain = $3 }
     $1 != zero || $3 != gain {
         print "coadd.sh: zero points or gains differ" > "/dev/stderr"
         bad = 1
         exit
     }
     { sum += $2; visits[$4] }
     END {
         if (bad) exit 1
         for (v in visits) n++
         print zero, sum / NR, n
     }' "$tmp/keys" >"$tmp/means"
read -r zero seeing visits <"$tmp/means"

pixel=0.4                               # arc seconds
size=4500                               # pixels: half a degree
SWarp -d >"$tmp/swarp.conf"
quietly SWarp "$@" -c "$tmp/swarp.conf" -IMAGEOUT_NAME "$tmp/coadd.fits" \
    -WEIGHTOUT_NAME "$tmp/weight.fits" \
    -COMBINE_TYPE AVERAGE -CELESTIAL_TYPE EQUATORIAL -CENTER_TYPE MANUAL -CENTER "$ra,$dec" \
    -PIXELSCALE_TYPE MANUAL -PIXEL_SCALE "$pixel" -IMAGE_SIZE "$size,$size" \
    -RESAMPLING_TYPE LANCZOS3 -BACK_SIZE 256 \
    -RESAMPLE_DIR "$tmp" -VMEM_DIR "$tmp" -MEM_MAX 128 -COMBINE_BUFSIZE 64 \
    -NTHREADS 1 -WRITE_XML N -VERBOSE_TYPE QUIET

# Resampling makes neighbouring pixels alike, so the noise is taken from blocks of 4 x 4 pixels in
# the middle.
quietly astcrop "$tmp/coadd.fits" --hdu=0 --mode=img --section="1500:2999,1500:2999" \
    --output="$tmp/middle.fits"
quietly astwarp "$tmp/middle.fits" --hdu=1 --numthreads=1 --scale=0.25 --output="$tmp/blocks.fits"
noise=$(aststatistics "$tmp/blocks.fits" --hdu=1 --quiet --sigclip-std)
numbers=$(awk -v zero="$zero" -v noise="$noise" -v seeing="$seeing" -v pixel="$pixel" 'BEGIN {
    area = 2.266 * (seeing / pixel) ^ 2
    printf "%.4f %.3f", noise / 4, zero - 2.5 * log(5 * noise / 4 * sqrt(area)) / log(10)
}')

quietly astfits "$tmp/coadd.fits" --hdu=0 \
    --write=/,"Survey" \
    --write="FIELD,$field,Field: obshistid of the instance catalog" \
    --update="FILTER,$band,Band" \
    --write="NIMAGES,$#,Images added up" \
    --write="NVISITS,$visits,Visits added up" \
    --update="SEEING,$seeing,FWHM of the point spread function: the mean,arcsec" \
    --update="MAGZERO,$zero,AB magnitude of 1 ADU" \
    --write="BKGNOISE,${numbers% *},Standard deviation of the background,adu" \
    --write="DEPTH,${numbers#* },Magnitude of a star at five sigma"
quietly astfits "$tmp/coadd.fits" --hdu=0 --write=checksum
mv "$tmp/coadd.fits" "$output"
echo "field $field $band: $# images of $visits visits, five sigma at ${numbers#* }"
