/* api/plugin: node types from shared libraries. A file is judged before any of it runs
 * (plugin_file.c), then loaded and asked who it is (plugin.c). */
#ifndef API_PLUGIN_H
#define API_PLUGIN_H

#include "base/base.h"

#include <rise/plugin.h>

#include <sys/stat.h>

/* "build-id " or "sha256 ", and hex digits. */
typedef char plugin_identity[9 + 2 * 64 + 1];

/* A file that may be loaded: its own path, and which build it is. */
typedef struct plugin_file {
    char *path; /* absolute, without links; from the arena */
    plugin_identity identity;
    struct stat stat;
} plugin_file;

/* Refuses what others may write to and what the loader of this machine would stumble over. */
rise_status plugin_file_check(const char *path, arena *a, plugin_file *out,
                              rise_error *err) RISE_MUST_USE;

/* Loads it into this process, where it stays: code of a plug-in may run as long as the process
 * does, also after its host is gone. A file that is there already is not loaded again. */
rise_status plugin_load(const plugin_file *file, const rise_plugin **out,
                        rise_error *err) RISE_MUST_USE;

#endif
