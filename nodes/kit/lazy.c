#include "kit/lazy.h"

#include <dlfcn.h>
#include <string.h>

static rise_status load(lazy_library *l, rise_error *err) {
    void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        rise_fail(err, RISE_E_SYSTEM, "%s", dlerror());
        return rise_hint(err, "on Debian: apt-get install %s", l->package);
    }
    for (size_t i = 0; i < l->n; i++) {
        void *function = dlsym(handle, l->names[i]);
        if (!function) {
            return rise_fail(err, RISE_E_SYSTEM, "%s lacks %s", l->file, l->names[i]);
        }
        memcpy((char *)l->functions + i * sizeof function, &function, sizeof function);
    }
    if (strcmp(l->version(), l->wanted) != 0) {
        rise_fail(err, RISE_E_SYSTEM, "%s is version %s, and rise was compiled for %s", l->file,
                  l->version(), l->wanted);
        return rise_hint(err, "compile rise again: the version is part of the keys of results");
    }
    return RISE_OK;
}

rise_status lazy_load(lazy_library *l, rise_error *err) {
    pthread_mutex_lock(&l->lock);
    rise_status status = l->loaded ? RISE_OK : load(l, err);
    l->loaded = status == RISE_OK;
    pthread_mutex_unlock(&l->lock);
    return status;
}
