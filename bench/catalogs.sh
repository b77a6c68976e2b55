#!/bin/sh
# catalogs.sh N FOLDER OBJECTS: writes N instance catalogs of a header and some objects each, laid out as those of
# DC2 were: FOLDER/00000000to00000999/00000007/phosim_cat_7.txt. Places are those of no real visit.
set -eu
n=$1 folder=$2 objects=$3
awk -v n="$n" 'BEGIN { for (i = 1; i <= n; i++) printf "%08dto%08d/%08d\n", i - i % 1000, i - i % 1000 + 999, i }' |
    (mkdir -p "$folder" && cd "$folder" && xargs mkdir -p)
awk -v n="$n" -v folder="$folder" -v objects="$objects" '
    # the same numbers everywhere
    function chance() { state = (state * 69069 + 1) % 4294967296; return state / 4294967296 }
    BEGIN {
        for (i = 1; i <= n; i++) {
            file = sprintf("%s/%08dto%08d/%08d/phosim_cat_%d.txt", folder, i - i % 1000, i - i % 1000 + 999, i, i)
            ra = 52 + 20 * chance(); dec = -44 + 17 * chance()
            printf "rightascension %.20f\ndeclination %.20f\nmjd %.20f\naltitude 60.0\nazimuth 180.0\n" \
                "filter %d\nrotskypos %.20f\nrottelpos 0.0\ndist2moon 90.0\nmoonalt -30.0\nmoondec 0.0\n" \
                "moonphase 10.0\nmoonra 200.0\nnsnap 1\nobshistid %d\nseed %d\nseeing 0.7\nsunalt -40.0\n" \
                "vistime 30.0\nminsource 100\n", ra, dec, 59580 + i / 16, i % 6, 360 * chance(), i, i > file
            for (k = 1; k <= objects; k++)
                printf "object %d %.7f %.7f %.7f starSED/phoSimMLT/lte034-4.5-1.0a+0.4.BT-Settl.spec.gz " \
                    "0 0 0 0 0 0 point none CCM 0.0635117705 3.1\n", i * 1048576 + k, ra - 2 + 4 * chance(), \
                    dec - 2 + 4 * chance(), 18 + 8 * chance() > file
            close(file)
        }
    }'
