/* Parses each file named and prints its messages, or its tree if there are none. For the golden
 * tests of the syntax. -q: prints no tree. */
#include "config.h"

#include "parser/ast.h"

#include <errno.h>
#include <string.h>

int
main(int argc, char **argv)
{
    bool quiet = argc > 1 && strcmp(argv[1], "-q") == 0;
    unsigned errors = 0;
    for (int i = 1 + quiet; i < argc; i++) {
        struct diags *d = diag_new();
        struct ast_tree *t = ast_tree_new();
        uint32_t file;
        int err = diag_source_file(d, argv[i], &file);
        if (err) {
            fprintf(stderr, "parse_dump: %s: %s\n", argv[i], strerror(err));
            errors++;
        } else {
            const struct ast *a = wfl_parse(t, d, file);
            diag_print(d, stdout, false, 0);
            if (!quiet && diag_count(d, DIAG_ERROR) == 0)
                ast_dump(a, d, stdout);
            errors += diag_count(d, DIAG_ERROR);
        }
        ast_tree_free(t);
        diag_free(d);
    }
    return errors ? 1 : 0;
}
