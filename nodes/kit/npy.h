/* kit/npy.h: NumPy's .npy arrays in memory, and .npz archives of them (NumPy enhancement proposal
 * 1; the zip is stored, not compressed). Nothing is allocated by reading. */
#ifndef KIT_NPY_H
#define KIT_NPY_H

#include "kit/bytes.h"
#include <rise/value.h>

/* dtypes: <f4 <f8 <i4 <i8 |u1, and |b1 as u1. Everything else is refused by name. */
typedef struct npy_array {
    rise_dtype dtype;
    int rank;
    size_t shape[RISE_MAX_RANK];
    size_t count;        /* product of shape */
    bool fortran_order;  /* the first index runs fastest in `data` */
    const uint8_t *data; /* in the caller's bytes; not aligned */
} npy_array;

/* `path` is for messages. RISE_E_DATA when the bytes are no array we take. */
rise_status npy_parse(const char *path, const void *bytes, size_t size, npy_array *out,
                      rise_error *err) RISE_MUST_USE;
/* The elements in row-major order; `out` holds count elements. */
void npy_copy(const npy_array *array, void *out);

/* Appends header and elements (row-major, format version 1.0, header padded to 64 bytes). */
void npy_add(byte_buffer *out, rise_dtype dtype, int rank, const size_t *shape, const void *data);
/* Column of texts as <U (UTF-32); invalid UTF-8 becomes U+FFFD. */
void npy_add_texts(byte_buffer *out, const char *const *text, size_t n);

/* A .npz being written. Names are those that numpy.load shows, without ".npy". */
typedef struct npz_writer {
    byte_buffer out;
    byte_buffer directory;
    size_t n_entries;
    bool too_large; /* an entry or the whole passed 4 GiB, the limit of plain zip */
} npz_writer;

/* Appends `member` (the bytes of a .npy). */
void npz_add(npz_writer *zip, const char *name, const byte_buffer *member);
/* Closes the archive: zip->out holds the file, freed by the caller with npz_free in any case. */
rise_status npz_finish(npz_writer *zip, rise_error *err) RISE_MUST_USE;
void npz_free(npz_writer *zip);

#endif
