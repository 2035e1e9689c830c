/* rise/run.h: running a graph.
 *
 * A run works out what is not yet known, computes only that on its own threads, and keeps what it
 * computed in the cache. Callbacks arrive on the thread of the loop. Several runs may be alive at
 * once, also on one cache. Functions without a status cannot fail. */
#ifndef RISE_RUN_H
#define RISE_RUN_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

typedef struct rise_run rise_run;

typedef enum rise_instance_status {
    RISE_WAITING = 0,
    RISE_RUNNING,
    RISE_RAN,        /* computed something in this run */
    RISE_CACHED,     /* everything was known */
    RISE_NOT_NEEDED, /* nobody asked for it */
    RISE_SKIPPED,    /* something it depends on failed, or the run stopped before */
    RISE_NODE_FAILED
} rise_instance_status;
const char *rise_instance_status_text(rise_instance_status status); /* "ran", "cached", ... */

/* What is known of one node at one point of its axes. Texts are valid until the run is freed. */
typedef struct rise_instance {
    const char *node; /* name in the graph */
    const char *name; /* "soap[r_cut=5]" */
    const char *type;
    size_t n_axes;
    const char *const *axis;  /* [n_axes] names */
    const char *const *value; /* [n_axes] as text */
    rise_instance_status status;
    const char *reason; /* why it ran; "" where it did not */
    size_t frames_ran, frames_cached, frames_total;
    double wall_s, cpu_s;
    double started_s, ended_s; /* since the start of the run; 0 where it did not run */
    double settled_s;          /* when it was over, also from the cache; 0: not yet, or skipped */
    uint64_t stored_bytes, peak_bytes;
    double done, total;      /* progress inside the node; total 0: not said */
    const char *message;     /* last progress text; "" */
    const rise_error *error; /* NULL unless it failed */
} rise_instance;

/* What is handed over is valid during the call. */
typedef struct rise_events {
    /* An instance has ended, well or not: its values can be taken (rise_run_value). */
    void (*ended)(void *user, const rise_instance *instance);
    void (*warned)(void *user, const char *text); /* each text once */
    void (*ticked)(void *user, rise_run *run);    /* about every 100 ms while something runs */
    /* A call of a node goes on 10 s after its `timeout`, though rise_cancelled told it to stop.
     * Once for each such call. A thread cannot be ended from outside: the run ends when the node
     * returns, or with the process. */
    void (*stuck)(void *user, const rise_instance *instance, double seconds);
    /* The last call: with a loop of the caller `run` may be freed in it. */
    void (*finished)(void *user, rise_run *run, rise_status status);
    void *user;
} rise_events; /* any may be NULL */

typedef struct rise_run_options {
    const char *cache; /* folder; NULL: $RISE_CACHE, $XDG_CACHE_HOME/rise, ~/.cache/rise */
    const char *out;   /* folder for output files; NULL: ./out/<name of the graph> */
    const char *only;  /* node name; NULL: everything */
    unsigned jobs;     /* 0: what affinity and cgroup allow */
    uint64_t memory;   /* bytes; 0: half of what the machine and the cgroup allow */
    bool keep_going;   /* a failure stops only its descendants */
    bool durable;      /* sync cache objects too */
    bool paranoid;     /* hash input files even if they look unchanged */
    bool plan_only;    /* work out what would run and why, run nothing */
    bool out_used;     /* the caller writes to `out` too: it is made even if no node has a file */
    void *loop;        /* uv_loop_t of the caller; NULL: rise_run_wait brings its own */
    rise_events events;
    /* One of several processes, here or on other machines, that share nothing but the cache: it
     * does what nobody else is at, a slice of frames or a node at a time, writes no output files,
     * and is over when all is known, or when for idle_s others were at all that is left. A run that
     * is none takes part where workers have been, and waits for what they are at. */
    bool worker;
    const char *pilot; /* it does the nodes with this `pilot:`; NULL: those without one */
    const char *job;   /* what failed in another worker of this job is not tried again; or NULL */
    double idle_s;     /* 0: 60, or a tenth of the time that it has been here */
    const char *local_cache; /* folder on a disk of this machine for what is read; NULL: none */
    double lease_s;          /* a process without a sign of life for so long is dead; 0: 30 */
} rise_run_options;

/* Starts, on the thread of the loop. The graph must outlive the run; the options are copied, with
 * NULL all are zero. Returns at once; `finished` tells the end. RISE_E_USAGE: `only` names no node;
 * RISE_E_OUTPUT, RISE_E_SYSTEM, RISE_E_NOMEM: a folder, a thread or memory is not to be had. */
rise_status rise_run_start(rise_host *host, const rise_graph *graph,
                           const rise_run_options *options, rise_run **out,
                           rise_error *err) RISE_MUST_USE;
/* Runs the loop until the run is over; only without a loop of the caller. The status of the run;
 * the first failure is in `err`. */
rise_status rise_run_wait(rise_run *run, rise_error *err);
/* Asks the run to stop: finished work is kept. May be called from any thread and from a signal
 * handler. `why`: RISE_E_INTERRUPTED or RISE_E_TERMINATED. */
void rise_run_cancel(rise_run *run, rise_status why);
/* Starts nothing more. Of what is at work only that goes on for which keep[i] is set, for each
 * instance; the rest is asked to stop. Then the run ends, as one that was interrupted: for a
 * program that has another run to make and knows what that one shares with this. On the loop's
 * thread, before the end of the run. */
void rise_run_wind_down(rise_run *run, const bool *keep);
/* After it finished, or, with a loop of its own, at any time: it is stopped then, and waited for.
 * NULL is fine. */
void rise_run_free(rise_run *run);

/* What became of sharing the work; on the loop's thread or after the end. */
typedef struct rise_share {
    bool shared;                   /* there were, or could have been, other processes */
    bool idle;                     /* a worker that left: others are at all that is left */
    size_t units, wholes, frames;  /* done here: units, those of whole nodes, frames in slices */
    size_t put_off;                /* instances that others are at just now */
    unsigned long long n_metadata; /* operations on names of files in the cache */
} rise_share;
void rise_run_share(const rise_run *run, rise_share *out);

size_t rise_run_instances(const rise_run *run);
/* A snapshot; on the loop's thread or after the end. */
void rise_run_instance(rise_run *run, size_t i, rise_instance *out);
/* "node", "node.output" or "node.output[axis=value]": the value, owned by the caller. On the loop's
 * thread as soon as that instance has ended (from `ended` on), or after the end of the run. A value
 * that is not kept is computed again meanwhile: this may take long, rise_run_cancel ends it.
 * RISE_E_USAGE: there is no such node, output or point; RISE_E_MISS: it was not computed, or not
 * yet. */
rise_status rise_run_value(rise_run *run, const char *reference, rise_value **out,
                           rise_error *err) RISE_MUST_USE;
/* The same of output `output` of instance i, which has ended, where memory or the cache can give it
 * at once, it is whole, and takes at most so many bytes; RISE_E_MISS where not. */
rise_status rise_run_at_hand(rise_run *run, size_t i, const char *output, uint64_t max_bytes,
                             rise_value **out, rise_error *err) RISE_MUST_USE;

/* What the key of instance i is made of: a table with the columns part (node, parameter, input),
 * name, value, before (what it was when this instance last ran, "" where it is the same) and place
 * ("file:line", "default" or "--set"). RISE_E_MISS where the key is not known yet, since
 * something before it would run. Owned by the caller; after the end of the run or plan. */
rise_status rise_run_parts(rise_run *run, size_t i, rise_value **table,
                           rise_error *err) RISE_MUST_USE;
/* What the cache has of instance i: a table with the columns output, known and of (values that
 * records tell of: one for each frame, or one), cpu_s (s that these took), stored and stored_bytes
 * (those that need not be computed again), place (of the first, below the folder of the cache). */
rise_status rise_run_kept(rise_run *run, size_t i, rise_value **table,
                          rise_error *err) RISE_MUST_USE;
/* What an instance that would run will cost, after the last run of a node of its type and name in
 * this cache, whatever the parameters were; where it works frame by frame, for as many frames as
 * would run. */
typedef struct rise_estimate {
    double cpu_s, wall_s;
    uint64_t peak_bytes;
    size_t n_known;   /* 1: the above is known */
    size_t n_small;   /* 1: it took less than 0.05 s: too little to be remembered */
    size_t n_unknown; /* 1: it never ran */
} rise_estimate;
/* After the end of a plan. False where instance i would not run. A node that gives nothing but
 * streams has an estimate where a node that reads it would run. */
bool rise_run_estimate(rise_run *run, size_t i, rise_estimate *out);
/* Of the whole plan: processor seconds of all that is known, how many instances are known, small
 * and unknown; wall_s with the threads of the plan, which is never less than the longest path;
 * peak_bytes of the largest instances, one for each thread. */
rise_status rise_run_estimate_all(rise_run *run, rise_estimate *out, rise_error *err) RISE_MUST_USE;
unsigned rise_run_jobs(const rise_run *run); /* threads */
/* The key of instance i: of all frames but for what arrives frame by frame where it is a map. False
 * where it is not known yet. */
bool rise_run_key(rise_run *run, size_t i, rise_id *key);

/* The input files that the run looked at: a table with the texts node, path and digest (SHA-256 of
 * the bytes on disk, in hexadecimal; "" where it was not read). Each file once for each node. Owned
 * by the caller; after the end of the run. */
rise_status rise_run_inputs(rise_run *run, rise_value **table, rise_error *err) RISE_MUST_USE;

typedef struct rise_output_file {
    const char *name; /* instance that wrote it */
    const char *path;
} rise_output_file;
size_t rise_run_files(const rise_run *run);
void rise_run_file(const rise_run *run, size_t i, rise_output_file *out);
size_t rise_run_warnings(const rise_run *run);
const char *rise_run_warning(const rise_run *run, size_t i);
const char *rise_run_cache_folder(const rise_run *run);
const char *rise_run_out_folder(const rise_run *run);

/* ---- the cache by itself --------------------------------------------------------------------- */
/* The folder of the cache: the one given, or as in the options above. RISE_E_USAGE: its path does
 * not fit. */
rise_status rise_cache_folder(const char *given, char *text, size_t size,
                              rise_error *err) RISE_MUST_USE;
typedef struct rise_cache_stats {
    uint64_t n_objects, object_bytes, n_packed, packed_bytes, n_records, record_bytes;
    uint64_t n_quarantined;
} rise_cache_stats;
/* `folder` NULL: as in the options above. `used` (may be NULL) receives the folder. */
rise_status rise_cache_stat(const char *folder, rise_cache_stats *out, char *used, size_t used_size,
                            rise_error *err) RISE_MUST_USE;
/* Looks at heads, sizes and the checksums of the logs; with `read_data` at every byte. Each damage
 * is told and moved to quarantine. */
rise_status rise_cache_verify(const char *folder, bool read_data,
                              void (*told)(void *user, const char *text), void *user,
                              uint64_t *n_checked, uint64_t *n_damaged,
                              rise_error *err) RISE_MUST_USE;

typedef struct rise_gc_options {
    uint64_t max_bytes;            /* what may stay, records and all; 0: any size */
    double max_age_days;           /* since the last use; 0: any age */
    const rise_graph *const *keep; /* [n_keep] what these need stays */
    size_t n_keep;
    bool dry_run; /* say what would go, remove nothing */
} rise_gc_options;

typedef struct rise_gc_result {
    uint64_t n_evicted, evicted_bytes; /* values */
    uint64_t n_kept, kept_bytes;
    uint64_t n_pinned, pinned_bytes; /* of those kept: what the graphs need */
    uint64_t n_swept, swept_bytes;   /* left by killed processes, and old quarantine */
    uint64_t dead_bytes;             /* in packs: nothing leads to them */
} rise_gc_result;
/* Makes room in the cache. First goes what nobody used for max_age_days, then what costs least to
 * compute again for its bytes and its age, until max_bytes are left. Records stay: a value that is
 * gone is computed when a node asks for it. Other processes may use the cache meanwhile.
 * RISE_E_OUTPUT: it cannot be written. The errors of a plan, where a graph of `keep` has any:
 * nothing is removed then. */
rise_status rise_cache_gc(rise_host *host, const char *folder, const rise_gc_options *options,
                          rise_gc_result *out, rise_error *err) RISE_MUST_USE;

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
