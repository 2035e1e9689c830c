/* cli/worker, for the room alone. */
#ifndef CLI_WORKER_H
#define CLI_WORKER_H

#include "cli.h"

#include <stdint.h>

typedef struct worker {
    rise_host *host;
    rise_graph *graph;
    const cli_options *o;
    progress *progress;
    double told, leave_at; /* seconds of the process; 0: not yet */
    char id[33];           /* "": it has no file */
    unsigned long long beat;
    char path[4300];
} worker;

/* worker_file.c: what a worker says of itself, in workers/<id>.json of the cache: to be read by
 * `rise-run status` on any machine. Nothing depends on it, and what fails here fails nothing. */
void worker_file_begin(worker *w, rise_run *run);
/* Those of workers that ended two weeks ago go; how many, and their bytes. */
void worker_files_sweep(const char *cache, bool dry_run, uint64_t *n, uint64_t *bytes);
void worker_file_write(worker *w, rise_run *run, const char *state, const char *why);

#endif
