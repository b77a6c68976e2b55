/* What the fuzz targets share. A target is LLVMFuzzerTestOneInput in a file of its own; it is
 * linked with libFuzzer (--enable-fuzzers), or with driver.c, which runs the corpus. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Enters a new folder, which goes when the program ends, and makes standard input empty. Only
 * the first call does something. The current folder is lost: give other paths as absolute ones. */
void fuzz_enter_folder(void);
void fuzz_put(const char *path, const void *p, size_t n); /* writes the whole file */
FILE *fuzz_nowhere(void);                                 /* /dev/null, open for writing */

#endif
