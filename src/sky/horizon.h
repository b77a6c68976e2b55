/* How a visit stands over the horizon of its site. libc and libm only; angles are radians. */
#ifndef SKY_HORIZON_H
#define SKY_HORIZON_H

/* The parallactic angle: the position angle (north through east) of the zenith, seen from the
 * place; positive west of the meridian, in [-pi, pi]. Spherical triangle of pole, zenith and place
 * (Meeus, Astronomical Algorithms, 2nd edition, chapter 14), in the forms that need no division.
 * In the databases of OpSim and of the feature-based scheduler rotTelPos = rotSkyPos + this. */
double sky_parallactic(double hour_angle, double dec, double latitude);

/* The same of altitude and azimuth (north through east). */
double sky_parallactic_altaz(double altitude, double azimuth, double latitude);

/* Local mean sidereal time, in [0, 2 pi), of a modified julian date in UTC, taken for UT1 (less
 * than 15 arcsec), and a longitude, positive towards east. IAU 1982 (Aoki et al. 1982, A&A 105,
 * 359). */
double sky_sidereal(double mjd, double longitude);

#endif
