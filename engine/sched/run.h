/* sched/run.h: what the files of this room share. Nothing here is seen outside engine/sched and
 * engine/api. */
#ifndef SCHED_RUN_H
#define SCHED_RUN_H

#include "sched/instance.h"

struct map_work;

/* ---- frames.c -------------------------------------------------------------------------------- */
frame_list *frame_list_new(size_t n);           /* ids zero, names "" ; NULL: memory short */
void frame_list_free(frame_list *list);         /* one that the run does not keep; NULL is fine */
void run_keep_frames(run *r, frame_list *list); /* the run has it from now on */
void run_free_frames(run *r);
rise_id frame_list_digest(frame_list *list);         /* of its ids, in order */
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

/* ---- share.c: with other processes, by leases of units -----------------------------------------
 */
bool run_shares(const run *r);
/* Reads what others have recorded, unless that was done not long ago; whether it did. */
bool share_news(run *r);
/* What `it` takes is worth a look at the news: share_news will read them. */
void share_want_news(const instance *it);
/* Another order of what is equally urgent in each process: they do not all want the same. */
void share_mix(run *r);
/* How long a worker stays that has nothing to do: a minute, or a tenth of the time that it has been
 * here, so that those who worked long are there when a long node of another has ended. */
double share_patience(const run *r, double now);
/* How long to wait before what others are at is tried again, after a pause of before_s. */
double share_pause(run *r, double before_s);
/* In a worker: its node is for workers of another class. */
bool instance_is_for_others(const instance *it);
/* Another process is at it: the loop takes it up again later. */
void instance_put_off(instance *it);
/* A worker is at one whole, or one company of maps, at a time, and at one more only where threads
 * of it have nothing to do: what it does not begin, others may. */
bool share_begin(run *r);
void share_over(run *r);        /* after share_begin said yes */
void share_undo(run *r);        /* the same, and nothing was begun */
bool share_has_room(run *r);    /* it would say yes */
void share_see_threads(run *r); /* to be called every tick */
/* The whole of `key`. *unit is NULL where it->put_off is set, and where the work is to be done (or,
 * without `again`, was done) without one. Without `room` it is only looked at: what nobody is at,
 * or somebody died at, is held back. */
rise_status share_whole(instance *it, const rise_id *key, bool again, bool room, lease **unit,
                        rise_error *err) RISE_MUST_USE;
/* Some of the missing frames, up to 2^level; *unit NULL: others are at them. */
rise_status share_slice(instance *it, const struct map_work *w, unsigned level, size_t near,
                        lease **unit, lease_range *range, rise_error *err) RISE_MUST_USE;
/* Ends the unit (NULL is fine) as its work ended; what it gave is for others to see. */
void share_end(instance *it, lease *unit, rise_status status, const rise_error *err);
/* log2 of how many frames make a unit, of `free` ones, where one takes all threads so long (0: not
 * known). */
unsigned share_level(unsigned threads, size_t free, double frame_s);

/* ---- company.c: maps that read the same stream, settled together ----------------------------- */
/* `first` and those with it; `end` is told of each as soon as it is over. */
typedef void (*company_end)(instance *it, rise_status status, rise_error *err);
void company_settle(instance *first, company_end end);

/* ---- gather.c: who reads a stream starts together (the loop's thread) ------------------------ */
void gather_init(run *r);
void gather_expect(const instance *it); /* it will be ready, or ready once more */
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
/* Without `keep` the key alone: its parts, and what arrives frame by frame, are looked at when they
 * are needed. */
rise_status instance_make_key(instance *it, bool keep, rise_error *err) RISE_MUST_USE;
bool run_begin_keys(run *r); /* once parameters are fixed; false: memory is short */
/* Makes the parts, if there are none. */
rise_status instance_need_parts(instance *it, rise_error *err) RISE_MUST_USE;
void instance_drop_parts(instance *it); /* those that lie in run_passing */
void key_combine(const char *role, const rise_id *a, const rise_id *b, rise_id *out);
arena *key_memory(const instance *it); /* for the parts of its key */

/* ---- key_params.c, key_inputs.c: what stands in keys ----------------------------------------- */
rise_status run_fix_params(run *r, rise_error *err) RISE_MUST_USE; /* before any key */
/* The text of parameter i where it is the same for all instances of the node, else NULL. */
const char *key_fixed_text(const instance *it, size_t i);
rise_status key_param_text(instance *it, size_t i, buffer *text, rise_error *err) RISE_MUST_USE;
void inlet_identify(const instance *it, inlet *in);
rise_id instance_frame_key(const instance *it, size_t frame); /* of a map */
bool instance_make_frame_keys(instance *it);              /* all of them; false: memory is short */
rise_id feed_frame_identity(const feed *f, size_t frame); /* frame of the receiver's list */

/* ---- describe.c: the nodes that `it` depends on, as a table ---------------------------------- */
rise_status instance_describe(instance *it, rise_error *err) RISE_MUST_USE;

/* ---- made.c: how rows come from frames, one line for each setting of the nodes between ---------
 */
rise_status instance_tell_made(instance *it, rise_error *err) RISE_MUST_USE; /* once it has parts */
const char *inlet_made(const instance *it, const inlet *in); /* "": nothing lies between */

/* ---- reason.c -------------------------------------------------------------------------------- */
/* Compares the parts with the last record of this node; `fallback` is said when they are equal. */
const char *instance_explain(instance *it, const char *fallback);
const char *reason_shown(instance *it, const char *canonical); /* short, as a person reads it */
char *reason_plain(char *canonical); /* without the lengths before texts; changed in place */
/* What the part was when this instance last ran; "" where it is the same, or nothing is known. */
const char *reason_before(instance *it, const key_part *part);

/* ---- history.c, history_node.c: the parts of the last key of each instance ---------------------
 */
typedef struct old_part {
    const char *name, *text;
    unsigned role;
} old_part;
size_t history_read(instance *it, old_part *old, size_t max); /* how many */
bool instance_is_known(const instance *it); /* one of this type and name ran before */
/* Its parts become the last ones: maps, with their seal, and sources, without (NULL). */
void instance_remember(const instance *it, const rise_id *seal);
bool history_stands(const instance *it, const rise_id *seal); /* the last ones are those */
void run_remember(run *r); /* the same for all whole instances: nothing is at work any more */
void history_name(const char *what, const char *type, const char *name, rise_id *out);
void history_put(const instance *it, buffer *b); /* its parts */
/* The bytes that history_put gave; NULL: not known. They last as long as the run. */
const uint8_t *history_of_whole(const instance *it, size_t *size);
bool history_begin(run *r); /* false: memory is short */
void history_end(run *r);

/* ---- cost.c: what nodes cost when they last ran ---------------------------------------------- */
typedef struct last_cost {
    double wall_s, cpu_s;
    uint64_t peak_bytes, ran, frames; /* frames run, and in all */
} last_cost;
bool cost_read(const instance *it, last_cost *out); /* false: none is kept */
void instance_remember_cost(const instance *it);
bool gives_rows_only(const instance *it); /* streams: it runs inside those who read it */
void run_set_priorities(run *r);

/* ---- estimate.c: what a plan would cost, after the last runs of its nodes ---------------------
 */
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
void map_seal(instance *it); /* its offers are complete */
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

/* ---- seal.c: what all frames of a map gave, under one key -------------------------------------
 */
void seal_key(const instance *it, rise_id *key);    /* once its inputs are settled */
bool seal_recall(instance *it, const rise_id *key); /* its offers, if all that is wanted is known */
void seal_keep(const instance *it, const rise_id *key);

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
    atomic_uint_fast64_t programs_ns; /* processor time of programs that it ran */
    arena scratch;
    double started;      /* s: a node's timeout counts from here */
    bool reader_stopped; /* who reads its rows was told to stop, perhaps by a timeout of its own */
    instance *outer;     /* whose call this one is made in, on the same thread */
    double outer_since;
} job;
/* calls.c */
void call_begin(job *j);
void call_end(const job *j);
void calls_check(struct rise_run *r); /* tells of those that do not come back: the loop's thread */
/* Its instance is to stop, or the one that its rows go to. */
bool job_cancelled(const job *j);
void job_open(job *j, instance *it, size_t frame, const bool *want, rise_value **result);
/* Ends the call: the node's status, or a bug or late error if it said RISE_OK wrongly. */
rise_status job_close(job *j, rise_status status, rise_error *err);
/* param_files.c */
void param_files(instance *it, file_teller tell, void *user);
rise_status instance_list_files(instance *it, rise_error *err) RISE_MUST_USE; /* into it->file */
rise_status instance_load_files(instance *it, rise_error *err) RISE_MUST_USE;
void instance_unload_files(instance *it);
const rise_file *param_file_find(rise_ctx *ctx, size_t param, size_t item, const char *field,
                                 size_t *n);
char *file_param_path(const graph *g, const graph_node *node, size_t at, const char *text,
                      arena *a);
rise_status source_item_output(job *j, size_t output, rise_value *value);
bool source_item(job *j, const void *identity, size_t size, const char *name);
size_t source_first_index(const job *j);
void *source_shared(const job *j);
const char *source_item_path(const job *j, size_t i);
bool source_tells_files(const job *j); /* its progress is how many of its files are done */

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

/* ---- look.c: as it is seen from outside ------------------------------------------------------ */
void instance_look(instance *it, rise_instance *out); /* any thread */

/* ---- work.c: what a worker does with an instance --------------------------------------------- */
void instance_work(void *first);       /* it, those with it, those behind it in its row */
void instance_hand_back(instance *it); /* soon: with others, or by run_hand_over */
/* All that this thread has settled; to be called before anything that may take long. */
void run_hand_over(run *r);
void run_rest(void *r);          /* the same, for the pool */
void run_before_long(run *r);    /* the same; and the rest of the row is for other threads */
instance *run_take_done(run *r); /* all that was handed back, the first one first: see `handed` */

/* ---- ready.c: what waits for a thread and for memory ----------------------------------------- */
void ready_add(run *r, instance *it);         /* all that it reads is settled */
uint64_t ready_memory(const instance *first); /* bytes that it and those with it count with */
bool ready_any(run *r);
instance *ready_take(run *r); /* the first, of some */

/* ---- runner.c -------------------------------------------------------------------------------- */
/* `r` has its options, graph, store, pool and instances; starts on r->loop. */
rise_status runner_start(run *r, rise_error *err) RISE_MUST_USE;
void runner_wait(run *r); /* own loop only */
bool runner_free(run *r); /* handles are closed; false while the run goes on */
void run_warn(run *r, const char *fmt, ...) RISE_PRINTF(2, 3);
bool run_cancelled(const run *r);
bool instance_cancelled(const instance *it); /* its run is, or it alone */

/* ---- services.c ------------------------------------------------------------------------------ */
void instance_say(instance *it, const char *text); /* its message, in progress */
said *instance_said(instance *it); /* run->lock is held; NULL: memory short, nothing is said */
void instance_tell_warnings(instance *it); /* that a map gave for its frames */

/* ---- machine.c ------------------------------------------------------------------------------- */
/* What affinity, the machine and the control group in the folder `limits` allow; memory in bytes.
 */
#define MACHINE_LIMITS "/sys/fs/cgroup"
unsigned machine_cores(const char *limits);
uint64_t machine_memory(const char *limits);

#endif
