#!/bin/sh
# A table of all images and all coadds, from the headers that detect.sh and coadd.sh wrote.
set -eu

usage() {
    echo "usage: summary.sh --output TXT --catalogs FITS... --coadds FITS..." >&2
    exit 2
}

output=''
if [ $# -ge 2 ] && [ "$1" = --output ]; then output=$2; shift 2; fi
if [ -z "$output" ] || [ $# -eq 0 ]; then usage; fi

tmp=''
# shellcheck source=SCRIPTDIR/common.sh disable=SC1091
. "${0%/*}/common.sh"

: >"$tmp/catalogs"
: >"$tmp/coadds"
kind=''
for argument; do
    case $argument in
        --catalogs) kind=catalogs ;;
        --coadds)   kind=coadds ;;
        *)
            case $kind in
                catalogs) keys=FIELD,VISIT,DETNAME,FILTER,SEEING,FWHM,BKGNOISE,DEPTH,NAXIS2 hdu=1 ;;
                coadds)   keys=FIELD,FILTER,NVISITS,NIMAGES,SEEING,BKGNOISE,DEPTH hdu=0 ;;
                *)        usage ;;
            esac
            astfits "$argument" --hdu=$hdu --quiet --keyvalue=$keys >>"$tmp/$kind" ;;
    esac
done
sort -k1,1n -k2,2n -k3,3 "$tmp/catalogs" >"$tmp/images"
sort -k1,1n -k2,2 "$tmp/coadds" >"$tmp/sums"

{
    echo "Images: full width at half maximum in arc seconds, as drawn and as measured;"
    echo "noise in ADU; depth is the magnitude of a star at five sigma"
    echo
    awk 'BEGIN { row = "%8s  %8s  %-8s %4s  %6s  %8s  %6s  %6s  %10s\n"
                 printf row, "field", "visit", "sensor", "band", "seeing", "measured",
                     "noise", "depth", "detections" }
         { printf row, $1, $2, $3, $4, sprintf("%.2f", $5), ($6 > 0 ? sprintf("%.2f", $6) : "-"),
                  sprintf("%.2f", $7), sprintf("%.2f", $8), $9; total += $9 }
         END { printf "\n%d images, %d detections\n", NR, total }' "$tmp/images"
    echo
    echo "Coadds"
    echo
    awk 'BEGIN { row = "%8s  %4s  %6s  %6s  %6s  %6s  %6s\n"
                 printf row, "field", "band", "visits", "images", "seeing", "noise", "depth" }
         { printf row, $1, $2, $3, $4,
                  sprintf("%.2f", $5), sprintf("%.2f", $6), sprintf("%.2f", $7) }' "$tmp/sums"
} >"$tmp/summary.txt"
mv "$tmp/summary.txt" "$output"
echo "summary: $(wc -l <"$tmp/images") images, $(wc -l <"$tmp/sums") coadds"
