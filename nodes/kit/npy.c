/* kit/npy.c: .npy arrays, read and written in memory. Knows nothing of files or nodes.
 *
 * The header is a Python dictionary written by somebody else: it is bounded, parsed by its own
 * small grammar, and nothing is believed before the bytes it promises are there. */
#include "kit/npy.h"
#include "kit/scan.h"

#include <stdio.h>
#include <string.h>

#define MAX_HEADER 10000 /* NumPy's own limit */

typedef struct header {
    const char *at, *end;
    char descr[16];
    bool has_descr, has_order, has_shape;
    npy_array *array;
} header;

static void skip_space(header *h) {
    while (h->at < h->end && (scan_is_blank(*h->at) || *h->at == '\n'))
        h->at++;
}

static bool take(header *h, char c) {
    skip_space(h);
    if (h->at >= h->end || *h->at != c)
        return false;
    h->at++;
    return true;
}

static bool take_word(header *h, const char *word) {
    size_t n = strlen(word);
    skip_space(h);
    if ((size_t)(h->end - h->at) < n || memcmp(h->at, word, n) != 0)
        return false;
    h->at += n;
    return true;
}

/* 'text' or "text" of fewer than `cap` bytes. */
static bool take_string(header *h, char *out, size_t cap) {
    skip_space(h);
    if (h->at >= h->end || (*h->at != '\'' && *h->at != '"'))
        return false;
    char quote = *h->at++;
    const char *start = h->at;
    while (h->at < h->end && *h->at != quote)
        h->at++;
    size_t n = (size_t)(h->at - start);
    if (h->at >= h->end || n >= cap)
        return false;
    memcpy(out, start, n);
    out[n] = '\0';
    h->at++;
    return true;
}

static rise_status take_shape(const char *path, header *h, rise_error *err) {
    npy_array *a = h->array;
    a->rank = 0;
    a->count = 1;
    if (!take(h, '('))
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                            "the shape in the .npy header is no tuple");
    while (!take(h, ')')) {
        int64_t size;
        skip_space(h);
        const char *next = scan_integer(h->at, h->end, &size);
        if (next == NULL || size < 0)
            return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                                "the shape in the .npy header is damaged");
        if (a->rank == RISE_MAX_RANK)
            return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                                "the array has more than %d dimensions", RISE_MAX_RANK);
        a->shape[a->rank++] = (size_t)size;
        if (__builtin_mul_overflow(a->count, (size_t)size, &a->count))
            return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                                "the shape in the .npy header is too large");
        h->at = next;
        if (!take(h, ',') && (h->at >= h->end || *h->at != ')'))
            return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                                "the shape in the .npy header is damaged");
    }
    h->has_shape = true;
    return RISE_OK;
}

static rise_status damaged(const char *path, rise_error *err) {
    return rise_fail_at(err, RISE_E_DATA, path, 0, 0, "the .npy header is damaged");
}

static rise_status take_item(const char *path, header *h, rise_error *err) {
    char key[16];
    if (!take_string(h, key, sizeof key) || !take(h, ':'))
        return damaged(path, err);
    if (strcmp(key, "descr") == 0) {
        if (take(h, '[')) {
            rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                         "the array has named fields (a structured dtype)");
            return rise_hint(err, "save one field at a time, or a .csv with a header");
        }
        h->has_descr = take_string(h, h->descr, sizeof h->descr);
        return h->has_descr ? RISE_OK : damaged(path, err);
    }
    if (strcmp(key, "fortran_order") == 0) {
        h->has_order = true;
        h->array->fortran_order = take_word(h, "True");
        return h->array->fortran_order || take_word(h, "False") ? RISE_OK : damaged(path, err);
    }
    if (strcmp(key, "shape") == 0)
        return take_shape(path, h, err);
    return rise_fail_at(err, RISE_E_DATA, path, 0, 0, "unknown key '%s' in the .npy header", key);
}

static rise_status parse_header(const char *path, header *h, rise_error *err) {
    if (!take(h, '{'))
        return damaged(path, err);
    while (!take(h, '}')) {
        rise_status status = take_item(path, h, err);
        if (status != RISE_OK)
            return status;
        if (!take(h, ',') && (h->at >= h->end || *h->at != '}'))
            return damaged(path, err);
    }
    skip_space(h);
    if (h->at != h->end || !h->has_descr || !h->has_order || !h->has_shape)
        return damaged(path, err);
    return RISE_OK;
}

static rise_status find_dtype(const char *path, const char *descr, rise_dtype *dtype,
                              rise_error *err) {
    static const struct {
        const char *descr;
        rise_dtype dtype;
    } known[] = {{"<f4", RISE_F32}, {"<f8", RISE_F64}, {"<i4", RISE_I32},
                 {"<i8", RISE_I64}, {"|u1", RISE_U8},  {"|b1", RISE_U8}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(descr, known[i].descr) == 0) {
            *dtype = known[i].dtype;
            return RISE_OK;
        }
    char shown[SCAN_EXCERPT_MAX];
    scan_excerpt(shown, descr, descr + strlen(descr));
    if (descr[0] == '>') {
        rise_fail_at(err, RISE_E_DATA, path, 0, 0, "dtype '%s' is big-endian", shown);
        return rise_hint(err, "save it as little-endian: numpy.save(..., a.astype('<%.8s'))",
                         shown + 1);
    }
    if (strchr(descr, 'O') != NULL) {
        rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                     "dtype '%s' holds Python objects, which are never loaded", shown);
        return rise_hint(err, "save plain numbers: numpy.save(..., a.astype('<f8'))");
    }
    rise_fail_at(err, RISE_E_DATA, path, 0, 0, "dtype '%s' is not one of <f4 <f8 <i4 <i8 |u1 |b1",
                 shown);
    return rise_hint(err, "convert it: numpy.save(..., a.astype('<f8'))");
}

rise_status npy_parse(const char *path, const void *bytes_in, size_t size, npy_array *out,
                      rise_error *err) {
    const uint8_t *b = bytes_in;
    if (size < 10 || memcmp(b, "\x93NUMPY", 6) != 0)
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                            "is no .npy file (it does not start with \\x93NUMPY)");
    if (b[6] < 1 || b[6] > 3)
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0, ".npy format version %u.%u is not known",
                            b[6], b[7]);
    size_t start = b[6] == 1 ? 10 : 12;
    size_t length = b[8] | (size_t)b[9] << 8;
    if (b[6] > 1 && size >= 12)
        length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (length > MAX_HEADER)
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                            "the .npy header is %zu bytes long, the limit is %d", length,
                            MAX_HEADER);
    if (size < start || size - start < length)
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0, "ends within the .npy header (%zu bytes)",
                            size);
    npy_array a = {0};
    header h = {
        .at = (const char *)b + start, .end = (const char *)b + start + length, .array = &a};
    rise_status status = parse_header(path, &h, err);
    if (status == RISE_OK)
        status = find_dtype(path, h.descr, &a.dtype, err);
    if (status != RISE_OK)
        return status;
    size_t have = size - start - length, need;
    if (__builtin_mul_overflow(a.count, rise_dtype_size(a.dtype), &need) || need > have)
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                            "is truncated: %zu elements of %s promised, %zu bytes are there",
                            a.count, h.descr, have);
    if (need < have)
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0, "%zu bytes follow the end of the array",
                            have - need);
    a.data = b + start + length;
    *out = a;
    return RISE_OK;
}

void npy_copy(const npy_array *a, void *out) {
    size_t size = rise_dtype_size(a->dtype);
    if (a->count == 0)
        return;
    if (!a->fortran_order || a->rank < 2) {
        memcpy(out, a->data, a->count * size);
        return;
    }
    size_t index[RISE_MAX_RANK] = {0}, stride[RISE_MAX_RANK];
    size_t step = 1;
    for (int d = 0; d < a->rank; d++) {
        stride[d] = step;
        step *= a->shape[d];
    }
    uint8_t *to = out;
    size_t from = 0;
    for (size_t i = 0; i < a->count; i++, to += size) {
        memcpy(to, a->data + from * size, size);
        for (int d = a->rank - 1; d >= 0; d--) {
            from += stride[d];
            if (++index[d] < a->shape[d])
                break;
            from -= stride[d] * a->shape[d];
            index[d] = 0;
        }
    }
}

static void add_header(byte_buffer *out, const char *descr, int rank, const size_t *shape) {
    char text[512];
    int n =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int d = 0; d < rank; d++)
        n += snprintf(text + n, sizeof text - (size_t)n, d + 1 < rank ? "%zu, " : "%zu%s", shape[d],
                      rank == 1 ? "," : "");
    n += snprintf(text + n, sizeof text - (size_t)n, "), }");
    size_t total = (10 + (size_t)n + 1 + 63) / 64 * 64;
    bytes_add(out, "\x93NUMPY\x01\x00", 8);
    bytes_add_le(out, total - 10, 2);
    bytes_add(out, text, (size_t)n);
    for (size_t i = 10 + (size_t)n; i + 1 < total; i++)
        bytes_add(out, " ", 1);
    bytes_add(out, "\n", 1);
}

void npy_add(byte_buffer *out, rise_dtype dtype, int rank, const size_t *shape, const void *data) {
    static const char *const descr[] = {[RISE_F32] = "<f4",
                                        [RISE_F64] = "<f8",
                                        [RISE_I32] = "<i4",
                                        [RISE_I64] = "<i8",
                                        [RISE_U8] = "|u1"};
    size_t count = 1;
    for (int d = 0; d < rank; d++)
        count *= shape[d];
    add_header(out, descr[dtype], rank, shape);
    bytes_add(out, data, count * rise_dtype_size(dtype));
}

/* The next code point of NUL-terminated UTF-8; U+FFFD for what is none. */
static uint32_t next_code_point(const unsigned char **p) {
    const unsigned char *s = *p;
    uint32_t c = *s++;
    int more = c < 0x80 ? 0 : c >= 0xF0 && c < 0xF5 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 ? 1 : -1;
    uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0;
    bool good = more >= 0 && c < 0xF5;
    if (more > 0)
        c &= 0x3Fu >> more;
    for (int i = 0; good && i < more; i++) {
        good = (*s & 0xC0) == 0x80;
        if (good)
            c = c << 6 | (*s++ & 0x3Fu);
    }
    *p = s;
    good = good && c >= least && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
    return good ? c : 0xFFFD;
}

static size_t count_code_points(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    size_t n = 0;
    for (; *p != '\0'; n++)
        next_code_point(&p);
    return n;
}

void npy_add_texts(byte_buffer *out, const char *const *text, size_t n) {
    size_t width = 1;
    for (size_t i = 0; i < n; i++) {
        size_t length = count_code_points(text[i]);
        width = length > width ? length : width;
    }
    char descr[32];
    snprintf(descr, sizeof descr, "<U%zu", width);
    add_header(out, descr, 1, &n);
    for (size_t i = 0; i < n && !out->failed; i++) {
        const unsigned char *p = (const unsigned char *)text[i];
        for (size_t k = 0; k < width; k++)
            bytes_add_le(out, *p != '\0' ? next_code_point(&p) : 0, 4);
    }
}
