#include "config.h"

#include "check/pieces.h"

void
pieces_init(struct pieces *p, struct checker *c)
{
    *p = (struct pieces){.c = c};
    p->text_at = NO_SPAN;
}

static void
end_text(struct pieces *p)
{
    if (p->text_at.file != DIAG_NO_FILE)
        list_add(&p->part, expr_string(p->c->a, p->text_at, p->text.p, p->text.n));
    buf_reset(&p->text);
    p->text_at = NO_SPAN;
}

void
pieces_add(struct pieces *p, struct expr *e)
{
    if (e->type == TYPE_ERROR || p->failed) {
        p->failed = true;
    } else if (!expr_is_const(e)) {
        end_text(p);
        list_add(&p->part, e);
    } else if (p->text.n + e->value.s.n > EXPR_MOST_TEXT) {
        error_at(p->c, RULE_VALUE, e->at, "with this, a text becomes longer than %d bytes",
            EXPR_MOST_TEXT);
        p->failed = true;
    } else {
        buf_add(&p->text, e->value.s.p, e->value.s.n);
        p->text_at = p->text_at.file == DIAG_NO_FILE ? e->at : span_join(p->text_at, e->at);
    }
}

/* Joins in steps of at most 32, left to right, so that the evaluator's stack stays shallow. */
struct expr *
pieces_join(struct pieces *p, struct span at)
{
    enum { STEP = 32 };
    struct expr *e;
    end_text(p);
    if (p->failed) {
        e = error_expr(p->c, at);
    } else if (p->part.n == 0) {
        e = expr_string(p->c->a, at, "", 0);
    } else {
        e = p->part.at[0];
        for (size_t i = 1; i < p->part.n;) {
            size_t n = p->part.n - i < STEP - 1 ? p->part.n - i : STEP - 1;
            struct expr *joined = expr_new(p->c->a, EX_CONCAT, TYPE_STRING, at, n + 1);
            joined->arg[0] = e;
            for (size_t k = 0; k < n; k++)
                joined->arg[k + 1] = p->part.at[i + k];
            e = joined;
            i += n;
        }
    }
    list_free(&p->part);
    buf_free(&p->text);
    return e;
}
