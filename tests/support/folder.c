#include "folder.h"

#include <ftw.h>
#include <stdio.h>

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk) {
    (void)st, (void)flag, (void)walk;
    return remove(path);
}

int folder_remove(const char *path) {
    return nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}
