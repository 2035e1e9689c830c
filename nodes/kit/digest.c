/* kit/digest: see digest.h. The context API of libcrypto needs no memory. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "kit/digest.h"

#include <openssl/sha.h>
#include <string.h>

void digest_bytes(const void *bytes, size_t size, uint8_t hash[DIGEST_SIZE]) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes, size);
    SHA256_Final(hash, &state);
}

void digest_hex(const void *bytes, size_t size, char hex[DIGEST_HEX]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[DIGEST_SIZE];
    digest_bytes(bytes, size, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    hex[2 * sizeof hash] = '\0';
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void digest_line(const void *bytes, size_t size, const char *path, byte_buffer *out) {
    char hex[DIGEST_HEX];
    digest_hex(bytes, size, hex);
    bytes_add_text(out, hex);
    bytes_add_text(out, "  ");
    bytes_add_text(out, name_of(path));
    bytes_add_text(out, "\n");
}

/* ---- checking -------------------------------------------------------------------------------- */

typedef struct line {
    const char *hex, *name;
    size_t name_size;
} line;

/* "hex  name", or "hex *name" as for binary files; false: it is no such line. */
static bool read_line(const char *p, const char *end, line *out) {
    size_t n = 0;
    while (p + n < end && n < 64 && memchr("0123456789abcdefABCDEF", p[n], 22) != NULL)
        n++;
    if (n != 64 || (p + n < end && p[n] != ' ' && p[n] != '\r'))
        return false;
    const char *name = p + 64;
    while (name < end && (*name == ' ' || *name == '*'))
        name++;
    while (end > name && (end[-1] == '\r' || end[-1] == ' '))
        end--;
    for (const char *q = name; q < end; q++)
        name = *q == '/' ? q + 1 : name;
    *out = (line){p, name, (size_t)(end - name)};
    return true;
}

static bool same_hex(const char *a, const char *b) {
    for (size_t i = 0; i < 64; i++)
        if ((a[i] >= 'A' && a[i] <= 'F' ? a[i] - 'A' + 'a' : a[i]) != b[i])
            return false;
    return true;
}

static rise_status find_line(const rise_file *file, const rise_file *list, line *out,
                             rise_error *err) {
    const char *p = (const char *)list->bytes, *end = p + list->size, *name = name_of(file->path);
    size_t n_lines = 0;
    line only = {.hex = NULL};
    for (long number = 1; p < end; number++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop != NULL ? stop : end;
        line found;
        if (stop > p && !read_line(p, stop, &found)) {
            rise_fail_at(err, RISE_E_DATA, list->path, number, 1,
                         "expected 64 hexadecimal digits and the name of a file");
            return rise_hint(err, "sha256sum FILE > FILE.sha256 writes such lines");
        }
        if (stop > p) {
            n_lines++;
            only = found;
            if (found.name_size == strlen(name) && memcmp(found.name, name, found.name_size) == 0) {
                *out = found;
                return RISE_OK;
            }
        }
        p = stop < end ? stop + 1 : end;
    }
    *out = only;
    return n_lines == 1 ? RISE_OK
                        : rise_fail_at(err, RISE_E_DATA, list->path, 0, 0,
                                       "%zu digests, none of them of %s", n_lines, name);
}

rise_status digest_check(const rise_file *file, const rise_file *list, rise_error *err) {
    char hex[DIGEST_HEX];
    line found = {.hex = NULL};
    rise_status status = find_line(file, list, &found, err);
    if (status != RISE_OK)
        return status;
    digest_hex(file->bytes, file->size, hex);
    if (same_hex(found.hex, hex))
        return RISE_OK;
    rise_fail_at(err, RISE_E_DATA, file->path, 0, 0,
                 "its SHA-256 is %.16s..., %s says %.16s...: the file is damaged, or another one",
                 hex, list->path, found.hex);
    return rise_hint(err, "copy both files again from where they were written");
}
