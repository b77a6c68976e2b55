# The library: what `use` finds, and what campaigns name. A build tree uses it as it lies here.
stdlibdir = $(pkgdatadir)/stdlib
dist_stdlib_DATA = \
	stdlib/bands.wfl \
	stdlib/comcam.wfl \
	stdlib/dc2.wfl \
	stdlib/decam.wfl \
	stdlib/hsc.wfl \
	stdlib/latiss.wfl \
	stdlib/lsst.wfl \
	stdlib/lsst_dc2.wfl \
	stdlib/roman.wfl \
	stdlib/rubin.wfl

sitesdir = $(pkgdatadir)/stdlib/sites
dist_sites_DATA = \
	stdlib/sites/aurora.yaml \
	stdlib/sites/cori-haswell.yaml \
	stdlib/sites/cori-knl.yaml \
	stdlib/sites/frontera.yaml \
	stdlib/sites/frontier.yaml \
	stdlib/sites/perlmutter-cpu.yaml \
	stdlib/sites/perlmutter-gpu.yaml \
	stdlib/sites/polaris.yaml \
	stdlib/sites/summit.yaml \
	stdlib/sites/test-slurm.yaml \
	stdlib/sites/theta.yaml \
	stdlib/sites/workstation.yaml

# configure links this folder into a build tree, where wflc looks for it
distclean-local:
	test . = "$(srcdir)" || rm -f stdlib

camerasdir = $(pkgdatadir)/stdlib/cameras
dist_cameras_DATA = \
	stdlib/cameras/SOURCES.md \
	stdlib/cameras/comcam_sensors.csv \
	stdlib/cameras/decam_sensors.csv \
	stdlib/cameras/hsc_sensors.csv \
	stdlib/cameras/latiss_sensors.csv \
	stdlib/cameras/lsst_dc2_imsim_sensors.csv \
	stdlib/cameras/lsst_phosim_sensors.csv \
	stdlib/cameras/lsst_sensors.csv \
	stdlib/cameras/roman_wfi_sensors.csv
