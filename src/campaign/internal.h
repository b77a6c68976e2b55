/* Inside the checker of campaigns: what its files share. */
#ifndef CAMPAIGN_INTERNAL_H
#define CAMPAIGN_INTERNAL_H

#include "check/check.h"

/* use.c: declares all that `file` declares, and what it uses. `file` and the trees read for
 * it live as long as the checker. */
void declare_file(struct checker *c, const struct ast *file);
/* Do the tasks of that file run their commands with bash, unless they say otherwise? */
bool file_has_bash(struct checker *c, uint32_t file);
/* What the `sync` line of that file says (after a message, if it says nothing): enum plan_sync. */
enum plan_sync file_sync(struct checker *c, uint32_t file);
void warn_unused_files(struct checker *c);
/* The name of a campaign or site is the name of a folder, too. */
void check_folder_name(struct checker *c, const struct ast *a);

/* site.c */
/* Sets `override` of the parameters that the site says anew which is built for. */
void apply_site(struct checker *c);
void check_sites(struct checker *c);

/* profile.c: finds the profile, and checks what the site says against it. */
void check_profile(struct checker *c, struct site *s, const struct site_texts *dirs);

/* files.c */
void check_inputs(struct scope *s, const struct ast *task);
void check_outputs(struct scope *s, const struct ast *task);
void check_checkpoints(struct scope *s, const struct ast *task);

/* run.c */
void check_run(struct scope *s, const struct ast *run);
/* Warns of an output that run does not insert, but names; after all that could. */
void check_forgotten(struct scope *s, const struct ast *task);
void check_env(struct scope *s, const struct ast *task);
void check_container(struct scope *s, const struct ast *task);
struct container *decl_container(struct checker *c, struct decl *d);

/* bundle.c */
/* False: p is no memory model, but a plain value. */
bool check_memory_model(struct scope *s, const struct ast *p);
/* What the command says must be the same for all tasks of a bundle. */
void check_bundle_use(struct scope *s);

/* feed.c: what its process is told of each task, after run and outputs. */
void check_feed(struct scope *s, const struct ast *task);

/* hook.c: of the campaign and what it uses, when all tasks are known. */
void check_hooks(struct checker *c);
/* The task of that name; NULL: there is none, which is said at `at`. */
struct family *named_task(struct checker *c, const char *name, struct span at);
/* gate.c: likewise. */
void check_gates(struct checker *c);

/* learn.c: the property `learn` */
void check_learn(struct scope *s, const struct ast *p);
/* Against what is bundled, after all properties. */
void check_learn_bundle(struct scope *s);

/* message.c: of a task (s->family), or of the campaign: those are told at once. */
void check_messages(struct scope *s, const struct ast *parent);

/* uses.c: those of a task, as a property; and those of a file for all tasks. */
void check_task_uses(struct scope *s, const struct ast *p);
void check_uses(struct checker *c, const struct ast *file);

/* props.c */
void check_properties(struct scope *s, const struct ast *task);

/* task.c */
void check_task(struct checker *c, struct family *f, const struct ast *task);
void check_task_head(struct checker *c, struct family *f, const struct ast *task);

#endif
