/* Entries (format.h): one value, compressed and sealed. Pure: touches no file. */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void seal(const uint8_t *bytes, size_t size, uint8_t tail[ENTRY_TAIL]) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, size));
    memcpy(tail, canonical.digest, ENTRY_TAIL);
}

static void put_head(buffer *out, uint8_t method, size_t element, const rise_id *digest,
                     size_t size, size_t payload) {
    buffer_add(out, ENTRY_MAGIC, 8);
    buffer_u32(out, FORMAT_VERSION);
    buffer_u8(out, method);
    buffer_u8(out, (uint8_t)element);
    buffer_add(out, "\0\0", 2);
    buffer_add(out, digest->byte, sizeof digest->byte);
    buffer_u64(out, size);
    buffer_u64(out, payload);
    buffer_u64(out, 0); /* bytes of the body: known when it is written */
}

/* The body as a zstd frame; false when memory is short. */
static bool put_compressed(codec *c, const uint8_t *bytes, size_t size, size_t payload,
                           size_t element, buffer *out) {
    if (element == 1)
        return codec_compress(c, bytes, size, out);
    uint8_t *shuffled = malloc(size ? size : 1);
    if (!shuffled)
        return false;
    memcpy(shuffled, bytes, payload);
    shuffle_bytes(bytes + payload, shuffled + payload, size - payload, element);
    bool done = codec_compress(c, shuffled, size, out);
    free(shuffled);
    return done;
}

rise_status entry_write(codec *c, const uint8_t *bytes, size_t size, const rise_id *digest,
                        buffer *out, rise_error *err) {
    size_t payload, element, start = out->size;
    value_layout(bytes, size, &payload, &element);
    put_head(out, ENTRY_ZSTD, element, digest, size, payload);
    if (out->failed || !put_compressed(c, bytes, size, payload, element, out)) {
        out->size = start;
        return rise_fail_nomem(err, "compressing a value");
    }
    size_t body = out->size - start - ENTRY_HEAD;
    if (body + body / 20 >= size) { /* a ratio under 1.05 is not worth expanding for */
        out->size = start;
        put_head(out, ENTRY_RAW, element, digest, size, payload);
        buffer_add(out, bytes, size);
        body = size;
    }
    uint8_t tail[ENTRY_TAIL];
    if (!out->failed) {
        for (int i = 0; i < 8; i++)
            out->bytes[start + 64 + (size_t)i] = (uint8_t)(body >> (8 * i));
        seal(out->bytes + start, out->size - start, tail);
    }
    buffer_add(out, tail, sizeof tail);
    return out->failed ? rise_fail_nomem(err, "compressing a value") : RISE_OK;
}

/* Canonical bytes of a sealed body into `out`. */
static entry_state expand(codec *c, const uint8_t *body, size_t body_size, size_t payload,
                          size_t element, uint8_t *out, size_t size) {
    if (element == 1)
        return codec_decompress(c, body, body_size, out, size);
    uint8_t *shuffled = malloc(size ? size : 1);
    if (!shuffled)
        return ENTRY_NOMEM;
    entry_state state = codec_decompress(c, body, body_size, shuffled, size);
    if (state == ENTRY_GOOD) {
        memcpy(out, shuffled, payload);
        unshuffle_bytes(shuffled + payload, out + payload, size - payload, element);
    }
    free(shuffled);
    return state;
}

static entry_state to_value(const uint8_t *bytes, size_t size, const rise_id *digest, bool deep,
                            rise_value **out) {
    rise_id found;
    if (deep)
        id_of(bytes, size, &found);
    if (deep && !id_equal(&found, digest))
        return ENTRY_DAMAGED;
    rise_status status = value_decode(bytes, size, out, NULL);
    if (status != RISE_OK)
        return status == RISE_E_NOMEM ? ENTRY_NOMEM : ENTRY_DAMAGED;
    value_set_digest(*out, digest);
    return ENTRY_GOOD;
}

/* What the head says of the body. */
typedef struct entry_head {
    uint8_t method, element;
    uint64_t canonical, payload, body;
} entry_head;

static entry_state read_head(const uint8_t *bytes, uint64_t size, const rise_id *digest,
                             entry_head *out) {
    if (size < ENTRY_HEAD + ENTRY_TAIL || memcmp(bytes, ENTRY_MAGIC, 7) != 0)
        return ENTRY_DAMAGED;
    cursor head = {.at = bytes + 8, .end = bytes + ENTRY_HEAD};
    if (cursor_u32(&head) != FORMAT_VERSION || bytes[7] != ENTRY_MAGIC[7])
        return ENTRY_FOREIGN;
    out->method = cursor_u8(&head);
    out->element = cursor_u8(&head);
    bool zeros = cursor_u8(&head) == 0 && cursor_u8(&head) == 0;
    bool same = memcmp(cursor_bytes(&head, sizeof digest->byte), digest->byte, 32) == 0;
    out->canonical = cursor_u64(&head);
    out->payload = cursor_u64(&head);
    out->body = cursor_u64(&head);
    bool known = out->element == 1 || out->element == 4 || out->element == 8;
    bool fits = out->body == size - ENTRY_HEAD - ENTRY_TAIL && out->payload <= out->canonical;
    if (out->method == ENTRY_RAW)
        fits = fits && out->canonical == out->body;
    else
        known = known && out->method == ENTRY_ZSTD;
    return zeros && same && known && fits ? ENTRY_GOOD : ENTRY_DAMAGED;
}

static bool sealed(const uint8_t *bytes, size_t size) {
    uint8_t tail[ENTRY_TAIL];
    if (size < ENTRY_HEAD + ENTRY_TAIL)
        return false;
    seal(bytes, size - ENTRY_TAIL, tail);
    return memcmp(tail, bytes + size - ENTRY_TAIL, ENTRY_TAIL) == 0;
}

entry_state entry_look(const uint8_t head[ENTRY_HEAD], uint64_t size, const rise_id *digest) {
    entry_head said;
    return read_head(head, size, digest, &said);
}

entry_state entry_check(const uint8_t *bytes, size_t size, const rise_id *digest) {
    return sealed(bytes, size) ? entry_look(bytes, size, digest) : ENTRY_DAMAGED;
}

static entry_state read_compressed(codec *c, const uint8_t *body, const entry_head *head,
                                   const rise_id *digest, bool deep, rise_value **out) {
    if (!codec_plausible(body, head->body, head->canonical))
        return ENTRY_DAMAGED;
    uint8_t *expanded = malloc(head->canonical ? head->canonical : 1);
    if (!expanded)
        return ENTRY_NOMEM;
    entry_state state =
        expand(c, body, head->body, head->payload, head->element, expanded, head->canonical);
    size_t payload, element;
    value_layout(expanded, state == ENTRY_GOOD ? head->canonical : 0, &payload, &element);
    if (state == ENTRY_GOOD && (payload != head->payload || element != head->element))
        state = ENTRY_DAMAGED; /* shuffled otherwise than the values would be */
    if (state == ENTRY_GOOD)
        state = to_value(expanded, head->canonical, digest, deep, out);
    free(expanded);
    return state;
}

entry_state entry_read(codec *c, const uint8_t *bytes, size_t size, const rise_id *digest,
                       bool deep, rise_value **out) {
    entry_head head;
    if (!sealed(bytes, size))
        return ENTRY_DAMAGED;
    entry_state state = read_head(bytes, size, digest, &head);
    if (state != ENTRY_GOOD)
        return state;
    const uint8_t *body = bytes + ENTRY_HEAD;
    return head.method == ENTRY_RAW ? to_value(body, head.body, digest, deep, out)
                                    : read_compressed(c, body, &head, digest, deep, out);
}
