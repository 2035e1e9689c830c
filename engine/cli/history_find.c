/* cli/history_find: a run of the past, as people name it. */
#include "history.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rise_status no_such(const char *name, const past *p, rise_error *err) {
    rise_fail(err, RISE_E_USAGE, "`%s`: there is no such run", name);
    if (p->n > 0)
        return rise_hint(err, "rise-run runs lists them; `last`, `last~1` and paths of a run.json "
                              "are runs too");
    return rise_hint(err, "the cache has no runs yet; paths of a run.json are runs too");
}

/* "last" is 0, "last~3" is 3; false: it is neither. */
static bool counted(const char *name, size_t *before) {
    char *end = NULL;
    if (strncmp(name, "last", 4) != 0)
        return false;
    *before = 0;
    if (name[4] == 0)
        return true;
    if (name[4] != '~' || !isdigit((unsigned char)name[5]))
        return false;
    *before = strtoul(name + 5, &end, 10);
    return *end == 0;
}

static rise_status by_id(const past *p, const char *name, const past_run **found, rise_error *err) {
    size_t n = strlen(name);
    *found = NULL;
    for (size_t i = 0; n > 0 && i < p->n; i++) {
        if (strncmp(p->run[i].id, name, n) != 0)
            continue;
        if (*found) {
            rise_fail(err, RISE_E_USAGE, "`%s` is the beginning of more than one run: %s and %s",
                      name, (*found)->id, p->run[i].id);
            return rise_hint(err, "write more of the id");
        }
        *found = &p->run[i];
    }
    return *found ? RISE_OK : no_such(name, p, err);
}

rise_status past_find(const past *p, const char *name, const char *graph, char *path, size_t size,
                      rise_error *err) {
    const past_run *found = NULL;
    size_t before = 0;
    if (strchr(name, '/') || access(name, F_OK) == 0) {
        snprintf(path, size, "%s", name);
        return RISE_OK;
    }
    if (!counted(name, &before)) {
        rise_status s = by_id(p, name, &found, err);
        if (s != RISE_OK)
            return s;
    } else {
        found = past_last(p, graph, before);
        if (!found)
            return no_such(name, p, err);
    }
    snprintf(path, size, "%s/%s", p->folder, found->file);
    return RISE_OK;
}

/* A run that did what another one did refers to that one for what it was made of. */
static rise_status take_made_of(json_t *run, const char *path, rise_error *err) {
    const char *id = json_string_value(json_object_get(run, "same_as"));
    const char *cache = json_string_value(json_object_get(run, "cache"));
    const past_run *found = NULL;
    past p = {0};
    if (!id || !cache)
        return RISE_OK;
    char file[4300];
    json_t *other = NULL;
    rise_status s = past_list(cache, &p, err);
    if (s == RISE_OK && by_id(&p, id, &found, NULL) == RISE_OK) {
        snprintf(file, sizeof file, "%s/%s", p.folder, found->file);
        other = json_load_file(file, 0, NULL);
    }
    past_free(&p);
    if (s == RISE_OK && !other) {
        s = RISE_E_NOINPUT;
        rise_fail_at(err, s, path, 0, 0, "it did what run %s did, which is not in %s any more", id,
                     cache);
        rise_hint(err, "run the graph again");
    }
    json_object_update_missing(run, other);
    json_decref(other);
    return s;
}

rise_status past_load(const char *path, json_t **out, rise_error *err) {
    json_error_t why;
    json_t *run = json_load_file(path, 0, &why);
    if (run && json_is_array(json_object_get(run, "instances"))) {
        rise_status s = take_made_of(run, path, err);
        if (s == RISE_OK)
            *out = run;
        else
            json_decref(run);
        return s;
    }
    bool unread = !run && why.line <= 0;
    if (unread)
        rise_fail_at(err, RISE_E_NOINPUT, path, 0, 0, "%s", why.text);
    else if (run)
        rise_fail_at(err, RISE_E_NOINPUT, path, 0, 0, "it is no record of a run");
    else
        rise_fail_at(err, RISE_E_NOINPUT, path, why.line, why.column, "%s", why.text);
    json_decref(run);
    return RISE_E_NOINPUT;
}
