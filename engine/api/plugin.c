/* api/plugin: loading a shared library and asking it who it is. */
#include "api/plugin.h"

#include <dlfcn.h>
#include <fenv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What this process has loaded, whatever host asked for it: the loader's own list is one for the
 * process too, and gives back what it has under a path though the file there is another by now. */
typedef struct loaded {
    struct loaded *next;
    char *path;
    plugin_identity identity;
    const rise_plugin *block;
} loaded;

static loaded *all_loaded;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

static const loaded *find_loaded(const char *path) {
    const loaded *l = all_loaded;
    while (l && strcmp(l->path, path) != 0)
        l = l->next;
    return l;
}

static loaded *new_loaded(const plugin_file *file) {
    loaded *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->path = strdup(file->path);
    memcpy(l->identity, file->identity, sizeof l->identity);
    if (l->path)
        return l;
    free(l);
    return NULL;
}

static void free_loaded(loaded *l) {
    free(l->path);
    free(l);
}

/* ---- the block ------------------------------------------------------------------------------- */
static rise_status check_abi(const rise_plugin *p, rise_error *err) {
    const char *made = p->size >= offsetof(rise_plugin, name) && p->rise ? p->rise : "?";
    if (p->abi != RISE_NODE_ABI)
        rise_fail(err, RISE_E_USAGE,
                  "it was built for rise %.20s (ABI %u), this is rise %s (ABI %u)", made, p->abi,
                  RISE_VERSION, RISE_NODE_ABI);
    else if (p->size < sizeof *p)
        rise_fail(err, RISE_E_USAGE,
                  "its rise_plugin_block has %u bytes (rise %.20s), this is rise %s with %zu",
                  p->size, made, RISE_VERSION, sizeof *p);
    else
        return RISE_OK;
    return rise_hint(err, "compile it against the headers of this program");
}

static rise_status check_block(const rise_plugin *p, rise_error *err) {
    rise_status s = check_abi(p, err);
    if (s != RISE_OK)
        return s;
    if (p->float_model != RISE_FLOAT_MODEL) {
        rise_fail(err, RISE_E_USAGE, "it was compiled for %s floating point",
                  p->float_model & RISE_FLOAT_FAST ? "fast" : "another");
        return rise_hint(err, "compile it without -ffast-math and -mfpmath=387: its results could "
                              "not be reproduced");
    }
    if (!p->name || !p->name[0] || !p->version)
        return rise_fail(err, RISE_E_USAGE, "its rise_plugin_block has no name or no version");
    if (p->n_types == 0 || !p->types)
        return rise_fail(err, RISE_E_USAGE, "it has no node types");
    return RISE_OK;
}

/* What stands there of it: a symbol of that name may be shorter, and lie anywhere. */
static rise_plugin read_block(const void *symbol) {
    rise_plugin block = {0};
    size_t n = offsetof(rise_plugin, rise); /* these are there in every version */
    memcpy(&block, symbol, n);
    if (block.size > n)
        memcpy(&block, symbol, block.size < sizeof block ? block.size : sizeof block);
    return block;
}

/* ---- loading --------------------------------------------------------------------------------- */
/* The loader begins its messages with the path, which stands in ours already. */
static const char *loader_says(const char *path) {
    const char *text = dlerror();
    size_t n = strlen(path);
    if (!text)
        return "no reason given";
    return strncmp(text, path, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

static bool seen_by_plugins(const char *symbol) {
    void *everything = dlopen(NULL, RTLD_NOW);
    bool seen = everything && dlsym(everything, symbol);
    if (everything)
        dlclose(everything);
    return seen;
}

static rise_status cannot_load(const char *path, rise_error *err) {
    const char *why = loader_says(path); /* until the loader is asked again */
    bool lacks_ours = strstr(why, "undefined symbol: rise_");
    bool lacks_other = !lacks_ours && strstr(why, "undefined symbol");
    rise_fail(err, RISE_E_USAGE, "cannot be loaded: %.300s", why);
    if (lacks_ours && !seen_by_plugins("rise_host_new"))
        rise_hint(err, "a program that opens librise with dlopen must do so with RTLD_GLOBAL");
    else if (lacks_ours)
        rise_hint(err, "rise %s has no such function: it was built for another version",
                  RISE_VERSION);
    else if (lacks_other)
        rise_hint(err, "link the plug-in with the library that has it");
    return RISE_E_USAGE;
}

static bool unchanged(const plugin_file *file) {
    struct stat now;
    const struct stat *then = &file->stat;
    return stat(file->path, &now) == 0 && now.st_dev == then->st_dev &&
           now.st_ino == then->st_ino && now.st_size == then->st_size &&
           now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

/* Constructors run here. Some (crtfastmath.o) change how the thread computes: that is undone. */
static void *open_library(const char *path) {
    fenv_t floats;
    fegetenv(&floats);
    dlerror();
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    fesetenv(&floats);
    return handle;
}

static rise_status load(const plugin_file *file, const rise_plugin **out, rise_error *err) {
    void *handle = open_library(file->path);
    if (!handle)
        return cannot_load(file->path, err);
    rise_status s = RISE_OK;
    const void *symbol = dlsym(handle, "rise_plugin_block");
    if (!symbol) {
        s = rise_fail(err, RISE_E_USAGE, "not a rise plug-in: it has no rise_plugin_block");
        rise_hint(err, "a plug-in ends with RISE_PLUGIN(...) of rise/plugin.h");
    } else if (!unchanged(file)) {
        s = rise_fail(err, RISE_E_CHANGED, "the file changed while it was loaded");
    } else {
        rise_plugin block = read_block(symbol);
        s = check_block(&block, err);
    }
    if (s == RISE_OK)
        *out = symbol;
    else
        dlclose(handle);
    return s;
}

static rise_status load_new(const plugin_file *file, const rise_plugin **out, rise_error *err) {
    loaded *l = new_loaded(file);
    if (!l)
        return rise_fail_nomem(err, "a plug-in");
    rise_status s = load(file, &l->block, err);
    if (s != RISE_OK) {
        free_loaded(l);
        return s;
    }
    l->next = all_loaded;
    all_loaded = l;
    *out = l->block;
    return RISE_OK;
}

static rise_status load_once(const plugin_file *file, const rise_plugin **out, rise_error *err) {
    const loaded *l = find_loaded(file->path);
    if (!l)
        return load_new(file, out, err);
    if (strcmp(l->identity, file->identity) == 0) {
        *out = l->block;
        return RISE_OK;
    }
    rise_fail(err, RISE_E_CHANGED, "it was built again since this process loaded it");
    return rise_hint(err, "start this program again");
}

rise_status plugin_load(const plugin_file *file, const rise_plugin **out, rise_error *err) {
    pthread_mutex_lock(&all_lock);
    rise_status s = load_once(file, out, err);
    pthread_mutex_unlock(&all_lock);
    return s;
}
