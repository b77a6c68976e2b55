/* Which tasks are meant: the selectors of the command line, as wflc(1) tells them.
 *
 *   family=draw state=failed,blocked reason=oom host=n1* exit=7 signal=9 try>1 time>2h memory>3GB
 *   changed=inputs,uses      made from what has changed since (state/since.h)
 *   s=R22_*                  a variable, by its name in the campaign or by that of its table,
 *   v.band=r                 and a column of its row
 *   draw[v=230 s=R22_S11]    a task as commands print it
 *
 * All terms must hold. Texts are compared with patterns, in which * stands for anything, and
 * several may stand with commas between them; != is for what none of them fits. */
#ifndef ASK_SELECT_H
#define ASK_SELECT_H

#include "ask/facts.h"

struct selector;

/* Is this argument a term of a selector, and no file, folder or name of a campaign? */
bool selector_is_term(const char *arg);
/* Reads `n` terms; `facts`, of which the plan is open, are borrowed. NULL: `why` becomes what is
 * wrong with which of them, with a caret and what may have been meant, lines without an end of the
 * last one. */
struct selector *selector_new(const struct facts *facts, char *const *term, size_t n,
    struct buf *why);
void selector_free(struct selector *s);
/* Does it ask of families and variables alone, so that no record is needed? */
bool selector_needs_no_record(const struct selector *s);
/* Does it ask of what is now: states of tasks, or what has changed since they were done? */
bool selector_asks_now(const struct selector *s);
/* Does it ask what has changed since tasks were done? Then facts_look has to be called before. */
bool selector_asks_changed(const struct selector *s);
/* Is it this attempt at this task? `fact` may be NULL if no record is needed. */
bool selector_takes(const struct selector *s, uint32_t task, const struct fact *fact);
/* The first task from this one on that it takes, or PLAN_NONE; `of`: what is known of each, or
 * NULL. Not every task is looked at. */
uint32_t selector_next(const struct selector *s, uint32_t task, const struct fact *of);
/* Could it be another attempt at this task? What is asked of family, variables, and (if it is
 * known) state holds. */
bool selector_may_take(const struct selector *s, uint32_t task);

#endif
