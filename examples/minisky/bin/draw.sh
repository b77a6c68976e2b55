#!/bin/sh
# Draws what one sensor sees in one visit: objects of an instance catalog, the sky and the noise.
# The image is in ADU, unsigned 16 bits, with the world coordinates of the pointing.
set -eu

usage() {
    cat >&2 <<END
usage: draw.sh --catalog FILE --field N --visit N --band B
               --ra DEG --dec DEG --rotskypos DEG --seeing ARCSEC
               --name SENSOR --detector N --x-mm MM --y-mm MM --nx PIXELS --ny PIXELS --output FITS
END
    exit 2
}

catalog='' field='' visit='' band='' ra='' dec='' rot='' seeing=''
name='' detector='' x_mm='' y_mm='' nx='' ny='' output=''
while [ $# -ge 2 ]; do
    case $1 in
        --catalog)   catalog=$2 ;;
        --field)     field=$2 ;;
        --visit)     visit=$2 ;;
        --band)      band=$2 ;;
        --ra)        ra=$2 ;;
        --dec)       dec=$2 ;;
        --rotskypos) rot=$2 ;;
        --seeing)    seeing=$2 ;;
        --name)      name=$2 ;;
        --detector)  detector=$2 ;;
        --x-mm)      x_mm=$2 ;;
        --y-mm)      y_mm=$2 ;;
        --nx)        nx=$2 ;;
        --ny)        ny=$2 ;;
        --output)    output=$2 ;;
        *)           usage ;;
    esac
    shift 2
done
[ $# -eq 0 ] || usage
for value in "$catalog" "$field" "$visit" "$band" "$ra" "$dec" "$rot" "$seeing" \
             "$name" "$detector" "$x_mm" "$y_mm" "$nx" "$ny" "$output"; do
    [ -n "$value" ] || usage
done

tmp=''
# shellcheck source=SCRIPTDIR/common.sh disable=SC1091
. "${0%/*}/common.sh"

bin=2
exptime=30
gain=4                                  # electrons per ADU
full=65000                              # ADU, of 16 bits; Gnuastro takes 65535 for a missing pixel
saturation=60000
width=$((nx / bin))
height=$((ny / bin))

# The magnitude of one electron per second, and the sky's per square arc second: round numbers.
case $band in
    u) zero=26.4 sky=22.9 ;;
    g) zero=28.3 sky=22.3 ;;
    r) zero=28.1 sky=21.2 ;;
    i) zero=27.8 sky=20.5 ;;
    z) zero=27.4 sky=19.6 ;;
    y) zero=26.6 sky=18.6 ;;
    *) echo "draw.sh: no band $band" >&2; exit 1 ;;
esac

# Zero point in electrons per exposure; sky and read noise (9 electrons a pixel) in electrons per
# binned pixel; the zero point in ADU; and the world coordinates: the optical axis is the reference
# pixel of all sensors.
awk -v zero="$zero" -v sky="$sky" -v exptime="$exptime" -v gain="$gain" -v bin="$bin" \
    -v rot="$rot" -v x="$x_mm" -v y="$y_mm" -v width="$width" -v height="$height" 'BEGIN {
    pixel = 20.005867576692737 * 0.01 * bin
    exposure = zero + 2.5 * log(exptime) / log(10)
    background = 10 ^ (0.4 * (exposure - sky)) * pixel ^ 2
    read = (9 * bin) ^ 2
    phi = (90 - rot) * atan2(0, -1) / 180
    printf "%.6f %.4f %.4f ", exposure, background, read
    printf "%.4f %.6f ", sqrt(background + read), exposure - 2.5 * log(gain) / log(10)
    printf "%.4f,%.4f ", (width + 1) / 2 - x / (0.01 * bin), (height + 1) / 2 - y / (0.01 * bin)
    printf "%.12g %.10f,%.10f,%.10f,%.10f\n", pixel / 3600, -cos(phi), sin(phi), sin(phi), cos(phi)
}' >"$tmp/numbers"
read -r exposure background read_variance sigma magzero crpix cdelt pc <"$tmp/numbers"

awk -v ra="$ra" -v dec="$dec" -v rot="$rot" -v x_mm="$x_mm" -v y_mm="$y_mm" \
    -v width="$width" -v height="$height" -v bin="$bin" -v band="$band" \
    -v fwhm="$seeing" -v zeropoint="$exposure" -v sky_sigma="$sigma" -v faintest=27.5 \
    -v stars="$tmp/stars.txt" -v galaxies="$tmp/galaxies.txt" -f "${0%/*}/select.awk" "$catalog"

# All the random numbers of an image follow from its visit and detector.
GSL_RNG_SEED=$((visit * 1000 + detector))
export GSL_RNG_SEED

profiles() {
    quietly astmkprof --quiet --numthreads=1 --envseed --oversample=1 \
        --psfinimg --numrandom=1000 --type=float32 \
        --mergedsize="$width,$height" --mode=img --zeropoint="$exposure" \
        --crpix="$crpix" --crval="$ra,$dec" --cdelt="$cdelt,$cdelt" --pc="$pc" \
        --ctype=RA---TAN,DEC--TAN --cunit=deg,deg \
        --ccol=2 --ccol=3 --fcol=4 --rcol=5 --ncol=6 --pcol=7 --qcol=8 --mcol=9 --tcol=10 "$@"
}

# Stars are profiles of the point spread function; galaxies are Sersic profiles that it blurs.
cp "$tmp/stars.txt" "$tmp/points.txt"
echo "0 1 1 2 2 2.5 0 1 99 4" >>"$tmp/points.txt"     # magnitude 99: astmkprof wants at least one
profiles --output="$tmp/stars.fits" "$tmp/points.txt"
set -- "$tmp/stars.fits" -h1
if [ -s "$tmp/galaxies.txt" ]; then
    profiles --output="$tmp/sharp.fits" "$tmp/galaxies.txt"
    fwhm=$(awk -v seeing="$seeing" -v cdelt="$cdelt" \
        'BEGIN { printf "%.4f", seeing / 3600 / cdelt }')
    quietly astmkprof --quiet --envseed --oversample=1 --kernel="moffat,$fwhm,2.5,3" \
        --output="$tmp/psf.fits"
    quietly astconvolve --quiet --numthreads=1 --domain=spatial --hdu=1 \
        --kernel="$tmp/psf.fits" --khdu=1 --type=float32 \
        --output="$tmp/galaxies.fits" "$tmp/sharp.fits"
    set -- "$@" "$tmp/galaxies.fits" -h1 +
fi
# photons = objects + sky; ADU = (photons + noise) / gain, rounded and clipped.
quietly astarithmetic --quiet --numthreads=1 --envseed "$@" "$background" + float32 set-photons \
    photons 0 x float32 1 mknoise-sigma photons "$read_variance" + sqrt x \
    photons + "$gain" / 0.5 + set-adu \
    adu adu 0 lt 0 where set-low  low low "$full" gt "$full" where uint16 --output="$tmp/image.fits"

# One HDU, with the words that a survey's image carries.
quietly astfits "$tmp/image.fits" --primaryimghdu --copy=1 --output="$tmp/one.fits"
if astfits "$tmp/one.fits" --hdu=0 --quiet --printkeynames | grep -q '^COMMIT$'; then
    # Of whatever work tree this runs in: it says nothing.
    quietly astfits "$tmp/one.fits" --hdu=0 --delete=COMMIT
fi
quietly astfits "$tmp/one.fits" --hdu=0 \
    --write=/,"Survey" \
    --write="VISIT,$visit,Visit" \
    --write="FIELD,$field,Field: obshistid of the instance catalog" \
    --write="DETNAME,$name,Sensor" \
    --write="DETECTOR,$detector,Number of the sensor" \
    --write="FILTER,$band,Band" \
    --write="ROTSKY,$rot,Angle of the camera on the sky,deg" \
    --write="EXPTIME,$exptime,Exposure,s" \
    --write="SEEING,$seeing,FWHM of the point spread function,arcsec" \
    --write="GAIN,$gain,Electrons per ADU" \
    --write="SATURATE,$saturation,Saturation,adu" \
    --write="MAGZERO,$magzero,AB magnitude of 1 ADU"
quietly astfits "$tmp/one.fits" --hdu=0 --write=checksum
mv "$tmp/one.fits" "$output"
stars=$(wc -l <"$tmp/stars.txt")
galaxies=$(wc -l <"$tmp/galaxies.txt")
echo "visit $visit $name $band: $stars stars, $galaxies galaxies"
