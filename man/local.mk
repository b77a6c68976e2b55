dist_man_MANS += man/wflc.1 man/wfl-shim.1 man/wfl.5
