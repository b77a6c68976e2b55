dist_man_MANS += man/wflc.1 man/wfl-shim.1 man/wfl.5
dist_man_MANS += man/wfl-plan.5 man/wfl-journal.5 man/wfl-export.5
dist_man_MANS += man/wfl-site.5
