/* api/plugins: the plug-ins of a host: from a path, from folders, from a graph. */
#include "api/host.h"
#include "api/plugin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool are_off(void) {
    const char *off = getenv("RISE_NO_PLUGINS");
    return off && off[0] && strcmp(off, "0") != 0;
}

/* ---- one ------------------------------------------------------------------------------------- */
static bool is_there(const rise_host *host, const char *identity) {
    for (size_t i = 0; i < host->n_plugins; i++)
        if (strcmp(host->plugin[i].identity, identity) == 0)
            return true;
    return false;
}

/* All of its types or none. */
static rise_status add_types(rise_host *host, const host_plugin *p, rise_error *err) {
    size_t before = host->types.n;
    const char *key = arena_format(&host->texts, "%s %s", p->block->name, p->identity);
    if (!key)
        return rise_fail_nomem(err, "a plug-in");
    for (size_t i = 0; i < p->block->n_types; i++) {
        const rise_node_type *type = p->block->types[i];
        rise_status s = type ? type_set_add(&host->types, type, key, err)
                             : rise_fail(err, RISE_E_USAGE, "its node type %zu is NULL", i);
        if (s != RISE_OK) {
            host->types.n = before;
            return s;
        }
    }
    return RISE_OK;
}

static rise_status add_file(rise_host *host, const plugin_file *file, rise_error *err) {
    host_plugin *grown = realloc(host->plugin, (host->n_plugins + 1) * sizeof *grown);
    if (!grown)
        return rise_fail_nomem(err, "a plug-in");
    host->plugin = grown;
    host_plugin p = {.path = file->path, .identity = arena_text(&host->texts, file->identity)};
    if (!p.identity)
        return rise_fail_nomem(err, "a plug-in");
    rise_status s = plugin_load(file, &p.block, err);
    if (s == RISE_OK)
        s = add_types(host, &p, err);
    if (s == RISE_OK)
        host->plugin[host->n_plugins++] = p;
    return s;
}

static rise_status add_plugin(rise_host *host, const char *path, rise_error *err) {
    plugin_file file = {0};
    if (are_off()) {
        rise_fail(err, RISE_E_USAGE, "plug-ins are switched off by RISE_NO_PLUGINS");
        return rise_hint(err, "unset RISE_NO_PLUGINS if you trust it");
    }
    rise_status s = plugin_file_check(path, &host->texts, &file, err);
    if (s != RISE_OK || is_there(host, file.identity))
        return s;
    return add_file(host, &file, err);
}

static rise_status add_told(rise_host *host, const char *path, rise_error *err) {
    rise_status s = add_plugin(host, path, err);
    if (s != RISE_OK) {
        snprintf(err->file, sizeof err->file, "%s", path);
        text_cut(err->file, sizeof err->file - 1);
    }
    return s;
}

rise_status rise_host_add_plugin(rise_host *host, const char *path, rise_error *err) {
    rise_error untold; /* the status hangs on the error (rise_hint) */
    return add_told(host, path, err ? err : &untold);
}

rise_status plugins_of_graph(void *user, const char *path, rise_error *err) {
    return add_plugin(user, path, err);
}

/* ---- folders --------------------------------------------------------------------------------- */
static int is_library(const struct dirent *entry) {
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 3 && strcmp(entry->d_name + n - 3, ".so") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static rise_status add_folder(rise_host *host, const char *folder, rise_error *err) {
    struct dirent **entry = NULL;
    int n = scandir(folder, &entry, is_library, by_name);
    if (n < 0) {
        rise_fail_at(err, RISE_E_NOINPUT, folder, 0, 0, "cannot be read: %s", strerror(errno));
        return rise_hint(err, "RISE_PLUGIN_PATH is a list of folders, with `:` between them");
    }
    rise_status s = RISE_OK;
    for (int i = 0; i < n; i++) {
        char *path = s == RISE_OK ? path_join(&host->texts, folder, entry[i]->d_name) : NULL;
        if (s == RISE_OK)
            s = path ? add_told(host, path, err) : rise_fail_nomem(err, "a plug-in");
        free(entry[i]);
    }
    free(entry);
    return s;
}

rise_status rise_host_add_plugin_path(rise_host *host, const char *folders, rise_error *err) {
    const char *list = folders ? folders : getenv("RISE_PLUGIN_PATH");
    rise_status s = RISE_OK;
    rise_error untold;
    err = err ? err : &untold;
    while (s == RISE_OK && list && *list && !are_off()) {
        size_t n = strcspn(list, ":");
        char *folder = n ? arena_bytes(&host->texts, list, n) : NULL;
        if (n) /* an empty one is not the current folder */
            s = folder ? add_folder(host, folder, err) : rise_fail_nomem(err, "a plug-in");
        list += n + (list[n] == ':');
    }
    return s;
}

/* ---- what is there --------------------------------------------------------------------------- */
size_t rise_host_plugins(const rise_host *host) {
    return host->n_plugins;
}

void rise_host_plugin(const rise_host *host, size_t i, rise_plugin_info *out) {
    *out = (rise_plugin_info){"", "", "", "", 0, NULL};
    if (i >= host->n_plugins)
        return;
    const host_plugin *p = &host->plugin[i];
    *out = (rise_plugin_info){p->path,           p->identity,       p->block->name,
                              p->block->version, p->block->n_types, p->block->types};
}
