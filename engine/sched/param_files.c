/* sched/param_files: input files named by parameters, loaded while an instance works. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

char *file_param_path(const graph *g, const graph_node *node, size_t at, const char *text,
                      arena *a) {
    char *replaced = graph_text_at(g, node, text, at, a);
    return replaced ? path_join(a, g->folder, replaced) : NULL;
}

/* ---- which files ----------------------------------------------------------------------------- */
typedef struct lister {
    instance *it;
    named_file *file;
    size_t n, capacity;
    rise_error *err;
} lister;

static rise_status add_name(lister *l, named_file file) {
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 4;
        named_file *grown = realloc(l->file, capacity * sizeof *grown);
        if (!grown)
            return rise_fail_nomem(l->err, "the files of a node");
        l->file = grown;
        l->capacity = capacity;
    }
    l->file[l->n++] = file;
    return RISE_OK;
}

static rise_status add_one(lister *l, named_file file, const char *text) {
    const instance *it = l->it;
    file.path = file_param_path(it->run->graph, it->node, it->index, text, run_memory(it->run));
    return file.path ? add_name(l, file) : rise_fail_nomem(l->err, "a path");
}

static rise_status add_matches(lister *l, named_file file, const char *text) {
    const instance *it = l->it;
    const graph *g = it->run->graph;
    arena *memory = run_memory(it->run);
    const char *pattern = graph_text_at(g, it->node, text, it->index, memory);
    const char *const *path = NULL;
    size_t n = 0, folder = strlen(g->folder);
    if (!pattern)
        return rise_fail_nomem(l->err, "a path");
    rise_status s = files_expand(g->folder, &pattern, 1, memory, &path, &n, l->err);
    for (size_t i = 0; s == RISE_OK && i < n; i++) {
        bool below = strncmp(path[i], g->folder, folder) == 0 && path[i][folder] == '/';
        file.path = path[i];
        bool named = n == 1 && !strpbrk(pattern, "*?[");
        file.match = named ? NULL : path[i] + (below ? folder + 1 : 0);
        s = add_name(l, file);
    }
    return s;
}

static rise_status add_fields(lister *l, size_t param, size_t item, const graph_value *map) {
    const rise_param *fields = l->it->node->param[param].row->fields;
    rise_status s = RISE_OK;
    for (size_t k = 0; map->kind == GV_MAP && k < map->n; k++)
        for (const rise_param *f = fields; s == RISE_OK && f && f->name; f++) {
            if (f->type != RISE_P_FILE || strcmp(f->name, map->key[k]) != 0)
                continue;
            named_file file = {.param = param, .item = item, .field = f->name};
            s = f->flags & RISE_PARAM_GLOB ? add_matches(l, file, map->item[k].text)
                                           : add_one(l, file, map->item[k].text);
        }
    return s;
}

static rise_status list_all(lister *l) {
    const instance *it = l->it;
    rise_status s = RISE_OK;
    for (size_t p = 0; s == RISE_OK && p < it->node->n_params; p++) {
        const rise_param *row = it->node->param[p].row;
        const graph_value *value = graph_param_at(it->run->graph, it->node, p, it->index);
        if (row->type == RISE_P_FILE && value->kind == GV_TEXT)
            s = add_one(l, (named_file){.param = p}, value->text);
        for (size_t i = 0; s == RISE_OK && row->type == RISE_P_MAP && i < value->n; i++)
            s = add_fields(l, p, i, &value->item[i]);
    }
    return s;
}

rise_status instance_list_files(instance *it, rise_error *err) {
    lister l = {.it = it, .err = err};
    if (it->files_listed)
        return RISE_OK;
    rise_status s = list_all(&l);
    it->file = s == RISE_OK ? ARENA_NEW(run_memory(it->run), named_file, l.n) : NULL;
    if (s == RISE_OK && !it->file)
        s = rise_fail_nomem(err, "the files of a node");
    if (s == RISE_OK && l.n)
        memcpy(it->file, l.file, l.n * sizeof *l.file);
    it->n_files = s == RISE_OK ? l.n : 0;
    it->files_listed = s == RISE_OK;
    free(l.file);
    return s;
}

/* ---- what is in them ------------------------------------------------------------------------- */
/* The key was made from the file as it was then; bytes that are others now belong to another key.
 */
static rise_status check_digest(const instance *it, const char *path, const rise_id *digest,
                                rise_error *err) {
    char hex[65];
    id_hex(digest, hex);
    for (size_t i = 0; i < it->n_parts; i++)
        if (strstr(it->part[i].text, hex))
            return RISE_OK;
    rise_fail(err, RISE_E_CHANGED, "%s: '%s' changed while the run was under way", it->name, path);
    rise_hint(err, "run again");
    return RISE_E_CHANGED;
}

static rise_status load_one(instance *it, size_t at, rise_file *file, rise_error *err) {
    const char *path = it->file[at].path;
    rise_id digest;
    rise_status s = files_load(path, file, &digest, err);
    if (s != RISE_OK)
        return s;
    s = check_digest(it, path, &digest, err);
    if (s != RISE_OK)
        files_unload(file);
    return s;
}

rise_status instance_load_files(instance *it, rise_error *err) {
    rise_status s = instance_list_files(it, err);
    size_t n = it->n_files, loaded = 0;
    if (s != RISE_OK || n == 0 || it->act->param_file)
        return s;
    rise_file *file = calloc(n, sizeof *file);
    if (!file)
        s = rise_fail_nomem(err, "the files of a node");
    for (; s == RISE_OK && loaded < n; loaded += s == RISE_OK)
        s = load_one(it, loaded, &file[loaded], err);
    if (s != RISE_OK) {
        for (size_t i = 0; i < loaded; i++)
            files_unload(&file[i]);
        free(file);
        return s;
    }
    pthread_mutex_lock(&it->act->lock);
    it->act->param_file = file;
    it->act->n_param_files = n;
    pthread_mutex_unlock(&it->act->lock);
    return RISE_OK;
}

void instance_unload_files(instance *it) {
    for (size_t i = 0; i < it->act->n_param_files; i++)
        files_unload(&it->act->param_file[i]);
    free(it->act->param_file);
    it->act->param_file = NULL;
    it->act->n_param_files = 0;
}

/* The digest of the k-th file of a parameter stands in its part of the key, as "file <hex>". */
static void part_digest(const instance *it, const char *param, size_t k, char hex[65]) {
    static const char mark[] = "file ";
    for (size_t i = 0; i < it->n_parts; i++) {
        if (it->part[i].role == PART_INPUT || strcmp(it->part[i].name, param) != 0)
            continue;
        const char *at = it->part[i].text;
        while ((at = strstr(at, mark))) {
            at += sizeof mark - 1;
            if (strspn(at, "0123456789abcdef") == 64 && k-- == 0) {
                snprintf(hex, 65, "%s", at);
                return;
            }
        }
    }
}

/* Who was known has no parts of its key; they are as they were, or the file has changed. */
static bool parts_there(instance *it) {
    rise_error ignored;
    return it->identified && instance_need_parts(it, &ignored) == RISE_OK;
}

static bool names_files(const graph_node *node) {
    bool any = false;
    for (size_t p = 0; p < node->n_params; p++)
        any = any || node->param[p].row->type == RISE_P_FILE ||
              node->param[p].row->type == RISE_P_MAP;
    return any;
}

void param_files(instance *it, file_teller tell, void *user) {
    rise_error ignored;
    size_t k = 0;
    if (!names_files(it->node) || instance_list_files(it, &ignored) != RISE_OK)
        return;
    bool looked_at = it->n_files > 0 && parts_there(it);
    for (size_t at = 0; at < it->n_files; at++) {
        const named_file *file = &it->file[at];
        char hex[65] = "";
        k = at > 0 && file[-1].param == file->param ? k + 1 : 0;
        if (looked_at)
            part_digest(it, it->node->param[file->param].row->name, k, hex);
        tell(user, it, file->path, hex);
    }
}

const rise_file *param_file_find(rise_ctx *ctx, size_t param, size_t item, const char *field,
                                 size_t *n) {
    instance *it = ((job *)ctx)->it;
    const rise_file *first = NULL;
    *n = 0;
    for (size_t i = 0; i < it->act->n_param_files; i++) {
        const named_file *at = &it->file[i];
        bool same = field ? at->field && strcmp(at->field, field) == 0 : !at->field;
        if (at->param != param || !same || (field && at->item != item))
            continue;
        first = first ? first : &it->act->param_file[i];
        ++*n;
    }
    return first;
}
