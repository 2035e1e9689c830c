/* cli/history: the runs of the past, each a file in the folder `runs` of the cache:
 *
 *     20261127T115012.123-1a2b3c4d-<graph>-<keys>.json
 *
 * when it began (UTC), its id, and digests of the path of its graph and of the keys of its
 * instances. So the last run of a graph, and whether another one did the same, are found without
 * opening a file. In it is what run.json of that run holds. Nothing here fails a run: a cache that
 * cannot be written has no history. */
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include "cli.h"

struct json_t;

enum { PAST_RUNS = 200 };                       /* as many are kept, */
#define PAST_BYTES ((uint64_t)256 << 20)        /* while they take no more than this, */
enum { PAST_LEAST = 2, PAST_FILE_LENGTH = 67 }; /* but two in any case */

typedef struct past_run {
    char file[PAST_FILE_LENGTH + 1]; /* "": none */
    char id[9], graph[17], keys[17];
} past_run;

typedef struct past {
    char folder[4200];
    past_run *run; /* oldest first */
    size_t n;
} past; /* zero-initialised is empty */

/* The runs in `cache`; none where there is no such folder. */
rise_status past_list(const char *cache, past *out, rise_error *err) RISE_MUST_USE;
void past_free(past *p);
/* The last run of that graph (any where it is ""), `before` runs before it; NULL: there is none. */
const past_run *past_last(const past *p, const char *graph, size_t before);

void past_graph(const char *path, char digest[17]); /* the same for each path of a file */
/* A run of now with an id of its own. */
void past_new(double began, const char *graph, const char *keys, past_run *out);
/* Where its record belongs; false: the cache has no place for it. */
bool past_path(const char *cache, const past_run *run, char path[4300]);
void past_let_go(const char *cache);   /* of the records what is too much */
uint64_t past_bytes(const char *path); /* 0: it is not there */
/* What killed processes left behind, and runs older than so many seconds (0: of any age stay) go;
 * how many, and their bytes. With `dry_run` they are only counted. */
void past_sweep(const past *p, double max_age_s, bool dry_run, uint64_t *n, uint64_t *bytes);

/* Its record; RISE_E_NOINPUT: it is damaged or not there. */
rise_status past_load(const char *path, struct json_t **out, rise_error *err) RISE_MUST_USE;
/* As people name a run: an id or the beginning of one, "last", "last~2", or a path of a run.json.
 * "last" is that of `graph`, of any where it is "". */
rise_status past_find(const past *p, const char *name, const char *graph, char *path, size_t size,
                      rise_error *err) RISE_MUST_USE;

#endif
