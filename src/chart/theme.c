/* The look of charts on a page: one palette, for a light and a dark page and for paper. */
#include "config.h"

#include "chart/plot.h"

/* The colours are those of Okabe and Ito (2008), which people with any kind of colour vision tell
 * apart, and three more for what is rare, a little darker on white and lighter on black so that
 * each stands out from the page. */
#define LIGHT                                                                                      \
    "--paper:#fff;--panel:#f6f8fa;--ink:#1c2430;--soft:#556070;--rule:#d5dbe3;--strong:#8a94a3;"   \
    "--link:#0b5cad;--blue:#0072b2;--green:#00845f;--red:#c94a00;--gold:#c98500;--pink:#b3588f;"   \
    "--sky:#3f9ed6;--violet:#7a5cc4;--grey:#9aa5b3;--sand:#8a6a3c;--heat:#005b96;"                 \
    "--none:#e9edf2"
#define DARK                                                                                       \
    "--paper:#12171e;--panel:#1b222c;--ink:#e4e8ee;--soft:#a3aebc;--rule:#333e4b;"                 \
    "--strong:#66717f;--link:#7fbdf5;--blue:#4aa3df;--green:#2fc39a;--red:#ff8a4c;--gold:#f0b429;" \
    "--pink:#e08bbd;--sky:#8fd0ff;--violet:#b49cff;--grey:#6e7a89;--sand:#c4a778;--heat:#7cc4ff;"  \
    "--none:#232c37"
#define COLOUR(name)                                                                               \
    ".c-" name "{fill:var(--" name ");background:var(--" name ")}\n"                               \
    ".l-" name "{fill:none;stroke:var(--" name ");background:var(--" name ")}\n"
#define HEAT(step, part) "." step "{fill:var(--heat);fill-opacity:" part "}\n"

const char chart_theme[] =
    ":root{" LIGHT "}\n"
    "@media screen and (prefers-color-scheme:dark){:root{" DARK "}}\n"
    "svg.chart{display:block;width:100%;height:auto;overflow:visible}\n"
    "svg.chart text{font:13px system-ui,\"Helvetica Neue\",Arial,\"Liberation Sans\",sans-serif;"
    "fill:var(--ink);font-variant-numeric:tabular-nums}\n"
    "@media (min-width:700px){svg.chart text{font-size:11px}}\n" /* it is scaled less there */
    "svg.chart .small{fill:var(--soft)}\n"
    "svg.chart .middle{text-anchor:middle}\n"
    "svg.chart .right{text-anchor:end}\n"
    "svg.chart .on{paint-order:stroke;stroke:var(--paper);stroke-width:3px}\n"
    ".axis{fill:none;stroke:var(--strong)}\n"
    ".grid{fill:none;stroke:var(--rule)}\n"
    ".frame{fill:none;stroke:var(--strong)}\n"
    ".mark{fill:none;stroke:var(--ink);stroke-width:1.5;stroke-dasharray:4 3}\n"
    "path[class^=l-]{stroke-width:2;stroke-linejoin:round}\n"
    ".tip{fill:transparent}\n"
    ".tip:hover{fill:var(--ink);fill-opacity:.1}\n"
    ".cell{stroke:var(--paper);stroke-width:.6}\n" COLOUR("blue") COLOUR("green") COLOUR("red")
        COLOUR("gold") COLOUR("pink") COLOUR("sky") COLOUR("violet") COLOUR("grey")
            COLOUR("sand") ".h0{fill:var(--none)}\n" HEAT("h1", ".14") HEAT("h2", ".22")
                HEAT("h3", ".31") HEAT("h4", ".4") HEAT("h5", ".5") HEAT("h6", ".6")
                    HEAT("h7", ".7") HEAT("h8", ".8") HEAT("h9", ".9") HEAT("h10", "1");
