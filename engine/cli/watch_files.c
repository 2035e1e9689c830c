/* cli/watch_files: the files that a graph is made of, and what the file system says of each. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

uint64_t file_state(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    const uint64_t part[] = {(uint64_t)st.st_dev,          (uint64_t)st.st_ino,
                             (uint64_t)st.st_size,         (uint64_t)st.st_mtim.tv_sec,
                             (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
                             (uint64_t)st.st_ctim.tv_nsec};
    return XXH3_64bits(part, sizeof part) | 1;
}

static int compare(const seen_file *p, const seen_file *q) {
    int order = strcmp(p->path, q->path);
    return order ? order : strcmp(p->node, q->node);
}

static int by_path(const void *a, const void *b) {
    return compare(a, b);
}

static void add(seen *s, const char *path, const char *node) {
    s->file[s->n++] = (seen_file){path, node, file_state(path)};
}

rise_status seen_take(rise_host *host, const rise_graph *graph, const char *const *extra,
                      size_t n_extra, seen *out, rise_error *err) {
    seen s = {0};
    size_t n_plugins = rise_host_plugins(host), n = 0;
    if (graph) {
        rise_status got = rise_graph_file_table(graph, &s.table, err);
        if (got != RISE_OK)
            return got;
        n = rise_value_table(s.table)->n_rows;
    }
    s.file = calloc(n_extra + n_plugins + n + 1, sizeof *s.file);
    if (!s.file) {
        seen_free(&s);
        return rise_fail_nomem(err, "the files of the graph");
    }
    for (size_t i = 0; i < n_extra; i++)
        add(&s, extra[i], "");
    for (size_t i = 0; i < n_plugins; i++) {
        rise_plugin_info info;
        rise_host_plugin(host, i, &info);
        add(&s, info.path, "");
    }
    for (size_t i = 0; i < n; i++) {
        const rise_table *t = rise_value_table(s.table);
        add(&s, rise_table_find(t, "path")->text[i], rise_table_find(t, "node")->text[i]);
    }
    qsort(s.file, s.n, sizeof *s.file, by_path);
    *out = s;
    return RISE_OK;
}

void seen_free(seen *s) {
    free(s->file);
    rise_value_release(s->table);
    *s = (seen){0};
}

size_t seen_compare(const seen *a, const seen *b,
                    void (*tell)(void *user, const seen_file *changed), void *user) {
    size_t n = 0;
    for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
        int order = i == a->n ? 1 : k == b->n ? -1 : compare(&a->file[i], &b->file[k]);
        const seen_file *file = order <= 0 ? &a->file[i] : &b->file[k];
        bool same = order == 0 && a->file[i].state == b->file[k].state;
        i += order <= 0;
        k += order >= 0;
        if (same)
            continue;
        n++;
        if (tell)
            tell(user, file);
    }
    return n;
}
