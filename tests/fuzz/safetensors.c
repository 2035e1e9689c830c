/* safetensors: every array lies inside the file; what is accepted can be written and read again. */
#include "fuzz.h"

#include "kit/tensor_file.h"

#include <stdlib.h>
#include <string.h>

static void look(const safetensors *file, const uint8_t *bytes, size_t size, bool *writable) {
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const safetensors_entry *e = safetensors_at(file, i);
        const uint8_t *data = e->data;
        fuzz_expect(e->rank <= SAFETENSORS_RANK, "a rank within bounds");
        fuzz_expect(data >= bytes && e->bytes <= size && data + e->bytes <= bytes + size,
                    "an array lies inside the file");
        fuzz_expect(safetensors_find(file, e->name) != NULL, "an array is found by its name");
        *writable = *writable && e->dtype;
    }
}

static void write_again(const safetensors *file) {
    size_t n = safetensors_count(file), size = 0;
    safetensors_entry *entry = calloc(n + 1, sizeof *entry);
    void *bytes = NULL;
    safetensors *back = NULL;
    rise_error err = {0};
    for (size_t i = 0; entry && i < n; i++)
        entry[i] = *safetensors_at(file, i);
    if (entry && !safetensors_write(entry, n, NULL, 0, &bytes, &size, &err)) {
        fuzz_expect(!safetensors_parse(bytes, size, &back, &err), "what was written can be read");
        fuzz_expect(safetensors_count(back) == n, "all arrays come back");
        for (size_t i = 0; i < n; i++) {
            const safetensors_entry *e = safetensors_find(back, entry[i].name);
            fuzz_expect(e && e->bytes == entry[i].bytes &&
                            (!e->bytes || memcmp(e->data, entry[i].data, e->bytes) == 0),
                        "the numbers come back");
        }
    }
    safetensors_free(back);
    free(bytes);
    free(entry);
}

/* A file that says it holds one tensor gives that tensor, or says why not. */
static void read_tensor(const safetensors *file) {
    rise_value *value = NULL;
    rise_error err = {0};
    rise_status status = tensor_file_read(file, &value, &err);
    if (status)
        fuzz_expect_error(status, &err);
    else
        fuzz_expect(rise_value_tensor(value) != NULL, "a tensor comes out");
    rise_value_release(value);
}

void fuzz_safetensors(const uint8_t *bytes, size_t size) {
    safetensors *file = NULL;
    rise_error err = {0};
    bool writable = true;
    rise_status status = safetensors_parse(bytes, size, &file, &err);
    if (status) {
        fuzz_expect_error(status, &err);
        return;
    }
    look(file, bytes, size, &writable);
    (void)safetensors_metadata(file, "format");
    if (tensor_file_is(file))
        read_tensor(file);
    if (writable)
        write_again(file);
    safetensors_free(file);
}
