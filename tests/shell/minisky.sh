#!/bin/sh
# The example with four of its ten visits: real images, catalogs and coadds.
set -u

example=${top_srcdir:?}/examples/minisky
wflc=${top_builddir:?}/wflc
shim=$top_builddir/wfl-shim

for tool in astmkprof source-extractor SWarp convert; do
    command -v "$tool" >/dev/null || {
        echo "1..0 # SKIP $tool is not installed"
        exit 0
    }
done

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"

echo 1..10

# The first visit of each field and band, and what the whole campaign is.
awk -F, 'NR == 1 || !seen[$2, $3]++' "$example/pointings.csv" >visits.csv
"$wflc" check "$example/minisky.wfl" >output 2>&1 && grep -q '4 families, 185 tasks' output
verdict $? "the whole campaign has 185 tasks"

"$wflc" run -D visits=visits.csv "$example/minisky.wfl" >output 2>&1
verdict $? "run ends well"

ls -lR minisky-out >output
[ "$(find minisky-out/images -name '*.fits' | wc -l)" = 36 ] &&
    [ "$(find minisky-out/catalogs -name '*.fits' | wc -l)" = 36 ] &&
    [ "$(find minisky-out/coadds -name '*.fits' | wc -l)" = 4 ] &&
    [ "$(find minisky-out -type f | wc -l)" = 78 ]
verdict $? "there are 36 images, 36 catalogs, 4 coadds, a table, a picture, and nothing else"

find minisky-out -name '*.fits' -exec "$shim" check fits {} + >output 2>&1
verdict $? "all FITS files are whole"

# 398414 has 1 998 objects about its centre; some hundred of them are brighter than the noise.
catalog=minisky-out/catalogs/00398414/mini_398414_R22_S11_r.cat.fits
astfits "$catalog" --hdu=1 --quiet --keyvalue=NAXIS2,DEPTH,SEEING,FWHM >output 2>&1
awk '{ ok = $1 > 50 && $1 < 990 && $2 > 24.2 && $2 < 24.8 && $4 / $3 > 0.9 && $4 / $3 < 1.15 }
    END { exit !ok }' output
verdict $? "detections, depth and seeing are those of a 30 s visit"

identify minisky-out/preview.png >output 2>&1 && grep -q PNG output
verdict $? "the picture is a picture"

"$wflc" status --json build/minisky/local >output 2>&1 && grep -q '"done": *77' output
verdict $? "all 77 tasks are done in the record"

# what was learned is told now and then, in one file each time
find build/minisky/local -type f ! -path '*/state/learned/*' >output
[ "$(wc -l <output)" -le 10 ]
verdict $? "build and record are at most 10 files, beside what was learned"

touch mark
"$wflc" run -D visits=visits.csv "$example/minisky.wfl" >output 2>&1 &&
    [ -z "$(find minisky-out -type f -newer mark)" ]
verdict $? "run again does nothing again"

# One visit again, by one process that is fed its sensors.
head -n 2 visits.csv >one.csv
same_images()
{
    [ "$(find fed-out -name '*.fits' | wc -l)" = 9 ] || return 1
    find fed-out -name '*.fits' | while read -r image; do # headers tell when they were made
        pixels=$(astfits "$image" --hdu=0 --datasum)
        [ "$pixels" ] && [ "$pixels" = "$(astfits "minisky-out/${image#fed-out/}" --hdu=0 --datasum)" ] || echo "$image"
    done >different 2>&1
    [ ! -s different ]
}
"$wflc" run -D visits=one.csv -D out=fed-out "$example/fed.wfl" >output 2>&1 && same_images
verdict $? "a process that is fed draws the same images"
