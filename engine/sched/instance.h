/* sched/instance.h: what runs and instances are made of; run.h says what is done with them.
 *
 * A run is a set of instances (a node at one point of its axes). The loop's thread owns who waits
 * for whom (runner.c); a worker settles one instance (settle.c), or maps of one stream together
 * (company.c): it makes the keys, looks them up, and runs what is missing. What a settled instance
 * offers to others is in its `out[]`, which never changes after. */
#ifndef SCHED_INSTANCE_H
#define SCHED_INSTANCE_H

#include "files/files.h"
#include "graph/graph.h"
#include "sched/memory.h"
#include "sched/pool.h"
#include "store/lease.h"
#include "store/store.h"

#include <rise/run.h>

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

typedef struct instance instance;
typedef struct rise_run run;
typedef struct node_history node_history; /* history_node.c */
typedef struct key_front key_front;       /* key.c */

/* The frames that values are aligned with: immutable once shared, and then there until the run is
 * freed (run_keep_frames). */
typedef struct frame_list {
    struct frame_list *next; /* of the run's */
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
    rise_value **held; /* [frames->n] or [1]: values that are in no store; guarded by act->lock */
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
    /* PART_MADE: how the rows of an input were made, for nodes that see it. */
    enum { PART_BASE, PART_PARAM, PART_SELECT, PART_INPUT, PART_FILES, PART_MADE } role;
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

/* An input file that a parameter names. */
typedef struct named_file {
    size_t param, item; /* item: of a map */
    const char *field;  /* of the item; NULL for the parameter itself */
    const char *path;
    const char *match; /* as a pattern found it, below the graph's folder; NULL: it was named */
} named_file;

/* What an instance has once it is at work. Of a hundred thousand that are known few ever are: until
 * then this is memory that was never touched, whose zeros cost nothing, and are open locks too. */
typedef struct activity {
    pthread_mutex_t lock; /* small fields: held, files */
    /* while it is opened or computed again; taken downstream before upstream */
    pthread_mutex_t work;
    atomic_bool opened;
    void *state;
    rise_file *param_file; /* [n_param_files] instance.file, loaded */
    size_t n_param_files;
    atomic_int keep_choice; /* KEEP_... */
    atomic_size_t frames_measured;
    atomic_uint_fast64_t measured_ns, measured_bytes;
    atomic_uint_fast64_t cpu_ns, stored_bytes, peak_bytes, live_bytes;
    frame_warning *warned; /* [MAX_FRAME_WARNINGS], NULL: none yet; guarded by lock */
    size_t n_warned;
    _Atomic double started, ended; /* shown while others work */
    said *said;                    /* NULL: nothing yet */
} activity;

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
    bool put_off;     /* handed back: another process is at it */
    bool held_back;   /* put off since this worker has enough to do */
    instance *later;  /* put off, or held back, before it */
    instance *behind; /* ready, after this one in its line, or in the row that a thread works on */
    double priority;  /* seconds to the end of the run along the longest path */
    uint64_t memory;  /* bytes that it counts with, once it is ready */

    /* set by the worker that settles it */
    bool identified;             /* it has its key */
    struct map_work *unfinished; /* map, put off: what is left to do */
    frame_list *frames;          /* what it works on; NULL: no frames */
    key_part *part;              /* see instance_need_parts */
    size_t n_parts;
    bool part_passes;   /* the parts lie in run_passing */
    bool recalled;      /* map: its offers are those of an earlier run (seal.c) */
    rise_id base_key;   /* map: without the frame; else the whole key */
    rise_id *frame_key; /* map: [frames->n]; NULL: see instance_frame_key */
    const char *reason;
    rise_error *error;     /* NULL: none; guarded by run->lock */
    atomic_bool dropped;   /* it is to stop, whatever the run does */
    atomic_bool tainted;   /* something it reads was computed again to other bytes: keep nothing */
    bool again;            /* whole: being computed again; guarded by work */
    atomic_bool would_run; /* plan only; set after reason */
    size_t n_planned;      /* plan only: frames that it would run; 0: not known */
    rise_value *described; /* the graph that led here, for nodes that see it */
    const char *made;      /* see made.c; NULL: nothing is to be told */

    /* any worker */
    named_file *file; /* [n_files] that parameters name, once listed, at work or not */
    size_t n_files;
    bool files_listed;
    graph_value *species; /* [n_params] resolved species lists */
    atomic_int status;    /* rise_instance_status */
    atomic_size_t frames_ran, frames_cached;
    atomic_uchar *ran_frame; /* streams: which frames were counted */
    _Atomic double settled;  /* when it was handed back; shown while others work */
    atomic_bool active;      /* it was at work in this run */
    activity *act;           /* what it has then */
};

/* One for each thread, a line of the cache apart. */
typedef struct worker {
    _Alignas(64) arena memory;
    arena passing;             /* until the instance at hand is settled */
    instance *rest;            /* of the row that it works on: after the instance at hand */
    instance *settled, *first; /* settled and not yet handed back: the last and the first */
    unsigned n_settled;
    _Atomic(instance *) calls; /* whose node is at work, innermost; NULL: none */
    _Atomic double since;
    /* the loop's thread: what it saw last, and whether it was told of as stuck */
    const instance *seen;
    double seen_since;
    bool told;
} worker;

typedef struct output_file {
    const char *name, *path;
} output_file;

struct rise_run {
    const graph *graph;
    store *store;
    leases *leases; /* NULL: the work is not shared */
    atomic_ullong n_metadata;
    atomic_size_t n_units, units_n_frames, units_n_wholes; /* done by this process */
    atomic_uint n_taken; /* of a worker: wholes, and companies of maps, that it is at */
    atomic_bool spare;   /* its threads are idle all the same: one more */
    pool *pool;
    memory_cache *cache;       /* whole values */
    memory_cache *frame_cache; /* values of single frames: a few, whatever the number of frames */
    char *cache_folder, *out_folder;
    rise_run_options options;
    char *only;
    instance *instance;
    activity *activity; /* [n_instances] */
    size_t n_instances;
    size_t *first;         /* [n_nodes]: number of the node's first instance */
    node_history *history; /* [n_nodes] */
    worker *worker; /* [n_workers]: for each thread, and for those of no pool; see run_memory */
    unsigned n_workers;
    arena built;                  /* holds what the instances are made of before they work */
    _Atomic(frame_list *) frames; /* all lists that its instances share */
    bool sees_made;               /* some node asks how rows are made */
    /* [n_nodes][n_params]: text of a parameter in keys; NULL: not the same for all instances */
    const char ***fixed;
    key_front *front; /* [n_nodes] */
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
    instance **ready; /* waiting for a thread and for memory: lines, a heap by priority */
    size_t n_lines, n_ready;
    instance *last_ready; /* the end of the line that was put last; NULL: it was taken */
    instance *gathering;  /* streams that somebody is ready to read: a list */
    double flushed;
    instance *put_off; /* another process is at them: a list */
    size_t n_put_off;
    instance *held; /* held back: a list */
    size_t n_held;
    unsigned idle_ticks;       /* so often in a row threads were seen idle */
    double look_s, look_pause; /* when to look at them again, and after how long */
    double useful_s;           /* when this process last had something to do */
    bool in_vain;              /* a worker that can keep nothing any more */
    bool idle;                 /* it left since others are at all there is */
    atomic_bool stopping;      /* start nothing more */
    bool winding_down;         /* what is at work and not dropped goes on */
    bool finished;
    uint64_t memory_used;
    rise_status status;
    rise_error first_error;
    rise_error no_room; /* what failed where memory was too short to say so */

    /* any thread */
    atomic_int cancel;          /* rise_status, 0: none */
    _Atomic(instance *) done;   /* the last of those handed back */
    atomic_int n_handing;       /* threads that are handing back */
    uv_mutex_t lock;            /* what follows, and progress texts */
    double news_s;              /* when the records of others were last read */
    _Atomic double news_took_s; /* the last time */
    atomic_bool news_due;       /* they are to be read again before anything is tried again */
    char **warning;
    size_t n_warnings, n_told, warning_capacity;
    output_file *file;
    size_t n_files, file_capacity;
    text_map warned, written; /* what stands in the two lists above */
    text_map swept;           /* folders of output files */
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

#endif
