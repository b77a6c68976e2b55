#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/json_read.h"
#include "util/list.h"
#include "util/map128.h"
#include "util/map64.h"
#include "util/names.h"
#include "util/parallel.h"
#include "util/sha256.h"
#include "util/strpool.h"
#include "util/system.h"

static void
crc_of_known_text(void **state)
{
    (void)state;
    /* the check value of the CRC catalogue for CRC-32/ISO-HDLC */
    assert_int_equal(crc32_update(0, "123456789", 9), 0xCBF43926);
    unsigned char bytes[80];
    for (unsigned n = 0; n < sizeof bytes; n++) { /* as its definition says, bit by bit */
        bytes[n] = (unsigned char)(n * 89 + 7);
        uint32_t slow = UINT32_MAX;
        for (unsigned bit = 0; bit < n * 8; bit++)
            slow = (slow ^ (bytes[bit / 8] >> bit % 8)) & 1 ? slow >> 1 ^ 0xEDB88320 : slow >> 1;
        assert_int_equal(crc32_update(0, bytes, n), (uint32_t)~slow);
    }
    uint32_t c = crc32_update(0, "1234", 4);
    assert_int_equal(crc32_update(c, "56789", 5), 0xCBF43926);
    c = crc32_update(0, bytes, sizeof bytes);
    for (unsigned n = 0; n < sizeof bytes; n++)
        assert_int_equal(crc32_update(crc32_update(0, bytes, n), bytes + n, sizeof bytes - n), c);
}

static void
hashes_differ(void **state)
{
    (void)state;
    uint64_t seen[40];
    char text[40] = {0};
    for (int n = 0; n < 40; n++)
        seen[n] = hash64(text, (size_t)n, 0); /* zeros of every length */
    for (int i = 0; i < 40; i++)
        for (int k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    struct hash128 h = hash128("a", 1);
    assert_true(h.a != h.b);
}

static void
pool_interns(void **state)
{
    (void)state;
    struct strpool s;
    strpool_init(&s);
    assert_int_equal(strpool_adds(&s, ""), 0);
    uint32_t ids[5000];
    for (int i = 0; i < 5000; i++) {
        char t[20];
        snprintf(t, sizeof t, "name%d", i);
        ids[i] = strpool_adds(&s, t);
    }
    for (int i = 0; i < 5000; i++) {
        char t[20];
        snprintf(t, sizeof t, "name%d", i);
        assert_int_equal(strpool_adds(&s, t), ids[i]);
        assert_string_equal(strpool_get(&s, ids[i]), t);
        assert_int_equal(strpool_len(&s, ids[i]), strlen(t));
    }
    /* a string that lies in the pool itself survives its growing */
    for (int i = 0; i < 2000; i++) {
        const char *inside = strpool_get(&s, ids[i]) + 1;
        char want[20];
        snprintf(want, sizeof want, "ame%d", i);
        assert_string_equal(strpool_get(&s, strpool_adds(&s, inside)), want);
    }
    strpool_free(&s);
}

static void
map_keeps_first_value(void **state)
{
    (void)state;
    struct map128 m = {0};
    bool found;
    uint64_t v;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(map128_add(&m, hash128(&i, sizeof i), i * 3, &found), i * 3);
        assert_false(found);
    }
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(map128_add(&m, hash128(&i, sizeof i), 7, &found), i * 3);
        assert_true(found);
        assert_true(map128_find(&m, hash128(&i, sizeof i), &v));
        assert_int_equal(v, i * 3);
    }
    assert_false(map128_find(&m, hash128("none", 4), &v));
    map128_free(&m);
}

static void
map64_in_both_forms(void **state)
{
    (void)state;
    for (int dense = 0; dense < 2; dense++) {
        struct map64 m;
        bool found;
        uint64_t step = dense ? 3 : UINT64_C(0x100000001000);
        map64_init(&m, dense ? 3000 : 0, 1000);
        assert_int_equal(m.direct != NULL, dense);
        for (uint32_t i = 0; i < 1000; i++) {
            assert_int_equal(map64_add(&m, i * step, i * 2, &found), i * 2);
            assert_false(found);
        }
        for (uint32_t i = 0; i < 1000; i++) {
            assert_int_equal(map64_add(&m, i * step, 7, &found), i * 2);
            assert_true(found);
            assert_int_equal(map64_find(&m, i * step), i * 2);
            assert_int_equal(map64_find(&m, i * step + 1), UINT32_MAX);
        }
        map64_free(&m);
    }
}

struct tally {
    unsigned called[1000];
};

static void
count_call(void *arg, unsigned i)
{
    ((struct tally *)arg)->called[i]++;
}

static void
parallel_calls_each_once(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= 1000; n += n ? n * 2 : 1) {
        struct tally t = {{0}};
        parallel_for(n, count_call, &t);
        for (unsigned i = 0; i < 1000; i++)
            assert_int_equal(t.called[i], i < n);
    }
}

/* What the shell makes of a quoted value must be the value. */
static void
shell_reads_back(void **state)
{
    (void)state;
    static const char *const value[] = {"plain", "", "two words", "it's", "a\"b", "$HOME `id` \\",
        "new\nline", "*?[x]", "~", "-n", "#no comment", "é ü", "a;b&c|d<e>f(g)"};
    static const char *const frame[][2] = {{"printf %s. ", ""}, {"printf %s. \"", "\""},
        {"printf %s. '", "'"}, {"printf %s. a", "b"}};
    for (size_t v = 0; v < sizeof value / sizeof *value; v++) {
        for (int f = 0; f < 4; f++) {
            struct buf cmd = {0}, want = {0};
            buf_puts(&cmd, frame[f][0]);
            buf_shell_quote(&cmd, value[v], strlen(value[v]),
                f == 1   ? QUOTE_DOUBLE
                : f == 2 ? QUOTE_SINGLE
                         : QUOTE_WORD);
            buf_puts(&cmd, frame[f][1]);
            buf_printf(&want, "%s%s%s.", f == 3 ? "a" : "", value[v], f == 3 ? "b" : "");
            FILE *p = popen(cmd.p, "r");
            char got[200] = {0};
            size_t n = fread(got, 1, sizeof got - 1, p);
            got[n] = 0;
            assert_int_equal(pclose(p), 0);
            assert_string_equal(got, want.p);
            buf_free(&cmd);
            buf_free(&want);
        }
    }
}

static void
writes_whole_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/wfl-util-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/a/b/c/file", dir);
    assert_int_equal(dir_make_parent(path.p), 0);
    assert_int_equal(dir_make_parent(path.p), 0);
    assert_int_equal(file_write_atomic(path.p, "hello", 5, 0644), 0);
    assert_int_equal(file_write_atomic(path.p, "bye", 3, 0644), 0);
    assert_int_equal(file_read(path.p, &text), 0);
    assert_string_equal(text.p, "bye");
    assert_int_equal(file_read_most(path.p, 2, &text), EFBIG);
    assert_int_equal(file_read_most(path.p, 3, &text), 0);
    assert_string_equal(text.p, "byebye");
    assert_int_equal(file_read_most(dir, 3, &text), EISDIR);
    buf_puts(&path, "/under-a-file");
    assert_int_equal(file_write_atomic(path.p, "x", 1, 0644), ENOTDIR);
    assert_int_equal(dir_make(path.p), ENOTDIR);
    assert_int_equal(file_write_atomic("/dev/full/x", "x", 1, 0644), ENOTDIR);
    buf_reset(&text);
    assert_int_equal(file_read("/nowhere/at/all", &text), ENOENT);
    buf_reset(&path);
    buf_printf(&path, "rm -r %s", dir);
    assert_int_equal(system(path.p), 0);
    buf_free(&path);
    buf_free(&text);
}

static void
arena_keeps(void **state)
{
    (void)state;
    struct arena a = {0};
    char *s[100];
    for (int i = 0; i < 100; i++)
        s[i] = arena_printf(&a, "%d %0*d", i, i * 50, i);
    for (int i = 0; i < 100; i++)
        assert_int_equal(atoi(s[i]), i);
    char *big = arena_alloc(&a, 1000000);
    struct arena none = {0}, other = {0};
    const char *there = arena_printf(&other, "%d", 77);
    arena_join(&a, &none);
    arena_join(&a, &other);
    arena_free(&other);
    assert_string_equal(there, "77");
    arena_join(&other, &a); /* into an empty one */
    a = other;
    assert_int_equal(big[999999], 0);
    arena_free(&a);
}

/* FIPS 180-4's examples, and lengths about those of a block. */
static void
sha256_of_known_text(void **state)
{
    static const char *const known[][2] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
    (void)state;
    char hex[SHA256_HEX + 1], other[SHA256_HEX + 1];
    struct sha256 s;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        sha256_begin(&s);
        sha256_add(&s, known[i][0], strlen(known[i][0]));
        sha256_end(&s, hex);
        assert_string_equal(hex, known[i][1]);
    }
    char text[200];
    memset(text, 'a', sizeof text);
    for (size_t n = 0; n < sizeof text; n++) { /* in pieces as at once */
        sha256_begin(&s);
        sha256_add(&s, text, n);
        sha256_end(&s, hex);
        sha256_begin(&s);
        for (size_t k = 0; k < n; k += 7)
            sha256_add(&s, text + k, n - k < 7 ? n - k : 7);
        sha256_end(&s, other);
        assert_string_equal(hex, other);
    }
    sha256_begin(&s);
    for (unsigned i = 0; i < 10000; i++)
        sha256_add(&s, text, 100);
    sha256_end(&s, hex); /* a million times 'a' */
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void
paths_below(void **state)
{
    (void)state;
    assert_true(
        path_below("/tmp", "/tmp") && path_below("/tmp/a", "/tmp") && path_below("/a", "/"));
    assert_false(path_below("/tmpx", "/tmp") || path_below("/t", "/tmp"));
}

static void
signals_have_names(void **state)
{
    (void)state;
    /* every name that a shell's kill knows is one here */
    FILE *kill = popen("/bin/kill -L 2>/dev/null || bash -c 'kill -l'", "r");
    assert_non_null(kill);
    char word[32], name[32] = "";
    int number = 0, n = 0;
    while (fscanf(kill, "%31s", word) == 1) {
        if (word[0] >= '0' && word[0] <= '9') { /* "9 KILL" or "9) SIGKILL" */
            number = atoi(word);
            continue;
        }
        snprintf(name, sizeof name, "%s", strncmp(word, "SIG", 3) == 0 ? word + 3 : word);
        if (number > 0 && number < 32)
            n += signal_by_name(name) == number;
    }
    pclose(kill);
    assert_true(n >= 31);
    assert_int_equal(signal_by_name("IO"), signal_by_name("POLL"));
    assert_int_equal(signal_by_name("SIGTERM"), 0);
    assert_int_equal(signal_by_name(""), 0);
    assert_int_equal(signal_by_name("RTMIN"), 0);
}

static void
lists_and_names(void **state)
{
    (void)state;
    struct list l = {0};
    struct names t = {0};
    static char name[1000][8];
    assert_null(names_find(&t, "0"));
    for (int i = 0; i < 1000; i++) {
        snprintf(name[i], sizeof name[i], "%d", i);
        list_add(&l, name[i]);
        names_put(&t, name[i], name[i]);
    }
    names_put(&t, "500", name[0]); /* takes the place of the one before */
    assert_int_equal(l.n, 1000);
    assert_int_equal(t.n, 1000);
    for (int i = 0; i < 1000; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d", i);
        assert_ptr_equal(l.at[i], name[i]);
        assert_ptr_equal(names_find(&t, key), name[i == 500 ? 0 : i]);
    }
    assert_null(names_find(&t, ""));
    assert_null(names_find(&t, "1000"));
    list_free(&l);
    names_free(&t);
}

static void
json_as_others_write_it(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf why = {0};
    static const char text[] = " {\"s\": \"a\\n\\u00e9\\ud83d\\ude00\\ud83d\\\"/\xff\t\", \"n\": "
                               "-007, \"e\":1e999, \"word\": nan,"
                               "\"big\": 99999999999999999999, \"l\" : [ ] ,\"t\": true, \"o\": "
                               "{\"k\": null}, \"n\": 8}\n\n";
    const struct json *v = json_read(&a, text, sizeof text - 1, &why);
    assert_non_null(v);
    assert_int_equal(v->kind, JSON_OBJECT);
    assert_string_equal(json_member_text(v, "s"),
        "a\n\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\"/\xff\t");
    assert_string_equal(v->first->next->text, "-007");
    assert_string_equal(json_member_text(v, "n"), "8"); /* the last one */
    assert_string_equal(json_member_text(v, "e"), "1e999");
    assert_string_equal(json_member_text(v, "word"), "nan");
    assert_string_equal(json_member_text(v, "big"), "99999999999999999999");
    assert_string_equal(json_member_text(v, "t"), "");
    assert_string_equal(json_member_text(v, "missing"), "");
    assert_string_equal(json_member_text(NULL, "s"), "");
    assert_null(json_member_of(v, "l", JSON_OBJECT));
    assert_non_null(json_member_of(v, "l", JSON_LIST));
    assert_null(json_member_of(v, "l", JSON_LIST)->first);
    assert_int_equal(json_member(json_member(v, "o"), "k")->kind, JSON_NULL);
    buf_free(&why);
    arena_free(&a);
}

static void
no_json(void **state)
{
    (void)state;
    static const char *const text[] = {"", " ", "{", "[", "[1", "[1,", "[1,]", "[1 2]", "{1:2}",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "nul", "tru",
        "--1", "1 2", "{} x", "[}", "{]", "{\"a\":\"b}", "\"\\ud83d\\u\""};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        struct arena a = {0};
        struct buf why = {0};
        char *exact = xmalloc(strlen(text[i]) + !*text[i]); /* a byte too far is seen by asan */
        memcpy(exact, text[i], strlen(text[i]));
        assert_null(json_read(&a, exact, strlen(text[i]), &why));
        assert_int_equal(strncmp(why.p, "line 1 of it: ", 14), 0);
        free(exact);
        buf_free(&why);
        arena_free(&a);
    }
    struct arena a = {0};
    struct buf why = {0};
    assert_null(json_read(&a, "{\n\"a\": 1\n\"b\": 2}", 17, &why));
    assert_string_equal(why.p, "line 3 of it: a comma or a bracket is missing");
    buf_free(&why);
    arena_free(&a);
}

/* A new group of v2, of the machine's or, as root, in a view of them at `view`. False: none. */
static bool
make_group(const char *view, struct buf *group)
{
    struct buf text = {0};
    char *type = file_read("/proc/self/mounts", &text) == 0 ? strstr(text.p, " cgroup2 ") : NULL,
         *path;
    if (type) {
        *type = 0;
        path = strrchr(text.p, ' ') + 1;
    }
    bool seen = type || mount("cgroup2", view, "cgroup2", 0, NULL) == 0;
    buf_printf(group, "%s/wfl-test-%ld", type ? path : view, (long)getpid());
    buf_free(&text);
    return seen && mkdir(group->p, 0755) == 0;
}

/* In a control group, or without one: -1. */
static void
tries_to_start(int group)
{
    char *const argv[] = {"sh", "-c",
        "cat /proc/self/cgroup; grep -E 'Sig(Blk|Ign):' /proc/self/status >&2; echo $X; "
        "[ $(ps -o sid= $$) -eq $$ ] && exit 7",
        NULL};
    char *const env[] = {"PATH=/usr/bin:/bin", "X=words", NULL};
    char text[4096] = "", want[64];
    sigset_t reset, blocked, before;
    FILE *out = tmpfile();
    pid_t pid;
    int status;
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&reset);
    sigaddset(&reset, SIGXFSZ);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    struct system_start how = {"/bin/sh", argv, env, &reset, fileno(out), group};
    int err = system_start(&how, &pid);
    if (!err) {
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WEXITSTATUS(status), 7);
        assert_true(pread(fileno(out), text, sizeof text - 1, 0) > 0);
        snprintf(want, sizeof want, "/wfl-test-%ld\n", (long)getpid());
        assert_true(group < 0 || strstr(text, want));
        assert_non_null(strstr(text, "SigBlk:\t0000000000000000\n"));
        assert_non_null(strstr(text, "\nwords\n"));
        unsigned long ignored = strtoul(strstr(text, "SigIgn:") + 7, NULL, 16);
        assert_true(ignored >> (SIGPIPE - 1) & 1);
        assert_false(ignored >> (SIGXFSZ - 1) & 1);
        how.program = "/no/where";
        assert_int_equal(system_start(&how, &pid), ENOENT);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    } else {
        assert_int_equal(err, ENOSYS);
        assert_true(group >= 0);
    }
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    assert_true(sigismember(&blocked, SIGTERM));
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    fclose(out);
}

static void
starts_without_a_group(void **state)
{
    (void)state;
    tries_to_start(-1);
}

static void
starts_in_a_group(void **state)
{
    (void)state;
    char view[] = "/tmp/wfl-util-XXXXXX";
    struct buf group = {0};
    assert_non_null(mkdtemp(view));
    if (make_group(view, &group)) {
        int folder = open(group.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        tries_to_start(folder);
        close(folder);
        rmdir(group.p);
    }
    umount(view);
    rmdir(view);
    buf_free(&group);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_of_known_text),
        cmocka_unit_test(hashes_differ),
        cmocka_unit_test(pool_interns),
        cmocka_unit_test(map_keeps_first_value),
        cmocka_unit_test(map64_in_both_forms),
        cmocka_unit_test(parallel_calls_each_once),
        cmocka_unit_test(shell_reads_back),
        cmocka_unit_test(writes_whole_files),
        cmocka_unit_test(arena_keeps),
        cmocka_unit_test(sha256_of_known_text),
        cmocka_unit_test(paths_below),
        cmocka_unit_test(signals_have_names),
        cmocka_unit_test(lists_and_names),
        cmocka_unit_test(json_as_others_write_it),
        cmocka_unit_test(no_json),
        cmocka_unit_test(starts_without_a_group),
        cmocka_unit_test(starts_in_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
