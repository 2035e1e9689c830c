/* support/folder: a folder of a test's own. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <stdbool.h>

/* With everything in it; 0, or -1 with errno. */
int folder_remove(const char *path);

/* Every file below `path` is also below `other`, with the same bytes. True where `path` is not. */
bool folder_part_of(const char *path, const char *other);

#endif
