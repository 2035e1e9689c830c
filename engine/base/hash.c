/* SHA-256 identities, by libcrypto.
 *
 * The context API of libcrypto is used rather than EVP: it keeps its state on our stack, so an
 * identity needs no memory and cannot fail (EVP allocates for each digest and takes three times as
 * long for the few hundred bytes of a key). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/base.h"

#include <openssl/sha.h>
#include <string.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((hash_state *)0)->room),
               "hash_state has room for the context");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(hash_state),
               "hash_state is aligned for the context");

static SHA256_CTX *context(hash_state *h) {
    return (SHA256_CTX *)(void *)h->room;
}

void hash_begin(hash_state *h) {
    SHA256_Init(context(h));
    h->n_staged = 0;
}

static void pass_on(hash_state *h) {
    SHA256_Update(context(h), h->staged, h->n_staged);
    h->n_staged = 0;
}

void hash_add(hash_state *h, const void *bytes, size_t size) {
    if (size > sizeof h->staged - h->n_staged)
        pass_on(h);
    if (size > sizeof h->staged) {
        SHA256_Update(context(h), bytes, size);
    } else if (size) {
        memcpy(h->staged + h->n_staged, bytes, size);
        h->n_staged += size;
    }
}

void hash_end(hash_state *h, rise_id *out) {
    pass_on(h);
    SHA256_Final(out->byte, context(h));
}

void id_of(const void *bytes, size_t size, rise_id *out) {
    hash_state h;
    hash_begin(&h);
    hash_add(&h, bytes, size);
    hash_end(&h, out);
}

bool id_equal(const rise_id *a, const rise_id *b) {
    uint64_t p[4], q[4];
    memcpy(p, a->byte, sizeof p);
    memcpy(q, b->byte, sizeof q);
    return p[0] == q[0] && p[1] == q[1] && p[2] == q[2] && p[3] == q[3];
}

bool id_is_zero(const rise_id *id) {
    uint64_t part[4];
    memcpy(part, id->byte, sizeof part);
    return (part[0] | part[1] | part[2] | part[3]) == 0;
}

void id_hex(const rise_id *id, char hex[65]) {
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof id->byte; i++) {
        hex[2 * i] = digit[id->byte[i] >> 4];
        hex[2 * i + 1] = digit[id->byte[i] & 15];
    }
    hex[64] = '\0';
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool id_parse(const char *hex, rise_id *out) {
    rise_id id;
    for (size_t i = 0; i < sizeof id.byte; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);
        if (low < 0)
            return false;
        id.byte[i] = (uint8_t)(high << 4 | low);
    }
    if (hex[64] != '\0')
        return false;
    *out = id;
    return true;
}
