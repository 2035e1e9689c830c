/* fault/shapes_at_work.h: what the sweeps over memory have in common: the graph of
 * support/shapes.h, loaded, planned and run in a folder, and a look at what that left behind. */
#ifndef TESTS_SHAPES_AT_WORK_H
#define TESTS_SHAPES_AT_WORK_H

#include "fault/sweep.h"

typedef struct paths {
    char graph[256], cache[256], out[256];
} paths;
paths paths_in(const char *folder);

rise_status shapes_there(const char *folder, rise_error *err); /* writes the graph */
rise_status make_host(rise_host **out, rise_error *err);
rise_status load(const char *path, rise_host **host, rise_graph **graph, rise_error *err);
/* Loads and runs it, and compares what its last node gives with what it should. */
rise_status run_right(const char *folder, unsigned jobs, rise_error *err);
rise_status run_right_with(const char *folder, rise_run_options options, rise_error *err);
rise_status right(rise_run *run, rise_error *err);            /* the comparison alone */
rise_status before_warm(const char *folder, rise_error *err); /* the graph, and a run of it */
/* Plans it; where all is known, also looks at keys, their parts and what is kept. */
rise_status act_plan(const char *folder, rise_error *err);

/* Outputs are whole or not there; the next run gives the same bytes; the cache is sound. */
const char *after_run(const char *folder, rise_status status);

/* Each sweep as a test; RISE_SWEEP_OF is the name of the only one. The exit status of main. */
int sweep_all(const sweep *sweeps, size_t n);

#endif
