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

/* Small ones at once. */
static bool put_small(codec *c, const value_parts *v, buffer *out) {
    size_t size = v->n_head + v->n_payload;
    uint8_t *shuffled = malloc(size);
    if (!shuffled)
        return false;
    memcpy(shuffled, v->head, v->n_head);
    shuffle_bytes(v->payload, shuffled + v->n_head, v->n_payload, v->element);
    bool done = codec_compress(c, shuffled, size, out);
    free(shuffled);
    return done;
}

/* Large ones go to zstd plane by plane, by pieces that stay in cache: a shuffled copy of all would
 * cost more in fresh memory than shuffling costs. */
typedef struct planes {
    const value_parts *v;
    size_t plane, at; /* elements of the plane that were given */
    bool head_given;
    uint8_t piece[32 * 1024];
} planes;

static const uint8_t *next_piece(void *user, size_t *size) {
    planes *p = user;
    const value_parts *v = p->v;
    size_t n = v->n_payload / v->element;
    if (!p->head_given) {
        p->head_given = true;
        *size = v->n_head;
        return v->head;
    }
    if (p->at == n) {
        p->at = 0;
        p->plane++;
    }
    if (v->element == 1 || p->plane == v->element) { /* not shuffled, or what is left over */
        size_t done = v->element == 1 ? 0 : n * v->element;
        *size = v->n_payload - done;
        return v->payload + done;
    }
    *size = n - p->at < sizeof p->piece ? n - p->at : sizeof p->piece;
    shuffle_plane(v->payload + p->at * v->element, p->piece, *size, v->element, p->plane);
    p->at += *size;
    return p->piece;
}

static bool put_compressed(codec *c, const value_parts *v, buffer *out) {
    if (v->n_payload < LARGE_PAYLOAD)
        return put_small(c, v, out);
    planes *p = malloc(sizeof *p);
    if (!p)
        return false;
    *p = (planes){.v = v};
    bool done = codec_compress_pieces(c, v->n_head + v->n_payload, next_piece, p, out);
    free(p);
    return done;
}

/* A ratio under 1.05 is not worth expanding for. */
static bool saves(size_t body, size_t size) {
    return body + body / 20 < size;
}

/* Samples of a large payload tell what zstd would make of it. */
static bool promising(codec *c, const value_parts *v) {
    enum { N = 8, PIECE = 16 * 1024 };
    if (v->n_payload < LARGE_PAYLOAD)
        return true;
    buffer packed = {0};
    uint8_t *sample = malloc(N * PIECE);
    size_t step = v->n_payload / N / v->element * v->element;
    for (size_t i = 0; sample && i < N; i++)
        shuffle_bytes(v->payload + i * step, sample + i * PIECE, PIECE, v->element);
    bool yes =
        !sample || !codec_compress(c, sample, N * PIECE, &packed) || saves(packed.size, N * PIECE);
    buffer_free(&packed);
    free(sample);
    return yes;
}

static void put_raw(const value_parts *v, entry_parts *out) {
    buffer_add(&out->front, v->head, v->n_head);
    if (!v->in_value)
        buffer_add(&out->front, v->payload, v->n_payload);
    out->payload = v->in_value ? v->payload : NULL;
    out->n_payload = v->in_value ? v->n_payload : 0;
}

/* False when memory is short. */
static bool seal_parts(entry_parts *e) {
    if (!e->n_payload) {
        seal(e->front.bytes, e->front.size, e->tail);
        return true;
    }
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return false;
    XXH128_canonical_t canonical;
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, e->front.bytes, e->front.size);
    XXH3_128bits_update(state, e->payload, e->n_payload);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    memcpy(e->tail, canonical.digest, ENTRY_TAIL);
    XXH3_freeState(state);
    return true;
}

static bool finish(entry_parts *e) {
    if (e->front.failed)
        return false;
    size_t body = e->front.size - ENTRY_HEAD + e->n_payload;
    for (int i = 0; i < 8; i++)
        e->front.bytes[64 + i] = (uint8_t)(body >> (8 * i));
    e->size = ENTRY_HEAD + body + ENTRY_TAIL;
    return seal_parts(e);
}

rise_status entry_write(codec *c, const rise_value *value, entry_parts *out, rise_error *err) {
    buffer head = {0}, *front = &out->front;
    value_parts v;
    rise_id digest = rise_value_digest(value);
    rise_status status = value_encode_parts(value, &head, &v, err);
    if (status != RISE_OK) {
        buffer_free(&head);
        return status;
    }
    size_t size = v.n_head + v.n_payload;
    bool compress = promising(c, &v), done = true;
    put_head(front, compress ? ENTRY_ZSTD : ENTRY_RAW, v.element, &digest, size, v.n_head);
    if (compress)
        done = !front->failed && put_compressed(c, &v, front);
    if (done && compress && !saves(front->size - ENTRY_HEAD, size)) {
        front->size = 0;
        put_head(front, ENTRY_RAW, v.element, &digest, size, v.n_head);
        compress = false;
    }
    if (!compress)
        put_raw(&v, out);
    if (!done || !finish(out))
        status = rise_fail_nomem(err, "compressing a value");
    buffer_free(&head);
    return status;
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

/* From shuffled canonical bytes: a tensor's numbers go to their place at once. */
static entry_state from_shuffled(const uint8_t *bytes, const entry_head *head,
                                 const rise_id *digest, bool deep, rise_value **out) {
    size_t n = head->canonical - head->payload, payload, element;
    uint8_t *data;
    value_layout(bytes, head->canonical, &payload, &element);
    if (payload != head->payload || element != head->element)
        return ENTRY_DAMAGED; /* shuffled otherwise than the values would be */
    rise_status status = deep || element == 1
                             ? RISE_E_MISS
                             : value_decode_head(bytes, head->canonical, out, &data, NULL);
    if (status == RISE_OK) {
        unshuffle_bytes(bytes + payload, data, n, element);
        value_set_digest(*out, digest);
        return ENTRY_GOOD;
    }
    if (status != RISE_E_MISS)
        return status == RISE_E_NOMEM ? ENTRY_NOMEM : ENTRY_DAMAGED;
    if (element == 1)
        return to_value(bytes, head->canonical, digest, deep, out);
    uint8_t *whole = malloc(head->canonical);
    if (!whole)
        return ENTRY_NOMEM;
    memcpy(whole, bytes, payload);
    unshuffle_bytes(bytes + payload, whole + payload, n, element);
    entry_state state = to_value(whole, head->canonical, digest, deep, out);
    free(whole);
    return state;
}

enum { READY_RATIO = 16 };

static entry_state read_compressed(codec *c, const uint8_t *body, const entry_head *head,
                                   const rise_id *digest, bool deep, rise_value **out) {
    if (!codec_plausible(body, head->body, head->canonical))
        return ENTRY_DAMAGED;
    uint8_t *expanded = malloc(head->canonical ? head->canonical : 1);
    if (!expanded)
        return ENTRY_NOMEM;
    if (head->canonical / READY_RATIO <= head->body) /* a lie shall not cost memory */
        memory_ready(expanded, head->canonical);
    entry_state state = codec_decompress(c, body, head->body, expanded, head->canonical);
    if (state == ENTRY_GOOD)
        state = from_shuffled(expanded, head, digest, deep, out);
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
