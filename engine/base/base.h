/* engine/base: what every other room stands on. Knows nothing of values, graphs or our files. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <rise/value.h>

#include <stdarg.h>

/* ---- arena: many small allocations, one release ---------------------------------------------- */
typedef struct arena_block arena_block;
/* Zero-initialised is empty. */
typedef struct arena {
    arena_block *block; /* newest first */
    size_t used;        /* bytes handed out in all */
    bool failed;        /* a request was not met */
} arena;

void *arena_alloc(arena *a, size_t size, size_t align);      /* zeroed; NULL when memory is short */
char *arena_text(arena *a, const char *text);                /* a copy; NULL in, NULL out */
char *arena_bytes(arena *a, const void *bytes, size_t size); /* a copy with a final NUL */
char *arena_format(arena *a, const char *fmt, ...) RISE_PRINTF(2, 3);
void arena_reset(arena *a);              /* empty again, with some of its memory */
void arena_join(arena *to, arena *from); /* what is in `from` lasts as long as `to`; it is empty */
void arena_free(arena *a);               /* gives everything back; the arena is empty again */
/* Fresh memory that will be written in full is made ready at once, where it is large: page by page
 * the kernel takes twice as long. Changes nothing that is seen. */
void memory_ready(void *at, size_t size);
/* n elements of `size` bytes; NULL also when the product overflows. */
void *arena_array(arena *a, size_t n, size_t size, size_t align);
#define ARENA_NEW(a, type, n) ((type *)arena_array((a), (n), sizeof(type), _Alignof(type)))

/* ---- buffer: growing bytes. After a failure `failed` stays set and further adds do nothing ----
 */
typedef struct buffer {
    uint8_t *bytes;
    size_t size, capacity;
    bool failed;
} buffer; /* zero-initialised is empty */

bool buffer_reserve(buffer *b, size_t more); /* room for `more` bytes; false: failed */
void buffer_add(buffer *b, const void *bytes, size_t size);
void buffer_text(buffer *b, const char *text);
void buffer_format(buffer *b, const char *fmt, ...) RISE_PRINTF(2, 3);
void buffer_int(buffer *b, int64_t value); /* in decimal */
void buffer_u8(buffer *b, uint8_t v);
void buffer_u32(buffer *b, uint32_t v); /* little-endian */
void buffer_u64(buffer *b, uint64_t v);
void buffer_f64(buffer *b, double v);            /* bits; -0 and NaN made canonical */
double f64_canonical(double v);                  /* -0 becomes 0, any NaN becomes NAN */
void buffer_string(buffer *b, const char *text); /* u32 length + bytes */
void buffer_free(buffer *b);

/* ---- reader over bytes: after a failure `failed` stays set and zeros are returned ------------ */
typedef struct cursor {
    const uint8_t *at, *end;
    bool failed;
} cursor;

uint8_t cursor_u8(cursor *c);
uint32_t cursor_u32(cursor *c);
uint64_t cursor_u64(cursor *c);
double cursor_f64(cursor *c);
const uint8_t *cursor_bytes(cursor *c, size_t size);          /* NULL on failure */
const char *cursor_string(cursor *c, arena *a, size_t limit); /* copied, NUL-terminated */

/* ---- identities: SHA-256 --------------------------------------------------------------------- */
/* On the stack: needs no memory, cannot fail. */
typedef struct hash_state {
    uint64_t room[16];
    uint8_t staged[192]; /* small pieces go to libcrypto together */
    size_t n_staged;
} hash_state;
void hash_begin(hash_state *h);
void hash_add(hash_state *h, const void *bytes, size_t size);
void hash_end(hash_state *h, rise_id *out);
void id_of(const void *bytes, size_t size, rise_id *out);
bool id_equal(const rise_id *a, const rise_id *b);
bool id_is_zero(const rise_id *id);
void id_hex(const rise_id *id, char hex[65]);
bool id_parse(const char *hex, rise_id *out); /* exactly 64 hex digits */

/* ---- maps (open addressing; values are indices or pointers of the caller) -------------------- */
typedef struct id_entry {
    rise_id key;
    uint64_t value;
} id_entry;
typedef struct id_map {
    id_entry *entry; /* [n] in the order in which they came */
    uint64_t *slot;  /* [capacity] see map.c */
    size_t n, capacity;
} id_map; /* zero-initialised is empty */

bool id_map_reserve(id_map *m, size_t n); /* room for n keys without growing */
bool id_map_set(id_map *m, const rise_id *key, uint64_t value); /* false: memory short */
/* *value becomes what stands there; where nothing does, it is put there. false: memory short */
bool id_map_add(id_map *m, const rise_id *key, uint64_t *value);
bool id_map_get(const id_map *m, const rise_id *key, uint64_t *value);
void id_map_ahead(const id_map *m, const rise_id *key); /* it will be asked for soon */
void id_map_free(id_map *m);

typedef struct text_map {
    const char **key; /* borrowed */
    uint64_t *value;
    size_t n, capacity;
} text_map; /* zero-initialised is empty */
bool text_map_set(text_map *m, const char *key, uint64_t value);
bool text_map_get(const text_map *m, const char *key, uint64_t *value);
void text_map_free(text_map *m);

/* The first of n ascending numbers that is `number` or more; n: none is. */
size_t sorted_place(const size_t *sorted, size_t n, uint64_t number);

/* ---- text ------------------------------------------------------------------------------------ */
/* Well-formed: shortest forms, no surrogates, no NUL. */
bool text_is_utf8(const char *text, size_t size);
/* Keeps at most `max` bytes, and drops a character that this cut, or the end of a buffer of
 * max + 1 bytes, has torn. */
void text_cut(char *text, size_t max);
/* Drops what is not well-formed: the remains of characters that a "%.60s" has torn. */
void text_mend(char *text);
/* vsnprintf in the "C" locale, whatever the host program has set. */
int text_vformat(char *text, size_t size, const char *fmt, va_list args);
/* The candidate closest to `word`, if it is close enough to be meant; else NULL. */
const char *text_suggest(const char *word, const char *const *candidates, size_t n);
/* Shortest decimal that reads back as the same double; independent of the locale. -0 gives "0";
 * "inf", "-inf" and "nan" otherwise. */
void text_of_double(double value, char text[32]);
size_t text_of_int(int64_t value, char text[24]); /* in decimal; returns its length */
/* Locale-free; the whole text must be the number. `1_000`, hex and inf/nan are refused. */
bool text_to_double(const char *text, double *value);
bool text_to_int(const char *text, int64_t *value);
int text_natural_compare(const char *a, const char *b); /* digits by value, else bytes */

/* ---- paths and files ------------------------------------------------------------------------- */
char *path_join(arena *a, const char *folder, const char *path); /* absolute `path` stays itself */
char *path_folder(arena *a, const char *path);                   /* "." where there is none */
rise_status path_make_folders(const char *path, rise_error *err) RISE_MUST_USE; /* mkdir -p */
/* Temporary file in the same folder, written, synced (file and folder if `durable`), renamed. On
 * failure the final name is untouched and the temporary file is gone. ENOSPC names path, needed and
 * free bytes. */
rise_status path_write_atomic(const char *path, const void *bytes, size_t size, bool durable,
                              rise_error *err) RISE_MUST_USE;
/* All bytes in spite of EINTR and short writes, at `offset` or (-1) where the file stands.
 * Returns 0 or errno. */
int path_write_all(int fd, const void *bytes, size_t size, int64_t offset);
int path_sync_folder(const char *folder); /* its entries; 0 or errno */

void random_name(char name[33]); /* 128 random bits as hex (random.c) */

/* ---- files that are being written (temporary.c): ".<32 hex digits>.tmp" ---------------------- */
struct stat;
char *temporary_path(arena *a, const char *folder); /* a new name; NULL: memory short */
bool temporary_name(const char *name);
/* Makes one and holds a lock on it until the file is closed: not to be swept. -1: errno says why */
int temporary_open(const char *folder, arena *a, char **path);
bool file_is_old(const struct stat *st); /* not written for an hour */
/* Nobody holds it; where the file system has no locks: it is old. */
bool writer_is_gone(const char *path, const struct stat *st);
void temporary_sweep(const char *folder); /* removes those whose writer is gone */

/* ---- time ------------------------------------------------------------------------------------ */
double clock_wall(void);   /* s, monotonic */
double clock_thread(void); /* s of processor time of this thread */
double clock_unix(void);   /* s since 1970 */

#endif
