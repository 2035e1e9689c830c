/* sched/param_files: input files named by parameters, loaded while an instance works. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

typedef struct loaded_file {
    size_t param, item;
    const char *field; /* NULL for the parameter itself */
} loaded_file;

char *file_param_path(const graph *g, const graph_node *node, size_t at, const char *text,
                      arena *a) {
    char *replaced = graph_text_at(g, node, text, at, a);
    return replaced ? path_join(a, g->folder, replaced) : NULL;
}

/* param_file[] runs parallel to this list of where files stand in the parameters, in a fixed order.
 */
static size_t each_file(const instance *it, size_t at, loaded_file *found, const char **text) {
    size_t n = 0;
    for (size_t p = 0; p < it->node->n_params; p++) {
        const rise_param *row = it->node->param[p].row;
        const graph_value *value = graph_param_at(it->run->graph, it->node, p, it->index);
        if (row->type == RISE_P_FILE && value->kind == GV_TEXT && n++ == at) {
            *found = (loaded_file){p, 0, NULL};
            *text = value->text;
        }
        for (size_t i = 0; row->type == RISE_P_MAP && i < value->n; i++)
            for (size_t k = 0; value->item[i].kind == GV_MAP && k < value->item[i].n; k++)
                for (const rise_param *f = row->fields; f && f->name; f++)
                    if (f->type == RISE_P_FILE && strcmp(f->name, value->item[i].key[k]) == 0 &&
                        n++ == at) {
                        *found = (loaded_file){p, i, f->name};
                        *text = value->item[i].item[k].text;
                    }
    }
    return n;
}

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
    loaded_file where;
    const char *text = NULL;
    rise_id digest;
    each_file(it, at, &where, &text);
    char *path = file_param_path(it->run->graph, it->node, it->index, text, run_memory(it->run));
    if (!path)
        return rise_fail_nomem(err, "a path");
    rise_status s = files_load(path, file, &digest, err);
    if (s != RISE_OK)
        return s;
    s = check_digest(it, path, &digest, err);
    if (s != RISE_OK)
        files_unload(file);
    return s;
}

rise_status instance_load_files(instance *it, rise_error *err) {
    loaded_file where;
    const char *text = NULL;
    size_t n = each_file(it, SIZE_MAX, &where, &text), loaded = 0;
    if (n == 0 || it->act->param_file)
        return RISE_OK;
    rise_file *file = calloc(n, sizeof *file);
    rise_status s = file ? RISE_OK : rise_fail_nomem(err, "the files of a node");
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

/* Who was known has let the parts of its key go; they are as they were, or the file has changed. */
static bool parts_there(instance *it) {
    rise_error ignored;
    return it->n_parts > 0 || (atomic_load(&it->status) == RISE_CACHED &&
                               instance_need_parts(it, &ignored) == RISE_OK);
}

void param_files(instance *it, file_teller tell, void *user) {
    loaded_file where = {0};
    const char *text = NULL;
    size_t n = each_file(it, SIZE_MAX, &where, &text), k = 0, before = SIZE_MAX;
    bool looked_at = n > 0 && parts_there(it);
    for (size_t at = 0; at < n; at++) {
        char hex[65];
        each_file(it, at, &where, &text);
        k = where.param == before ? k + 1 : 0;
        before = where.param;
        char *path =
            file_param_path(it->run->graph, it->node, it->index, text, run_memory(it->run));
        hex[0] = 0;
        if (looked_at)
            part_digest(it, it->node->param[where.param].row->name, k, hex);
        if (path)
            tell(user, it, path, hex);
    }
}

const rise_file *param_file_find(rise_ctx *ctx, size_t param, size_t item, const char *field) {
    instance *it = ((job *)ctx)->it;
    for (size_t i = 0; i < it->act->n_param_files; i++) {
        loaded_file at = {0};
        const char *text;
        each_file(it, i, &at, &text);
        bool same = field ? at.field && strcmp(at.field, field) == 0 : !at.field;
        if (at.param == param && same && (!field || at.item == item))
            return &it->act->param_file[i];
    }
    return NULL;
}
