/* sched/run.h: what the files of this room share. Nothing here is seen outside engine/sched and
 * engine/api.
 *
 * A run is a set of instances (a node at one point of its axes). The loop's thread owns who waits
 * for whom (runner.c); a worker settles one instance (settle.c), or maps of one stream together
 * (company.c): it makes the keys, looks them up, and runs what is missing. What a settled instance
 * offers to others is in its `out[]`, which never changes after. */
#ifndef SCHED_RUN_H
#define SCHED_RUN_H

#include "files/files.h"
#include "graph/graph.h"
#include "sched/memory.h"
#include "sched/pool.h"
#include "store/store.h"

#include <rise/run.h>

#include <stdatomic.h>
#include <uv.h>

typedef struct instance instance;
typedef struct rise_run run;

/* The frames that values are aligned with: immutable once shared. */
typedef struct frame_list {
    atomic_size_t refs;
    size_t n;
    rise_id *id;            /* an exact duplicate gets an ordinal hashed in */
    const char **name;      /* "file:index" */
    uint8_t (*species)[16]; /* bit masks of atomic numbers; zeros where the values are no frames */
    bool ordinal;           /* ids stand for positions, not for contents (imported tensors) */
    rise_id digest;         /* of the ids, once it has been asked for */
    atomic_int digested;
    arena memory;
} frame_list;

/* What an instance offers at one output. */
typedef struct offer {
    bool wanted;
    bool each;               /* one value per frame, else one whole value */
    bool known;              /* identities below are set */
    rise_id identity;        /* whole: content digest; each: over all frames */
    rise_id *frame_identity; /* each: [frames->n] content digests; for streams the keys */
    uint64_t bytes;          /* canonical size of everything */
    frame_list *frames;      /* NULL: no frame dimension */
    rise_value *
        *held; /* [frames->n] or [1]: values that are in no store; guarded by instance.lock */
} offer;

/* One value that arrives at an input. */
typedef struct feed {
    instance *from;
    size_t output;
    size_t *align; /* [frames->n of the receiver] -> frame of `from`; NULL: the same list */
    /* ports over axes and lists, else NULL: */
    frame_list *own;   /* the frames of this value */
    rise_point *point; /* where it stands on the reduced axes */
} feed;

typedef struct inlet {
    const rise_port *port;
    size_t n;
    feed *feed;
    bool many;          /* read with rise_over_* */
    rise_id identity;   /* of what arrives, for keys and rise_input_digest */
    rise_value **whole; /* [n] assembled values while the instance works; guarded by lock */
} inlet;

/* What a key is made of, one line each. */
typedef struct key_part {
    const char *name; /* of the row or port; borrowed */
    const char *text;
    graph_place place;
    /* PART_FILES: files that a source reads beside its own; they reach the keys of items through
     * what the node makes of them (a label), so that a row more does not touch the other frames. */
    enum { PART_BASE, PART_PARAM, PART_SELECT, PART_INPUT, PART_FILES } role;
} key_part;

/* Name of the part that tells which build of which plug-in a type comes from. */
#define PLUGIN_PART "plug-in"

/* A warning that a map gives for one frame is told once, with how many frames gave it. */
typedef struct frame_warning {
    const char *fmt; /* which warning it is */
    char *text;      /* of the lowest frame */
    size_t frame, n;
} frame_warning;
enum { MAX_FRAME_WARNINGS = 8 };

/* What a node at work says of itself; guarded by run->lock. */
typedef struct said {
    double done, total;
    char message[160];
    char shown[160]; /* the last snapshot of message; the loop's thread */
} said;

/* cache: auto, for the frames of a map: settled after the first measured frames. */
enum { KEEP_OPEN = 0, KEEP_STORE = 1, KEEP_LEAVE = 2 };

struct instance {
    struct rise_run *run;
    graph_node *node;
    size_t index;  /* which instance of its node */
    size_t number; /* position in run->instance */
    const char *name;
    const char **axis, **value; /* [n_axes] names, the same for all of the node; values */
    size_t n_axes;
    inlet *inlet; /* [node->n_inputs] */
    offer *out;   /* [node->n_outputs] */

    /* the loop's thread */
    size_t waiting; /* sources not settled yet */
    instance **next;
    size_t n_next, next_capacity;
    bool needed;
    bool submitted;     /* handed to the pool, settled or not */
    bool over;          /* settled, failed or skipped */
    bool left;          /* handed back as it was: the run stopped */
    instance *handed;   /* handed back before it, or, when the loop has them, after it */
    instance *with;     /* starts together with this one: reads the same stream */
    instance *gathered; /* streams: who is ready to read and waits for the others */
    size_t n_listening; /* streams: maps that read it and are not ready yet */
    instance *next_gathering;
    double priority;   /* seconds to the end of the run along the longest path */
    uint64_t admitted; /* bytes counted against the budget */

    /* set by the worker that settles it */
    frame_list *frames; /* what it works on; NULL: no frames */
    key_part *part;     /* see instance_need_parts */
    size_t n_parts;
    bool part_passes;   /* the parts lie in run_passing */
    rise_id base_key;   /* map: without the frame; else the whole key */
    rise_id *frame_key; /* map, source: [frames->n] */
    const char *reason;
    rise_error *error;     /* NULL: none; guarded by run->lock */
    atomic_bool dropped;   /* it is to stop, whatever the run does */
    atomic_bool tainted;   /* something it reads was computed again to other bytes: keep nothing */
    bool again;            /* whole: being computed again; guarded by work */
    atomic_bool would_run; /* plan only; set after reason */
    size_t n_planned;      /* plan only: frames that it would run; 0: not known */
    rise_value *described; /* the graph that led here, for nodes that see it */

    /* any worker */
    uv_mutex_t lock; /* small fields: held, files */
    uv_mutex_t work; /* held while opening or computing again; taken downstream before upstream */
    atomic_bool opened;
    void *state;
    rise_file *param_file; /* loaded file parameters, see files of ctx.c */
    size_t n_param_files;
    graph_value *species;   /* [n_params] resolved species lists */
    atomic_int status;      /* rise_instance_status */
    atomic_int keep_choice; /* KEEP_... */
    atomic_size_t frames_ran, frames_cached, frames_measured;
    atomic_uchar *ran_frame; /* streams: which frames were counted */
    atomic_uint_fast64_t cpu_ns, stored_bytes, peak_bytes, live_bytes;
    atomic_uint_fast64_t measured_ns, measured_bytes;
    frame_warning *warned; /* [MAX_FRAME_WARNINGS], NULL: none yet; guarded by lock */
    size_t n_warned;
    _Atomic double started, ended, settled; /* shown while others work; settled: handed back */
    said *said;                             /* NULL: nothing yet */
};

/* One for each thread, a line of the cache apart. */
typedef struct worker_arena {
    _Alignas(64) arena memory;
    arena passing; /* until the instance at hand is settled */
} worker_arena;

typedef struct output_file {
    const char *name, *path;
} output_file;

struct rise_run {
    const graph *graph;
    store *store;
    pool *pool;
    memory_cache *cache;       /* whole values */
    memory_cache *frame_cache; /* values of single frames: a few, whatever the number of frames */
    char *cache_folder, *out_folder;
    rise_run_options options;
    char *only;
    instance *instance;
    size_t n_instances;
    size_t *first;       /* [n_nodes]: number of the node's first instance */
    worker_arena *arena; /* [n_arenas]: for each thread, and for those of no pool; see run_memory */
    unsigned n_arenas;
    arena built; /* holds what the instances are made of before they work */
    /* [n_nodes][n_params]: text of a parameter in keys; NULL: not the same for all instances */
    const char ***fixed;
    double start;

    /* loop */
    uv_loop_t *loop, own_loop;
    bool owns_loop;
    uv_async_t async;
    uv_timer_t timer;
    int open_handles;
    size_t n_live; /* instances submitted, not yet ended */
    size_t n_jobs; /* what the pool has of these: those who go together are one job */
    size_t n_settled, n_needed;
    instance **ready; /* waiting for a thread and for memory: a heap by priority */
    size_t n_ready;
    instance *gathering; /* streams that somebody is ready to read: a list */
    double flushed;
    atomic_bool stopping; /* start nothing more */
    bool winding_down;    /* what is at work and not dropped goes on */
    bool finished;
    uint64_t memory_used;
    rise_status status;
    rise_error first_error;
    rise_error no_room; /* what failed where memory was too short to say so */

    /* any thread */
    atomic_int cancel;        /* rise_status, 0: none */
    _Atomic(instance *) done; /* the last of those handed back */
    atomic_int n_handing;     /* threads that are handing back */
    uv_mutex_t lock;          /* what follows, and progress texts */
    char **warning;
    size_t n_warnings, n_told, warning_capacity;
    output_file *file;
    size_t n_files, file_capacity;
    text_map warned, written; /* what stands in the two lists above */
    arena texts;
};

#define RISE_WHOLE_VALUE SIZE_MAX

/* Where the rows of a stream go. */
typedef struct tile_sink {
    rise_tile_fn fn;
    void *user;
    instance *consumer;
    size_t next_row; /* tiles must come in ascending order, without a gap */
} tile_sink;

/* The rows of one frame of a stream, for those who read it one after the other. Zero it, say what
 * is to be taped; it can be used again and again, tape_free gives its memory back. */
typedef struct stream_tape {
    const instance *from;
    size_t output, frame;
    size_t limit;  /* bytes: a longer frame is not taped */
    bool complete; /* all rows of the frame are there */
    double made_s; /* processor seconds that they cost; who reads the tape saves them */
    rise_dtype dtype;
    size_t n_rows, n_columns, stride, capacity; /* capacity: bytes */
    char *rows;                                 /* 64-byte aligned */
} stream_tape;

/* Input files of an instance, each with the digest of its bytes ("": not known). */
typedef void (*file_teller)(void *user, const instance *it, const char *path, const char *hex);

/* ---- frames.c -------------------------------------------------------------------------------- */
frame_list *frame_list_new(size_t n); /* ids zero, names "" ; NULL: memory short */
frame_list *frame_list_retain(frame_list *list);
void frame_list_release(frame_list *list);
rise_id frame_list_digest(frame_list *list); /* of its ids, in order */
bool frame_list_number_duplicates(frame_list *list); /* false: memory short */
frame_list *frame_list_ordinals(size_t n);
/* The frames of `wanted` looked up in `have`: align[i], SIZE_MAX where missing; NULL: memory short.
 */
size_t *frame_list_match(const frame_list *wanted, const frame_list *have, size_t *n_missing);
frame_list *frame_list_take(const frame_list *list, const size_t *keep, size_t n);

/* ---- build.c --------------------------------------------------------------------------------- */
rise_status run_build(run *r,
                      rise_error *err) RISE_MUST_USE; /* instances, inlets, who waits for whom */
void run_unbuild(run *r);

/* Memory of this thread that lasts as long as the run: for small things, made once. */
arena *run_memory(run *r);
arena *run_passing(run *r); /* the same, for what may go when the instance at hand is settled */

/* ---- settle.c: one instance from sources to offers ------------------------------------------- */
/* Up to its key; would_run is set where a plan cannot know more. */
rise_status instance_identify(instance *it, rise_error *err) RISE_MUST_USE;
rise_status instance_settle(instance *it, rise_error *err) RISE_MUST_USE; /* sources and whole */

/* ---- claim.c: one of several processes computes ------------------------------------------------
 */
/* Waits while another process computes the key. What it recorded is known afterwards: look again.
 * A thread has one claim at most, and gives it back with store_unclaim. */
void instance_claim(instance *it, const rise_id *key);

/* ---- company.c: maps that read the same stream, settled together ----------------------------- */
/* `first` and those with it; `end` is told of each as soon as it is over. */
typedef void (*company_end)(instance *it, rise_status status, rise_error *err);
void company_settle(instance *first, company_end end);

/* ---- gather.c: who reads a stream starts together (the loop's thread) ------------------------ */
void gather_init(run *r);
/* `it` is ready. Returns what may start now, others with it, or NULL. */
instance *gather_ready(run *r, instance *it);
/* A thread is idle: the next stream whose readers have nobody to wait for, or NULL. */
instance *gather_idle(run *r);
/* The first input of a map that is a stream, if that is made frame by frame, else NULL. */
const feed *map_stream(const instance *it);

/* ---- align.c: which frames an instance works on ---------------------------------------------- */
rise_status instance_align(instance *it, rise_error *err) RISE_MUST_USE;
/* Restricts it->frames to keep[0..n-1]; the inputs follow. */
rise_status instance_narrow(instance *it, const size_t *keep, size_t n,
                            rise_error *err) RISE_MUST_USE;

/* ---- key.c ----------------------------------------------------------------------------------- */
rise_status run_fix_params(run *r, rise_error *err) RISE_MUST_USE; /* before any key */
rise_status instance_make_key(instance *it, rise_error *err) RISE_MUST_USE;
/* A whole node that was known has let its parts go: makes them again. */
rise_status instance_need_parts(instance *it, rise_error *err) RISE_MUST_USE;
void key_combine(const char *role, const rise_id *a, const rise_id *b, rise_id *out);
rise_id feed_frame_identity(const feed *f, size_t frame); /* frame of the receiver's list */

/* ---- describe.c: the nodes that `it` depends on, as a table ---------------------------------- */
rise_status instance_describe(instance *it, rise_error *err) RISE_MUST_USE;

/* ---- reason.c -------------------------------------------------------------------------------- */
/* Compares the parts with the last record of this node; `fallback` is said when they are equal. */
const char *instance_explain(instance *it, const char *fallback);
void instance_remember(instance *it); /* the parts become the last record */
const char *reason_shown(instance *it, const char *canonical); /* short, as a person reads it */
/* What the part was when this instance last ran; "" where it is the same, or nothing is known. */
const char *reason_before(instance *it, const key_part *part);

/* Whether a node of this type and name ran before. */
bool instance_is_known(const instance *it);

/* ---- estimate.c: what a plan would cost, after the last runs of its nodes ---------------------
 */
void cost_name(const char *what, const instance *it, const char *name, rise_id *out);
/* What it cost goes into the buffer: seconds, processor seconds, bytes, frames run and in all. */
void cost_write(const instance *it, buffer *b);
bool gives_rows_only(const instance *it); /* streams: it runs inside those who read it */
bool instance_estimate(const instance *it, rise_estimate *out);
rise_status run_estimate(const run *r, rise_estimate *out, rise_error *err) RISE_MUST_USE;

/* ---- explain.c: tables as in rise/run.h ------------------------------------------------------ */
rise_status instance_parts(instance *it, rise_value **out, rise_error *err) RISE_MUST_USE;
rise_status instance_kept(instance *it, rise_value **out, rise_error *err) RISE_MUST_USE;

/* ---- fetch.c: values of offers, from memory, store or by computing them again ---------------- */
/* `frame` is an index into the offer's frames, or RISE_WHOLE_VALUE for a whole (or assembled)
 * value. */
rise_status offer_fetch(instance *from, size_t output, size_t frame, rise_value **out,
                        rise_error *err) RISE_MUST_USE;
/* The assembled value of one feed for its receiver, aligned. */
rise_status feed_fetch(instance *it, const feed *f, rise_value **out,
                       rise_error *err) RISE_MUST_USE;
/* Loads whole inputs (kept in inlet.whole until instance_drop). */
rise_status instance_load(instance *it, rise_error *err) RISE_MUST_USE;
void instance_drop(instance *it);
/* Hands a fresh value to memory and store as the node's cache mode says. */
/* Values that no store can give back are held until the run is over. */
void offer_hold(instance *it, size_t output, size_t frame, rise_value *value);
/* From here on nothing of `it` and of what depends on it is kept. */
void instance_taint(instance *it);
/* Whether memory or store can really give the value: reads it. */
bool value_readable(struct rise_run *r, const rise_id *digest);
/* What memory or store can give at once of a whole value of at most so many bytes, else NULL. */
rise_value *offer_at_hand(instance *from, size_t output, uint64_t most);
void offer_keep(instance *it, size_t output, size_t frame, rise_value *value, const rise_id *digest,
                bool store_it);

/* ---- map.c, whole.c, source.c: the work shapes ----------------------------------------------- */
/* What a map has to do: frames without a record, in ascending order. */
typedef struct map_work {
    size_t *missing, n; /* freed by whoever asked */
    bool want[GRAPH_MAX_OUTPUTS];
} map_work;
rise_status map_prepare(instance *it, map_work *w, rise_error *err) RISE_MUST_USE;
void map_review(instance *it, map_work *w); /* leaves out what others have recorded meanwhile */
rise_status map_begin(instance *it, rise_error *err) RISE_MUST_USE;
/* Runs frame w->missing[i] and records it. */
rise_status map_run(instance *it, const map_work *w, size_t i, stream_tape *tape,
                    rise_error *err) RISE_MUST_USE;
void map_end(instance *it);
/* Adds to a message which frame it is about. */
void instance_name_frame(const instance *it, size_t frame, rise_error *err);
void map_seal(instance *it, const map_work *w); /* its offers are complete */
/* Computes frame `frame` of a map; result[output], unwanted ones NULL. `tape`: of the stream that
 * it reads, or NULL. */
rise_status map_frame(instance *it, size_t frame, const bool *want, rise_value **result,
                      tile_sink *sink, stream_tape *tape, rise_error *err) RISE_MUST_USE;
rise_status map_open(instance *it, rise_error *err) RISE_MUST_USE;
void map_close(instance *it);
rise_status whole_settle(instance *it, rise_error *err) RISE_MUST_USE;
rise_status whole_again(instance *it, rise_error *err) RISE_MUST_USE; /* blobs are gone: run it */
rise_status source_settle(instance *it, rise_error *err) RISE_MUST_USE;
rise_status source_again(instance *it, size_t frame, rise_error *err) RISE_MUST_USE;
void source_close(instance *it);
void source_files(const instance *it, file_teller tell, void *user);

/* ---- inputs.c -------------------------------------------------------------------------------- */
/* The table of rise_run_inputs. */
rise_status run_inputs(run *r, rise_value **out, rise_error *err) RISE_MUST_USE;

/* ---- stream.c -------------------------------------------------------------------------------- */
/* With a tape the rows come from it, or go on it too. */
rise_status stream_frame(const feed *f, size_t frame, instance *consumer, rise_tile_fn fn,
                         void *user, stream_tape *tape, rise_error *err) RISE_MUST_USE;

void tape_free(stream_tape *tape);
/* A stream read by an ordinary port: the rows of a frame as one tensor. */
rise_status stream_tensor(instance *from, size_t output, size_t frame, rise_value **out,
                          rise_error *err) RISE_MUST_USE;

/* ---- ctx.c: what a node sees ----------------------------------------------------------------- */
typedef struct source_pass source_pass;
typedef struct job {
    rise_ctx ctx; /* first: rise_ctx * is job * */
    instance *it;
    size_t frame;        /* map: index into it->frames; else RISE_WHOLE_VALUE */
    const bool *want;    /* [n_outputs] */
    rise_value **result; /* [n_outputs] */
    rise_value **input;  /* map: [n_inputs] values of this frame, fetched when asked for */
    tile_sink *sink;     /* of the stream output, NULL: nobody listens */
    stream_tape *tape;   /* map: of the stream that it pulls, or NULL */
    source_pass *pass;   /* sources */
    rise_error *late;    /* an error that a function without a status could not return */
    rise_error late_error;
    buffer files; /* whole: files written, for the record */
    uint32_t n_files;
    arena scratch;
    double started; /* s: a node's timeout counts from here */
} job;
/* Its instance is to stop, or the one that its rows go to. */
bool job_cancelled(const job *j);
void job_open(job *j, instance *it, size_t frame, const bool *want, rise_value **result);
/* Ends the call: the node's status, or a bug or late error if it said RISE_OK wrongly. */
rise_status job_close(job *j, rise_status status, rise_error *err);
/* param_files.c */
void param_files(const instance *it, file_teller tell, void *user);
rise_status instance_load_files(instance *it, rise_error *err) RISE_MUST_USE;
void instance_unload_files(instance *it);
const rise_file *param_file_find(rise_ctx *ctx, size_t param, size_t item, const char *field);
char *file_param_path(const graph *g, const graph_node *node, size_t at, const char *text,
                      arena *a);
rise_status source_item_output(job *j, size_t output, rise_value *value);
bool source_item(job *j, const void *identity, size_t size, const char *name);
size_t source_first_index(const job *j);

/* ---- output.c: files under --out ------------------------------------------------------------- */
rise_status output_write(instance *it, const char *path, const void *bytes, size_t size,
                         rise_error *err) RISE_MUST_USE;
/* Writes again what an unchanged node wrote before, where it is missing or differs. */
rise_status output_restore(instance *it, const uint8_t *note, size_t n_note, bool *complete,
                           rise_error *err) RISE_MUST_USE;

/* The key of the record of a file, by the digest of its bytes. */
void output_file_key(const rise_id *digest, rise_id *key);

/* ---- pins.c ---------------------------------------------------------------------------------- */
/* The digests of all values that a settled plan leads to; false: memory is short. */
bool run_pins(const run *r, id_map *pins);

/* ---- account.c: processor time goes to whoever works ----------------------------------------- */
instance *account_enter(instance *it); /* returns who worked before; NULL is nobody */
void account_leave(instance *before);
void account_bytes(instance *it, uint64_t live); /* notes a peak */

/* ---- runner.c -------------------------------------------------------------------------------- */
/* `r` has its options, graph, store, pool and instances; starts on r->loop. */
rise_status runner_start(run *r, rise_error *err) RISE_MUST_USE;
void runner_wait(run *r); /* own loop only */
bool runner_free(run *r); /* handles are closed; false while the run goes on */
void run_warn(run *r, const char *fmt, ...) RISE_PRINTF(2, 3);
bool run_cancelled(const run *r);
bool instance_cancelled(const instance *it); /* its run is, or it alone */

/* ---- services.c ------------------------------------------------------------------------------ */
said *instance_said(instance *it); /* run->lock is held; NULL: memory short, nothing is said */
void instance_tell_warnings(instance *it); /* that a map gave for its frames */

/* ---- machine.c ------------------------------------------------------------------------------- */
unsigned runner_cores(void);  /* what affinity and cgroup allow */
uint64_t runner_memory(void); /* bytes that machine and cgroup allow */

#endif
