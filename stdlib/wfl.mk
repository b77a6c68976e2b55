# The library that `use` finds.
stdlibdir = $(pkgdatadir)/stdlib
dist_stdlib_DATA = stdlib/bands.wfl stdlib/comcam.wfl stdlib/decam.wfl stdlib/hsc.wfl \
	stdlib/latiss.wfl stdlib/lsst.wfl stdlib/lsst_dc2.wfl stdlib/roman.wfl
