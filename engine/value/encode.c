/* Values to canonical bytes (canon.h), into a buffer or straight into a hash. */
#include "value/canon.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie");

/* Where the bytes go: all that are not NULL, and always the count. */
typedef struct sink {
    buffer *bytes;
    hash_state *hash;
    uint64_t n;
} sink;

static void put(sink *s, const void *bytes, size_t size) {
    if (s->bytes)
        buffer_add(s->bytes, bytes, size);
    if (s->hash)
        hash_add(s->hash, bytes, size);
    s->n += size;
}

static void put_u8(sink *s, bool v) {
    uint8_t byte = v ? 1 : 0;
    put(s, &byte, 1);
}

static void put_u32(sink *s, uint32_t v) {
    put(s, &v, sizeof v);
}

static void put_u64(sink *s, uint64_t v) {
    put(s, &v, sizeof v);
}

static void put_text(sink *s, const char *text) {
    size_t n = strlen(text); /* what makes values refuses longer ones than u32 holds */
    put_u32(s, (uint32_t)n);
    put(s, text, n);
}

static void put_cell(sink *s, const rise_cell *cell) {
    put(s, cell->vector, sizeof cell->vector);
    for (int i = 0; i < 3; i++)
        put_u8(s, cell->periodic[i]);
}

static void put_tensor(sink *s, const rise_tensor *t) {
    put_u32(s, (uint32_t)t->rank);
    for (int d = 0; d < t->rank; d++) {
        put_text(s, t->dim[d].name);
        put_u64(s, t->dim[d].size);
        put_u8(s, t->dim[d].coords != NULL);
        if (t->dim[d].coords)
            put(s, t->dim[d].coords, t->dim[d].size * sizeof(double));
    }
    put_text(s, t->unit);
    put_u8(s, t->offsets != NULL);
    if (t->offsets)
        put(s, t->offsets, (t->dim[0].size + 1) * sizeof *t->offsets);
    put_u64(s, t->n_cells);
    for (size_t i = 0; i < t->n_cells; i++)
        put_cell(s, &t->cell[i]);
    if (t->note)
        put_text(s, t->note);
}

static void put_table(sink *s, const rise_table *t) {
    put_u64(s, t->n_rows);
    put_u64(s, t->n_columns);
    for (size_t c = 0; c < t->n_columns; c++) {
        put_text(s, t->column[c].name);
        put_text(s, t->column[c].unit);
        put_u32(s, t->column[c].dtype);
    }
    for (size_t c = 0; c < t->n_columns; c++)
        for (size_t r = 0; t->column[c].text && r < t->n_rows; r++)
            put_text(s, t->column[c].text[r]);
}

static void put_body(sink *s, const rise_value *v) {
    switch (v->kind) {
    case RISE_FRAMES:
        put_u64(s, v->as.frames.n_frames);
        for (size_t f = 0; f < v->as.frames.n_frames; f++) {
            const rise_frame *frame = &v->as.frames.frame[f];
            put_u64(s, frame->n_atoms);
            put_cell(s, &frame->cell);
            put(s, frame->species, frame->n_atoms);
        }
        break;
    case RISE_TENSOR:
        put_tensor(s, &v->as.tensor);
        break;
    case RISE_TABLE:
        put_table(s, &v->as.table);
        break;
    case RISE_MODEL:
    case RISE_DOCUMENT:
        put_text(s, v->as.blob.format);
        break;
    }
}

static void put_payload(sink *s, const rise_value *v) {
    switch (v->kind) {
    case RISE_FRAMES:
        for (size_t f = 0; f < v->as.frames.n_frames; f++)
            put(s, v->as.frames.frame[f].positions,
                v->as.frames.frame[f].n_atoms * 3 * sizeof(double));
        break;
    case RISE_TENSOR:
        put(s, v->as.tensor.data,
            rise_tensor_count(&v->as.tensor) * rise_dtype_size(v->as.tensor.dtype));
        break;
    case RISE_TABLE:
        for (size_t c = 0; c < v->as.table.n_columns; c++) {
            const rise_column *column = &v->as.table.column[c];
            if (column->f64)
                put(s, column->f64, v->as.table.n_rows * sizeof(double));
            if (column->i64)
                put(s, column->i64, v->as.table.n_rows * sizeof(int64_t));
        }
        break;
    case RISE_MODEL:
    case RISE_DOCUMENT:
        put(s, v->as.blob.bytes, v->as.blob.size);
        break;
    }
}

static uint64_t payload_size(const rise_value *v) {
    uint64_t n = 0;
    switch (v->kind) {
    case RISE_FRAMES:
        for (size_t f = 0; f < v->as.frames.n_frames; f++)
            n += v->as.frames.frame[f].n_atoms * 3 * sizeof(double);
        return n;
    case RISE_TENSOR:
        return rise_tensor_count(&v->as.tensor) * rise_dtype_size(v->as.tensor.dtype);
    case RISE_TABLE:
        for (size_t c = 0; c < v->as.table.n_columns; c++)
            if (v->as.table.column[c].dtype != RISE_TEXT)
                n += v->as.table.n_rows * 8;
        return n;
    case RISE_MODEL:
    case RISE_DOCUMENT:
        return v->as.blob.size;
    }
    return 0;
}

static uint32_t element_width(const rise_value *v) {
    switch (v->kind) {
    case RISE_FRAMES:
    case RISE_TABLE:
        return 8;
    case RISE_TENSOR:
        return (uint32_t)rise_dtype_size(v->as.tensor.dtype);
    case RISE_MODEL:
    case RISE_DOCUMENT:
        return 1;
    }
    return 1;
}

/* Everything before the payload; how long that is. */
static uint64_t put_head(sink *s, const rise_value *v) {
    static const uint8_t zeros[CANON_ALIGN];
    sink measure = {0};
    put_body(&measure, v);
    uint64_t head = CANON_HEAD + measure.n;
    uint64_t payload = (head + CANON_ALIGN - 1) / CANON_ALIGN * CANON_ALIGN;
    uint64_t size = payload_size(v);
    if (s->bytes && !buffer_reserve(s->bytes, payload))
        return payload;
    put(s, CANON_MAGIC, 8);
    put_u32(s, v->kind);
    put_u32(s, v->kind == RISE_TENSOR ? v->as.tensor.dtype : 0);
    put_u64(s, payload);
    put_u64(s, size);
    put_u32(s, element_width(v));
    put_u32(s, v->kind == RISE_TENSOR && v->as.tensor.note ? 1 : 0);
    put_body(s, v);
    put(s, zeros, payload - head);
    return payload;
}

/* Where the payload lies as it is written; NULL: it is made of pieces. */
static const void *payload_of(const rise_value *v) {
    if (v->kind == RISE_TENSOR)
        return v->as.tensor.data;
    return v->kind == RISE_MODEL || v->kind == RISE_DOCUMENT ? v->as.blob.bytes : NULL;
}

rise_status value_encode_parts(const rise_value *value, buffer *out, value_parts *parts,
                               rise_error *err) {
    size_t before = out->size;
    sink s = {.bytes = out};
    *parts = (value_parts){.n_head = put_head(&s, value), .payload = payload_of(value)};
    parts->n_payload = payload_size(value);
    parts->element = element_width(value);
    parts->in_value = parts->payload != NULL;
    if (!parts->in_value && buffer_reserve(out, parts->n_payload))
        put_payload(&s, value);
    if (out->failed) {
        out->size = before;
        return rise_fail_nomem(err, "the canonical bytes of a value");
    }
    parts->head = out->bytes + before;
    if (!parts->in_value)
        parts->payload = parts->head + parts->n_head;
    return RISE_OK;
}

rise_status value_encode(const rise_value *value, buffer *out, rise_error *err) {
    value_parts parts;
    size_t before = out->size;
    rise_status status = value_encode_parts(value, out, &parts, err);
    if (status == RISE_OK && parts.in_value)
        buffer_add(out, parts.payload, parts.n_payload);
    if (!out->failed)
        return status;
    out->size = before;
    return rise_fail_nomem(err, "the canonical bytes of a value");
}

void value_hash(const rise_value *value, rise_id *out) {
    hash_state h;
    hash_begin(&h);
    sink s = {.hash = &h};
    put_head(&s, value);
    put_payload(&s, value);
    hash_end(&h, out);
}
