/* cli/watch_folders: folders, not files, are what the system watches: an editor that writes a file
 * beside and renames it would leave us with the old one. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folder that a file is in, or the nearest above it that is there. */
static void folder_of(const char *path, char *folder, size_t size) {
    struct stat st;
    snprintf(folder, size, "%s", path);
    do {
        char *slash = strrchr(folder, '/');
        if (!slash) {
            snprintf(folder, size, ".");
            return;
        }
        slash[slash == folder] = 0;
    } while (strcmp(folder, "/") != 0 && (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)));
}

static bool is_watched(const folders *f, const char *folder) {
    for (size_t i = 0; i < f->n; i++) {
        char path[4200];
        size_t size = sizeof path;
        if (uv_fs_event_getpath(f->handle[i], path, &size) == 0 && strcmp(path, folder) == 0)
            return true;
    }
    return false;
}

static void free_handle(uv_handle_t *handle) {
    free(handle);
}

static void watch_folder(folders *f, uv_loop_t *loop, const char *folder, uv_fs_event_cb on_event,
                         void *user) {
    uv_fs_event_t *handle = calloc(1, sizeof *handle);
    if (!handle || uv_fs_event_init(loop, handle) != 0) {
        free(handle);
        return;
    }
    handle->data = user;
    if (uv_fs_event_start(handle, on_event, folder, 0) == 0)
        f->handle[f->n++] = handle;
    else
        uv_close((uv_handle_t *)handle, free_handle);
}

void folders_watch(folders *f, uv_loop_t *loop, const seen *s, uv_fs_event_cb on_event,
                   void *user) {
    char last[4200] = "";
    for (size_t i = 0; i < s->n && f->n < MOST_FOLDERS; i++) {
        char folder[4200];
        folder_of(s->file[i].path, folder, sizeof folder);
        if (strcmp(folder, last) != 0 && !is_watched(f, folder))
            watch_folder(f, loop, folder, on_event, user);
        memcpy(last, folder, sizeof last);
    }
}

void folders_close(folders *f) {
    for (size_t i = 0; i < f->n; i++)
        uv_close((uv_handle_t *)f->handle[i], free_handle);
    f->n = 0;
}
