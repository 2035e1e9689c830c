/* support/bad_files: files that a reader refuses, and what it must say of each. */
#ifndef TESTS_BAD_FILES_H
#define TESTS_BAD_FILES_H

#include <rise/error.h>

#include <stddef.h>

typedef struct bad_file {
    const char *text;
    long line, col;
    const char *message, *hint;
} bad_file;

typedef rise_status bad_read(const char *text, rise_error *err);
/* Each of them is refused as bad data, at that place, with these words. */
void bad_files_check(const bad_file *file, size_t n, bad_read *read);

/* A copy that ends with its last byte, so that a sanitizer sees a step too far. */
char *bad_files_copy(const char *text, size_t size);
/* A good file was refused. */
void bad_files_refused(const char *text, const rise_error *err);

#endif
