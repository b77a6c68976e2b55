/* What schedulers print, in the forms that their manuals and sources show. */
#include "config.h"

#include "codegen/job.h"
#include "submit/queue.h"
#include "submit/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SLURM_ID "^([0-9]+)(;.*)?$"
#define PBS_ID "^([0-9]+(\\[\\])?(\\..*)?)$"
#define LSF_ID "Job <([0-9]+)>"
#define FLUX_ID "^([^ ]+)$"

/* --- ids --- */

static void
id_is(enum site_kind kind, const char *regex, const char *text, const char *want)
{
    struct buf id = {0}, why = {0};
    bool found = job_id_read(kind, regex, text, &id, &why);
    assert_int_equal(found, want != NULL);
    if (want)
        assert_string_equal(id.p, want);
    else
        assert_non_null(strstr(why.p, "id_regex"));
    buf_free(&id);
    buf_free(&why);
}

static void
test_ids(void **state)
{
    (void)state;
    id_is(SITE_SLURM, SLURM_ID, "4711\n", "4711");
    id_is(SITE_SLURM, SLURM_ID, "4711;cluster2\n", "4711");
    id_is(SITE_SLURM, SLURM_ID, "Welcome\n2026 is a good year\n4711\n", "4711");
    id_is(SITE_SLURM, SLURM_ID, "17\n-- jobs are checked --\n4712\n", "4712"); /* the last one */
    id_is(SITE_SLURM, SLURM_ID, "4711", "4711");
    id_is(SITE_SLURM, SLURM_ID, "Submitted batch job 4711\n", NULL);
    id_is(SITE_SLURM, SLURM_ID, "", NULL);
    id_is(SITE_COBALT, "^([0-9]+)$", "302412\n\nmemory mode set to cache quad\n77\n", "302412");
    id_is(SITE_PBS, PBS_ID, "123.polaris-pbs-01.hsn.cm.polaris.alcf.anl.gov\r\n",
        "123.polaris-pbs-01.hsn.cm.polaris.alcf.anl.gov");
    id_is(SITE_PBS, PBS_ID, "123[].server\n", "123[].server");
    id_is(SITE_PBS, PBS_ID, "12 jobs of yours are queued\n", NULL);
    id_is(SITE_LSF, LSF_ID, "Job <123> is submitted to queue <batch>.\n", "123");
    id_is(SITE_LSF, LSF_ID,
        "* Summit: maintenance on <9> *\nJob <123> is submitted to default queue "
        "<batch>.\n<<Waiting>>\n",
        "123");
    /* as in flux RFC 19 */
    id_is(SITE_FLUX, FLUX_ID, "\xc6\x92NH\n", "1234");
    id_is(SITE_FLUX, FLUX_ID, "\xc6\x92zz\n", "3363");
    id_is(SITE_FLUX, FLUX_ID, "fuZZybuNNy\n", "6731191091817518");
    id_is(SITE_FLUX, FLUX_ID, "Notice:\n\xc6\x92jpXCZedGfVQ\n", "18446744073709551615");
    id_is(SITE_FLUX, FLUX_ID, "15837629808640\n", "15837629808640");
    id_is(SITE_FLUX, FLUX_ID, "\xc6\x92O0Il\n", NULL);
    id_is(SITE_FLUX, FLUX_ID, "\xc6\x92zzzzzzzzzzzz\n", NULL); /* beyond 64 bits */
}

static void
test_names(void **state)
{
    (void)state;
    struct buf name = {0};
    job_name_make("dc2", "-ab3d-12", 64, &name);
    assert_string_equal(name.p, "dc2-ab3d-12");
    buf_reset(&name);
    job_name_make("9 lives/of:it", "-ab3d-12", 64, &name);
    assert_string_equal(name.p, "c9_lives_of_it-ab3d-12");
    buf_reset(&name);
    job_name_make("a_long_campaign", "-ab3d-12", 15, &name); /* the number is what tells it */
    assert_string_equal(name.p, "a_long_-ab3d-12");
    buf_reset(&name);
    job_name_make("campaign", "-ab3d-12", 4, &name);
    assert_string_equal(name.p, "ab3d-12");
    buf_free(&name);
}

/* --- queues --- */

static struct queue q;
static struct buf why;

static bool
reads(enum site_kind kind, const char *text)
{
    queue_free(&q);
    buf_reset(&why);
    return queue_read(kind, text, strlen(text), 2000000100, &q, &why);
}

static void
is_job(size_t i, const char *id, const char *name, enum queue_state state, const char *word,
    int64_t nodes, int64_t elapsed_s, int64_t left_s)
{
    assert_true(i < q.n);
    const struct queue_job *j = &q.v[i];
    assert_string_equal(j->id, id);
    assert_string_equal(j->name, name);
    assert_string_equal(j->word, word);
    assert_int_equal(j->state, state);
    assert_int_equal(j->nodes, nodes);
    assert_int_equal(j->elapsed_s, elapsed_s);
    assert_int_equal(j->left_s, left_s);
}

static void
test_times(void **state)
{
    (void)state;
    assert_int_equal(queue_seconds("0:00"), 0);
    assert_int_equal(queue_seconds("3:04"), 184);
    assert_int_equal(queue_seconds("2:03:04"), 7384);
    assert_int_equal(queue_seconds("30:00:00"), 108000);
    assert_int_equal(queue_seconds("1-02:03:04"), 93784);
    assert_int_equal(queue_seconds("1:02:03:04"), 93784);
    const char *const none[] = {"", "UNLIMITED", "NOT_SET", "INVALID", "N/A", "12", "1:2:3:4:5",
        "-1:00", "1:00x", "99999999999:00", "1-2-3:04", ":30"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(queue_seconds(none[i]), QUEUE_UNKNOWN);
}

#define SLURM_HEAD "JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME\n"

static void
test_slurm(void **state)
{
    (void)state;
    assert_true(reads(SITE_SLURM,
        "slurm at example.org: see the motd\n" SLURM_HEAD
        "4711|RUNNING|1:02|58:58|4|main|normal|None|dc2-ab3d-1\n"
        "4712|PENDING|0:00|1:00:00|4|main|normal|Priority|dc2-ab3d-2\n"
        "4713|PENDING|0:00|1:00:00|4|main|normal|Dependency|dc2-ab3d-3\n"
        "4714|PENDING|0:00|1:00:00|4|main|normal|DependencyNeverSatisfied|d\n"
        "4715|PENDING|0:00|1:00:00|4|main|normal|JobHeldUser|e\n"
        "4716_3|COMPLETING|1-00:00:01|0:00|1|debug,main|high|None|a|name|with|bars\n"
        "4717|CANCELLED by 1000|0:00|INVALID|1|main|normal|None|f\n"
        "4718|SUSPENDED|0:10|UNLIMITED|1|main|normal|None|g\n"
        "4719|NEW_STATE|0:10|5:00|1|main|normal|None|h\n"
        "4720|TIMEOUT|1:00|0:00|1|main|normal|TimeLimit|i\r\n"
        "too|few|bars\n"));
    assert_int_equal(q.n, 10);
    is_job(0, "4711", "dc2-ab3d-1", QUEUE_RUNNING, "RUNNING", 4, 62, 3538);
    is_job(1, "4712", "dc2-ab3d-2", QUEUE_WAITING, "PENDING", 4, 0, 3600);
    assert_string_equal(q.v[1].why, "Priority");
    assert_string_equal(q.v[1].queue, "main normal");
    is_job(2, "4713", "dc2-ab3d-3", QUEUE_HELD, "PENDING", 4, 0, 3600);
    assert_int_equal(q.v[3].state, QUEUE_HELD);
    assert_int_equal(q.v[4].state, QUEUE_HELD);
    is_job(5, "4716_3", "a|name|with|bars", QUEUE_RUNNING, "COMPLETING", 1, 86401, 0);
    is_job(6, "4717", "f", QUEUE_ENDED, "CANCELLED by 1000", 1, 0, QUEUE_UNKNOWN);
    is_job(7, "4718", "g", QUEUE_SUSPENDED, "SUSPENDED", 1, 10, QUEUE_UNKNOWN);
    assert_int_equal(q.v[8].state, QUEUE_RUNNING);
    is_job(9, "4720", "i", QUEUE_ENDED, "TIMEOUT", 1, 60, 0);
    assert_ptr_equal(queue_by_id(&q, "4712"), &q.v[1]);
    assert_ptr_equal(queue_by_name(&q, "dc2-ab3d-2"), &q.v[1]);
    assert_null(queue_by_id(&q, "471"));
    assert_true(reads(SITE_SLURM, SLURM_HEAD));
    assert_int_equal(q.n, 0);
    /* 4.2: no answer is not an empty one */
    assert_false(reads(SITE_SLURM, ""));
    assert_false(reads(SITE_SLURM, "4711|RUNNING|1:02|58:58|4|main|normal|None|dc2-ab3d-1\n"));
}

/* 4.5: held, and what releases it, or waiting by itself */
static void
test_held(void **state)
{
    (void)state;
    static const struct {
        enum site_kind kind;
        const char *text;
        enum queue_state state;
        const char *remedy;
        /* clang-format off */
    } cases[] = {
#define SLURM_LINE(why) SLURM_HEAD "7|PENDING|0:00|1:00|1|main|normal|" why "|x\n"
        {SITE_SLURM, SLURM_LINE("JobHeldUser"), QUEUE_HELD, "'scontrol release 7'"},
        {SITE_SLURM, SLURM_LINE("job requeued in held state"), QUEUE_HELD, "'scontrol release 7'"},
        {SITE_SLURM, SLURM_LINE("job_requeued_in_held_state"), QUEUE_HELD, "'scontrol release 7'"},
        {SITE_SLURM, SLURM_LINE("launch failed requeued held"), QUEUE_HELD, "'scontrol release 7'"},
        {SITE_SLURM, SLURM_LINE("launch_failed_requeued_held"), QUEUE_HELD, "'scontrol release 7'"},
        {SITE_SLURM, SLURM_HEAD "7|REQUEUE_HOLD|0:00|1:00|1|m|n|None|x\n", QUEUE_HELD, "'scontrol release 7'"},
        {SITE_SLURM, SLURM_HEAD "7|SPECIAL_EXIT|0:00|1:00|1|m|n|None|x\n", QUEUE_HELD, "'scontrol release 7'"},
        {SITE_SLURM, SLURM_LINE("JobHeldAdmin"), QUEUE_HELD, "only the site"},
        {SITE_SLURM, SLURM_LINE("BadConstraints"), QUEUE_HELD, "nodes that fit it: 'scontrol release 7'"},
        {SITE_SLURM, SLURM_LINE("DependencyNeverSatisfied"), QUEUE_HELD, "never start"},
        {SITE_SLURM, SLURM_LINE("PartitionTimeLimit"), QUEUE_HELD, "never start"},
        {SITE_SLURM, SLURM_LINE("QOSMaxNodePerJobLimit"), QUEUE_HELD, "never start"},
        {SITE_SLURM, SLURM_LINE("Dependency"), QUEUE_HELD, NULL},
        {SITE_SLURM, SLURM_LINE("Priority"), QUEUE_WAITING, NULL},
        {SITE_SLURM, SLURM_LINE("PartitionDown"), QUEUE_WAITING, NULL},
        {SITE_SLURM, SLURM_LINE("QOSMaxJobsPerUserLimit"), QUEUE_WAITING, NULL},
        {SITE_SLURM, SLURM_LINE("BeginTime"), QUEUE_WAITING, NULL},
        {SITE_SLURM, SLURM_HEAD "7|SUSPENDED|0:02|0:58|1|m|n|None|x\n", QUEUE_SUSPENDED, "scontrol resume"},
        {SITE_SLURM, SLURM_HEAD "7|RUNNING|0:02|0:58|1|m|n|None|x\n", QUEUE_RUNNING, NULL},
#define COBALT_LINE(word) "JobID\n=====\n7 " word " N/A N/A 2 main x\n"
        {SITE_COBALT, COBALT_LINE("user_hold"), QUEUE_HELD, "'qrls 7'"},
        {SITE_COBALT, COBALT_LINE("admin_hold"), QUEUE_HELD, "only the site"},
        {SITE_COBALT, COBALT_LINE("dep_fail"), QUEUE_HELD, "'qrls --dependencies 7'"},
        {SITE_COBALT, COBALT_LINE("dep_hold"), QUEUE_HELD, NULL},
        {SITE_COBALT, COBALT_LINE("maxrun_hold"), QUEUE_WAITING, NULL},
        {SITE_PBS, "{\"Jobs\":{\"7.a\":{\"job_state\":\"H\"}}}", QUEUE_HELD, "'qrls 7.a'"},
        {SITE_PBS, "{\"Jobs\":{\"7.a\":{\"job_state\":\"S\"}}}", QUEUE_SUSPENDED, "'qsig -s resume 7.a'"},
        {SITE_LSF, "{\"RECORDS\":[{\"JOBID\":\"7\",\"STAT\":\"PSUSP\"}]}", QUEUE_HELD, "'bresume 7'"},
        {SITE_LSF, "{\"RECORDS\":[{\"JOBID\":\"7\",\"STAT\":\"USUSP\"}]}", QUEUE_SUSPENDED, "'bresume 7'"},
        {SITE_LSF, "{\"RECORDS\":[{\"JOBID\":\"7\",\"STAT\":\"PEND\"}]}", QUEUE_WAITING, NULL},
        {SITE_FLUX, "{\"jobs\":[{\"id\":7,\"state\":\"SCHED\",\"urgency\":0}]}", QUEUE_HELD,
            "'flux job urgency 7 default'"},
        {SITE_FLUX, "{\"jobs\":[{\"id\":7,\"state\":\"DEPEND\",\"urgency\":16}]}", QUEUE_HELD, NULL},
        {SITE_FLUX, "{\"jobs\":[{\"id\":7,\"state\":\"SCHED\",\"urgency\":16}]}", QUEUE_WAITING, NULL},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf remedy = {0};
        assert_true(reads(cases[i].kind, cases[i].text));
        assert_int_equal(q.n, 1);
        if (q.v[0].state != cases[i].state)
            fail_msg("%s is %s", cases[i].text, queue_state_name(q.v[0].state));
        queue_remedy(cases[i].kind, &q.v[0], &remedy);
        if (cases[i].remedy ? !remedy.n || !strstr(remedy.p, cases[i].remedy) : remedy.n > 0)
            fail_msg("%s: %s", cases[i].text, remedy.n ? remedy.p : "(no remedy)");
        buf_free(&remedy);
    }
}

static void
test_slurm_words(void **state)
{
    (void)state;
    static const char ended[] =
        "COMPLETED FAILED TIMEOUT CANCELLED NODE_FAIL PREEMPTED OUT_OF_MEMORY "
        "BOOT_FAIL DEADLINE ";
    char line[160];
    for (const char *p = ended; *p; p = strchr(p, ' ') + 1) {
        snprintf(line, sizeof line, SLURM_HEAD "1|%.*s|0:00|0:00|1|m|n|None|x\n",
            (int)strcspn(p, " "), p);
        assert_true(reads(SITE_SLURM, line));
        assert_int_equal(q.v[0].state, QUEUE_ENDED);
    }
}

static void
test_cobalt(void **state)
{
    (void)state;
    assert_true(reads(SITE_COBALT,
        "JobID   State       RunTime   TimeRemaining  Nodes  Queue    JobName\n"
        "=======================================================================\n"
        "302412  running     01:00:00  02:00:00       256    default  dc2-ab3d-1  \n"
        "302413  queued      N/A       N/A            256    default  dc2-ab3d-2\n"
        "302414  dep_fail    N/A       N/A            256    default  x\n"
        "302415  user_hold   N/A       N/A            8      debug    a name of blanks\n"
        "302416  killing     00:10:00  00:00:00       8      debug    -\n"));
    assert_int_equal(q.n, 5);
    is_job(0, "302412", "dc2-ab3d-1", QUEUE_RUNNING, "running", 256, 3600, 7200);
    is_job(1, "302413", "dc2-ab3d-2", QUEUE_WAITING, "queued", 256, QUEUE_UNKNOWN, QUEUE_UNKNOWN);
    assert_int_equal(q.v[2].state, QUEUE_HELD);
    assert_string_equal(q.v[2].why, "dep_fail");
    assert_string_equal(q.v[3].name, "a name of blanks");
    assert_string_equal(q.v[3].queue, "debug");
    assert_int_equal(q.v[4].state, QUEUE_RUNNING);
    assert_true(reads(SITE_COBALT, "JobID State\n==== ====\n"));
    assert_int_equal(q.n, 0);
    assert_false(reads(SITE_COBALT, ""));
    assert_false(reads(SITE_COBALT, "JobID State\n"));
}

static const char pbs_text[] = "{\n"
                               "    \"timestamp\":1787000000,\n"
                               "    \"pbs_version\":\"2022.1.1\",\n"
                               "    \"pbs_server\":\"polaris-pbs-01\",\n"
                               "    \"Jobs\":{\n"
                               "        \"12.polaris-pbs-01\":{\n"
                               "            \"Job_Name\":\"dc2-ab3d-1\",\n"
                               "            \"Job_Owner\":\"me@login-01\",\n"
                               "            \"resources_used\":{\n"
                               "                \"walltime\":\"00:10:00\"\n"
                               "            },\n"
                               "            \"job_state\":\"R\",\n"
                               "            \"queue\":\"small\",\n"
                               "            \"Resource_List\":{\n"
                               "                \"nodect\":10,\n"
                               "                \"walltime\":\"01:00:00\"\n"
                               "            },\n"
                               "            \"Variable_List\":{\n"
                               "                \"PBS_O_HOME\":\"/home/me\",\n"
                               "                \"PROMPT\":\"odd \\e[0m \"quotes\"\",\n"
                               "                \"LINES\":0050\n"
                               "            },\n"
                               "            \"comment\":\"Job run at ... on (x1)\"\n"
                               "        },\n"
                               "        \"13.polaris-pbs-01\":{\n"
                               "            \"Job_Name\":77,\n"
                               "            \"job_state\":\"H\",\n"
                               "            \"queue\":\"prod\",\n"
                               "            \"Variable_List\":{\n"
                               "                \"A\":\"}\"\n"
                               "            }\n"
                               "        },\n"
                               "        \"14[].polaris-pbs-01\":{\n"
                               "            \"job_state\":\"B\"\n"
                               "        },\n"
                               "        \"15.polaris-pbs-01\":{\n"
                               "            \"job_state\":\"F\",\n"
                               "            \"Exit_status\":-29\n"
                               "        },\n"
                               "        \"16.polaris-pbs-01\":{\n"
                               "            \"job_state\":\"Q\",\n"
                               "            \"comment\":\"Not Running: not enough free nodes\"\n"
                               "        }\n"
                               "    }\n"
                               "}\n";

static void
test_pbs(void **state)
{
    (void)state;
    assert_true(reads(SITE_PBS, pbs_text));
    assert_int_equal(q.n, 5);
    is_job(0, "12.polaris-pbs-01", "dc2-ab3d-1", QUEUE_RUNNING, "R", 10, 600, 3000);
    assert_string_equal(q.v[0].queue, "small");
    is_job(1, "13.polaris-pbs-01", "77", QUEUE_HELD, "H", QUEUE_UNKNOWN, QUEUE_UNKNOWN,
        QUEUE_UNKNOWN);
    assert_int_equal(q.v[2].state, QUEUE_RUNNING);
    assert_int_equal(q.v[3].state, QUEUE_ENDED);
    assert_int_equal(q.v[4].state, QUEUE_WAITING);
    assert_string_equal(q.v[4].why, "Not Running: not enough free nodes");
    assert_string_equal(q.v[0].why, ""); /* all nodes of it */
    /* none at all: there are no Jobs then */
    assert_true(reads(SITE_PBS, "{\n \"timestamp\":1,\n \"pbs_server\":\"s\"\n}\n"));
    assert_int_equal(q.n, 0);
    assert_false(reads(SITE_PBS, "{\n    \"timestamp\":1\n}\n"));
    assert_false(reads(SITE_PBS, "qstat: cannot connect to server s (errno=15010)\n"));
    assert_false(reads(SITE_PBS, "{\"Jobs\": {"));
    assert_non_null(strstr(why.p, "cannot be read"));
}

/* What a running job used is told late; when it started, at once. */
static void
test_pbs_times(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *state, *stime;
        int64_t now_s, elapsed;
    } of[] = {
        {"UTC0", "R", "\"Wed May 18 03:33:20 2033\"", 2000000100, 100},
        {"UTC0", "R", "2000000000", 2000000100, 100},
        {"UTC0", "R", "\"Wed May 18 03:53:20 2033\"", 2000000100, 60}, /* a clock that is ahead */
        {"UTC0", "R", "\"soon\"", 2000000100, 60},
        {"UTC0", "S", "\"Wed May 18 03:13:20 2033\"", 2000000100, 60},
        /* 0:30 comes twice on 2 October 2033: at 04:30 and at 05:30 UTC */
        {"EST5EDT,M4.1.0/0,M10.1.0/1", "R", "\"Sun Oct  2 00:30:00 2033\"", 2011840200 + 900, 900},
        {"EST5EDT,M4.1.0/0,M10.1.0/1", "R", "\"Sun Oct  2 00:30:00 2033\"", 2011843800 + 900, 900},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct buf b = {0};
        queue_free(&q);
        buf_reset(&why);
        setenv("TZ", of[i].zone, 1);
        tzset();
        buf_printf(&b,
            "{\"Jobs\": {\"1.s\": {\"job_state\": \"%s\", \"stime\": %s, \"comment\": \"c\", "
            "\"resources_used\": {\"walltime\": \"00:01:00\"}, "
            "\"Resource_List\": {\"walltime\": \"01:00:00\"}}}}",
            of[i].state, of[i].stime);
        assert_true(queue_read(SITE_PBS, b.p, b.n, of[i].now_s, &q, &why));
        if (q.v[0].elapsed_s != of[i].elapsed || q.v[0].left_s != 3600 - of[i].elapsed)
            fail_msg("%s in %s: %lld s", of[i].stime, of[i].zone, (long long)q.v[0].elapsed_s);
        assert_int_equal(q.v[0].state, *of[i].state == 'S' ? QUEUE_SUSPENDED : QUEUE_RUNNING);
        buf_free(&b);
    }
    unsetenv("TZ");
    tzset();
    /* jobs that were asked for one by one; one that is told twice is one */
    assert_true(reads(SITE_PBS,
        "{\"Jobs\": {\"1.s\": {\"job_state\": \"Q\"}}}\036wrapper\n{\"Jobs\": {\"2.s\": "
        "{\"job_state\": \"U\"}}}\n"
        "\036{\"pbs_server\": \"s\"}\n\036{\"Jobs\": {\"1.s\": {\"job_state\": \"R\"}}}"));
    assert_int_equal(q.n, 2);
    assert_int_equal(q.v[0].state, QUEUE_WAITING);
    assert_int_equal(q.v[1].state, QUEUE_SUSPENDED);
    assert_false(reads(SITE_PBS, "{\"Jobs\": {}}\036nothing\n"));
}

static void
test_lsf(void **state)
{
    (void)state;
    assert_true(reads(SITE_LSF,
        "{\n  \"COMMAND\":\"bjobs\",\n  \"JOBS\":5,\n  \"RECORDS\":[\n"
        "    "
        "{\"JOBID\":\"123\",\"JOBINDEX\":\"0\",\"STAT\":\"RUN\",\"EXIT_CODE\":\"\",\"QUEUE\":"
        "\"batch\","
        "\"NEXEC_HOST\":\"2\",\"RUN_TIME\":\"120 second(s)\",\"TIME_LEFT\":\"1:58 L\","
        "\"JOB_NAME\":\"dc2-ab3d-1\"},\n"
        "    "
        "{\"JOBID\":\"124\",\"JOBINDEX\":\"3\",\"STAT\":\"PEND\",\"QUEUE\":\"batch\",\"NEXEC_"
        "HOST\":\"\","
        "\"RUN_TIME\":\"0 second(s)\",\"TIME_LEFT\":\"-\",\"JOB_NAME\":\"x[3]\"},\n"
        "    {\"JOBID\":\"125\",\"STAT\":\"PSUSP\"},\n    {\"JOBID\":\"126\",\"STAT\":\"USUSP\"},\n"
        "    {\"JOBID\":\"127\",\"STAT\":\"EXIT\",\"EXIT_CODE\":\"3\"},\n"
        "    {\"JOBID\":\"128\",\"STAT\":\"UNKWN\"},\n"
        "    {\"JOBID\":\"9\",\"ERROR\":\"Job <9> is not found\"}\n  ]\n}\n"));
    assert_int_equal(q.n, 6);
    is_job(0, "123", "dc2-ab3d-1", QUEUE_RUNNING, "RUN", 2, 120, 7080);
    is_job(1, "124[3]", "x[3]", QUEUE_WAITING, "PEND", QUEUE_UNKNOWN, QUEUE_UNKNOWN, QUEUE_UNKNOWN);
    assert_int_equal(q.v[2].state, QUEUE_HELD);
    assert_int_equal(q.v[3].state, QUEUE_SUSPENDED); /* that is not cancelled */
    assert_int_equal(q.v[4].state, QUEUE_ENDED);
    assert_int_equal(q.v[5].state, QUEUE_RUNNING);
    assert_true(reads(SITE_LSF,
        "{\"RECORDS\":[{\"JOBID\":\"1\",\"STAT\":\"PEND\",\"PEND_REASON\":\"Not enough hosts; "
        "Closed: 1 host;\"},{\"JOBID\":\"2\",\"STAT\":\"RUN\",\"PEND_REASON\":\"-\"},"
        "{\"JOBID\":\"3\",\"STAT\":\"SSUSP\",\"RUN_TIME\":\"60 second(s)\"}]}"));
    assert_string_equal(q.v[0].why, "Not enough hosts; Closed: 1 host");
    assert_string_equal(q.v[1].why, "");
    assert_int_equal(q.v[2].state, QUEUE_SUSPENDED);
    assert_int_equal(q.v[2].elapsed_s, 60);
    assert_true(reads(SITE_LSF, "{\"COMMAND\":\"bjobs\",\"JOBS\":0,\"RECORDS\":[]}"));
    assert_int_equal(q.n, 0);
}

static void
test_flux(void **state)
{
    (void)state;
    assert_true(reads(SITE_FLUX,
        "{\"jobs\": [{\"id\": 15837629808640, \"name\": \"dc2-ab3d-1\", \"state\": \"RUN\", "
        "\"nnodes\": 4, "
        "\"queue\": \"batch\", \"t_run\": 2000000000.25, \"expiration\": 2000003600.0}, "
        "{\"id\": 2, \"name\": \"b\", \"state\": \"SCHED\", \"expiration\": 0.0}, "
        "{\"id\": 3, \"name\": \"c\", \"state\": \"DEPEND\"}, "
        "{\"id\": 4, \"name\": \"d\", \"state\": \"INACTIVE\", \"result\": \"TIMEOUT\"}, "
        "{\"id\": 5, \"name\": \"e\", \"state\": \"CLEANUP\"}]}\n"));
    assert_int_equal(q.n, 5);
    is_job(0, "15837629808640", "dc2-ab3d-1", QUEUE_RUNNING, "RUN", 4, 100, 3500);
    assert_int_equal(q.v[1].state, QUEUE_WAITING);
    assert_int_equal(q.v[2].state, QUEUE_HELD);
    is_job(3, "4", "d", QUEUE_ENDED, "TIMEOUT", QUEUE_UNKNOWN, QUEUE_UNKNOWN, QUEUE_UNKNOWN);
    assert_int_equal(q.v[4].state, QUEUE_RUNNING);
    /* held by somebody; a number that is not told holds nothing */
    assert_true(reads(SITE_FLUX,
        "{\"jobs\": [{\"id\": 1, \"state\": \"SCHED\", \"urgency\": 0, \"priority\": 0}, "
        "{\"id\": 2, \"state\": \"SCHED\", \"urgency\": 16, \"priority\": 0}, "
        "{\"id\": 3, \"state\": \"PRIORITY\", \"urgency\": 16, \"priority\": 0}, "
        "{\"id\": 4, \"state\": \"SCHED\", \"urgency\": 16, \"priority\": 16, "
        "\"annotations\": {\"sched\": {\"reason_pending\": \"no nodes\"}}}, "
        "{\"id\": 5, \"state\": \"DEPEND\", \"urgency\": 16, \"dependencies\": "
        "[\"after-any=\xc6\x92NH\"]}, "
        "{\"id\": 6, \"state\": \"RUN\", \"urgency\": 0}]}\n"));
    static const struct {
        enum queue_state state;
        const char *why;
    } held[] = {{QUEUE_HELD, "its urgency is 0"}, {QUEUE_HELD, "its priority is 0"},
        {QUEUE_WAITING, ""}, {QUEUE_WAITING, "no nodes"},
        {QUEUE_HELD, "dependency after-any=\xc6\x92NH"}, {QUEUE_RUNNING, ""}};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        assert_int_equal(q.v[i].state, held[i].state);
        assert_string_equal(q.v[i].why, held[i].why);
    }
    /* one job alone, when one id was asked for */
    assert_true(reads(SITE_FLUX, "{\"id\": 7, \"name\": \"x\", \"state\": \"PRIORITY\"}"));
    assert_int_equal(q.n, 1);
    assert_true(reads(SITE_FLUX, "{\"jobs\": []}"));
    assert_int_equal(q.n, 0);
    assert_false(reads(SITE_FLUX, "{\"job\": []}"));
    assert_false(reads(SITE_FLUX, "[]"));
}

/* qstat prints a job's name without quotes if strtod takes it. */
static void
test_pbs_numbers_as_names(void **state)
{
    (void)state;
    assert_true(
        reads(SITE_PBS, "{\"Jobs\":{\"1.s\":{\"Job_Name\":007,\"job_state\":\"R\"},"
                        "\"2.s\":{\"Job_Name\":1e999,\"job_state\":\"Q\"},"
                        "\"3.s\":{\"Job_Name\":nan,\"job_state\":\"Q\",\"comment\":\"\xff\"},"
                        "\"4.s\":{\"Job_Name\":123456789012345678901,\"job_state\":\"H\"}}}"));
    assert_int_equal(q.n, 4);
    assert_string_equal(q.v[0].name, "007");
    assert_string_equal(q.v[1].name, "1e999");
    assert_string_equal(q.v[2].name, "nan");
    assert_string_equal(q.v[3].name, "123456789012345678901");
}

static void
test_deep_json(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 200000; i++)
        buf_puts(&b, "{\"a\":[");
    assert_false(reads(SITE_FLUX, b.p));
    assert_non_null(strstr(why.p, "deep"));
    buf_free(&b);
}

static void
test_script_queue(void **state)
{
    (void)state;
    static const struct {
        enum site_kind kind;
        const char *script, *queue;
    } cases[] = {
        {SITE_SLURM, "#!/bin/bash\n#SBATCH --nodes=4\n#SBATCH --partition=main\n", "main"},
        {SITE_SLURM, "#!/bin/bash\n#SBATCH -q debug\n#SBATCH -t 10\n", "debug"},
        {SITE_SLURM, "#!/bin/bash\n#SBATCH --nodes=4\n\n#SBATCH -q debug\n", "debug"},
        {SITE_SLURM, "#!/bin/bash\n#SBATCH --comment=\"not -q debug\" -p main\n", "main"},
        {SITE_SLURM, "#!/bin/bash\n#SBATCH --no-such -p main\n", ""},
        {SITE_COBALT, "#!/bin/bash\n#COBALT -n 4\n#COBALT -t 10\n#COBALT -q default\n", "default"},
        {SITE_PBS, "#!/bin/bash\n#PBS -A x\n#PBS -q prod\n", "prod"},
        {SITE_LSF, "#!/bin/bash\n#BSUB -q \"batch\"\n", "batch"},
        {SITE_FLUX, "#!/bin/bash\n# flux: -N 4\n# flux: --queue=pbatch\n", "pbatch"},
        {SITE_FLUX, "#!/bin/bash\n#flux: --requires=-q\n", ""},
        {SITE_LOCAL, "#!/bin/sh\n# -q x\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        job_script_queue(cases[i].kind, cases[i].script, &b);
        assert_string_equal(b.p ? b.p : "", cases[i].queue);
        buf_free(&b);
    }
}

/* --- refusals --- */

static void
test_refusals(void **state)
{
    (void)state;
    static const struct {
        enum site_kind kind;
        enum refusal refusal;
        const char *said;
        /* clang-format off */
    } cases[] = {
        {SITE_SLURM, REFUSAL_LIMIT,
            "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission "
            "failed: Job "
            "violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n"},
        {SITE_SLURM, REFUSAL_POLICY,
            "sbatch: error: QOSMaxWallDurationPerJobLimit\nsbatch: error: Batch job submission "
            "failed: Job "
            "violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n"},
        {SITE_SLURM, REFUSAL_LIMIT,
            "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n"
            "sbatch: error: Batch job submission failed: Resource temporarily unavailable\n"},
        {SITE_SLURM, REFUSAL_POLICY,
            "sbatch: error: Batch job submission failed: Invalid account or account/partition "
            "combination specified\n"},
        {SITE_SLURM, REFUSAL_MISTAKE,
            "sbatch: error: Batch job submission failed: Invalid partition name specified\n"},
        {SITE_SLURM, REFUSAL_MISTAKE,
            "sbatch: error: Batch job submission failed: Requested node configuration is not "
            "available\n"},
        {SITE_SLURM, REFUSAL_BUSY,
            "sbatch: error: Batch job submission failed: Unable to contact slurm controller "
            "(connect "
            "failure)\n"},
        {SITE_SLURM, REFUSAL_BUSY,
            "sbatch: error: Batch job submission failed: Socket timed out on send/recv "
            "operation\n"},
        {SITE_COBALT, REFUSAL_LIMIT,
            "The limit of 20 jobs per user in the 'default' queue has been reached\n"},
        {SITE_COBALT, REFUSAL_MISTAKE, "'bogus' is not a known queue\n"},
        {SITE_COBALT, REFUSAL_BUSY, "failed to connect to queue manager\n"},
        {SITE_COBALT, REFUSAL_LIMIT,
            "No handlers could be found for logger \"ComponentProxy\"\nThe queue 'default' is draining\n"},
        {SITE_PBS, REFUSAL_LIMIT, "qsub: Queue is not enabled\n"},
        {SITE_LSF, REFUSAL_LIMIT, "normal: Queue has been closed. Job not submitted.\n"},
        {SITE_SLURM, REFUSAL_LIMIT,
            "sbatch: error: Batch job submission failed: Required partition not available (inactive or drain)\n"},
        {SITE_FLUX, REFUSAL_LIMIT, "flux-batch: ERROR: job submission to batch is disabled: maintenance\n"},
        {SITE_PBS, REFUSAL_LIMIT, "qsub: would exceed queue generic's per-user limit\n"},
        {SITE_PBS, REFUSAL_POLICY, "qsub: Access to queue is denied\n"},
        {SITE_PBS, REFUSAL_MISTAKE, "qsub: Job violates queue and/or server resource limits\n"},
        {SITE_PBS, REFUSAL_MISTAKE, "qsub: Unknown queue\n"},
        {SITE_PBS, REFUSAL_BUSY, "qsub: cannot connect to server pbs (errno=111)\n"},
        {SITE_LSF, REFUSAL_POLICY, "User cannot use the queue. Job not submitted.\n"},
        {SITE_LSF, REFUSAL_MISTAKE, "batch2: No such queue. Job not submitted.\n"},
        {SITE_LSF, REFUSAL_BUSY, "Cannot connect to LSF. Please wait ...\n"},
        {SITE_LSF, REFUSAL_LIMIT, "Pending job threshold reached. Retrying in 60 seconds...\n"},
        {SITE_FLUX, REFUSAL_LIMIT, "flux-batch: ERROR: user has max active jobs limit reached\n"},
        {SITE_FLUX, REFUSAL_MISTAKE, "flux-batch: ERROR: [Errno 22] Invalid queue 'x' specified\n"},
        {SITE_FLUX, REFUSAL_BUSY, "flux-batch: ERROR: Unable to connect to Flux: broker socket\n"},
        {SITE_SLURM, REFUSAL_BUSY, ""},
        /* 4.3: what is not plainly a refusal of this job is none */
        {SITE_SLURM, REFUSAL_BUSY,
            "sbatch: error: Invalid user for SlurmUser slurm, ignored\n"
            "sbatch: fatal: Unable to process configuration file\n"},
        {SITE_SLURM, REFUSAL_BUSY,
            "sbatch: error: Batch job submission failed: Unexpected message received\n"},
        {SITE_SLURM, REFUSAL_BUSY,
            "sbatch: error: Batch job submission failed: I/O error writing script/environment to file\n"},
        {SITE_SLURM, REFUSAL_BUSY, "sbatch: error: Batch job submission failed: Invalid user id\n"},
        {SITE_SLURM, REFUSAL_BUSY,
            "sbatch: error: Batch job submission failed: Protocol authentication error\n"},
        {SITE_SLURM, REFUSAL_BUSY, "sbatch: error: slurm_receive_msg: Zero Bytes were transmitted or received\n"},
        {SITE_SLURM, REFUSAL_MISTAKE, "sbatch: error: Batch job submission failed: Invalid feature specification\n"},
        {SITE_SLURM, REFUSAL_MISTAKE, "sbatch: error: Batch job submission failed: Requested time limit is "
                                      "invalid (missing or exceeds some limit)\n"},
        {SITE_SLURM, REFUSAL_MISTAKE, "sbatch: error: This does not look like a batch script.\n"},
        {SITE_SLURM, REFUSAL_MISTAKE, "sbatch: unrecognized option '--nosuch'\n"},
        {SITE_SLURM, REFUSAL_MISTAKE, "cannot start 'sbatch': No such file or directory"},
        {SITE_PBS, REFUSAL_BUSY, "qsub: Internal error 15010\n"},
        {SITE_PBS, REFUSAL_BUSY, "qsub: something new\n"},
        {SITE_PBS, REFUSAL_MISTAKE, "qsub: Job rejected by all possible destinations (check syntax, queue resources)\n"},
        {SITE_LSF, REFUSAL_BUSY,
            "Failed in an LSF library call: Slave LIM configuration is not ready yet. Job not submitted.\n"},
        {SITE_LSF, REFUSAL_MISTAKE, "Too many processors requested. Job not submitted.\n"},
        {SITE_COBALT, REFUSAL_BUSY, "<Fault 1: \"Traceback\">\n"},
        {SITE_COBALT, REFUSAL_MISTAKE, "Walltime greater than the 'default' queue max walltime of 01:00:00\n"},
        {SITE_FLUX, REFUSAL_BUSY, "flux-batch: ERROR: [Errno 110] something new\n"},
        {SITE_FLUX, REFUSAL_MISTAKE, "flux-batch: ERROR: requested duration exceeds policy limit of 2h\n"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (refusal_of(cases[i].kind, cases[i].said) != cases[i].refusal)
            fail_msg("%s is taken for %s", cases[i].said,
                refusal_name(refusal_of(cases[i].kind, cases[i].said)));
}

static void
test_quotes(void **state)
{
    (void)state;
    struct buf b = {0};
    refusal_quote("sbatch: error: one\n\n sbatch: \033[1merror: two\n\n", &b);
    assert_string_equal(b.p, "sbatch: error: one /  sbatch:  [1merror: two");
    buf_reset(&b);
    /* Python, before what Cobalt's client says itself */
    refusal_quote("No handlers could be found for logger \"x\"\nqueue y is draining\n", &b);
    assert_string_equal(b.p, "queue y is draining");
    buf_reset(&b);
    refusal_quote("No handlers could be found for logger \"x\"\n", &b);
    assert_string_equal(b.p, "(it said nothing)");
    buf_reset(&b);
    refusal_quote("\n", &b);
    assert_string_equal(b.p, "(it said nothing)");
    buf_reset(&b);
    char *long_text = xmalloc(5001);
    memset(long_text, 'x', 5000);
    long_text[5000] = 0;
    memcpy(long_text + 4900, "\nthe end\n", 9);
    memset(long_text + 4909, 'y', 91);
    refusal_quote(long_text, &b);
    assert_true(b.n < 320);
    assert_memory_equal(b.p, "the end", 7);
    free(long_text);
    buf_free(&b);
}

static int
clean(void **state)
{
    (void)state;
    queue_free(&q);
    buf_free(&why);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_slurm),
        cmocka_unit_test(test_slurm_words),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_cobalt),
        cmocka_unit_test(test_pbs),
        cmocka_unit_test(test_pbs_times),
        cmocka_unit_test(test_lsf),
        cmocka_unit_test(test_flux),
        cmocka_unit_test(test_pbs_numbers_as_names),
        cmocka_unit_test(test_deep_json),
        cmocka_unit_test(test_script_queue),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
