/* support/fixtures: finding the graphs, and a folder for variants of them. */
#include "support/fixtures.h"

#include "support/folder.h"
#include "support/graph_text.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void find_some(fixture_set *set, const rise_node_type *type, const char *end) {
    char pattern[FIXTURE_PATH];
    glob_t found;
    snprintf(pattern, sizeof pattern, "tests/conform/graphs/%s%s", type->name, end);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && set->n < MAX_FIXTURES; i++) {
            fixture *f = &set->item[set->n];
            snprintf(f->path, sizeof f->path, "%s", found.gl_pathv[i]);
            f->type = type;
            f->name = strrchr(f->path, '/') + 1;
            f->text = graph_text_read(f->path);
            f->first = set->n == 0 || set->item[set->n - 1].type != type;
            set->n++;
        }
    }
    globfree(&found);
}

void fixtures_find(fixture_set *set) {
    for (size_t i = 0; i < rise_builtin_count; i++) {
        find_some(set, rise_builtin_nodes[i], ".yaml");
        find_some(set, rise_builtin_nodes[i], ".*.yaml");
    }
}

static bool make_root(fixture_set *set) {
    char data[4096], path[128];
    snprintf(set->root, sizeof set->root, "/tmp/rise-conform-XXXXXX");
    if (!mkdtemp(set->root) || !realpath("tests/conform/data", data)) {
        return false;
    }
    snprintf(path, sizeof path, "%s/data", set->root);
    if (symlink(data, path) != 0) {
        return false;
    }
    snprintf(path, sizeof path, "%s/graphs", set->root);
    return mkdir(path, 0777) == 0;
}

bool fixtures_start(fixture_set *set) {
    rise_error err = {0};
    if (!make_root(set)) {
        perror("tests/conform/data, from the root of the project");
        return false;
    }
    if (rise_host_new(&set->host, &err) != RISE_OK ||
        rise_host_add(set->host, rise_builtin_nodes, rise_builtin_count, &err) != RISE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return false;
    }
    return true;
}

bool fixtures_stop(fixture_set *set) {
    rise_host_free(set->host);
    for (size_t i = 0; i < set->n; i++) {
        free(set->item[i].text);
    }
    return folder_remove(set->root) == 0;
}

void fixture_folder(fixture_set *set, char path[FIXTURE_PATH], const char *what) {
    snprintf(path, FIXTURE_PATH, "%s/%s-%u", set->root, what, set->n_folders++);
}

bool fixture_load(fixture_set *set, const char *text, fixture_graph *out) {
    char path[FIXTURE_PATH];
    snprintf(path, sizeof path, "%s/graphs/variant.yaml", set->root);
    *out = (fixture_graph){0};
    if (!graph_text_write(path, text)) {
        return false;
    }
    out->status = rise_graph_load(set->host, path, NULL, 0, &out->graph, out->error, FIXTURE_ERRORS,
                                  &out->n_errors);
    out->n_kept = out->n_errors < FIXTURE_ERRORS ? out->n_errors : FIXTURE_ERRORS;
    return true;
}
