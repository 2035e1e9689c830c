/* rise/value.h: the immutable values that travel between nodes.
 *
 * A value is built by one owner and sealed when it is handed on; from then on it never changes and
 * may be shared by any number of threads. It is reference counted: whoever gets a `rise_value *`
 * from a function named new, take, load or retain owns one reference; `const rise_value *` is
 * borrowed. Array data are 64-byte aligned.
 *
 * The digest of a value (SHA-256 of its canonical uncompressed bytes) is its identity. */
#ifndef RISE_VALUE_H
#define RISE_VALUE_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#define RISE_MAX_RANK 6
#define RISE_NAME_MAX 40

typedef struct rise_id {
    uint8_t byte[32];
} rise_id;

typedef enum rise_kind {
    RISE_FRAMES = 1,
    RISE_TENSOR = 2,
    RISE_TABLE = 3,
    RISE_MODEL = 4,
    RISE_DOCUMENT = 5
} rise_kind;

typedef enum rise_dtype {
    RISE_F32 = 1,
    RISE_F64 = 2,
    RISE_I32 = 3,
    RISE_I64 = 4,
    RISE_U8 = 5,
    RISE_TEXT = 6 /* columns of tables only */
} rise_dtype;

typedef struct rise_value rise_value;

/* Periodic box. Rows are the cell vectors a, b, c in Å (any triclinic cell, origin at 0). */
typedef struct rise_cell {
    double vector[3][3];
    bool periodic[3];
} rise_cell;

/* One sample. Its id is the digest of cell, periodicity, species and positions, so file names and
 * order are not part of it. */
typedef struct rise_frame {
    rise_id id;
    rise_cell cell;
    size_t n_atoms;
    const double (*positions)[3]; /* [atom][xyz], Å, as read: not wrapped */
    const uint8_t *species;       /* [atom], atomic numbers */
} rise_frame;

typedef struct rise_frames {
    size_t n_frames;
    const rise_frame *frame; /* [frame] */
} rise_frames;

typedef struct rise_dim {
    char name[RISE_NAME_MAX];
    size_t size;
    const double *coords; /* NULL or [size]: what each index stands for */
} rise_dim;

/* Dense and row-major. Where frames differ in their number of atoms a tensor over
 * [frame, atom, ...] is ragged: `offsets` is not NULL, dim[1].size is 0, frame f owns the rows
 * offsets[f] .. offsets[f+1]-1, and a row holds the product of dim[2..] elements. */
typedef struct rise_tensor {
    rise_dtype dtype;
    int rank; /* 0: a scalar */
    rise_dim dim[RISE_MAX_RANK];
    char unit[RISE_NAME_MAX]; /* "" for pure numbers */
    const void *data;
    const int64_t *offsets; /* NULL or [frame + 1] */
    size_t n_cells;         /* 0, or one per frame (1 in a value of a single frame) */
    const rise_cell *cell;  /* NULL or [n_cells]: the boxes that the numbers live in */
    const char *note; /* NULL, or what must be known to use the numbers again; whole values only */
} rise_tensor;

typedef struct rise_column {
    char name[RISE_NAME_MAX];
    char unit[RISE_NAME_MAX];
    rise_dtype dtype; /* RISE_F64, RISE_I64 or RISE_TEXT */
    const double *f64;
    const int64_t *i64;
    const char *const *text; /* [row], UTF-8 */
} rise_column;

typedef struct rise_table {
    size_t n_rows;
    size_t n_columns;
    const rise_column *column;
} rise_table;

/* A model or a document: `format` is a tag such as "safetensors", "xgboost-json", "svg", "png",
 * "html", "text". */
typedef struct rise_blob {
    char format[RISE_NAME_MAX];
    size_t size;
    const uint8_t *bytes;
} rise_blob;

/* ---- life ------------------------------------------------------------------------------------ */
rise_value *rise_value_retain(const rise_value *value);
void rise_value_release(const rise_value *value); /* NULL is fine */
rise_kind rise_value_kind(const rise_value *value);
size_t rise_value_bytes(const rise_value *value);   /* memory it holds */
rise_id rise_value_digest(const rise_value *value); /* computed once, then kept */
const char *rise_kind_name(rise_kind kind);
const char *rise_dtype_name(rise_dtype dtype);
size_t rise_dtype_size(rise_dtype dtype); /* 0 for text */

/* ---- views: NULL when the value is of another kind; valid as long as the value --------------- */
const rise_frames *rise_value_frames(const rise_value *value);
const rise_tensor *rise_value_tensor(const rise_value *value);
const rise_table *rise_value_table(const rise_value *value);
const rise_blob *rise_value_blob(const rise_value *value); /* model or document */
/* Element i of any type as a double; i64 beyond 2^53 are rounded. */
double rise_tensor_number(const rise_tensor *tensor, size_t i);
size_t rise_tensor_count(const rise_tensor *tensor); /* number of elements, ragged or not */
const rise_column *rise_table_find(const rise_table *table, const char *column); /* or NULL */

/* ---- building: NULL or RISE_E_NOMEM when memory is short, RISE_E_BUG when misused ------------ */
/* `frame[].id` is computed here; positions and species are copied. */
rise_status rise_frames_new(const rise_frame *frame, size_t n_frames, rise_value **out,
                            rise_error *err) RISE_MUST_USE;
/* Zero-filled; coordinates are copied. `*data` is writable until the value is handed on. */
rise_status rise_tensor_new(rise_dtype dtype, int rank, const rise_dim *dim, const char *unit,
                            rise_value **out, void **data, rise_error *err) RISE_MUST_USE;
/* Ragged over [frame, atom, ...]: dim[0].size frames, offsets[frame + 1] copied. */
rise_status rise_tensor_new_ragged(rise_dtype dtype, int rank, const rise_dim *dim,
                                   const int64_t *offsets, const char *unit, rise_value **out,
                                   void **data, rise_error *err) RISE_MUST_USE;
rise_status rise_tensor_set_cells(rise_value *tensor, const rise_cell *cell, size_t n_cells,
                                  rise_error *err) RISE_MUST_USE;
/* UTF-8, copied. Part of the value: another note, another digest. It is for values that are made at
 * once (leaders); one frame of a value, and what is put together from frames, has none. */
rise_status rise_tensor_set_note(rise_value *tensor, const char *note,
                                 rise_error *err) RISE_MUST_USE;
/* Columns of zeros and empty texts; only name, unit and dtype of `column` are read. */
rise_status rise_table_new(const rise_column *column, size_t n_columns, size_t n_rows,
                           rise_value **out, rise_error *err) RISE_MUST_USE;
double *rise_table_f64(rise_value *table, size_t column);  /* writable [row]; NULL if not F64 */
int64_t *rise_table_i64(rise_value *table, size_t column); /* writable [row]; NULL if not I64 */
rise_status rise_table_set_text(rise_value *table, size_t column, size_t row, const char *text,
                                rise_error *err) RISE_MUST_USE; /* copied */
rise_status rise_blob_new(rise_kind kind, const char *format, const void *bytes, size_t size,
                          rise_value **out, rise_error *err) RISE_MUST_USE; /* copied */

/* ---- elements -------------------------------------------------------------------------------- */
int rise_element_number(const char *symbol); /* 1..118, 0 if it is none; case matters */
const char *rise_element_symbol(int number); /* "X" outside 1..118 */

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
