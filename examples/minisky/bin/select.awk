# Objects of an instance catalog that touch one sensor, as input tables of astmkprof.
#
# awk -v ra= -v dec= -v rot= -v x_mm= -v y_mm= -v width= -v height= -v bin= -v band= -v fwhm=
#     -v zeropoint= -v sky_sigma= -v faintest= -v stars=FILE -v galaxies=FILE -f select.awk CATALOG
#
# Angles in degrees, fwhm in arc seconds, width and height in (binned) pixels.
# Columns written: id x y function radius index angle ratio magnitude truncation.

function tan(a) { return sin(a) / cos(a) }
function radians(a) { return a * pi / 180 }
function log10(a) { return log(a) / log(10) }

# Planck's law per unit of frequency, up to a factor; wavelength in micrometres.
function planck(wavelength, temperature) {
    return wavelength ^ -3 / (exp(14388 / (wavelength * temperature)) - 1)
}

# The temperature of the black body that stands in for a spectrum.
function temperature(sed,    name, part, n) {
    n = split(sed, part, "/")
    name = part[n]
    if (match(name, /^lte[0-9]+/))                        # lte035-4.5-... is 3500 K
        return 100 * substr(name, 4, RLENGTH - 3)
    if (sed ~ /^starSED/ && match(name, /_[0-9]+\.gz$/))  # km20_4500.fits_g00_4520.gz is 4520 K
        return substr(name, RSTART + 1, RLENGTH - 4) + 0
    if (name ~ /^Const/) return 9000                      # stars are still being formed
    if (name ~ /^Exp/)   return 6500
    return 5000                                           # old
}

BEGIN {
    pi = atan2(0, -1)
    pixel = 20.005867576692737 * 0.01 * bin               # arc seconds: plate scale, 10 um pixels
    phi = radians(90 - rot)                               # position angle of +y: convention dc2
    centre_x = (width + 1) / 2 - x_mm / (0.01 * bin)      # pixel coordinates of the optical axis
    centre_y = (height + 1) / 2 - y_mm / (0.01 * bin)

    split("u 0.365 g 0.475 r 0.62 i 0.75 z 0.87 y 0.97", word, " ")
    for (i = 1; i in word; i += 2) micrometres[word[i]] = word[i + 1]
    if (!(band in micrometres)) { print "select.awk: no band " band > "/dev/stderr"; exit 1 }

    beta = 2.5                                            # of Moffat's profile: a point source
    radius = fwhm / pixel                                 # in pixels
    alpha = radius / (2 * sqrt(2 ^ (1 / beta) - 1))
    printf "" > stars
    printf "" > galaxies
}

$1 != "object" || / inf / { next }

{
    # Gnomonic projection about the pointing: xi to the East, eta to the North, in radians.
    d_ra = radians($3 - ra)
    s = sin(radians($4)); c = cos(radians($4))
    s0 = sin(radians(dec)); c0 = cos(radians(dec))
    depth = s0 * s + c0 * c * cos(d_ra)
    if (depth < 0.9) next
    xi = c * sin(d_ra) / depth
    eta = (c0 * s - s0 * c * cos(d_ra)) / depth
    x = centre_x + (-xi * cos(phi) + eta * sin(phi)) * 180 * 3600 / pi / pixel
    y = centre_y + ( xi * sin(phi) + eta * cos(phi)) * 180 * 3600 / pi / pixel

    # magnorm is an AB magnitude at 500 nm in the object's own frame; a black body takes it to the
    # band.
    z = $7
    t = temperature($6)
    magnitude = $5 - 2.5 * log10((1 + z) * planck(micrometres[band] / (1 + z), t) / planck(0.5, t))
    if (magnitude > faintest) next
    flux = 10 ^ (0.4 * (zeropoint - magnitude))

    if ($13 == "point") {
        # As far out as it rises above a tenth of the sky's noise.
        reach = alpha * (10 * flux * (beta - 1) / (pi * alpha ^ 2 * sky_sigma)) ^ (1 / (2 * beta))
        if (reach < 4 * radius) reach = 4 * radius
        row = sprintf("2 %.4f %g 0 1 %.4f %.3f", radius, beta, magnitude, reach / radius)
        file = stars
    } else if ($13 == "sersic2d" && $14 > 0) {
        # astmkprof counts its angle from +x to +y; the catalog from North to East.
        reach = 8 * $14 / pixel
        angle = 90 + $16 - phi * 180 / pi
        row = sprintf("1 %.4f %g %.3f %.4f %.4f 8", $14 / pixel, $17, angle, $15 / $14, magnitude)
        file = galaxies
    } else next

    if (x < -reach || x > width + reach || y < -reach || y > height + reach) next
    printf "%d %.4f %.4f %s\n", ++count, x, y, row > file
}
