/* engine/value: immutable typed values and their canonical bytes. Knows nothing of stores or
 * graphs. */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

#include "base/base.h"

/* Canonical bytes, the same on every machine: magic, kind, dtype, names, sizes, unit, coordinates,
 * cells, then the payload (64-byte aligned from the start). A value of one frame and a whole value
 * use the same form. value_decode takes nothing on trust: every size is checked against the bytes
 * that are there before memory is taken, counts are multiplied with overflow checks, texts must be
 * UTF-8, floats may be anything. */
rise_status value_encode(const rise_value *value, buffer *out, rise_error *err) RISE_MUST_USE;
/* The same in two parts, so that large numbers are not copied. Valid until `out` or the value
 * changes. */
typedef struct value_parts {
    const uint8_t *head, *payload;
    size_t n_head, n_payload;
    size_t element; /* width of the payload's numbers: 1, 4, 8 */
    bool in_value;  /* the payload lies in the value, else in `out` behind the head */
} value_parts;
rise_status value_encode_parts(const rise_value *value, buffer *out, value_parts *parts,
                               rise_error *err) RISE_MUST_USE;
/* SHA-256 of the bytes that value_encode would give; takes no memory, cannot fail. */
void value_hash(const rise_value *value, rise_id *out);
/* What value_decode accepts is exactly what value_encode gives: encoding the result once more
 * yields the same bytes, so the digest of the bytes is the digest of the value. */
rise_status value_decode(const uint8_t *bytes, size_t size, rise_value **out,
                         rise_error *err) RISE_MUST_USE;
/* A tensor from canonical bytes of `size` in all, of which those before the payload are looked at;
 * the payload is to be written to *data. RISE_E_MISS: it is no tensor. */
rise_status value_decode_head(const uint8_t *bytes, size_t size, rise_value **out, uint8_t **data,
                              rise_error *err) RISE_MUST_USE;
/* Where the payload of canonical bytes starts and how wide its elements are (1 if mixed): what a
 * store needs for byte shuffling. */
void value_layout(const uint8_t *bytes, size_t size, size_t *payload, size_t *element);
/* The digest is kept in the value once known (also set when decoded from a verified store). */
void value_set_digest(rise_value *value, const rise_id *digest);

/* Per-frame values -> one whole value: frames concatenated, tensors stacked along a new first
 * dimension `frame` (ragged when the atoms differ), tables row-bound. The values must be of one
 * kind and shape otherwise; an error names the frame that differs. n == 0 is an error of the
 * caller. */
rise_status value_assemble(const rise_value *const *part, size_t n, rise_value **out,
                           rise_error *err) RISE_MUST_USE;
/* Frame f of a whole value (frames, or tensor whose first dimension is `frame`; a table with as
 * many rows as frames): the inverse of value_assemble. */
rise_status value_slice(const rise_value *whole, size_t frame, rise_value **out,
                        rise_error *err) RISE_MUST_USE;
/* A whole value restricted to the frames keep[0..n-1], in that order. */
rise_status value_take(const rise_value *whole, const size_t *keep, size_t n, rise_value **out,
                       rise_error *err) RISE_MUST_USE;
/* Number of frames a whole value has: frames, tensors over [frame, ...]; 0 where it has none. */
size_t value_frame_count(const rise_value *whole);
/* True when all floats are finite; `*where` is the first element that is not. */
bool value_finite(const rise_value *value, size_t *where);
/* NULL, or how the shape of `value` differs from a port's symbolic shape ("[frame, atom, *]"); when
 * `each`, the leading `frame` of the symbol is not part of the value. Text is in `why`. */
const char *value_shape_mismatch(const rise_value *value, const char *shape, bool each,
                                 char why[256]);

#endif
