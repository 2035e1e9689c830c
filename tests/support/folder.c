#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk) {
    (void)st, (void)flag, (void)walk;
    return remove(path);
}

int folder_remove(const char *path) {
    return nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static const char *compared_to; /* nftw has no argument of the caller's */
static size_t n_skipped;        /* characters of the path of the folder itself */

static bool same_bytes(FILE *a, FILE *b) {
    char block[2][4096];
    for (;;) {
        size_t n = fread(block[0], 1, sizeof block[0], a);
        size_t m = fread(block[1], 1, sizeof block[1], b);
        if (n != m || memcmp(block[0], block[1], n) != 0)
            return false;
        if (n == 0)
            return !ferror(a) && !ferror(b);
    }
}

static int compare_one(const char *path, const struct stat *st, int flag, struct FTW *walk) {
    (void)st, (void)walk;
    char other[1024];
    if (flag == FTW_D)
        return 0;
    snprintf(other, sizeof other, "%s%s", compared_to, path + n_skipped);
    FILE *a = fopen(path, "rb"), *b = fopen(other, "rb");
    bool same = a && b && same_bytes(a, b);
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    return same ? 0 : 1;
}

bool folder_part_of(const char *path, const char *other) {
    compared_to = other;
    n_skipped = strlen(path);
    return access(path, F_OK) != 0 || nftw(path, compare_one, 32, FTW_PHYS) == 0;
}
