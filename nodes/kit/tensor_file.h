/* kit/tensor_file.h: one tensor as safetensors, and back to the same value: numbers, names of its
 * dimensions, coordinates, unit and note. */
#ifndef KIT_TENSOR_FILE_H
#define KIT_TENSOR_FILE_H

#include "kit/safetensors.h"

/* The array is called `name`; coordinates of dimension d are `coords.d`. RISE_E_GRAPH: a tensor of
 * rows that differ in length, or one with boxes. `*bytes` is malloc'ed and the caller's. */
rise_status tensor_file_write(const rise_tensor *t, const char *name, void **bytes, size_t *size,
                              rise_error *err) RISE_MUST_USE;
/* Was a file written by the above? */
bool tensor_file_is(const safetensors *file);
rise_status tensor_file_read(const safetensors *file, rise_value **out,
                             rise_error *err) RISE_MUST_USE;

#endif
