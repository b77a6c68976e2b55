/* Values in shell commands: the compiler quotes hundreds of hostile values for each of many places,
 * the shells read them, and every word must be what was meant. Where it cannot be quoted for sure,
 * an insertion must be refused. */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "shell/scan.h"
#include "image_lib.h"
#include "plan/plan.h"
#include "util/file.h"
#include "util/strpool.h"

/* A command that calls p, which prints its arguments; {v} is the value. `words`: what p must be
 * given, call by call: each argument ends with '|', each call with '/'; @ is the value. NULL: it
 * must be taken, and what it gives is not compared. */
static const struct context {
    const char *command, *words;
} contexts[] =
    {
        {"p {v}", "@|/"},
        {"p a{v}b", "a@b|/"},
        {"p {v}{v}", "@@|/"},
        {"p {v} {v}", "@|@|/"},
        {"p -x={v} --y={v}", "-x=@|--y=@|/"},
        {"p \"{v}\"", "@|/"},
        {"p \"a {v} b\" c", "a @ b|c|/"},
        {"p '{v}'", "@|/"},
        {"p 'a {v} b' c", "a @ b|c|/"},
        {"p a\"{v}\"'{v}'{v}", "a@@@|/"},
        {"p zz{v}*", "zz@*|/"},
        {"p zz[{v}]?", "zz[@]?|/"},
        {"p \"~\"{v} '~'{v} \\~{v} {v}~", "~@|~@|~@|@~|/"},
        {"p \\\\{v}", "\\@|/"},
        {"p \\a{v}", "a@|/"},
        {"p \"\\\\{v}\"", "\\@|/"},
        {"p \"\\\"{v}\\\"\"", "\"@\"|/"},
        {"p \"\\$({v})\"", "$(@)|/"},
        {"p \\${v}", "$@|/"},
        {"p \\`{v}\\`", "`@`|/"},
        {"p x${{z}}{v}", "x@|/"},
        {"p \"x${{z}}{v}\"", "x@|/"},
        {"p \"x$?{v}\"", "x0@|/"},
        {"p $z{v}", "@|/"},
        {"p '$'\"{v}\"", "$@|/"},
        {"p \"$\"{v}", "$@|/"},
        {"p a#{v}#", "a#@#|/"},
        {"p {{{v}}}", "{@}|/"},
        {"p {v};p {v}&&p {v}||p no\np {v}", "@|/@|/@|/@|/"},
        {"p {v}|:;p {v}", "@|/@|/"},
        {"(p {v})", "@|/"},
        {"( (p {v}) )", "@|/"},
        {"{{ p {v}; }}", "@|/"},
        {"p $(p {v})", "@|//"},
        {"p \"$(p {v})\"", "@|/|/"},
        {"p \"$(p \"{v}\")\"", "@|/|/"},
        {"p \"$(p '{v}')\"", "@|/|/"},
        {"p \"a $(p \"$(p \"{v}\")\") {v}\"", "@|/|/a  @|/"},
        {"x=$(p {v}; p \"{v}\")", "@|/@|/"},
        {"x={v}; p \"$x\"", "@|/"},
        {"x=\"{v}\"; p \"$x\"", "@|/"},
        {"x='{v}'; p \"$x\"", "@|/"},
        {"x=a{v}b y={v}; p \"$x$y\"", "a@b@|/"},
        {"x={v} y={v}\np \"$x\" \"$y\"", "@|@|/"},
        {"export x={v}; p \"$x\"", "@|/"},
        {"readonly x={v}; p \"$x\"; exit", "@|/"},
        {"if p {v}; then p a{v}; else p no; fi", "@|/a@|/"},
        {"if ! p {v}; then p no; elif p {v}; then p {v}; fi", "@|/@|/@|/"},
        {"for i in {v} a{v}; do p \"$i\"; done", "@|/a@|/"},
        {"for i in {v}\ndo p \"$i\" {v}\ndone", "@|@|/"},
        {"for i do p no; done; p {v}", "@|/"},
        {"while p {v}; do p {v}; break; done", "@|/@|/"},
        {"until p {v}; do p no; done", "@|/"},
        {"case {v} in {v}) p {v} ;; *) p no ;; esac", "@|/"},
        {"case \"{v}\" in \"{v}\") p \"{v}\" ;; *) p no ;; esac; p {v}", "@|/@|/"},
        {"case x in (a|{v}b) p no ;; x|y) p {v} ;; esac", "@|/"},
        {"p \"$(case 1 in 1) p {v} ;; esac)\"", "@|/|/"},
        {"p $(case 1 in (1) p {v} ;; esac; p {v})", "@|/@|//"},
        {"case a in a) case b in b) p {v};; esac;; esac; p {v}", "@|/@|/"},
        {"case a in a) p {v}\nesac\np {v}", "@|/@|/"},
        {"f() {{ p {v} \"$1\"; }}; f {v}", "@|@|/"},
        {"f() ( p {v} )\nf", "@|/"},
        {"p {v}>/dev/null", "@|/"},
        {"p {v}</dev/null", "@|/"},
        {"p {v} >/dev/null 2>&1", "@|/"},
        {"p a{v}>/dev/null", "a@|/"},
        {">/dev/null p {v}", "@|/"},
        {"p 2>/dev/null {v}", "@|/"},
        {"p {v} # it's {{ a comment }} \" `", "@|/"},
        {"# don't (\np {v}", "@|/"},
        {"p {v} \\\n    {v}", "@|@|/"},
        {"p \"a\\\n{v}\"", "a@|/"},
        {": <<EOF\nit's \"$(:)\" `:` ${{z}} \\$(\nEOF\np {v}", "@|/"},
        {": <<'EOF'\nit's $( ` \" a\\\nEOF\np {v}", "@|/"},
        {": <<-EOF\n\tit's\n\t\tEOF\np {v}", "@|/"},
        {": <<A <<\\B\n(\nA\n)\nB\np {v}", "@|/"},
        {"( (:  <<EOF\n' EOF\n\tEOF\nEOF\n) )\np {v}", "@|/"},
        {"p $(:  <<'E O'\n)\nE O\np {v})", "@|//"},
        {"case a in a) : <<EOF ;; esac; p {v}\n;;\nEOF\np {v}", "@|/@|/"},
        {": <<ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ\n"
         "'\nABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ\np {v}",
            "@|/"},
        {"p ${{z:-\"a}}\"}} ${{z:-'}}'}} ${{z:-\\}}}} {v}", "a}|}|}|@|/"},
        {"p \"${{z:-\"a}}b\"}}\" {v}", "a}b|@|/"},
        {"p \"${{z:-${{z:-a}}}}\" {v}", "a|@|/"},
        {"p ${{z#\"#\"}}{v}", "@|/"},
        {"p `echo \"a'\"` {v}", "a'|@|/"},
        {"p \"`echo \"\\`echo a\\`\"`\" {v}", "a|@|/"},
        {"p $((1 + (2))) {v}", "3|@|/"},
        {"p \"$((1<<2)) {v}\"", "4 @|/"},
        {"./{v}x_none || p {v}", "@|/"},
        {"x_none={v} ./{v}x_none || p {v}", "@|/"},
        {"env -- {v}x_none || p {v}", NULL},
        {"$z p {v}", "@|/"},
        {"\"p\" {v}; \\p {v}; p$z {v}", "@|/@|/@|/"},
        {"$(: {v})p {v}", "@|/"},
        {"y=p; \"$y\" eval {v}", "eval|@|/"},
        {"[ {v} = {v} ] && p {v}", "@|/"},
        {"p {v} & wait", "@|/"},
        {"command -- printf '%s|\\0/\\0' {v} >&9", "@|/"},
        {"set -- {v} \"{v}\" '{v}'\np \"$@\"", "@|@|@|/"},
        {"p \"!{v}!\" !{v}", "!@!|!@|/"},
        {"p $'a' {v}", NULL},
        {"p \"$'{v}'\"", "$'@'|/"},
        {"trap : EXIT; p {v}", "@|/"},
        {"p é{v}é", "é@é|/"},
        {"p \"é{v}é\" 'é{v}'", "é@é|é@|/"},
},
  bash_contexts[] =
      {
          {"p $'it\\'s' {v}", "it's|@|/"},
          {"p $'a\\\\' '{v}'", "a\\|@|/"},
          {"a=({v} \"{v}\" x{v}); p \"${{a[@]}}\"", "@|@|x@|/"},
          {"declare x={v}; p \"$x\"", "@|/"},
          {"local_f() {{ local x={v}; p \"$x\"; }}; local_f", "@|/"},
          {"x=; x+={v}; p \"$x\"", "@|/"},
          {"[[ {v} == {v} ]] && p {v}", "@|/"},
          {"[[ \"{v}\" != a && ( -n 'a{v}' ) ]] && p {v}", NULL},
          {"[[ x =~ ^(x|y)$ ]] && p {v}", "@|/"},
          {"[[ a{v} < b ]]; p {v}", "@|/"},
          {"(( 1 + (2 << 1) )); p {v}", "@|/"},
          {"for ((i = 0; i < 1; i++)); do p {v}; done", "@|/"},
          {"select x in {v}; do break; done </dev/null 2>/dev/null; p {v}", "@|/"},
          {"function f {{ p {v}; }}; f", "@|/"},
          {"function f() {{ p {v}; }}; f", "@|/"},
          {": <(p {v}); wait $!", "@|/"},
          {"p {v} > >(: )", "@|/"},
          {": <<<{v}; p {v}", "@|/"},
          {"read -r -d '' x <<<\"{v}\"; p {v}", "@|/"},
          {"p {v} &>/dev/null", "@|/"},
          {"p {v} |& :", "@|/"},
          {"case a in a) p {v} ;& b) p {v} ;; esac", "@|/@|/"},
          {"time -p p {v} 2>/dev/null", "@|/"},
          {"p {{a,b{v}}}", "a|b@|/"},
          {"p {{a,{v}}} {{1..{v}}}", NULL},
          {"exec {{fd}}>/dev/null; p {v}", "@|/"},
},
  numbers[] =
      {
          {"p $(( {n} + 1 )) \"$(({n}))\" $((-{n}-1)) {n}", NULL},
          {"p \"$(( {n} * 0 ))\" $(( ({n}) - {n} ))", "0|0|/"},
          {"p $(( {n:d} == {n} ? 7 : 8 ))", "7|/"},
          {"eval p {n}", "@|/"},
          {"p {n}>/dev/null", "@|/"},
          {"p {n}2>/dev/null", "@2|/"},
},
  bash_numbers[] = {
      {"(( x = {n} )); p $x", "@|/"},
      {"[[ {n} -eq {n} ]] && p {n}", "@|/"},
      {"let x={n}; p $x", "@|/"},
};

/* Refused by sh, and by bash if the second one is true. */
static const struct {
    const char *command;
    bool bash;
} refused[] = {
    {"p ${v}", true},
    {"p \"${v}\"", true},
    {"p ${'{v}'}", true},
    {"p $(( {v} + 1 ))", true},
    {"p \"$(( {v} + 1 ))\"", true},
    {"p $(( 1{n} ))", true},
    {"p $(( x{n} ))", true},
    {"p $(( {n}{n} ))", true},
    {"p $(( {n:03} + 1 ))", true},
    {"p $(( {n:x} + 1 ))", true},
    {"p $(( $(echo {v}) + 1 ))", true},
    {"p `echo \"{v}\"`", true},
    {"p `echo {v}`", true},
    {"p \"`echo {v}`\"", true},
    {"p `echo \\`echo {v}\\``", true},
    {"p \"${{z-\"{v}\"}}\"", true},
    {"p \"${{z-{v}}}\"", true},
    {"p ${{z-{v}}}", true},
    {"p ${{z-'{v}'}}", true},
    {"p ${{z-$(p {v})}}", true},
    {"p ${{{v}}}", true},
    {"p \"${{z-'}}' {v}\"", true},
    {"p \\${{v}} \\{v}", true},
    {"p \\{v}", true},
    {"p ~{v}/x", true},
    {"x=~{v}", true},
    {"p \"\\{v}\"", true},
    {"p \"$x{v}\"", true},
    {"p \"$1{v}\"", true},
    {"p $'it\\'s {v}'", true},
    {"p $'{v}'", true},
    {"p $\"{v}\"", true},
    {"p \\$({v})", true},
    {"p $[1] {v}", true},
    {"p $[{n}]", true},
    {"{v}=1", true},
    {"a{v}=1", true},
    {"{v}+=1", true},
    {"export {v}=1", true},
    {"export {v}", true},
    {"x[{v}]=1", true},
    {"x[1]=1; p {v}", false},
    {"x=(1 2); p {v}", false},
    {"x=([{v}]=1)", true},
    {"x+=1; p {v}", false},
    {"{v}() {{ p a; }}", true},
    {"for {v} in a; do p; done", true},
    {"p # {v}", true},
    {"p #{v}#", true},
    {": <<EOF\nit's \"$(\n: )\"\nEOF\np {v}", true},
    {"p {v} $((1 + {v}) | 1)", true},
    {"cat <<EOF\n{v}\nEOF", true},
    {"cat <<'EOF'\n{v}\nEOF", true},
    {"cat <<{v}\nEOF\n", true},
    {"cat <<EOF\n$(p {v})\nEOF", true},
    {"( (cat <<EOF\n{v}\nEOF\n) )", true},
    {"cat <<EOF\na\\\nEOF\np {v}\nEOF\n", true},
    {"cat <<EOF\nEO\\\nF\np {v}\nEOF\n", true},
    {"cat <<EOF\n$(\nEOF\n)\nEOF\np {v}", true},
    {"cat <<EOF\n\tEOF\n{v}\nEOF\n", true},
    {"cat <<A <<B\nA\n{v}\nB\n", true},
    {"cat <<ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ1\n"
     "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ2\n{v}\n",
        true},
    {"cat <<\"E$F\"\n{v}", true},
    {"p \"$(cat <<EOF)\"\n{v}", true},
    {"cat <<EOF \"\nEOF\n\" {v}\n", true},
    {"p >&{v}", true},
    {"p 2>&{n}", true},
    {"eval p {v}", true},
    {"eval \"p '{v}'\"", true},
    {"\\eval p {v}", true},
    {"e\"va\"l p {v}", true},
    {"'eval' p {v}", true},
    {"${{z}}eval p {v}", true},
    {"$z eval p {v}", true},
    {"$z ${{z}} e'v'al p {v}", true},
    {"`:` eval p {v}", true},
    {"$(:) eval p {v}", true},
    {"{v} a", true},
    {"{v}b {v}", true},
    {"x=1 {v} {v}", true},
    {"command {v} {v}", true},
    {"printf \"-v\" {v} x", true},
    {"\"printf\" -v {v} x", true},
    {"\"declare\" -i x={v}", true},
    {"declare \"-i\" x={v}", true},
    {"\\export {v}=1", true},
    {"command eval p {v}", true},
    {"command -p eval p {v}", true},
    {"trap \"p {v}\" EXIT", true},
    {"let x={v}", true},
    {"read {v}", true},
    {"unset {v}", true},
    {"printf -v {v} x", true},
    {"printf -v{v} x", true},
    {"[ -v {v} ]", true},
    {"test -v {v}", true},
    {"PS4={v}", true},
    {"declare -i x={v}", true},
    {"declare -n x; x={v}", true},
    {"typeset $z x={v}", true},
    {"alias a=b; p {v}", true},
    {"[[ a == b ]]; p {v}", false},
    {"[[ {v} -eq 1 ]]", true},
    {"[[ 1 -lt {v} ]]", true},
    {"[[ -v {v} ]]", true},
    {"[[ a =~ {v} ]]", true},
    {"[[ a =~ x\"{v}\" ]]", true},
    {"[[ {v} = @(a|b) ]]", true},
    {"((1)); p {v}", false},
    {"(( {v} ))", true},
    {"(( x[{v}] ))", true},
    {"for ((i = {v}; i < 1; i++)); do p; done", true},
    {"p <(p {v})", false},
    {"p <<< {v}", false},
    {"p &> x; p {v}", false},
    {"p |& p {v}", false},
    {"select x in a; do p {v}; done", false},
    {"function f {{ p {v}; }}", false},
    {"time p {v}", false},
    {"coproc p {v}", true},
    {"exec {{fd}}>x; p {v}", false},
    {"p !(a) {v}", true},
    {"p a) {v}", true},
    {"p ;; p {v}", true},
    {"case a b) p {v};; esac", true},
    {"(p) {v}", true},
    {"p |\\\n| p {v}", true},
    {"p $\\\n(p {v})", true},
    {"p \"$x\\\n{v}\"", true},
    {"p ${{ p; }} {v}", true},
    {"p ${{z:-{{a}} {v}", true},
};

enum { MOST_VALUES = 1000 };
static char *values[MOST_VALUES];
static size_t nvalues;

static void
add_value(const char *format, const char *a, const char *b)
{
    struct buf text = {0};
    buf_puts(&text, "");
    for (const char *p = format; *p; p++)
        if (*p == '\1')
            buf_puts(&text, a);
        else if (*p == '\2')
            buf_puts(&text, b);
        else
            buf_putc(&text, *p);
    assert_true(nvalues < MOST_VALUES);
    values[nvalues++] = text.p;
}

static void
make_values(void)
{
    static const char *const single[] = {"", "a", "1", "12", "if", "then", "!", "{", "}", "in",
        "esac", "case", "do", "done", "[[", "]]", "((", "time", "function", "EOF", "A", "-n", "-e",
        "--", "-", "x=1", "PATH=", "a b", " ", "  a  ", "\t", "\n", "\n\n", "a\nb", "a\n", "\na",
        "\r", "\r\n", "*", "?", "[a-z]", "[!a]", "~", "~root", "~/x", "{a,b}", "{1..3}", "a*b",
        "./-x", "$HOME", "${HOME}", "$1", "$@", "$*", "$#", "$$", "$", "$(", "$((", "${", "`", "``",
        "\"", "'", "''", "\"\"", "'\"'", "\"'\"", "\\", "\\\\", "\\n", "\\'", "\\\"", "\\$", "\\`",
        "a\\", "\\\n", "#", "# x", "a #b", "!!", "!x", ";", ";;", "&", "&&", "|", "||", "<", ">",
        ">>", "<<EOF", "(", ")", "()", "<(", "%s", "%n", "\\c", "\\0", "\\x41", "é", "日本", "\xff",
        "\x80", "\x81", "\x82", "\x83", "\x84", "\x85", "\x86", "\x87", "\x88", "\xe3\x81",
        "\x81\\", "\x81`", "\x81'", "\x81\"", "\xc3", "\1", "\2", "\3", "\x7f", "\x1b[2J",
        "\xe2\x80\x99", "\xc2\xa0", "\xef\xbb\xbf", "0", "-1", "08", "1e9", ":", "a:b", "a=b", "+",
        "++", "@", "^", "%", ",", "a,b", "..", "/", "//", "a/b", ".", "\v", "\f", "'\\''"};
    static const char *const wrap[] = {"\1", "a\1", "\1b", "\1\1", "a \1", "\1\n", "\n\1", "'\1'",
        "\"\1\"", "\\\1", "$\1"};
    static const char *const evil[] = {"touch PWN", "$(touch PWN)", "`touch PWN`", ";touch PWN;",
        "\ntouch PWN\n", "|touch PWN", "&touch PWN&", "(touch PWN)", "$(touch PWN; echo 1)",
        "a; touch PWN", "\"; touch PWN; \"", "'; touch PWN; '", "; touch PWN; echo '",
        "\"; touch PWN; #", "`;touch PWN;`", "a[$(touch PWN)]", "x[$(touch PWN)]=1", "{touch,PWN}",
        "${z:-$(touch PWN)}", "$((a[$(touch PWN)]))", "> PWN", ">PWN", "\nEOF\ntouch PWN\n",
        ") touch PWN ;;", "}; touch PWN; {", "<(touch PWN)", "\\$(touch PWN)", "\\`touch PWN\\`",
        "'$(touch PWN)'", "\"$(touch PWN)\"", "!touch PWN", "]]; touch PWN", "fi; touch PWN",
        "done; touch PWN", "esac; touch PWN", "-v x -eq 1"};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        add_value("\1", single[i], "");
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++)
        for (size_t k = 0; k < sizeof wrap / sizeof *wrap; k++)
            add_value(wrap[k], evil[i], "");
    assert_true(nvalues >= 500);
}

/* --- compiling --- */

/* `command` as a task over values that are v0, v1 ...; numbers: over numbers[]. False: refused. */
static bool
compile_command(const char *command, bool bash, bool number, struct buf *image,
    struct buf *messages)
{
    static const char least[] = "-9223372036854775807 - 1";
    struct buf text = {0};
    buf_printf(&text, "campaign c\n%sset values = [", bash ? "shell bash\n" : "");
    if (number)
        buf_printf(&text, "0, 1, 7, -1, -5, 9223372036854775807, %s", least);
    for (size_t i = 0; i < nvalues && !number; i++)
        buf_printf(&text, "%s\"v%zu\"", i ? ", " : "", i);
    buf_printf(&text, "]\ntask t for %s in values {\n    run \"\"\"\n        ", number ? "n" : "v");
    for (const char *p = command; *p;
         p++) { /* a here-document's lines begin at the common indentation */
        buf_putc(&text, *p);
        if (*p == '\n')
            buf_puts(&text, "        ");
    }
    buf_puts(&text, "\n    \"\"\"\n}\n");
    assert_int_equal(file_write_atomic("shell.wfl", text.p, text.n, 0600), 0);
    buf_free(&text);
    struct diags *d = diag_new();
    bool ok = compile_image(d, "shell.wfl", image);
    if (!ok && messages) {
        char *said = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&said, &n);
        diag_print(d, f, false, 0);
        fclose(f);
        buf_add(messages, said, n);
        free(said);
    }
    diag_free(d);
    return ok;
}

/* The strings v0, v1 ... of the plan become the values. Freed with `pool`. */
static void
put_values(struct plan *p, struct strpool *pool)
{
    struct buf bytes = {0};
    pool->offset = xcalloc(p->vm.nstr + 1, sizeof *pool->offset);
    buf_puts(&bytes, "");
    for (uint32_t i = 0; i < p->vm.nstr; i++) {
        const char *s = plan_string(p, i);
        size_t n = p->vm.str_offset[i + 1] - p->vm.str_offset[i] - 1;
        unsigned number;
        char end;
        pool->offset[i] = (uint32_t)bytes.n;
        if (sscanf(s, "v%u%c", &number, &end) == 1 && number < nvalues)
            buf_puts(&bytes, values[number]);
        else
            buf_add(&bytes, s, n);
        buf_putc(&bytes, 0);
    }
    pool->offset[p->vm.nstr] = (uint32_t)bytes.n;
    pool->bytes = bytes.p;
    p->vm.str_bytes = pool->bytes;
    p->vm.str_offset = pool->offset;
}

/* --- running --- */

/* The others are tried where they are installed: /bin/sh of some systems and images. */
static char *const shells[][4] = {
    {"dash", NULL},
    {"bash", NULL},
    {"bash", "--posix", NULL},
    {"busybox", "sh", NULL},
    {"mksh", NULL},
};
enum { NSHELLS = sizeof shells / sizeof *shells };

static bool
have(const char *shell)
{
    const char *path = getenv("PATH");
    char name[512];
    for (; path && *path; path += strcspn(path, ":"), path += *path == ':') {
        snprintf(name, sizeof name, "%.*s/%s", (int)strcspn(path, ":"), path, shell);
        if (access(name, X_OK) == 0)
            return true;
    }
    return false;
}

/* Runs the script; what p printed is in `out`. */
static void
run(char *const *shell, const struct buf *script, struct buf *out)
{
    assert_int_equal(file_write_atomic("script", script->p, script->n, 0600), 0);
    unlink("words");
    pid_t pid = fork();
    if (pid == 0) {
        char *argv[5];
        size_t n = 0;
        for (; shell[n]; n++)
            argv[n] = shell[n];
        argv[n++] = "../script";
        argv[n] = NULL;
        int null = open("/dev/null", O_RDWR);
        int words = open("words", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
        if (null < 0 || words < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
            dup2(words, 9) < 0 || chdir("empty") != 0)
            _exit(99);
        alarm(60);
        execvp(argv[0], argv);
        _exit(99);
    }
    int status;
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    buf_reset(out);
    file_read("words", out);
}

/* What p prints: each argument with '|' and NUL behind it, then '/' and NUL. */
static const char head[] =
    "p() { case $# in 0) printf '/\\0' >&9 ;; *) printf '%s|\\0' \"$@\" >&9\n"
    "printf '/\\0' >&9 ;; esac; }\n";

static void
add_expected(struct buf *want, const char *words, const char *value)
{
    for (; *words; words++) {
        if (*words == '@')
            buf_puts(want, value);
        else
            buf_putc(want, *words);
        if (*words == '|' || *words == '/')
            buf_putc(want, 0);
    }
}

struct rendered {
    char **command, **value;
    uint32_t n;
};

/* Behind each command comes a call of p that no value can fake. */
static void
add_command(struct buf *script, const struct rendered *r, uint32_t i)
{
    const char *command = r->command[i];
    bool alone =
        strstr(command, "exit") || strstr(command, "readonly") || strncmp(command, "trap", 4) == 0;
    buf_printf(script, alone ? "(\n%s\n)\np end %u\n" : "%s\np end %u\n", command, i);
}

static void
add_end(struct buf *want, uint32_t i)
{
    buf_puts(want, "end|");
    buf_putc(want, 0);
    buf_printf(want, "%u|", i);
    buf_putc(want, 0);
    buf_puts(want, "/");
    buf_putc(want, 0);
}

static bool
same(char *const *shell, const struct rendered *r, uint32_t from, uint32_t to, const char *words)
{
    struct buf script = {0}, want = {0}, got = {0};
    buf_puts(&script, head);
    buf_puts(&want, "");
    for (uint32_t i = from; i < to; i++) {
        add_command(&script, r, i);
        add_expected(&want, words, r->value[i]);
        add_end(&want, i);
    }
    run(shell, &script, &got);
    bool ok =
        got.n == want.n && memcmp(got.p, want.p, got.n) == 0 && access("empty/PWN", F_OK) != 0;
    buf_free(&script);
    buf_free(&want);
    buf_free(&got);
    return ok;
}

/* Many processes take long: of such commands fewer values are tried. */
static bool
forks(const char *command)
{
    return strstr(command, "$(") || strstr(command, "(p") || strstr(command, "|") ||
           strstr(command, "& wait") || strstr(command, "`") || strstr(command, ">(") ||
           strstr(command, "( ");
}

static void
compare(char *const *shell, const struct rendered *r, const struct context *c)
{
    unlink("empty/PWN");
    if (same(shell, r, 0, r->n, c->words))
        return;
    for (uint32_t i = 0; i < r->n; i++) {
        unlink("empty/PWN");
        if (!same(shell, r, i, i + 1, c->words))
            fail_msg("%s %s: %s\nvalue: %s\ncommand: %s\n%s", shell[0], shell[1] ? shell[1] : "",
                c->command, r->value[i], r->command[i],
                access("empty/PWN", F_OK) == 0 ? "EXECUTED" : "");
    }
    fail_msg("%s: %s: only all together differ", shell[0], c->command);
}

static void
try_context(const struct context *c, bool bash, bool number)
{
    struct buf image = {0}, why = {0}, said = {0}, text = {0};
    struct strpool pool = {0};
    if (!compile_command(c->command, bash, number, &image, &said))
        fail_msg("refused: %s\n%s", c->command, said.p);
    struct plan *p = plan_from_bytes(image.p, image.n, "shell", &why);
    assert_non_null(p);
    if (!number)
        put_values(p, &pool);
    struct plan_eval *e = plan_eval_new(p);
    struct rendered r = {0};
    uint32_t step = forks(c->command) ? 5 : 1;
    r.command = xcalloc(p->head->ntasks, sizeof *r.command);
    r.value = xcalloc(p->head->ntasks, sizeof *r.value);
    for (uint32_t i = 0; i < p->head->ntasks; i += number ? 1 : step, r.n++) {
        uint32_t row;
        buf_reset(&text);
        assert_true(plan_text(e, i, p->arg[p->family[0].first_arg].code, &text));
        r.command[r.n] = strdup(text.p);
        plan_rows(p, i, &row);
        if (number) {
            const int64_t *cell = (const int64_t *)p->vm_column[0].data;
            buf_reset(&text);
            buf_printf(&text, "%lld", (long long)cell[row]);
            r.value[r.n] = strdup(text.p);
        } else {
            r.value[r.n] = strdup(values[row]);
        }
    }
    for (unsigned k = 0; c->words && k < NSHELLS; k++)
        if (have(shells[k][0]) && (!bash || (strcmp(shells[k][0], "bash") == 0 && !shells[k][1])))
            compare(shells[k], &r, c);
    for (uint32_t i = 0; i < r.n; i++) {
        free(r.command[i]);
        free(r.value[i]);
    }
    free(r.command);
    free(r.value);
    plan_eval_free(e);
    plan_close(p);
    free(pool.bytes);
    free(pool.offset);
    buf_free(&image);
    buf_free(&why);
    buf_free(&said);
    buf_free(&text);
}

static void
every_context(const struct context *c, size_t n, bool bash, bool number)
{
    for (size_t i = 0; i < n; i++)
        try_context(&c[i], bash, number);
}
#define EVERY(list, bash, number) every_context(list, sizeof list / sizeof *list, bash, number)

static void
test_values(void **state)
{
    (void)state;
    EVERY(contexts, false, false);
}

static void
test_values_bash(void **state)
{
    (void)state;
    if (!have("bash"))
        skip();
    EVERY(bash_contexts, true, false);
}

/* What is sure in every shell is sure in bash, and quoted in the same way. */
static void
test_both(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++) {
        struct buf image[2] = {0}, why = {0}, text[2] = {0};
        for (int bash = 0; bash < 2; bash++) {
            assert_true(compile_command(contexts[i].command, bash, false, &image[bash], NULL));
            struct plan *p = plan_from_bytes(image[bash].p, image[bash].n, "shell", &why);
            struct plan_eval *e = plan_eval_new(p);
            assert_true(plan_text(e, 1, p->arg[p->family[0].first_arg].code, &text[bash]));
            plan_eval_free(e);
            plan_close(p);
        }
        assert_string_equal(text[0].p, text[1].p);
        for (int bash = 0; bash < 2; bash++) {
            buf_free(&image[bash]);
            buf_free(&text[bash]);
        }
    }
}

static void
test_numbers(void **state)
{
    (void)state;
    EVERY(numbers, false, true);
    if (have("bash"))
        EVERY(bash_numbers, true, true);
}

static void
test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        for (int bash = 0; bash < 2; bash++) {
            struct buf image = {0}, said = {0};
            bool number = strstr(refused[i].command, "{n");
            bool ok = compile_command(refused[i].command, bash, number, &image, &said);
            if (ok != (bash && !refused[i].bash))
                fail_msg("%s: %s: %s\n%s", bash ? "bash" : "sh", ok ? "taken" : "refused",
                    refused[i].command, said.p);
            if (!ok && (!strstr(said.p, "[template]") || !strstr(said.p, "help: ")))
                fail_msg("%s\n%s", refused[i].command, said.p);
            buf_free(&image);
            buf_free(&said);
        }
    }
}

static char folder[] = "/tmp/wfl-shell-XXXXXX";

static int
enter(void **state)
{
    (void)state;
    make_values();
    return mkdtemp(folder) && chdir(folder) == 0 && mkdir("empty", 0700) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
    (void)state;
    static const char *const files[] = {"shell.wfl", "script", "words", "empty/PWN"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    for (size_t i = 0; i < nvalues; i++)
        free(values[i]);
    return rmdir("empty") == 0 && chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_values_bash),
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
