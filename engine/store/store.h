/* clang-format off */
/* engine/store: content-addressed store of values, and records of what was computed.
 * Knows nothing of graphs or nodes. All functions may be called from any thread.
 *
 * The store can change the time a run takes, never its answer: whatever is missing, short, flipped
 * or foreign is a miss (RISE_E_MISS) and a counted warning; a damaged file goes to quarantine.
 * Writing never fails a run: the first failure is told once through `warn`, then writing is off.
 *
 * On disk (drawn in full in format.h):
 *   objects/ab/<hex>      one value: header, zstd frame (floats byte-shuffled), XXH3-128 trailer
 *   packs/<writer>.pack   small values (compressed size under 16 KiB), appended by one writer
 *   records/<writer>.log  records and locations of packed values, appended, checksum-framed;
 *                         torn tails are ignored; past 64 logs they are compacted into one
 *   quarantine/           what did not verify
 *   claims                who computes what (claim.c)
 * `runs/` is not ours: the command line keeps there what runs were (cli/history.h).
 * A writer is one opened store: a name of 128 random bits. */
/* clang-format on */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "value/value.h"

typedef struct store store;

typedef struct store_options {
    bool durable;      /* fsync objects too */
    bool read_only;    /* never write, not even folders */
    const char *local; /* folder on a disk of this machine for what was read; NULL: none; copied */
    size_t pack_limit; /* larger entries become files of their own; 0: 16 KiB */
    /* Called on any thread, may be NULL, must not call the store. */
    void (*warn)(void *user, const char *text);
    void *user;
} store_options;

/* Creates the folders that are missing. A store that cannot be written is opened for reading, with
 * a warning; one that cannot be read either is empty and off, with a warning. Fails on memory only.
 */
rise_status store_open(const char *folder, const store_options *options, store **out,
                       rise_error *err) RISE_MUST_USE;
void store_close(store *s); /* flushes; NULL is fine */
/* Hands what is buffered to the system. To be called about five times a second and at the end: a
 * process that is killed loses what came since. */
void store_flush(store *s);
/* The same, so that processes on other machines find it when they are told that it is there: what
 * an NFS client has not synced only it can see. */
void store_hand_over(store *s);
void store_refresh(store *s); /* takes in what other processes have flushed since */
bool store_writing(store *s); /* false: read-only, or writing has failed and is off */

/* ---- values, by digest ----------------------------------------------------------------------- */
bool store_has(store *s, const rise_id *digest);
/* Where a value lies, below the folder of the store, and what it takes there. */
bool store_where(store *s, const rise_id *digest, char *place, size_t size, uint64_t *bytes);
/* Verified in full. `*out` owned. */
rise_status store_get(store *s, const rise_id *digest, rise_value **out,
                      rise_error *err) RISE_MUST_USE;
/* True when the value is in the store afterwards; `*stored_bytes` is what it takes on disk. */
bool store_put(store *s, const rise_value *value, uint64_t *stored_bytes);

/* ---- records: key -> digests of the outputs, and what they cost ------------------------------ */
typedef struct store_output {
    rise_id digest;
    uint64_t bytes;      /* memory that the value takes */
    uint32_t facts_n;    /* frames: n_atoms of a one-frame value, else 0 */
    uint8_t species[16]; /* frames: bit mask of atomic numbers, else zeros */
} store_output;

typedef struct store_record {
    rise_id key;
    double cost_s;      /* processor seconds */
    uint32_t n_outputs; /* outputs that were not wanted have a zero digest */
    const store_output *output;
    size_t n_note;
    const uint8_t *note; /* free bytes of the writer of the record (see sched) */
} store_record;

/* The record stays valid until store_close. NULL: none. Of several for one key the first stands. */
const store_record *store_find(store *s, const rise_id *key);
/* The same for one look, which keeps nothing in memory: what comes back lasts as long as `room`. */
enum { STORE_OUTPUTS = 64 };
typedef struct store_seen {
    store_record record;
    store_output output[STORE_OUTPUTS];
} store_seen;
const store_record *store_look(store *s, const rise_id *key, store_seen *room);
/* Adds a record; one that is there already with other digests is left as it is and `false` comes
 * back (a node that is not deterministic), unless `replace`. Digests of zeros contradict nothing:
 * where the old record has outputs that were not wanted and the new one has them, the two are
 * merged. */
bool store_add(store *s, const store_record *record, bool replace);

/* ---- names: the last thing said under a name (history of a node, memo of a file's digest) ---- */
/* Bytes last set under the name, valid until store_close; NULL: none. */
const uint8_t *store_name_get(store *s, const rise_id *name, size_t *size);
void store_name_set(store *s, const rise_id *name, const void *bytes, size_t size);

/* ---- claims: of several processes one computes, the others may wait ----------------------------
 */
typedef enum claim_state {
    CLAIM_NONE, /* there are no claims here: go on without */
    CLAIM_OURS, /* until store_unclaim, or the end of the process */
    CLAIM_BUSY  /* another process has it */
} claim_state;
/* Never waits. Who gets it has to look again: what others have finished is known from here on. */
claim_state store_claim(store *s, const rise_id *key);
/* Changes as long as the process that has the claim is at work. */
uint64_t store_claim_beat(store *s, const rise_id *key);
/* Flushes, without syncing, also where there is no claim; then lets others have it, if it is ours.
 */
void store_unclaim(store *s, const rise_id *key);

unsigned long long store_names(store *s); /* operations on names of files, since it was opened */

/* ---- housekeeping ---------------------------------------------------------------------------- */
typedef struct store_stats {
    uint64_t n_objects, object_bytes; /* on disk */
    uint64_t n_packed, packed_bytes;
    uint64_t n_records, record_bytes;
    uint64_t n_quarantined;
    uint64_t n_misses_damaged;          /* since opened: entries that did not verify */
    uint64_t bytes_written, bytes_read; /* since opened */
} store_stats;
void store_stat(store *s, store_stats *out);   /* lists the folders: for people, not for loops */
void store_counts(store *s, store_stats *out); /* the same from memory: n_objects, object_bytes and
                                                * n_quarantined stay 0 */
/* With `read_data` every entry is read in full, else heads, sizes and logs alone. What is damaged
 * goes to quarantine. `told(user, text)` for each. */
rise_status store_verify(store *s, bool read_data, void (*told)(void *user, const char *text),
                         void *user, uint64_t *n_checked, uint64_t *n_damaged,
                         rise_error *err) RISE_MUST_USE;

typedef struct store_gc_options {
    uint64_t max_bytes;   /* values, records and all; 0: any size */
    double max_age_s;     /* since the last use; 0: any age */
    const id_map *pinned; /* digests that stay; NULL: none */
    bool dry_run;         /* say what would go, remove nothing */
} store_gc_options;

typedef struct store_gc_result {
    uint64_t n_evicted, evicted_bytes; /* values */
    uint64_t n_kept, kept_bytes;
    uint64_t n_pinned, pinned_bytes; /* of those kept */
    uint64_t n_swept, swept_bytes;   /* temporary files and quarantine, older than an hour */
    uint64_t dead_bytes;             /* of packs: entries that nothing leads to */
} store_gc_result;
/* Makes room: first what is older than max_age_s, then what is cheapest to compute again for its
 * bytes and its age, until max_bytes are kept. Records stay: whoever needs a value that has gone
 * computes it. Readers and writers may be at work. Fails on memory, and where the cache cannot be
 * written. */
rise_status store_gc(store *s, const store_gc_options *options, store_gc_result *out,
                     rise_error *err) RISE_MUST_USE;

/* ---- codec: the only door to zstd ------------------------------------------------------------ */
bool codec_is_zstd(const uint8_t *bytes, size_t size);
/* A whole .zst file (any number of frames); refuses more than `limit` bytes and windows over 128
 * MiB. */
rise_status codec_expand(const uint8_t *bytes, size_t size, size_t limit, buffer *out,
                         rise_error *err) RISE_MUST_USE;
/* One frame, appended to `out`; false: memory is short. */
bool codec_shrink(const uint8_t *bytes, size_t size, buffer *out);

#endif
