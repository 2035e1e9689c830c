/* support/fixtures: graphs for conformance, tests/conform/graphs/TYPE.yaml and TYPE.*.yaml, in
 * which the node called `subject` of that type does real work on small data; and a folder in which
 * variants of them can be loaded and run. By the public headers alone. */
#ifndef TESTS_FIXTURES_H
#define TESTS_FIXTURES_H

#include <rise/rise.h>

enum { MAX_FIXTURES = 256, FIXTURE_ERRORS = 16, FIXTURE_PATH = 256 };

typedef struct fixture {
    const rise_node_type *type;
    char path[FIXTURE_PATH];
    const char *name; /* of the file */
    char *text;
    bool first; /* of its type */
} fixture;

typedef struct fixture_set {
    fixture item[MAX_FIXTURES];
    size_t n;
    rise_host *host;
    char root[64]; /* root/graphs, and root/data as the graphs expect it */
    unsigned n_folders;
} fixture_set;

void fixtures_find(fixture_set *set);  /* of every registered type */
bool fixtures_start(fixture_set *set); /* host and folder; false: told on stderr */
bool fixtures_stop(fixture_set *set);  /* frees all and removes the folder */

void fixture_folder(fixture_set *set, char path[FIXTURE_PATH], const char *what); /* a new name */

typedef struct fixture_graph {
    rise_graph *graph; /* NULL unless status is RISE_OK; owned by the caller */
    rise_status status;
    rise_error error[FIXTURE_ERRORS];
    size_t n_errors; /* all of them, also those that did not fit */
    size_t n_kept;
} fixture_graph;

bool fixture_load(fixture_set *set, const char *text, fixture_graph *out);

#endif
