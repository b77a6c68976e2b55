#include "config.h"

#include "submit/refusal.h"

#include <string.h>
#include <strings.h>

const char *
refusal_name(enum refusal r)
{
    static const char *const names[] = {
#define X(id, text) text,
        REFUSALS(X)
#undef X
    };
    return r < sizeof names / sizeof *names ? names[r] : "?";
}

/* What the programs say, in any case of letters; the first that is found decides. Slurm says most
 * of it in the words of slurm_strerror; a QOS or association limit comes with the name of the
 * limit (QOSMaxSubmitJobPerUserLimit) on a line before the general one, which names them all: a job
 * that is too long or too large is no matter of how many there are. */
static const struct phrase {
    enum refusal refusal;
    unsigned kinds; /* bits 1 << enum site_kind; 0: any */
    const char *text;
} phrases[] = {
#define SLURM (1u << SITE_SLURM)
#define COBALT (1u << SITE_COBALT)
#define PBS (1u << SITE_PBS)
#define LSF (1u << SITE_LSF)
#define FLUX (1u << SITE_FLUX)
    {REFUSAL_LIMIT, SLURM, "SubmitJob"}, /* QOSMaxSubmitJobPerUserLimit, AssocGrpSubmitJobsLimit */
    {REFUSAL_LIMIT, SLURM, "Slurm temporarily unable to accept job"}, /* MaxJobCount */
    {REFUSAL_LIMIT, COBALT, "jobs per user in the"},
    {REFUSAL_LIMIT, COBALT, "limit of "},
    {REFUSAL_LIMIT, COBALT, "draining"}, /* a queue that takes no job for a while, here and below */
    {REFUSAL_LIMIT, SLURM, "Required partition not available"}, /* it is down or drained */
    {REFUSAL_LIMIT, PBS, "queue is not enabled"},
    {REFUSAL_LIMIT, LSF, "queue has been closed"},
    {REFUSAL_LIMIT, FLUX, "is disabled"},
    {REFUSAL_LIMIT, PBS, "would exceed"}, /* queue's per-user limit, complex's limit ... */
    {REFUSAL_LIMIT, PBS, "maximum number of jobs"},
    {REFUSAL_LIMIT, PBS, "too many jobs"},
    {REFUSAL_LIMIT, LSF, "pending job threshold"},
    {REFUSAL_LIMIT, LSF, "pending job slot threshold"},
    {REFUSAL_LIMIT, LSF, "job limit"},
    {REFUSAL_LIMIT, FLUX, "max active jobs"},
    {REFUSAL_LIMIT, FLUX, "max number of active"},
    {REFUSAL_LIMIT, FLUX, "maximum number of active"},

    /* of the scheduler's own state, though they may name a user or what is invalid */
    {REFUSAL_BUSY, SLURM, "configuration file"},
    {REFUSAL_BUSY, SLURM, "Invalid user id"}, /* it cannot look it up just now */
    {REFUSAL_BUSY, SLURM, "authentication error"},
    {REFUSAL_BUSY, SLURM, "I/O error"},
    {REFUSAL_BUSY, PBS, "license"}, /* "cannot get floating licenses" */
    {REFUSAL_BUSY, PBS, "internal error"},
    {REFUSAL_BUSY, LSF, "library call"},
    {REFUSAL_BUSY, LSF, "not ready yet"},
    {REFUSAL_BUSY, LSF, "communication time"},
    {REFUSAL_BUSY, 0, "timed out"},
    {REFUSAL_BUSY, 0, "connection refused"},
    {REFUSAL_BUSY, 0, "connection reset"},
    {REFUSAL_BUSY, 0, "unable to contact"},
    {REFUSAL_BUSY, 0, "cannot connect"},
    {REFUSAL_BUSY, 0, "failed to connect"},
    {REFUSAL_BUSY, 0, "unable to connect"},
    {REFUSAL_BUSY, 0, "communication connection failure"},
    {REFUSAL_BUSY, 0, "communication failure"},
    {REFUSAL_BUSY, 0, "resource temporarily unavailable"},
    {REFUSAL_BUSY, 0, "zero bytes were transmitted"},
    {REFUSAL_BUSY, 0, "no route to host"},
    {REFUSAL_BUSY, 0, "please try again"},
    {REFUSAL_BUSY, PBS, "no connection"},
    {REFUSAL_BUSY, PBS, "server shutting down"},
    {REFUSAL_BUSY, PBS, "too busy"},
    {REFUSAL_BUSY, LSF, "please wait"},
    {REFUSAL_BUSY, LSF, "is down"}, /* LIM is down */

    {REFUSAL_POLICY, 0, "invalid account"},
    {REFUSAL_POLICY, 0, "not permitted"},
    {REFUSAL_POLICY, 0, "not allowed"},
    {REFUSAL_POLICY, 0, "permission denied"},
    {REFUSAL_POLICY, 0, "not authorized"},
    {REFUSAL_POLICY, 0, "unauthorized"},
    {REFUSAL_POLICY, 0, "disabled"},
    {REFUSAL_POLICY, 0, "expired"},
    {REFUSAL_POLICY, SLURM, "Invalid qos"},
    {REFUSAL_POLICY, SLURM, "accounting/QOS policy"},
    {REFUSAL_POLICY, SLURM, "partition-access"},
    {REFUSAL_POLICY, PBS, "access to queue is denied"},
    {REFUSAL_POLICY, PBS, "Bad UID"},
    {REFUSAL_POLICY, LSF, "cannot use the queue"},
    {REFUSAL_POLICY, LSF, "project"},
    {REFUSAL_POLICY, FLUX, "cannot find user/bank"},
    {REFUSAL_POLICY, FLUX, "unknown bank"},

    /* what a script or command line asks for, and nobody has */
    {REFUSAL_MISTAKE, 0, "unrecognized option"},
    {REFUSAL_MISTAKE, 0, "unrecognized arguments"},
    {REFUSAL_MISTAKE, 0, "invalid option"},
    {REFUSAL_MISTAKE, 0, "illegal option"},
    {REFUSAL_MISTAKE, 0, "usage:"},
    {REFUSAL_MISTAKE, 0, "no such file"},
    {REFUSAL_MISTAKE, 0, "cannot start"}, /* says run_program */
    {REFUSAL_MISTAKE, 0, "has a blank in its name"},
    {REFUSAL_MISTAKE, SLURM, "partition"},
    {REFUSAL_MISTAKE, SLURM, "node configuration"},
    {REFUSAL_MISTAKE, SLURM, "node count"},
    {REFUSAL_MISTAKE, SLURM, "node name"},
    {REFUSAL_MISTAKE, SLURM, "processors requested"},
    {REFUSAL_MISTAKE, SLURM, "feature"},
    {REFUSAL_MISTAKE, SLURM, "license"},
    {REFUSAL_MISTAKE, SLURM, "time limit"},
    {REFUSAL_MISTAKE, SLURM, "generic resource"},
    {REFUSAL_MISTAKE, SLURM, "trackable resource"},
    {REFUSAL_MISTAKE, SLURM, "memory specification"},
    {REFUSAL_MISTAKE, SLURM, "reservation"},
    {REFUSAL_MISTAKE, SLURM, "wckey"},
    {REFUSAL_MISTAKE, SLURM, "dependency"},
    {REFUSAL_MISTAKE, SLURM, "job array"},
    {REFUSAL_MISTAKE, SLURM, "topology"},
    {REFUSAL_MISTAKE, SLURM, "batch script"},
    {REFUSAL_MISTAKE, SLURM, "too long"},
    {REFUSAL_MISTAKE, SLURM, "Unable to open file"},
    {REFUSAL_MISTAKE, SLURM, "operation not supported"},
    {REFUSAL_MISTAKE, SLURM, "Invalid --"},
    {REFUSAL_MISTAKE, SLURM, "Unspecified error"}, /* of a site's own rules, which say why before */
    {REFUSAL_MISTAKE, COBALT, "queue max"},
    {REFUSAL_MISTAKE, COBALT, "queue min"},
    {REFUSAL_MISTAKE, COBALT, "known queue"},
    {REFUSAL_MISTAKE, COBALT, "does not exist"},
    {REFUSAL_MISTAKE, COBALT, "not found"},
    {REFUSAL_MISTAKE, COBALT, "out of realistic range"},
    {REFUSAL_MISTAKE, COBALT, "not supported"},
    {REFUSAL_MISTAKE, COBALT, "is not a"},
    {REFUSAL_MISTAKE, COBALT, "invalid"},
    {REFUSAL_MISTAKE, COBALT, "must "},
    {REFUSAL_MISTAKE, PBS, "unknown queue"},
    {REFUSAL_MISTAKE, PBS, "unknown resource"},
    {REFUSAL_MISTAKE, PBS, "resource limits"},
    {REFUSAL_MISTAKE, PBS, "illegal "},
    {REFUSAL_MISTAKE, PBS, "directive"},
    {REFUSAL_MISTAKE, PBS, "invalid "},
    /* by a site's own rules, or every queue behind a routing one */
    {REFUSAL_MISTAKE, PBS, "rejected"},
    {REFUSAL_MISTAKE, PBS, "script"},
    {REFUSAL_MISTAKE, PBS, "read only"},
    {REFUSAL_MISTAKE, LSF, "not submitted"}, /* says every refusal of LSF at its end */
    {REFUSAL_MISTAKE, FLUX, "invalid"},
    {REFUSAL_MISTAKE, FLUX, "exceeds"},
    {REFUSAL_MISTAKE, FLUX, "unsatisfiable"},
    {REFUSAL_MISTAKE, FLUX, "unknown"},
    {REFUSAL_MISTAKE, FLUX, "jobspec"},
    {REFUSAL_MISTAKE, FLUX, "constraint"},
#undef SLURM
#undef COBALT
#undef PBS
#undef LSF
#undef FLUX
};

enum refusal
refusal_of(enum site_kind kind, const char *said)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        const struct phrase *p = &phrases[i];
        if ((!p->kinds || p->kinds >> kind & 1) && strcasestr(said, p->text))
            return p->refusal;
    }
    return REFUSAL_BUSY;
}

const char *
refusal_text(const char *said)
{
    static const char logger[] = "No handlers could be found for logger";
    while (strncmp(said, logger, sizeof logger - 1) == 0) {
        said += strcspn(said, "\n");
        said += *said == '\n';
    }
    return said;
}

void
refusal_quote(const char *said, struct buf *out)
{
    enum { MOST = 300 };
    said = refusal_text(said);
    size_t n = strlen(said), from = 0;
    while (n && strchr(" \t\r\n", said[n - 1]))
        n--;
    if (n > MOST) {
        from = n - MOST;
        while (from < n && ((unsigned char)said[from] & 0xc0) == 0x80)
            from++; /* within a character */
        const char *line = memchr(said + from, '\n', n - from);
        if (line && line + 1 < said + n)
            from = (size_t)(line + 1 - said);
    }
    if (from == n)
        buf_puts(out, "(it said nothing)");
    bool blank = true;
    for (size_t i = from; i < n; i++) {
        unsigned char c = (unsigned char)said[i];
        if (c == '\n' || c == '\r') {
            if (!blank)
                buf_puts(out, " / ");
            blank = true;
            continue;
        }
        blank = blank && (c == ' ' || c == '\t');
        buf_putc(out, c < 32 || c == 127 ? ' ' : (char)c);
    }
}
