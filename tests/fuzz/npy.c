/* NumPy arrays: what is accepted can be copied and, written again, is read back as the same. */
#include "fuzz.h"

#include "kit/npy.h"

#include <stdlib.h>
#include <string.h>

static void again(const npy_array *array, const void *data, size_t size) {
    byte_buffer out = {0};
    npy_array back;
    rise_error err = {0};
    npy_add(&out, array->dtype, array->rank, array->shape, data);
    fuzz_expect(!out.failed, "memory for a copy");
    rise_status status = npy_parse("b.npy", out.data, out.size, &back, &err);
    fuzz_expect(!status, "what was written can be read");
    bool same = back.dtype == array->dtype && back.rank == array->rank;
    for (int d = 0; same && d < back.rank; d++)
        same = back.shape[d] == array->shape[d];
    fuzz_expect(same && back.count == array->count, "dtype and shape come back");
    fuzz_expect(!size || memcmp(back.data, data, size) == 0, "the numbers come back");
    bytes_free(&out);
}

void fuzz_npy(const uint8_t *bytes, size_t size) {
    npy_array array;
    rise_error err = {0};
    rise_status status = npy_parse("a.npy", bytes, size, &array, &err);
    if (status) {
        fuzz_expect_error(status, &err);
        return;
    }
    size_t bytes_in = array.count * rise_dtype_size(array.dtype);
    fuzz_expect(bytes_in <= size, "the elements are in the file");
    void *data = malloc(bytes_in ? bytes_in : 1);
    fuzz_expect(data != NULL, "memory for the elements");
    npy_copy(&array, data);
    again(&array, data, bytes_in);
    free(data);
}
