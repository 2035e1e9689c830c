/* rise/node.h: for authors of nodes.
 *
 * A node is one constant `rise_node_type`: what it is called, its ports, its parameters (one data
 * row each) and the functions that do the work. From the rows come validation with file:line:col,
 * the canonical text that enters the key, `rise-run nodes TYPE`, the reference page and the JSON
 * schema; a node never parses a parameter by hand.
 *
 * Work shapes, by which function is set:
 *   source  reads one input file and announces its items (frames);
 *   map     called once per frame, by many threads at a time, pure: `each` inputs hold this
 *           frame's value, `whole` inputs everything; `open` prepares what all frames share;
 *   whole   called once when all inputs are complete; it may also draw rows from a `stream` input
 *           with rise_stream_frames (a fold over declared frames, as often as it likes).
 *
 * A node sees its arguments and nothing else: no globals that change, no clock, no environment, no
 * printing, no threads of its own (rise_parallel). The same inputs and parameters give the same
 * bytes for any number of threads. */
#ifndef RISE_NODE_H
#define RISE_NODE_H

#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define RISE_VERSION "0.1.0"
#define RISE_NODE_ABI 1u /* changes when a compiled node can no longer be used */

typedef struct rise_ctx rise_ctx;

/* ---- ports ----------------------------------------------------------------------------------- */
#define RISE_KINDS(kind) (1u << (kind))
#define RISE_ANY_KIND                                                                              \
    (RISE_KINDS(RISE_FRAMES) | RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE) |                  \
     RISE_KINDS(RISE_MODEL) | RISE_KINDS(RISE_DOCUMENT))

typedef enum rise_mode {
    RISE_EACH = 1,  /* frame by frame; several `each` inputs are joined by frame id */
    RISE_WHOLE = 2, /* one complete value; an `each` output arrives assembled over its frames */
    RISE_STREAM = 3 /* rows [frame, atom, feature] too many to keep, handed on as tiles */
} rise_mode;

enum {
    RISE_PORT_OPTIONAL = 1u,  /* inputs: need not be connected */
    RISE_PORT_OVER = 2u,      /* inputs: reduces the axes named in `over` (default: all it has) */
    RISE_PORT_MANY = 4u,      /* inputs: a list of references may be given */
    RISE_PORT_PER_KEY = 8u,   /* outputs: one port for each key of the map parameter `labels` */
    RISE_PORT_ON_DEMAND = 16u /* outputs: costly, computed only when somebody reads it */
};

/* `shape` is symbolic, checked when a graph is loaded: "[frame, atom, feature]"; "*" is any one
 * dimension, "..." any number of them. NULL: not checked. A map's output lists `frame` too. */
typedef struct rise_port {
    const char *name;
    unsigned kinds; /* RISE_KINDS(...) | ... */
    rise_mode mode;
    rise_dtype dtype;  /* 0: any */
    const char *shape; /* tensors only */
    const char *unit;  /* NULL: none or any */
    unsigned flags;
    const char *help;
} rise_port; /* a list ends with name == NULL */

/* ---- parameters ------------------------------------------------------------------------------ */
typedef enum rise_param_type {
    RISE_P_BOOL = 1,
    RISE_P_INT,
    RISE_P_REAL,
    RISE_P_TEXT,
    RISE_P_CHOICE,  /* one of `choices`, "a|b|c" */
    RISE_P_INTS,    /* list of integers; bounds hold for each */
    RISE_P_REALS,   /* list of numbers; bounds hold for each */
    RISE_P_TEXTS,   /* list of texts; a single text is a list of one */
    RISE_P_FILE,    /* path of an input file: its content enters the key, not its name */
    RISE_P_FILES,   /* list of paths and globs; only for source nodes */
    RISE_P_OUTPUT,  /* path of an output file, relative to --out; in the key, as it decides the
                       format */
    RISE_P_SPECIES, /* list of element symbols; default: all found in the port `input` */
    RISE_P_SLICE,   /* START:STOP:STEP */
    RISE_P_MAP      /* key -> text, or key -> {fields} */
} rise_param_type;

enum {
    RISE_PARAM_OPTIONAL = 1u, /* may stay unset (rise_param_set tells) */
    RISE_PARAM_OPEN_MIN = 2u, /* the bound itself is excluded */
    RISE_PARAM_OPEN_MAX = 4u,
    RISE_PARAM_NO_RESULT = 8u, /* changes no result: not part of the key */
    RISE_PARAM_SELECTS = 16u,  /* chooses frames only: not part of a frame's key */
    RISE_PARAM_GLOB = 32u /* a RISE_P_FILE of a map: may be a pattern, for all that it matches */
};

typedef struct rise_param {
    const char *name;
    rise_param_type type;
    const char *def; /* default, as it would stand in YAML; NULL: none (required unless OPTIONAL) */
    double min, max; /* both 0: no bounds; -INFINITY / INFINITY leave one side open */
    const char *choices;
    const char *unit;
    unsigned flags;
    const struct rise_param *fields; /* RISE_P_MAP: rows of a map-valued entry; NULL: texts only */
    const char *help;
} rise_param; /* a list ends with name == NULL */

/* ---- a node type ----------------------------------------------------------------------------- */
/* An input file in memory, decompressed (.gz .zst .xz). */
typedef struct rise_file {
    const char *path; /* as messages should show it */
    const uint8_t *bytes;
    size_t size;
} rise_file;

typedef struct rise_node_type {
    uint32_t abi;  /* RISE_NODE_ABI */
    uint32_t size; /* sizeof(rise_node_type) */
    const char *name;
    const char *brief; /* one line */
    uint32_t version;  /* raise it when results change for equal parameters */
    const rise_port *in;
    const rise_port *out;
    const rise_param *params;
    /* What else determines the bytes: BLIS architecture, kernel overlay, XGBoost version. NULL: no
     * more than the above. */
    const char *(*fingerprint)(void);
    /* At load, before any data move: parameters against each other, narrowing of output kinds. */
    rise_status (*check)(rise_ctx *ctx, rise_error *err);
    rise_status (*source)(rise_ctx *ctx, const rise_file *file, rise_error *err);
    /* map: state shared by all frames, read-only in `map`; source: by all files (rise_state),
     * opened when the first of them is read. May be NULL. */
    rise_status (*open)(rise_ctx *ctx, void **state, rise_error *err);
    void (*close)(void *state);
    /* map: does this frame take part? Missing ones are absent from the outputs. May be NULL. */
    bool (*keep)(rise_ctx *ctx, void *state, size_t frame, size_t n_frames, const rise_id *id);
    rise_status (*map)(rise_ctx *ctx, void *state, rise_error *err);
    rise_status (*whole)(rise_ctx *ctx, rise_error *err);
    uint32_t flags; /* RISE_NODE_... */
} rise_node_type;

enum {
    RISE_NODE_SEES_GRAPH = 1u, /* rise_graph_table may be asked; what it tells is part of the key */
    RISE_NODE_SEES_MADE = 2u   /* the same of rise_made */
};

/* ---- parameters at work ---------------------------------------------------------------------- */
/* Asking for a name or a type that the rows do not have is a bug: it yields 0 or NULL and fails the
 * node with RISE_E_BUG. */
bool rise_param_set(rise_ctx *ctx, const char *name); /* given, or has a default */
bool rise_param_bool(rise_ctx *ctx, const char *name);
int64_t rise_param_int(rise_ctx *ctx, const char *name);
double rise_param_real(rise_ctx *ctx, const char *name);      /* also of an int */
const char *rise_param_text(rise_ctx *ctx, const char *name); /* text, choice, output; or NULL */
size_t rise_param_count(rise_ctx *ctx, const char *name);     /* lists, species, maps */
int64_t rise_param_int_at(rise_ctx *ctx, const char *name, size_t i);
double rise_param_real_at(rise_ctx *ctx, const char *name, size_t i);
const char *rise_param_text_at(rise_ctx *ctx, const char *name, size_t i); /* or a map's text */
const char *rise_param_key_at(rise_ctx *ctx, const char *name, size_t i);  /* maps */
/* Field of a map-valued entry, NULL when it is not given there. */
const char *rise_param_field(rise_ctx *ctx, const char *name, size_t i, const char *field);
/* NULL if unset. In check: the path alone, no bytes. */
const rise_file *rise_param_file(rise_ctx *ctx, const char *name);
const rise_file *rise_param_field_file(rise_ctx *ctx, const char *name, size_t i,
                                       const char *field);
/* With RISE_PARAM_GLOB: [*n] files, in natural order of their paths; NULL and 0 if unset. */
const rise_file *rise_param_field_files(rise_ctx *ctx, const char *name, size_t i,
                                        const char *field, size_t *n);
/* The frames of 0..n-1 that a slice names: *start, *step > 0 and *count. */
void rise_param_slice(rise_ctx *ctx, const char *name, size_t n, size_t *start, size_t *step,
                      size_t *count);
/* An error placed at the parameter's line in the graph. */
rise_status rise_fail_param(rise_ctx *ctx, rise_error *err, const char *name, const char *fmt, ...)
    RISE_PRINTF(4, 5);

/* ---- check ----------------------------------------------------------------------------------- */
bool rise_connected(rise_ctx *ctx, const char *port); /* also at work */
void rise_check_output(rise_ctx *ctx, const char *port, rise_kind kind);

/* ---- inputs ---------------------------------------------------------------------------------- */
/* NULL when not connected. In map: this frame's value on `each` ports. In open and keep: whole
 * ports only. Ports with RISE_PORT_OVER or RISE_PORT_MANY are read with rise_over_*. */
const rise_value *rise_input(rise_ctx *ctx, const char *port);

/* The frames that a whole node works on, in order: every `[frame, ...]` input is aligned with
 * them. Rows of tables and tensors follow this order. */
size_t rise_frame_count(rise_ctx *ctx);
const rise_id *rise_frame_ids(rise_ctx *ctx); /* [frame] */
/* "file:index", for messages only: no key holds it, so it must not reach an output (files are
 * renamed; an output names a frame by its position). */
const char *rise_frame_name(rise_ctx *ctx, size_t frame);
size_t rise_frame_index(rise_ctx *ctx); /* map: which of them this one is */
void *rise_state(rise_ctx *ctx);        /* source: what `open` made, for all threads to read */

/* Ports with RISE_PORT_OVER (one value per point of the reduced axes, in axis order, last axis
 * fastest) and RISE_PORT_MANY (one or more per reference). */
typedef struct rise_point {
    size_t n_axes;
    const char *axis[RISE_MAX_RANK]; /* names, in the order of the graph */
    const char *text[RISE_MAX_RANK]; /* the value as text */
    double number[RISE_MAX_RANK];    /* the value, NaN where it is not a number */
    size_t index[RISE_MAX_RANK];     /* which value of the axis */
    size_t size[RISE_MAX_RANK];      /* how many values the axis has */
    const char *reference;           /* "node.output", as in the graph */
    bool by_position; /* its frames are known by their places alone: imported numbers */
} rise_point;
size_t rise_over_count(rise_ctx *ctx, const char *port);
const rise_value *rise_over_input(rise_ctx *ctx, const char *port, size_t i);
const rise_point *rise_over_point(rise_ctx *ctx, const char *port, size_t i);
/* Frames that the i-th value of the port is aligned with (0 where it has no frame dimension). */
size_t rise_over_frames(rise_ctx *ctx, const char *port, size_t i, const rise_id **ids);

/* ---- streams --------------------------------------------------------------------------------- */
typedef struct rise_tile {
    size_t first_row; /* atom index of the first row within the frame */
    size_t n_rows;    /* 1..64 */
    size_t n_columns;
    size_t stride;    /* elements from row to row, >= n_columns */
    rise_dtype dtype; /* RISE_F32 or RISE_F64 */
    const void *rows; /* 64-byte aligned; valid during the call only */
} rise_tile;

/* Producer (map): hand on rows in ascending order, each row once. Stop at the first failure. */
rise_status rise_tile_put(rise_ctx *ctx, const char *port, const rise_tile *tile,
                          rise_error *err) RISE_MUST_USE;

typedef rise_status (*rise_tile_fn)(void *user, const rise_tile *tile, rise_error *err);
/* Consumer (map): the rows of this frame, tile by tile, on this thread. */
rise_status rise_stream_pull(rise_ctx *ctx, const char *port, rise_tile_fn fn, void *user,
                             rise_error *err) RISE_MUST_USE;

/* Consumer (whole): the rows of the frames `frame[0..n-1]` (positions in rise_frame_ids). Frames
 * run on several threads; tiles of one frame come in order on one thread. `slot` is the position in
 * `frame[]`. Returns when all are done. May be called again and again. */
typedef rise_status (*rise_frame_tile_fn)(void *user, size_t slot, const rise_tile *tile,
                                          rise_error *err);
rise_status rise_stream_frames(rise_ctx *ctx, const char *port, const size_t *frame, size_t n,
                               rise_frame_tile_fn fn, void *user, rise_error *err) RISE_MUST_USE;

/* For nodes with RISE_NODE_SEES_GRAPH: what led here, one row per node that this one depends on:
 * columns node, type, inputs, parameters (texts). NULL for other nodes. */
const rise_value *rise_graph_table(rise_ctx *ctx);

/* For nodes with RISE_NODE_SEES_MADE: how the rows of a port were made from frames, so that others
 * can be made alike. One line "type name value" for each parameter of the nodes between, with
 * "version"; of what such a node reads whole, the digest: "histogram leaders 1a2b...". What only
 * chooses frames is not told. "" where nothing lies between: frames, labels, imported numbers. */
const char *rise_made(rise_ctx *ctx, const char *port);

/* ---- outputs --------------------------------------------------------------------------------- */
bool rise_wanted(rise_ctx *ctx, const char *port); /* does anybody read it? */
/* Takes over the reference, also on failure. In map: the value of this frame, without the frame
 * dimension (tables: rows of this frame). Checked against the port and, for floats, to be finite.
 */
rise_status rise_output(rise_ctx *ctx, const char *port, rise_value *value,
                        rise_error *err) RISE_MUST_USE;
/* Writes a file under --out atomically (temporary name, sync, rename); `path` comes from a
 * RISE_P_OUTPUT parameter. Relative, and may not leave --out. */
rise_status rise_write_file(rise_ctx *ctx, const char *path, const void *bytes, size_t size,
                            rise_error *err) RISE_MUST_USE;

/* Sources: announce the next item of the file. `identity` is what determines its outputs (bytes of
 * the frame, its label); `name` is for messages ("12"). True: it is wanted, give its outputs with
 * rise_output before announcing the next. */
bool rise_item(rise_ctx *ctx, const void *identity, size_t size, const char *name);
/* Sources, after the last file: the path of the file that item i came from, to check that all go
 * together; NULL: there is no item i. */
const char *rise_item_path(rise_ctx *ctx, size_t i);

/* ---- services -------------------------------------------------------------------------------- */
/* Zeroed, 64-byte aligned memory that lives until the current call returns; NULL: short of it. */
void *rise_scratch(rise_ctx *ctx, size_t bytes);
/* Bytes that this instance should get along with, its inputs included: its `memory`, else all that
 * --memory allows. For work that can be done in more or less memory with the same result; nothing
 * in an output may depend on it. Not in check. */
size_t rise_memory(rise_ctx *ctx);
bool rise_cancelled(rise_ctx *ctx); /* poll at least every 50 ms; return RISE_E_INTERRUPTED */
void rise_progress(rise_ctx *ctx, double done, double total, const char *fmt, ...)
    RISE_PRINTF(4, 5);
void rise_warn(rise_ctx *ctx, const char *fmt, ...) RISE_PRINTF(2, 3); /* told once per text */

/* fn(user, i) for i in 0..n-1 on whatever threads are free, this one included; returns the failure
 * of the lowest i. Partition work by i, never by thread. */
typedef rise_status (*rise_parallel_fn)(void *user, size_t i, rise_error *err);
rise_status rise_parallel(rise_ctx *ctx, size_t n, rise_parallel_fn fn, void *user,
                          rise_error *err) RISE_MUST_USE;

/* A program that works in a folder of its own: what it is given are files there and arguments, what
 * it gives are files there and lines. The folder is gone when the call returns, and so is every
 * process that the program began, also when this one is killed. */
typedef struct rise_program {
    const char *name;               /* looked for on PATH, or an absolute path */
    const char *const *argument;    /* beside the name; ends with NULL */
    const char *const *environment; /* "NAME=value"; ends with NULL. Beside these it has PATH, HOME,
                                       USER, LOGNAME, LD_LIBRARY_PATH as they are, LC_ALL=C, and
                                       TMPDIR, its folder: nothing else */
    const rise_file *give;          /* [n_give] files in its folder; .path is the name there */
    size_t n_give;
    const char *const *take; /* names of files to read when it has ended; ends with NULL */
    /* Each line of its output and errors as it comes, on the calling thread; may be NULL. No NUL,
     * no line end; beyond 1000 bytes it is cut. */
    void (*line)(void *user, const char *text);
    void *user;
} rise_program;

enum { RISE_PROGRAM_FILES = 8 };
typedef struct rise_program_end {
    int64_t code;                        /* its exit code */
    int signal;                          /* what ended it; 0: it ended by itself */
    rise_file taken[RISE_PROGRAM_FILES]; /* as in `take`; bytes NULL: it left no such file */
} rise_program_end;

/* Runs it to its end, whatever that is; its input is empty. When the node is to stop it is asked to
 * end (SIGTERM), killed 3 s later, and RISE_E_INTERRUPTED returned. Its processor time is the
 * node's. May be called by several threads at once. RISE_E_SYSTEM: it cannot be found or started,
 * or RISE_NO_PLUGINS is set; RISE_E_OUTPUT: its folder cannot be made. */
rise_status rise_program_run(rise_ctx *ctx, const rise_program *program, rise_program_end *out,
                             rise_error *err) RISE_MUST_USE;
void rise_program_end_free(rise_program_end *end);

/* Sub-results: results of a part, kept under a key made of what determined that part alone (type
 * and version of the node are added). `*out` is owned; RISE_E_MISS when there is none. */
rise_status rise_memo_get(rise_ctx *ctx, const void *key, size_t size,
                          rise_value **out) RISE_MUST_USE;
void rise_memo_put(rise_ctx *ctx, const void *key, size_t size, const rise_value *value);
/* Content digest of what is connected: for memo keys. */
rise_id rise_input_digest(rise_ctx *ctx, const char *port);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
