#include "config.h"

#include "sky/horizon.h"

#include <math.h>

double
sky_parallactic(double h, double dec, double latitude)
{
    return atan2(cos(latitude) * sin(h),
        sin(latitude) * cos(dec) - cos(latitude) * sin(dec) * cos(h));
}

double
sky_parallactic_altaz(double altitude, double azimuth, double latitude)
{
    return atan2(-cos(latitude) * sin(azimuth),
        sin(latitude) * cos(altitude) - cos(latitude) * sin(altitude) * cos(azimuth));
}

double
sky_sidereal(double mjd, double longitude)
{
    double days = mjd - 51544.5, century = days / 36525;
    double degrees = fmod(280.46061837 + 360.98564736629 * fmod(days, 1) +
                              0.98564736629 * (days - fmod(days, 1)),
                         360) +
                     century * century * (0.000387933 - century / 38710000);
    double t = fmod(degrees * (M_PI / 180) + longitude, 2 * M_PI);
    if (t < 0)
        t += 2 * M_PI;
    return t < 2 * M_PI ? t : 0;
}
