/* tests/support/npy.c: a small .npy reader for tests; knows nothing of rise but its dtypes. */
#include "npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *descr;
    rise_dtype dtype;
    size_t size;
} TYPES[] = {{"<f4", RISE_F32, 4},
             {"<f8", RISE_F64, 8},
             {"<i4", RISE_I32, 4},
             {"<i8", RISE_I64, 8},
             {"|u1", RISE_U8, 1}};

static bool complain(const char *path, const char *what) {
    fprintf(stderr, "npy_load: %s: %s\n", path, what);
    return false;
}

/* The text between the quotes, or the start of the bracket, that follows 'key': in the header. */
static const char *after_key(const char *header, const char *key) {
    const char *at = strstr(header, key);
    if (at == NULL)
        return NULL;
    at += strlen(key);
    return at + strspn(at, "': ");
}

static bool parse_header(const char *header, npy_array *out, size_t *element) {
    const char *descr = after_key(header, "descr");
    const char *fortran = after_key(header, "fortran_order");
    const char *shape = after_key(header, "shape");
    if (descr == NULL || fortran == NULL || shape == NULL || *shape != '(')
        return false;
    *element = 0;
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (strncmp(descr, TYPES[i].descr, 3) == 0) {
            out->dtype = TYPES[i].dtype;
            *element = TYPES[i].size;
        }
    }
    if (*element == 0 || strncmp(fortran, "False", 5) != 0)
        return false;
    out->count = 1;
    for (shape++; *shape != ')'; shape += strspn(shape, ", ")) {
        char *end;
        unsigned long n = strtoul(shape, &end, 10);
        if (end == shape || out->rank == NPY_MAX_RANK)
            return false;
        out->shape[out->rank++] = n;
        out->count *= n;
        shape = end;
    }
    return true;
}

static bool read_array(FILE *file, const char *path, npy_array *out) {
    unsigned char head[12];
    if (fread(head, 1, 10, file) != 10 || memcmp(head, "\x93NUMPY", 6) != 0)
        return complain(path, "not a .npy file");
    size_t length = (size_t)head[8] | (size_t)head[9] << 8;
    if (head[6] > 1) {
        if (fread(head + 10, 1, 2, file) != 2)
            return complain(path, "header cut short");
        length |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    }
    char header[10001] = {0};
    if (length >= sizeof header || fread(header, 1, length, file) != length)
        return complain(path, "header cut short or too long");
    size_t element = 0;
    if (!parse_header(header, out, &element))
        return complain(path, "unknown dtype, order or shape");
    size_t bytes = out->count * element;
    out->data = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (out->data == NULL)
        return complain(path, "out of memory");
    if (fread(out->data, 1, bytes, file) != bytes)
        return complain(path, "data cut short");
    return true;
}

bool npy_load(const char *path, npy_array *out) {
    *out = (npy_array){.rank = 0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return complain(path, "cannot be opened");
    bool good = read_array(file, path, out);
    fclose(file);
    if (!good)
        npy_free(out);
    return good;
}

void npy_free(npy_array *array) {
    free(array->data);
    *array = (npy_array){.rank = 0};
}

double npy_at(const npy_array *array, size_t i) {
    switch (array->dtype) {
    case RISE_F32:
        return (double)((const float *)array->data)[i];
    case RISE_F64:
        return ((const double *)array->data)[i];
    case RISE_I32:
        return (double)((const int32_t *)array->data)[i];
    case RISE_I64:
        return (double)((const int64_t *)array->data)[i];
    default:
        return (double)((const uint8_t *)array->data)[i];
    }
}
