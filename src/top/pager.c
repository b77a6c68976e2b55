/* Texts on the whole screen: a log, why, status, help. */
#include "config.h"

#include "top/draw.h"

#include <string.h>

const char top_help[] =
    "At the top is what 'wflc status' counts, then nodes at work, tasks that run,\n"
    "and those that ended, the latest first. Keys apply to the line with >.\n"
    "\n"
    "Of a node: USED, the part of its cores' time that had tasks of use; MEMORY, what\n"
    "they use of all; LEFT, until its job ends; SIGN, how long ago it gave a sign.\n"
    "\n"
    "Tab, Shift-Tab   the next panel, or the one before\n"
    "Up, Down         a line; Page Up, Page Down, Home, End: farther\n"
    "Left, Right      what does not fit into the width\n"
    "/   filter: only tasks that all of the terms take; none: all of them again\n"
    "      family=draw state=failed,blocked reason=oom host=n17* exit=7 try>1\n"
    "      time>2h memory>3GB v=479028 s=R22_* v.band!=r draw[v=479028 s=R22_S11]\n"
    "Enter   of a family or a node: its tasks; once more: all. Of a task: its log\n"
    "Escape  no filter\n"
    "s S R   sort by the next column, by the one before; the other way round\n"
    "l   what the task wrote, as 'wflc log' shows it, and goes on to write\n"
    "w   why the task is in its state, as 'wflc why' tells\n"
    "i   all that 'wflc status' tells, with the failures\n"
    "p   pause the campaign, or resume it     (both ask first, and are orders of\n"
    "d   drain the node here, or its job       'wflc control', kept with who gave them)\n"
    "n   the next site, if the campaign was built for several\n"
    "r   read the record now: it is every second, or less often if that takes long\n"
    "q   end\n";

static const char keys_of_pager[] = "q:back Up, Down, Page Up, Page Down, Home, End:move";

/* In lines of the screen's width, of which the view knows how many there are. */
void
top_draw_pager(struct top_view *v, struct screen *s)
{
    unsigned rows = s->height - 2, y = 0;
    struct buf text = {0}, foot = {0};
    screen_wrap(v->text.n ? v->text.p : "", s->width, v->page != PAGE_LOG, &text);
    v->lines = 0;
    for (size_t i = 0; i < text.n; i++)
        v->lines += text.p[i] == '\n';
    size_t last = v->lines > rows ? v->lines - rows : 0;
    if (v->follow || v->line > last)
        v->line = last;
    screen_puts(s, 0, STYLE_MARKED, v->title.n ? v->title.p : "");
    screen_mark(s, 0, STYLE_MARKED);
    const char *at = text.n ? text.p : "";
    for (size_t i = 0; *at && y < rows; i++) {
        size_t len = strcspn(at, "\n");
        if (i >= v->line)
            screen_put(s, 1 + y++, STYLE_PLAIN, at, len);
        at += len + (at[len] != 0);
    }
    if (v->lines > rows)
        buf_printf(&foot, "%zu-%zu of %zu lines  ", v->line + 1, v->line + y, v->lines);
    buf_puts(&foot, keys_of_pager);
    screen_puts(s, s->height - 1, STYLE_FAINT, foot.p);
    buf_free(&foot);
    buf_free(&text);
}
