/* support/folder: a folder of a test's own. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

/* With everything in it; 0, or -1 with errno. */
int folder_remove(const char *path);

#endif
