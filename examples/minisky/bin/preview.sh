#!/bin/sh
# A picture of a field in two bands, with three details beside it; etc/preview.txt says which.
set -eu

usage() {
    echo "usage: preview.sh --output PNG COADD..." >&2
    exit 2
}

output=''
while [ $# -ge 2 ]; do
    case $1 in
        --output) output=$2 ;;
        --*)      usage ;;
        *)        break ;;
    esac
    shift 2
done
if [ $# -lt 2 ] || [ -z "$output" ]; then usage; fi
views=${0%/*}/../etc/preview.txt

tmp=''
# shellcheck source=SCRIPTDIR/common.sh disable=SC1091
. "${0%/*}/common.sh"

# The coadds by field and band.
for coadd; do
    key=$(astfits "$coadd" --hdu=0 --quiet --keyvalue=FIELD,FILTER)
    ln -s "$(realpath "$coadd")" "$tmp/coadd-${key%% *}-${key##* }.fits"
done

# part NAME FIELD RA DEC WIDTH HEIGHT SCALE: a part of a field as a picture.
# The mean of both bands gives the brightness, by asinh from a little above the sky; their ratio
# gives the colour: a source of r - i = 0.3 is white. Below 40 times the noise the colour fades, so
# that the sky is grey.
part() {
    degrees=$(awk -v width="$5" -v height="$6" \
        'BEGIN { printf "%.8f,%.8f", width / 3600, height / 3600 }')
    shrink=$(awk -v scale="$7" 'BEGIN { print scale < 1 }')
    for band in r i; do
        quietly astcrop "$tmp/coadd-$2-$band.fits" --hdu=0 --mode=wcs \
            --center="$3,$4" --width="$degrees" --output="$tmp/crop.fits"
        if [ "$shrink" = 1 ]; then
            quietly astwarp "$tmp/crop.fits" --hdu=1 --numthreads=1 --scale="$7" \
                --output="$tmp/part.fits"
        else
            mv "$tmp/crop.fits" "$tmp/part.fits"
        fi
        zero=$(astfits "$tmp/coadd-$2-$band.fits" --hdu=0 --quiet --keyvalue=MAGZERO)
        factor=$(awk -v zero="$zero" -v band="$band" \
            'BEGIN { print 10 ^ (0.4 * (30 - zero + (band == "r" ? 0.3 : 0))) }')
        quietly aststatistics "$tmp/part.fits" --hdu=1 --sigclip-median
        read -r sky <"$tmp/said"
        quietly astarithmetic "$tmp/part.fits" --hdu=1 "$sky" - "$factor" x float32 \
            --output="$tmp/$band.fits"
        rm -f "$tmp/part.fits"
    done
    quietly astarithmetic "$tmp/r.fits" "$tmp/i.fits" + 2 / --globalhdu=1 --output="$tmp/mean.fits"
    quietly aststatistics "$tmp/mean.fits" --hdu=1 --sigclip-std
    read -r noise <"$tmp/said"
    for colour in red green blue; do
        case $colour in
            red)   slope=3 ;;
            green) slope=0 ;;
            blue)  slope=-3 ;;
        esac
        quietly astarithmetic "$tmp/i.fits" "$tmp/r.fits" "$tmp/mean.fits" --globalhdu=1 \
            set-m set-r set-i i r - i abs r abs + "$noise" 40 x + / "$slope" x 1 + \
            m "$noise" / 0.3 - 1.6 / asinh 5.6 / 255 x x \
            set-v v v 0 lt 0 where set-w w w 255 gt 255 where --output="$tmp/$colour.fits"
    done
    quietly astconvertt "$tmp/red.fits" "$tmp/green.fits" "$tmp/blue.fits" --globalhdu=1 \
        --fluxlow=0 --fluxhigh=255 --forcemin --forcemax --quality=100 --output="$tmp/$1.jpg"
}

number=0
grep -v '^#' "$views" >"$tmp/views"
while read -r field ra dec width height scale text <&3; do
    number=$((number + 1))
    part "part$number" "$field" "$ra" "$dec" "$width" "$height" "$scale"
    if [ $number -eq 1 ]; then
        size=864x864
        centre_field=$field centre_ra=$ra centre_dec=$dec wide=$width
        set -- -bordercolor none
    else
        size=324x280
        if [ "$field" = "$centre_field" ]; then
            # A frame around the detail's place in the large picture.
            set -- "$@" -draw "$(awk -v ra="$ra" -v dec="$dec" \
                -v width="$width" -v height="$height" \
                -v ra0="$centre_ra" -v dec0="$centre_dec" -v wide="$wide" 'BEGIN {
                    per = 864 / wide
                    x = 432 - (ra - ra0) * cos(dec0 * atan2(0, -1) / 180) * 3600 * per
                    y = 432 - (dec - dec0) * 3600 * per
                    w = width * per / 2
                    h = height * per / 2
                    printf "rectangle %.0f,%.0f %.0f,%.0f", x - w, y - h, x + w, y + h
                }')"
        fi
    fi
    quietly convert "$tmp/part$number.jpg" -filter Mitchell -resize "$size!" "$tmp/panel$number.png"
    quietly convert "$tmp/panel$number.png" -gravity SouthWest -font DejaVu-Sans -pointsize 15 \
        -fill '#0008' -stroke none -annotate +13+9 "$text" \
        -fill '#e8e8e8' -annotate +12+10 "$text" "$tmp/panel$number.png"
done 3<"$tmp/views"

# The scale: a line of five arc minutes.
line=$(awk -v wide="$wide" 'BEGIN { printf "%.0f,848 852,848", 852 - 300 * 864 / wide }')
quietly convert "$tmp/panel1.png" -fill none -stroke '#f0c060' "$@" \
    -stroke '#e8e8e8' -strokewidth 2 -draw "line $line" -stroke none \
    -fill '#e8e8e8' -font DejaVu-Sans -pointsize 15 \
    -gravity SouthEast -annotate +12+22 "5 arc minutes" "$tmp/panel1.png"
quietly convert -background '#101014' \( "$tmp/panel2.png" "$tmp/panel3.png" "$tmp/panel4.png" \
    -background '#101014' -gravity North -splice 0x12 -append -chop 0x12 \) "$tmp/column.png"
quietly convert "$tmp/panel1.png" \
    \( "$tmp/column.png" -background '#101014' -gravity West -splice 12x0 \) +append \
    +dither -colors 144 -strip -define png:compression-level=9 "$tmp/preview.png"
mv "$tmp/preview.png" "$output"
echo "preview: $(wc -c <"$output") bytes"
