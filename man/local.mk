dist_man_MANS += man/wflc.1 man/wfl-shim.1
