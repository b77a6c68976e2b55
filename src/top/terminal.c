#include "config.h"

#include "top/terminal.h"

#include "top/view.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

static volatile sig_atomic_t asked_to_end;
static bool utf8;
static int attributes[NSTYLES];

static void
ask_to_end(int signal)
{
    (void)signal;
    asked_to_end = 1;
}

/* Without colours what is bad is bold. */
static void
choose_attributes(bool colours)
{
    static const short colour[NSTYLES] = {
        [STYLE_GOOD] = COLOR_GREEN,
        [STYLE_WARN] = COLOR_YELLOW,
        [STYLE_BAD] = COLOR_RED,
    };
    attributes[STYLE_STRONG] = A_BOLD;
    attributes[STYLE_FAINT] = A_DIM;
    attributes[STYLE_WARN] = attributes[STYLE_BAD] = A_BOLD;
    attributes[STYLE_MARKED] = A_REVERSE;
    if (!colours || !has_colors() || start_color() == ERR)
        return;
    use_default_colors();
    for (short i = 0; i < NSTYLES; i++)
        if (colour[i] && init_pair(i, colour[i], -1) != ERR)
            attributes[i] = COLOR_PAIR(i);
}

bool
terminal_open(bool colours, struct buf *why)
{
    const char *term = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        buf_printf(why, "standard %s is no terminal", isatty(STDIN_FILENO) ? "output" : "input");
        return false;
    }
    setlocale(LC_CTYPE, "");
    utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    SCREEN *screen = newterm(NULL, stdout, stdin);
    char *move = screen ? tigetstr("cup") : NULL;
    if (!move || move == (char *)-1) {
        if (screen) {
            endwin();
            delscreen(screen);
        }
        buf_printf(why, "of a terminal '%s' (TERM) nothing is known here, or it cannot do enough",
            term ? term : "");
        return false;
    }
    set_escdelay(50);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    curs_set(0);
    choose_attributes(colours);
    const struct sigaction end = {.sa_handler = ask_to_end};
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &end, NULL);
    return true;
}

void
terminal_close(void)
{
    endwin();
}

void
terminal_size(unsigned *width, unsigned *height)
{
    int y, x;
    getmaxyx(stdscr, y, x);
    *width = x > 0 ? (unsigned)x : 0;
    *height = y > 0 ? (unsigned)y : 0;
}

/* Of a character that the terminal does not know there is a '?'. */
static void
add_text(const char *text, size_t n)
{
    if (utf8) {
        addnstr(text, (int)n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x80)
            addch(c);
        else if (c >= 0xc0)
            addch('?');
    }
}

void
terminal_show(const struct screen *s)
{
    erase();
    for (unsigned y = 0; y < s->height; y++) {
        const struct screen_line *l = &s->line[y];
        move((int)y, 0);
        for (size_t from = 0, to; from < l->text.n; from = to) {
            for (to = from + 1; to < l->text.n && l->style.p[to] == l->style.p[from];)
                to++;
            attrset(attributes[(unsigned char)l->style.p[from]]);
            add_text(l->text.p + from, to - from);
        }
    }
    attrset(A_NORMAL);
    refresh();
}

/* --- keys --- */

static int
translated(int key)
{
    static const struct {
        int theirs, ours;
    } keys[] = {{KEY_UP, TOP_UP}, {KEY_DOWN, TOP_DOWN}, {KEY_LEFT, TOP_LEFT},
        {KEY_RIGHT, TOP_RIGHT}, {KEY_PPAGE, TOP_PAGE_UP}, {KEY_NPAGE, TOP_PAGE_DOWN},
        {KEY_HOME, TOP_HOME}, {KEY_END, TOP_END}, {'\t', TOP_TAB}, {KEY_BTAB, TOP_TAB_BACK},
        {'\r', TOP_ENTER}, {'\n', TOP_ENTER}, {KEY_ENTER, TOP_ENTER}, {27, TOP_ESCAPE},
        {KEY_BACKSPACE, TOP_BACKSPACE}, {0x7f, TOP_BACKSPACE}, {'\b', TOP_BACKSPACE},
        {KEY_RESIZE, TOP_RESIZED}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].theirs == key)
            return keys[i].ours;
    return key < 0x100 ? key : TOP_NONE;
}

int
terminal_key(int wait_ms)
{
    timeout(wait_ms);
    int key = getch();
    if (key != ERR)
        return translated(key);
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&in, 1, 0) > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL))
        asked_to_end = 1;
    return TOP_NONE;
}

bool
terminal_ended(void)
{
    return asked_to_end;
}
