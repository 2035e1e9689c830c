/* engine/value/inside.h: what a value is made of. Only for the files of this room. */
#ifndef VALUE_INSIDE_H
#define VALUE_INSIDE_H

#include "value/value.h"

#include <stdatomic.h>

/* life of the cached digest: absent -> being written by one thread -> there for all */
enum { DIGEST_NONE, DIGEST_BUSY, DIGEST_READY };

struct rise_value {
    rise_kind kind;
    atomic_size_t references;
    atomic_int digest_state;
    rise_id digest; /* valid when digest_state is DIGEST_READY */
    arena memory;   /* everything the views point to */
    union {
        rise_frames frames;
        rise_tensor tensor;
        rise_table table;
        rise_blob blob;
    } as;
};

rise_value *value_new(rise_kind kind); /* one reference; NULL when memory is short */
void *value_array(rise_value *v, size_t n, size_t size); /* zeroed, 64-byte aligned */

/* A NUL-terminated copy, or RISE_E_BUG when `text` is too long or not UTF-8. NULL counts as "". */
rise_status value_name(char name[RISE_NAME_MAX], const char *text, const char *what,
                       rise_error *err) RISE_MUST_USE;

/* Digest of cell, periodicity, species and positions (see frames.c). */
void frame_identity(const rise_frame *frame, rise_id *out);
/* Room for n frames of n_atoms[] atoms; cells, positions and species are still zero and writable
 * through the views. */
rise_status frames_room(const size_t *n_atoms, size_t n_frames, rise_value **out,
                        rise_error *err) RISE_MUST_USE;
/* As rise_frames_new, but the ids are taken over: the frames come from a sealed value. */
rise_status frames_copy(const rise_frame *const *frame, size_t n_frames, rise_value **out,
                        rise_error *err) RISE_MUST_USE;
rise_cell cell_canonical(const rise_cell *cell);

/* Elements of one row, dim[first..rank-1]; false when the product overflows. */
bool dims_count(const rise_dim *dim, int first, int rank, size_t *count);

#endif
