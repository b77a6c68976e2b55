/* The whole compiler on a text: scanner, parser, checker, planner; then what it made is read. */
#include "config.h"

#include "fuzz.h"

#include "campaign/campaign.h"
#include "driver/compile.h"
#include "planner/planner.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TEXT = 4096, MAX_INSTANCES = 2000 };

/* No path leaves the folder: it can neither start with a slash nor go up. */
static void
fence(struct buf *text)
{
    for (size_t i = 0; i < text->n; i++) {
        unsigned char before = i ? (unsigned char)text->p[i - 1] : 0;
        bool division = before == ' ' && text->p[i + 1] == ' ';
        if (text->p[i] == '/' && !isalnum(before) && before != '*' && !division)
            text->p[i] = '_';
    }
}

/* Large plans are legitimate, and slow. */
static bool
is_small(const struct model *m)
{
    for (unsigned i = 0; i < m->nfamilies; i++) {
        uint64_t n = 1;
        for (unsigned v = 0; v < m->family[i]->nvars; v++) {
            n *= m->family[i]->var[v].table->nrows;
            if (n > MAX_INSTANCES)
                return false;
        }
    }
    return true;
}

static void
look_at(const struct buf *image)
{
    struct buf out = {0};
    struct plan *p = plan_from_bytes(image->p, image->n, "plan", &out);
    if (!p)
        __builtin_trap(); /* what we write we can read */
    plan_dump(p, &out);
    plan_close(p);
    buf_free(&out);
}

static void
write_tables(void)
{
    static const char csv[] = "a,b,c\n1,x,2.5\n2,y,0\n",
                      catalog[] = "obshistid 7\nrightascension 1\ndeclination 2\nfilter 3\nmjd 5\n",
                      sensors[] = "name,detector,raft,x_mm,y_mm,width_mm,height_mm,type\n"
                                  "R22_S11,4,R22,0,0,1,1,SCIENCE\nR22_S12,5,R22,1,0,1,1,SCIENCE\n"
                                  "R44_SG0,6,R44,1,1,1,1,GUIDER\n",
                      list[] = "7 1.5\n8  2.5\n",
                      site[] = "schema: 1\nname: p\nscheduler: {kind: slurm}\n"
                               "nodes: {cores: 4, memory_gib: 8, count: 9}\nqueues:\n"
                               "  - {name: q, tiers: [{min_nodes: 2, max_walltime: \"02:00:00\"}, "
                               "{min_nodes: 4, max_walltime: \"06:00:00\"}]}\n"
                               "  - {name: r, max_walltime: \"09:00:00\"}\n",
                      sql[] = "CREATE TABLE Summary (obsHistID INT, propID INT, fieldRA REAL, "
                              "fieldDec REAL, filter TEXT, rotSkyPos REAL, airmass REAL);"
                              "INSERT INTO Summary VALUES (7, 54, 1, -0.5, 'r', 1, 1),"
                              "(7, 56, 1, -0.5, 'r', 1, NULL), (8, 54, 1.5, -0.25, 'y', 2, 1)";
    static bool written;
    if (!written) {
        fuzz_put("t.csv", csv, strlen(csv));
        fuzz_put("c1.txt", catalog, strlen(catalog));
        fuzz_put("s.csv", sensors, strlen(sensors));
        fuzz_put("l.txt", list, strlen(list));
        fuzz_put("p.yaml", site, strlen(site));
        unlink("t.db"); /* of a process before this one */
        sqlite3 *db;
        if (sqlite3_open("t.db", &db) != SQLITE_OK ||
            sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
            abort();
        sqlite3_close(db);
    }
    written = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > MAX_TEXT)
        return 0;
    fuzz_enter_folder();
    write_tables();
    struct buf text = {0}, out = {0}, image = {0};
    buf_add(&text, p, n);
    buf_reserve(&text, 0);
    fence(&text);
    struct diags *d = diag_new();
    uint32_t file = diag_source_text(d, "c.wfl", text.p, text.n);
    struct ast_tree *tree = ast_tree_new();
    struct ast *root = wfl_parse(tree, d, file);
    ast_dump(root, d, fuzz_nowhere());
    struct model *m = campaign_check(d, root, &(struct check_options){.source = "c.wfl"});
    if (diag_count(d, DIAG_ERROR) == 0 && is_small(m)) {
        model_dump(m, &out);
        struct plan *plan = plan_model(m, &image);
        if (plan)
            look_at(&image);
        plan_close(plan);
    }
    diag_print(d, fuzz_nowhere(), true, 20);
    model_free(m);
    ast_tree_free(tree);
    diag_free(d);
    buf_free(&text);
    buf_free(&out);
    buf_free(&image);
    return 0;
}
