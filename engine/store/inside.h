/* engine/store/inside.h: what a store is made of. Only for the files of this room. */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "store/format.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* What has become of an attempt to read an entry. */
typedef enum entry_state {
    ENTRY_GOOD,
    ENTRY_MISSING,
    ENTRY_DAMAGED,
    ENTRY_FOREIGN, /* whole, but of another version */
    ENTRY_NOMEM
} entry_state;

/* ---- codec.c: the only file that knows zstd -------------------------------------------------- */
typedef struct codec codec; /* contexts that are used again; any thread */
codec *codec_new(void);     /* NULL when memory is short */
void codec_free(codec *c);
/* One frame appended to `out`; false when memory is short. */
bool codec_compress(codec *c, const uint8_t *bytes, size_t size, buffer *out);
/* The same from `size` bytes in pieces, which last until the next one is asked for. */
typedef const uint8_t *codec_piece(void *user, size_t *size);
bool codec_compress_pieces(codec *c, size_t size, codec_piece *next, void *user, buffer *out);
/* Exactly one frame of exactly `expected` bytes into `out`. */
entry_state codec_decompress(codec *c, const uint8_t *bytes, size_t size, uint8_t *out,
                             size_t expected);
/* Can that many bytes come from a frame of this size? To be asked before memory is taken. */
bool codec_plausible(const uint8_t *bytes, size_t size, uint64_t expected);

/* ---- shuffle.c: byte k of every element side by side, for k = 0..width-1 --------------------- */
void shuffle_bytes(const uint8_t *in, uint8_t *out, size_t size, size_t width);
/* Byte k of n elements, alone; width 4 or 8. */
void shuffle_plane(const uint8_t *in, uint8_t *out, size_t n, size_t width, size_t k);
void unshuffle_bytes(const uint8_t *in, uint8_t *out, size_t size, size_t width);

/* ---- entry.c: values <-> entries --------------------------------------------------------------
 */
enum { LARGE_PAYLOAD = 1024 * 1024 }; /* bytes: more do not fit the caches */
/* An entry as it is written: the numbers of a large raw one stay where they are. */
typedef struct entry_parts {
    buffer front;
    const uint8_t *payload; /* in the value */
    size_t n_payload;
    uint8_t tail[ENTRY_TAIL];
    size_t size; /* of all */
} entry_parts;
rise_status entry_write(codec *c, const rise_value *value, entry_parts *out,
                        rise_error *err) RISE_MUST_USE;
/* Checks everything against everything; with `deep` also the digest of the canonical bytes. */
entry_state entry_read(codec *c, const uint8_t *bytes, size_t size, const rise_id *digest,
                       bool deep, rise_value **out);
/* Does the head fit the digest and the size of the entry? Reads the first ENTRY_HEAD bytes. */
entry_state entry_look(const uint8_t head[ENTRY_HEAD], uint64_t size, const rise_id *digest);
/* The same, and the seal over all of it. */
entry_state entry_check(const uint8_t *bytes, size_t size, const rise_id *digest);

/* ---- append.c: a file that one writer appends to --------------------------------------------- */
typedef struct appender {
    char *folder, *path;
    const char *magic;
    bool fixed; /* offsets are known elsewhere: they stay even if the file has to be made anew */
    int fd;     /* -1: not there yet */
    uint64_t written; /* bytes on disk */
    buffer pending;   /* bytes that follow them */
    bool unsynced;    /* something was written since the last sync */
} appender;
/* All that is pending, and on the disk if `durable`; 0 or errno, then nothing of it counts as
 * written. */
int appender_flush(appender *a, bool durable);

/* ---- the index, in memory -------------------------------------------------------------------- */
typedef struct record_slot {
    uint64_t stamp;
    bool replaced;
    const uint8_t *text;        /* line as read, decoded when it is first asked for */
    size_t size;                /* of text */
    const store_record *record; /* NULL until then */
} record_slot;

typedef struct name_slot {
    uint64_t stamp;
    const uint8_t *bytes;
    size_t size;
} name_slot;

typedef struct pack_slot {
    uint64_t stamp, offset;
    uint32_t writer; /* index into store.writer */
    uint32_t size;   /* 0: found damaged */
} pack_slot;

typedef struct log_file {
    const char *path;
    uint64_t seen; /* bytes that were read */
    uint64_t used; /* of these, up to the end of the last whole line */
    bool foreign;  /* not ours to read */
    bool gone;
} log_file;

typedef struct log_text {
    struct log_text *next;
    uint8_t *bytes; /* malloc'ed */
} log_text;

enum { N_CLAIMS = 256 };
typedef struct claim_file {
    int fd;            /* -1: not open */
    bool off;          /* there are no locks */
    rise_id self;      /* tells this store from others */
    uint64_t finished; /* what the file said when we last looked */
    rise_id held[N_CLAIMS];
    size_t n;
} claim_file;

enum { N_PACK_FILES = 64 };
typedef struct pack_file {
    uint32_t writer;
    int fd;         /* -1: free */
    unsigned users; /* reading from it just now */
} pack_file;

struct store {
    char *folder, *objects, *packs, *records, *quarantine;
    store_options options;
    codec *codec;
    atomic_bool off;  /* nothing is written any more */
    atomic_uint told; /* damages that were told */
    atomic_ullong damaged, read, wrote;
    atomic_ullong names; /* operations on names of files */
    atomic_bool local_off;
    bool remote; /* on NFS: others see late what is written, and we what they write */

    pthread_mutex_t lock;               /* all below, but for pack_file */
    arena memory;                       /* records, names, texts of logs: until close */
    uint64_t stamp;                     /* the last one used or seen */
    id_map record_of, name_of, pack_of; /* key -> slot */
    record_slot *record;
    name_slot *name;
    pack_slot *pack;
    size_t n_record, n_name, n_pack, max_record, max_name, max_pack;
    id_map object;                  /* digest -> size of a file that was seen; 0: gone since */
    uint8_t (*writer)[WRITER_SIZE]; /* writers of packs; [0] is this store */
    size_t n_writers, max_writers;
    log_file **log; /* of other writers */
    size_t n_logs, max_logs;
    text_map log_of;           /* path -> index into log */
    uint64_t log_bytes;        /* read of them */
    struct log_text *log_text; /* their bytes, that the index points into */
    appender own_pack, own_log;
    claim_file claims;

    pthread_mutex_t pack_lock; /* never taken inside `lock` or the other way round */
    pack_file pack_file[N_PACK_FILES];
};

/* ---- index.c --------------------------------------------------------------------------------- */
/* Room for one element more; the array is doubled. */
bool array_grow(void **array, size_t n, size_t *capacity, size_t size);
/* One line of a log into the index; false: memory is short. `text` must live as long as the store.
 * A line that cannot be understood sets *odd. */
bool index_line(store *s, const uint8_t *text, size_t size, bool *odd);
const store_record *index_record(store *s, size_t slot); /* decodes; NULL: memory, or odd bytes */
const store_record *index_look(const store *s, size_t slot, store_seen *room); /* keeps nothing */
uint64_t index_stamp(store *s);                                                /* the next one */
bool index_put_record(store *s, const store_record *record, bool replaced, uint64_t stamp);
bool index_put_name(store *s, const rise_id *key, const uint8_t *bytes, size_t size,
                    uint64_t stamp);
bool index_put_pack(store *s, const rise_id *key, const uint8_t writer[WRITER_SIZE],
                    uint64_t offset, uint32_t size, uint64_t stamp);

/* ---- log.c ----------------------------------------------------------------------------------- */
bool log_load(store *s); /* what is new in all logs; false: memory is short */
void log_close(store *s);
/* Checks one log; the number of lines, and of those that are damaged. ENTRY_DAMAGED: it is no log;
 * ENTRY_MISSING: it cannot be looked at. */
entry_state log_check(const char *path, uint64_t *n_lines, uint64_t *n_damaged);
void line_record(buffer *b, const store_record *record, bool replaced, uint64_t stamp);
void line_name(buffer *b, const rise_id *key, const uint8_t *bytes, size_t size, uint64_t stamp);
void line_pack(buffer *b, const rise_id *key, const uint8_t writer[WRITER_SIZE], uint64_t offset,
               uint32_t size, uint64_t stamp);

/* ---- compact.c ------------------------------------------------------------------------------- */
/* The logs that were loaded and whose writers are gone, into one; nothing if they are fewer than
 * `least`. */
void log_compact(store *s, size_t least);

/* ---- object.c -------------------------------------------------------------------------------- */
/* NULL: memory is short. */
char *object_path(const store *s, arena *a, const rise_id *digest);
bool object_write(store *s, const rise_id *digest, const entry_parts *entry);
/* What is damaged is told, counted and moved to quarantine. */
entry_state object_read(store *s, const rise_id *digest, bool deep, rise_value **out);
entry_state object_look(store *s, const rise_id *digest);          /* its head and size alone */
bool object_size(store *s, const rise_id *digest, uint64_t *size); /* is it there? */

/* ---- pack.c ---------------------------------------------------------------------------------- */
/* Appends an entry for this store's own pack; takes the lock. */
bool pack_write(store *s, const rise_id *digest, const buffer *entry);
entry_state pack_read(store *s, const rise_id *digest, bool deep, rise_value **out);
entry_state pack_look(store *s, const rise_id *digest); /* its head and size alone */
bool pack_size(store *s, const rise_id *digest, uint64_t *size);
bool pack_where(store *s, const rise_id *digest, char *place, size_t size, uint64_t *bytes);
/* An entry into this store's own pack, wherever it was before. */
bool pack_move(store *s, const rise_id *digest, const buffer *entry);
/* NULL: memory is short. */
char *pack_path(const store *s, arena *a, const uint8_t writer[WRITER_SIZE]);
void pack_close(store *s);

/* ---- trouble.c ------------------------------------------------------------------------------- */
/* Writing has failed with errno `code`: told once, writing goes off. */
void trouble_write(store *s, const char *path, int code);
/* Something under `path` does not verify: counted, and told for the first few. */
void trouble_damage(store *s, const char *path, const char *what);
void trouble_tell(store *s, const char *fmt, ...) RISE_PRINTF(2, 3);
/* Moves a damaged file away, or puts a copy of bytes (not NULL) there. */
void quarantine_file(store *s, const char *path);
void quarantine_bytes(store *s, const rise_id *digest, const uint8_t *bytes, size_t size);
int file_handle(const char *path); /* to read it; -1 and errno */
/* A file from byte `from` on; 0 or errno; *bytes is malloc'ed. Files over `limit` bytes give EFBIG.
 */
int file_read(const char *path, uint64_t from, uint64_t limit, uint8_t **bytes, size_t *size);
/* Says once a day that a file was used, by its time of change. `fd` or, if -1, `path`. */
void file_used(int fd, const char *path);
/* Flushes under the lock: the pack before the log that speaks of it. Only store_flush syncs. */
void store_flush_locked(store *s, bool durable);

/* ---- local.c --------------------------------------------------------------------------------- */
bool local_read(store *s, const rise_id *digest, rise_value **out);
void local_keep(store *s, const rise_id *digest, const uint8_t *bytes, size_t size);

/* ---- claim.c --------------------------------------------------------------------------------- */
void claims_beat(store *s); /* a sign of life for what is held; under the lock */
void claims_close(store *s);

/* ---- sweep.c --------------------------------------------------------------------------------- */
typedef void visit_fn(void *user, const char *path, const char *name, const struct stat *st);
/* Plain files only. 0, or the errno for want of which (memory, descriptors) it could not look. */
int folder_visit(const char *folder, visit_fn *fn, void *user);
int objects_visit(const store *s, visit_fn *fn, void *user); /* in objects/00 .. objects/ff */

typedef struct sweep_tally {
    bool dry; /* count, remove nothing */
    uint64_t n, bytes;
} sweep_tally;
void sweep_temporaries(store *s, sweep_tally *t); /* older than an hour, whose writer is gone */
void sweep_quarantine(store *s, sweep_tally *t);  /* older than an hour */
void sweep_leases(store *s, sweep_tally *t);      /* untouched for an hour */

#endif
