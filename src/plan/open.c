/* Opening a plan: every offset, count and code is checked here, and nowhere later. */
#include "config.h"

#include "plan/plan.h"

#include "plan/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t
plan_hash(const uint8_t *bytes, uint64_t n)
{
    const size_t at = offsetof(struct plan_head, hash), behind = at + sizeof(uint64_t);
    return hash64(bytes + behind, n - behind, hash64(bytes, at, 0));
}

/* What is being opened, and where a fault is told. */
struct opening {
    struct plan *p;
    const char *name;
    struct buf *why;
    uint32_t nneeds;         /* of the families before: no two share one */
    uint32_t *producer_vars; /* of each need */
};

static bool
damaged(struct opening *o, const char *what)
{
    buf_printf(o->why, "%s: damaged plan: %s; build the campaign again", o->name, what);
    return false;
}

static bool
range_ok(uint32_t first, uint32_t count, uint32_t total)
{
    return first <= total && count <= total - first;
}

/* An array of `n` elements at `offset` of PLAN_DATA. */
static bool
array_ok(const struct plan *p, uint64_t offset, uint64_t n, uint64_t size)
{
    return offset % 8 == 0 && offset <= p->data_size && n <= (p->data_size - offset) / size;
}

static const void *
section(struct opening *o, enum plan_section s, size_t record, uint32_t *count)
{
    const struct plan *p = o->p;
    uint64_t off = p->head->section[s].offset, size = p->head->section[s].size;
    if (off % 8 || off > p->size || size > p->size - off || size % record ||
        size / record >= PLAN_NONE) {
        damaged(o, "a section outside the file");
        return NULL;
    }
    if (count)
        *count = (uint32_t)(size / record);
    return p->base + off;
}

static bool
read_head(struct opening *o)
{
    struct plan *p = o->p;
    if (p->size < sizeof *p->head || memcmp(p->base, PLAN_MAGIC, 8) != 0) {
        buf_printf(o->why, "%s: not a wflc plan", o->name);
        return false;
    }
    p->head = (const struct plan_head *)p->base;
    if (p->head->version != PLAN_VERSION) {
        buf_printf(o->why,
            "%s: a plan of version %u, and this program reads version %u; "
            "build the campaign with the wflc that belongs to it",
            o->name, p->head->version, PLAN_VERSION);
        return false;
    }
    if (p->head->size != p->size)
        return damaged(o, "the file is cut or too long");
    if (p->head->nsections != PLAN_NSECTIONS)
        return damaged(o, "the number of sections");
    uint64_t h = plan_hash(p->base, p->size);
    if (h != p->head->hash)
        return damaged(o, "the checksum does not fit");
    if (p->head->ntasks > PLAN_MOST_TASKS)
        return damaged(o, "more tasks than a plan may have");
    if (p->head->cores > PLAN_MOST_CORES ||
        (p->head->gpus > PLAN_MOST_GPUS && p->head->gpus != PLAN_NONE))
        return damaged(o, "more cores or GPUs than a node may have");
    if (p->head->least_nodes > p->head->most_nodes ||
        p->head->least_seconds > p->head->most_seconds)
        return damaged(o, "the jobs that are allowed");
    if (p->head->umask > 077 && p->head->umask != PLAN_NONE)
        return damaged(o, "its owner may not read what is made");
    return true;
}

static bool
read_strings(struct opening *o)
{
    struct plan *p = o->p;
    uint32_t noff, nbytes;
    const uint32_t *off = section(o, PLAN_STRING_OFFSETS, sizeof *off, &noff);
    const char *bytes = section(o, PLAN_STRING_BYTES, 1, &nbytes);
    if (!off || !bytes)
        return false;
    if (noff < 2 || off[0] != 0 || off[noff - 1] != nbytes)
        return damaged(o, "the strings");
    for (uint32_t i = 0; i + 1 < noff; i++)
        if (off[i + 1] <= off[i] || off[i + 1] > nbytes || bytes[off[i + 1] - 1] != 0)
            return damaged(o, "a string");
    p->vm.str_offset = off;
    p->vm.str_bytes = bytes;
    p->vm.nstr = noff - 1;
    return true;
}

static bool
read_tables(struct opening *o)
{
    struct plan *p = o->p;
    static const uint8_t width[] = {8, 8, 4, 1};
    p->vm_column = xcalloc(p->ncolumns, sizeof *p->vm_column);
    p->vm.col = p->vm_column;
    p->vm.ncol = p->ncolumns;
    for (uint32_t t = 0; t < p->ntables; t++) {
        const struct plan_table *tab = &p->table[t];
        if (tab->label > tab->ncolumns || !range_ok(tab->first_column, tab->ncolumns, p->ncolumns))
            return damaged(o, "a table");
        for (uint32_t c = tab->first_column; c < tab->first_column + tab->ncolumns; c++) {
            const struct plan_column *col = &p->column[c];
            if (col->type > VM_COL_BOOL)
                return damaged(o, "a column");
            bool stored = col->data != UINT64_MAX;
            if (stored ? !array_ok(p, col->data, tab->nrows, width[col->type])
                       : col->type != VM_COL_INT)
                return damaged(o, "a column's cells");
            const void *cells = stored ? p->data + col->data : NULL;
            if (stored && col->type == VM_COL_STR)
                for (uint32_t r = 0; r < tab->nrows; r++)
                    if (((const uint32_t *)cells)[r] >= p->vm.nstr)
                        return damaged(o, "a column's text");
            __int128 last = col->first + (__int128)col->step * (tab->nrows ? tab->nrows - 1 : 0);
            if (!stored && (last < INT64_MIN || last > INT64_MAX))
                return damaged(o, "a column's range");
            p->vm_column[c] =
                (struct vm_column){cells, col->first, col->step, tab->nrows, col->type, NULL};
        }
    }
    return true;
}

static bool
read_places(struct opening *o)
{
    struct plan *p = o->p;
    uint32_t nplaces, nbytes;
    const struct plan_place *place = section(o, PLAN_PLACES, sizeof *place, &nplaces);
    const char *names = section(o, PLAN_PLACE_NAMES, 1, &nbytes);
    if (!place || !names)
        return false;
    const uint32_t count[PLACE_KINDS] = {1, p->ntables, p->ncolumns, p->nvars, p->nfamilies,
        p->nfiles};
    uint64_t all = 0;
    for (int i = 0; i < PLACE_KINDS; i++) {
        p->place[i] = place + all;
        all += count[i];
    }
    if (all > nplaces || nbytes == 0 || names[nbytes - 1] != 0)
        return damaged(o, "the names of things");
    for (uint32_t i = 0; i < nplaces; i++)
        if (place[i].name >= nbytes)
            return damaged(o, "the name of a thing");
    p->use = (const struct plan_use *)(place + all);
    p->nuses = (uint32_t)(nplaces - all);
    for (uint32_t i = 0; i < p->nuses; i++)
        if (p->use[i].family >= p->nfamilies && p->use[i].family != PLAN_NONE)
            return damaged(o, "whose files these are");
    if (p->head->site >= nbytes)
        return damaged(o, "the site's name");
    p->place_name = names;
    p->hook = section(o, PLAN_HOOKS, sizeof *p->hook, &p->nhooks);
    if (!p->hook)
        return false;
    for (uint32_t i = 0; i < p->nhooks; i++) {
        const struct plan_hook *h = &p->hook[i];
        if (!(h->above >= 0) || h->percent > 1 || h->when >= PLAN_NWHENS ||
            (h->family >= p->nfamilies && h->family != PLAN_NONE) || !h->shell ||
            h->shell >= PLAN_NSHELLS || h->command >= nbytes || h->file >= nbytes)
            return damaged(o, "a hook");
    }
    return true;
}

static bool
read_containers(struct opening *o)
{
    struct plan *p = o->p;
    uint32_t ntext;
    const char *text = section(o, PLAN_CONTAINER_TEXTS, 1, &ntext);
    if (!text)
        return false;
    if (ntext && text[ntext - 1] != 0)
        return damaged(o, "the texts of containers");
    p->container_text = text;
    ntext = ntext ? ntext : 1; /* offset 0 is no text */
    for (uint32_t i = 0; i < p->ncontainers; i++) {
        const struct plan_container *c = &p->container[i];
        if (c->name >= p->vm.nstr || c->image >= p->vm.nstr ||
            !range_ok(c->first_bind, c->nbinds, p->nbinds))
            return damaged(o, "a container");
        bool started = c->runtime > PLAN_RUNTIME_DIRECT;
        if (c->runtime >= PLAN_NRUNTIMES || c->form >= PLAN_NIMAGES || c->prepared > 1 ||
            c->directive > 1 || c->copy >= PLAN_NCOPIES || c->source >= ntext ||
            c->digest >= ntext || c->copy_dir >= ntext || c->env_prefix >= ntext ||
            !range_ok(c->first_word, c->nwords, p->nwords) || (started && !c->nwords) ||
            (started && !c->source) || (c->copy && (!c->copy_dir || c->form == PLAN_IMAGE_DIR)))
            return damaged(o, "how a container is started");
    }
    for (uint32_t i = 0; i < p->nbinds; i++)
        if (p->bind[i].path >= p->vm.nstr || p->bind[i].inside >= p->vm.nstr)
            return damaged(o, "a container's folder");
    for (uint32_t i = 0; i < p->nwords; i++)
        if (p->word[i].kind >= PLAN_NWORD_KINDS || p->word[i].text >= ntext)
            return damaged(o, "a word that starts a container");
    return true;
}

static bool
code_ok(struct opening *o, struct plan_code c, struct vm_scope s)
{
    const struct plan *p = o->p;
    if (c.size == 0)
        return true;
    if (c.offset > p->code_size || c.size > p->code_size - c.offset)
        return damaged(o, "a code outside its section");
    const char *why;
    if (!vm_verify(p->code + c.offset, c.size, &p->vm, s, &why))
        return damaged(o, why);
    return true;
}

static bool
files_ok(struct opening *o, uint32_t first, uint32_t count, struct vm_scope s)
{
    const struct plan *p = o->p;
    if (!range_ok(first, count, p->nfiles))
        return damaged(o, "a family's files");
    for (uint32_t i = first; i < first + count; i++) {
        const struct plan_file *f = &p->file[i];
        if (f->name >= p->vm.nstr || f->path.size == 0 || f->optional > 1 ||
            !range_ok(f->first_check, f->nchecks, p->nchecks))
            return damaged(o, "a file");
        if (!code_ok(o, f->path, s))
            return false;
        for (uint32_t c = f->first_check; c < f->first_check + f->nchecks; c++) {
            const struct plan_check *k = &p->check[c];
            if (k->kind > CHECK_COMMAND ||
                (k->kind == CHECK_COMMAND ? !k->op || k->op >= PLAN_NSHELLS : k->op > CMP_GT) ||
                ((k->kind == CHECK_SIZE || k->kind == CHECK_COMMAND) && k->code.size == 0))
                return damaged(o, "a check");
            if (!code_ok(o, k->code, s))
                return false;
        }
    }
    return true;
}

/* Reads the sizes of a family's variables; false: it is not a product. */
static bool
product_sizes(const struct plan *p, const struct plan_family *f, uint32_t *size)
{
    for (uint32_t v = 0; v < f->nvars; v++)
        size[v] = p->table[p->var[f->first_var + v].table].nrows;
    return f->instances == PLAN_PRODUCT;
}

static bool
shared_ok(struct opening *o, const struct plan_family *consumer, const struct plan_need *n,
    struct relation *r)
{
    const struct plan *p = o->p;
    const struct plan_family *producer = &p->family[n->producer];
    uint32_t ours[VM_MAX_VARS], theirs[VM_MAX_VARS];
    if (!array_ok(p, n->members, n->nmembers, 8) || n->group_of != UINT64_MAX ||
        n->start != UINT64_MAX)
        return damaged(o, "a need's variables");
    const uint32_t(*pair)[2] = (const uint32_t(*)[2])plan_u32(p, n->members);
    if (!product_sizes(p, consumer, ours) || !product_sizes(p, producer, theirs) ||
        !relation_product(r, ours, consumer->nvars, theirs, producer->nvars, pair, n->nmembers) ||
        r->ngroups != n->ngroups)
        return damaged(o, "a need's variables");
    for (uint32_t i = 0; i < n->nmembers; i++)
        if (p->var[consumer->first_var + pair[i][0]].table !=
            p->var[producer->first_var + pair[i][1]].table)
            return damaged(o, "a need's variables");
    return true;
}

static bool
stored(const struct plan *p, uint64_t offset, uint64_t n, const uint32_t **array)
{
    *array = NULL;
    if (offset == UINT64_MAX)
        return true;
    if (!array_ok(p, offset, n, 4))
        return false;
    *array = plan_u32(p, offset);
    return true;
}

static bool
groups_ok(struct opening *o, const struct plan_family *consumer, const struct plan_need *n,
    struct relation *r)
{
    const struct plan *p = o->p;
    *r = (struct relation){.nconsumers = consumer->ntasks,
        .nproducers = p->family[n->producer].ntasks,
        .ngroups = n->ngroups,
        .nmembers = n->nmembers};
    if (!stored(p, n->group_of, r->nconsumers, &r->group_of) ||
        !stored(p, n->start, (uint64_t)n->ngroups + 1, &r->start) ||
        !stored(p, n->members, n->nmembers, &r->members))
        return damaged(o, "a need's groups");
    for (uint32_t i = 0; r->group_of && i < r->nconsumers; i++)
        if (r->group_of[i] >= n->ngroups && r->group_of[i] != PLAN_NONE)
            return damaged(o, "a task's group");
    if (!r->group_of && n->ngroups < r->nconsumers)
        return damaged(o, "a task's group");
    if (r->start ? r->start[0] != 0 || r->start[n->ngroups] != n->nmembers
                 : n->ngroups != n->nmembers)
        return damaged(o, "a need's groups");
    for (uint32_t g = 0; r->start && g < n->ngroups; g++)
        if (r->start[g] > r->start[g + 1])
            return damaged(o, "a need's groups");
    for (uint32_t i = 0; r->members && i < n->nmembers; i++)
        if (r->members[i] >= r->nproducers)
            return damaged(o, "a group's member");
    if (!r->members && n->nmembers > r->nproducers)
        return damaged(o, "a group's member");
    return true;
}

static bool
need_ok(struct opening *o, uint32_t consumer, uint32_t index)
{
    const struct plan *p = o->p;
    const struct plan_need *n = &p->need[index];
    /* producers come first, so that no family can need itself in the end */
    if (n->producer >= consumer)
        return damaged(o, "a family that needs a later one");
    if (n->kind == PLAN_GROUPS)
        return groups_ok(o, &p->family[consumer], n, &p->relation[index]);
    return n->kind == PLAN_SHARED ? shared_ok(o, &p->family[consumer], n, &p->relation[index])
                                  : damaged(o, "a need of an unknown kind");
}

static bool
instances_ok(struct opening *o, const struct plan_family *f)
{
    const struct plan *p = o->p;
    const struct plan_var *var = p->var + f->first_var;
    if (f->instances == PLAN_PRODUCT) {
        uint64_t n = 1;
        for (uint32_t v = 0; v < f->nvars; v++) {
            n *= p->table[var[v].table].nrows;
            if (n > UINT32_MAX)
                return damaged(o, "a family's size");
        }
        return n == f->ntasks ? true : damaged(o, "a family's size");
    }
    if (f->instances != PLAN_ROWS || (f->nvars == 0 && f->ntasks > 1) ||
        !array_ok(p, f->rows, (uint64_t)f->ntasks * f->nvars, sizeof(uint32_t)))
        return damaged(o, "a family's instances");
    const uint32_t *row = plan_u32(p, f->rows);
    for (uint32_t t = 0; t < f->ntasks; t++)
        for (uint32_t v = 0; v < f->nvars; v++)
            if (*row++ >= p->table[var[v].table].nrows)
                return damaged(o, "an instance's row");
    return true;
}

bool
plan_must_write(const struct plan *p, const struct plan_family *f)
{
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs; i++)
        if (!p->file[i].optional)
            return true;
    return false;
}

bool
plan_waits(const struct plan *p, const struct plan_family *f)
{
    for (uint32_t i = f->first_input; i < f->first_input + f->ninputs; i++)
        if (p->file[i].optional)
            return true;
    return false;
}

bool
plan_releases(const struct plan *p, const struct plan_family *f)
{
    return plan_must_write(p, f) && f->bundle && !f->gpus.size && !(f->flags & PLAN_WHOLE);
}

static bool
family_ok(struct opening *o, uint32_t index)
{
    const struct plan *p = o->p;
    const struct plan_family *f = &p->family[index];
    if (f->name >= p->vm.nstr || f->nvars > VM_MAX_VARS || f->runs_on > PLAN_ON_SUBMIT ||
        f->container > p->ncontainers || f->signal > 64 || f->sync >= PLAN_NSYNCS ||
        f->flags > (PLAN_UNBOUND | PLAN_LEARN_MEMORY | PLAN_WHOLE) ||
        !(f->retry_memory == 0 || (f->retry_memory >= 1 && f->retry_memory <= 1000)) ||
        (f->nvars < 32 && f->bundle >> f->nvars) || !range_ok(f->first_var, f->nvars, p->nvars) ||
        !range_ok(f->first_arg, f->nargs, p->nargs) || f->nargs == 0 ||
        !range_ok(f->first_env, f->nenvs, p->nenvs) ||
        !range_ok(f->first_need, f->nneeds, p->nneeds) ||
        (f->nneeds && f->first_need != o->nneeds) || (f->shell && f->nargs != 1) ||
        f->shell >= PLAN_NSHELLS || f->remaining_shell >= PLAN_NSHELLS || f->pad ||
        (f->remaining.size && !f->ncheckpoints))
        return damaged(o, "a family");
    for (uint32_t v = f->first_var; v < f->first_var + f->nvars; v++)
        if (p->var[v].table >= p->ntables)
            return damaged(o, "a variable");
    if (!instances_ok(o, f))
        return false;
    for (uint32_t i = f->first_need; i < f->first_need + f->nneeds; i++) {
        if (!need_ok(o, index, i))
            return false;
        o->producer_vars[i] = p->family[p->need[i].producer].nvars;
    }
    o->nneeds += f->nneeds;
    const uint32_t *theirs = o->producer_vars + f->first_need;
    struct vm_scope vars = {.nvars = f->nvars},
                    needs = {.nvars = f->nvars, .nneeds = f->nneeds, .producer_vars = theirs},
                    all = {f->nvars, f->noutputs, f->nneeds, true, theirs},
                    one = {f->nvars, f->noutputs, f->nneeds, false, theirs};
    if (!code_ok(o, f->memory, needs) || !code_ok(o, f->cores, needs) ||
        !code_ok(o, f->time, needs) || !code_ok(o, f->limit, needs) ||
        !code_ok(o, f->shared, needs) || !code_ok(o, f->gpus, needs) ||
        !code_ok(o, f->priority, needs) || !code_ok(o, f->learn, vars) ||
        !code_ok(o, f->remaining, vars) || !files_ok(o, f->first_input, f->ninputs, needs) ||
        !files_ok(o, f->first_output, f->noutputs, vars) ||
        !files_ok(o, f->first_checkpoint, f->ncheckpoints, vars))
        return false;
    for (uint32_t i = f->first_arg; i < f->first_arg + f->nargs; i++)
        if (p->arg[i].code.size == 0 || !code_ok(o, p->arg[i].code, all))
            return p->arg[i].code.size ? false : damaged(o, "an argument");
    for (uint32_t i = f->first_env; i < f->first_env + f->nenvs; i++)
        if (p->env[i].name >= p->vm.nstr || !code_ok(o, p->env[i].value, all))
            return damaged(o, "an environment variable");
    if (f->feed.size && (!f->bundle || f->flags & PLAN_WHOLE || f->gpus.size ||
                            !plan_must_write(p, f) || !code_ok(o, f->feed, one)))
        return damaged(o, "what a family is fed");
    return true;
}

static bool
families_ok(struct opening *o)
{
    const struct plan *p = o->p;
    uint64_t ntasks = 0;
    bool ok = true;
    o->producer_vars = xcalloc(p->nneeds, sizeof *o->producer_vars);
    for (uint32_t f = 0; f < p->nfamilies && ok; f++) {
        ok = p->family[f].first_task == ntasks ? family_ok(o, f)
                                               : damaged(o, "the order of families");
        ntasks += p->family[f].ntasks;
    }
    free(o->producer_vars);
    return ok && ntasks != p->head->ntasks ? damaged(o, "the number of tasks") : ok;
}

static bool
gates_ok(struct opening *o)
{
    const struct plan *p = o->p;
    for (uint32_t i = 0; i < p->ngates; i++) {
        const struct plan_gate *g = &p->gate[i];
        if (g->name >= p->vm.nstr || g->family >= p->nfamilies || !g->after ||
            g->after >= p->family[g->family].ntasks || g->zero)
            return damaged(o, "a gate");
    }
    return true;
}

static bool
read_all(struct opening *o)
{
    struct plan *p = o->p;
    uint32_t code, data;
    if (!read_head(o) || !read_strings(o) ||
        !(p->table = section(o, PLAN_TABLES, sizeof *p->table, &p->ntables)) ||
        !(p->column = section(o, PLAN_COLUMNS, sizeof *p->column, &p->ncolumns)) ||
        !(p->var = section(o, PLAN_VARS, sizeof *p->var, &p->nvars)) ||
        !(p->family = section(o, PLAN_FAMILIES, sizeof *p->family, &p->nfamilies)) ||
        !(p->arg = section(o, PLAN_ARGS, sizeof *p->arg, &p->nargs)) ||
        !(p->env = section(o, PLAN_ENVS, sizeof *p->env, &p->nenvs)) ||
        !(p->file = section(o, PLAN_FILES, sizeof *p->file, &p->nfiles)) ||
        !(p->check = section(o, PLAN_CHECKS, sizeof *p->check, &p->nchecks)) ||
        !(p->need = section(o, PLAN_NEEDS, sizeof *p->need, &p->nneeds)) ||
        !(p->container = section(o, PLAN_CONTAINERS, sizeof *p->container, &p->ncontainers)) ||
        !(p->bind = section(o, PLAN_BINDS, sizeof *p->bind, &p->nbinds)) ||
        !(p->word = section(o, PLAN_WORDS, sizeof *p->word, &p->nwords)) ||
        !(p->shard = section(o, PLAN_SHARDS, sizeof *p->shard, &p->nshards)) ||
        !(p->run = section(o, PLAN_RUNS, sizeof *p->run, &p->nruns)) ||
        !(p->gate = section(o, PLAN_GATES, sizeof *p->gate, &p->ngates)) ||
        !(p->code = section(o, PLAN_CODE, 1, &code)) ||
        !(p->data = section(o, PLAN_DATA, 8, &data)))
        return false;
    p->code_size = p->vm.ncode = code;
    p->vm.code = p->code;
    p->data_size = (uint64_t)data * 8;
    if (p->head->campaign >= p->vm.nstr)
        return damaged(o, "the campaign's name");
    if (!read_places(o) || !read_containers(o) || !read_tables(o))
        return false;
    if (!plan_read_shards(p))
        return damaged(o, "a shard");
    p->relation = xcalloc(p->nneeds, sizeof *p->relation);
    return families_ok(o) && gates_ok(o);
}

struct plan *
plan_from_bytes(const void *bytes, uint64_t n, const char *name, struct buf *why)
{
    struct plan *p = xcalloc(1, sizeof *p);
    p->base = bytes;
    p->size = n;
    struct opening o = {.p = p, .name = name, .why = why};
    if (read_all(&o))
        return p;
    plan_close(p);
    return NULL;
}

/* The whole file, in memory of our own: pages of a mapped one are gone the moment that somebody
 * cuts the file, or its server stumbles, and all that runs would die with the process. NULL, and
 * why. */
static uint8_t *
read_plan(int fd, uint64_t *size, const char *path, struct buf *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        buf_printf(why, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        buf_printf(why, "%s: %s, not a wflc plan", path,
            S_ISREG(st.st_mode) ? "empty" : "not a regular file");
        return NULL;
    }
    *size = (uint64_t)st.st_size;
    uint8_t *bytes = malloc(*size);
    if (!bytes)
        buf_printf(why, "%s: there is no memory for its %llu bytes", path,
            (unsigned long long)*size);
    for (uint64_t at = 0; bytes && at < *size;) {
        ssize_t r = pread(fd, bytes + at, *size - at, (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r > 0) {
            at += (uint64_t)r;
            continue;
        }
        buf_printf(why, "%s: %s", path,
            r < 0 ? strerror(errno) : "was cut short while it was read; build it again");
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

struct plan *
plan_open(const char *path, struct buf *why)
{
    /* O_NONBLOCK: a pipe of that name must not hold us */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        buf_printf(why, "%s: %s", path, strerror(errno));
        return NULL;
    }
    uint64_t size = 0;
    uint8_t *bytes = read_plan(fd, &size, path, why);
    close(fd);
    struct plan *p = bytes ? plan_from_bytes(bytes, size, path, why) : NULL;
    if (p)
        p->owned = bytes;
    else
        free(bytes);
    return p;
}

void
plan_close(struct plan *p)
{
    if (!p)
        return;
    free(p->owned);
    free(p->vm_column);
    free(p->relation);
    free(p->run_by_task);
    free(p->shard_by_task);
    free(p->guide);
    free(p);
}

const char *
plan_string(const struct plan *p, uint32_t id)
{
    return id < p->vm.nstr ? p->vm.str_bytes + p->vm.str_offset[id] : "";
}

const char *
plan_place_name(const struct plan *p, enum plan_place_of of, uint32_t i)
{
    return p->place_name + p->place[of][i].name;
}

bool
plan_compares(enum plan_compare op, double a, double b)
{
    switch (op) {
    case CMP_LT:
        return a < b;
    case CMP_LE:
        return a <= b;
    case CMP_EQ:
        return a == b;
    case CMP_NE:
        return a != b;
    case CMP_GE:
        return a >= b;
    case CMP_GT:
        return a > b;
    }
    return false;
}

uint32_t
plan_family_of(const struct plan *p, uint32_t task)
{
    uint32_t lo = 0, hi = p->nfamilies;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (p->family[mid].first_task <= task)
            lo = mid;
        else
            hi = mid;
    }
    /* empty families share their first task with the next one; the last of them holds it */
    return lo;
}

const char *
plan_container_text(const struct plan *p, uint32_t text)
{
    return text ? p->container_text + text : NULL;
}

const char *
plan_shell_words(enum plan_shell s)
{
#define X(id, words) words,
    static const char *const all[] = {PLAN_SHELLS(X)};
#undef X
    return s < PLAN_NSHELLS ? all[s] : "";
}

const char *
plan_check_name(enum plan_check_kind kind)
{
    static const char *const name[] = {"exists", "non-empty", "size", "fits", "gzip", "command"};
    return name[kind];
}

const char *
plan_shell_program(enum plan_shell s)
{
    return s == PLAN_SHELL_NONE ? "" : s < PLAN_SHELL_BASH ? "/bin/sh" : "/bin/bash";
}

const char *const plan_sync_name[] = {
#define X(id, name) name,
    PLAN_SYNCS(X)
#undef X
};

enum plan_sync
plan_sync_named(const char *name)
{
    unsigned i = 0;
    while (i < PLAN_NSYNCS && strcmp(name, plan_sync_name[i]) != 0)
        i++;
    return (enum plan_sync)i;
}

const char *
plan_runtime_name(enum plan_runtime r)
{
#define X(id, name, program) name,
    static const char *const names[] = {PLAN_RUNTIMES(X)};
#undef X
    return names[r];
}

const char *
plan_runtime_program(enum plan_runtime r)
{
#define X(id, name, program) program,
    static const char *const programs[] = {PLAN_RUNTIMES(X)};
#undef X
    return programs[r];
}

void
plan_umask(const struct plan *p)
{
    if (p->head->umask != PLAN_NONE)
        umask((mode_t)p->head->umask);
}

void
plan_hook_when(const struct plan *p, const struct plan_hook *h, struct buf *out)
{
    static const char *const name[] = {
#define X(id, text) text,
        PLAN_WHENS(X)
#undef X
    };
    buf_puts(out, name[h->when]);
    if (h->percent || h->above > 0)
        buf_printf(out, " > %g%s", h->above, h->percent ? " %" : "");
    if (h->family != PLAN_NONE)
        buf_printf(out, " of %s", plan_string(p, p->family[h->family].name));
}

const char *
plan_hook_command(const struct plan *p, const struct plan_hook *h)
{
    return p->place_name + h->command;
}

const char *
plan_site(const struct plan *p)
{
    return p->place_name + p->head->site;
}
