#!/bin/sh
# How many pairs of visit and sensor a second are compared with a region; see README.md.
set -eu
exec "${top_builddir:?}/bench/sky" "${top_srcdir:?}/stdlib/cameras" "$@"
