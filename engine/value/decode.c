/* Canonical bytes (canon.h) to values. Trusts nothing: a count is believed only once the bytes that
 * it speaks of are known to be there, so no more memory is taken than a small multiple of them. */
#include "value/canon.h"

#include <string.h>

typedef struct head {
    uint32_t kind, dtype, element, noted;
    uint64_t payload, payload_size;
} head;

static bool read_head(const uint8_t *bytes, size_t size, head *h) {
    if (size < CANON_HEAD || memcmp(bytes, CANON_MAGIC, 8) != 0)
        return false;
    cursor c = {.at = bytes + 8, .end = bytes + CANON_HEAD};
    h->kind = cursor_u32(&c);
    h->dtype = cursor_u32(&c);
    h->payload = cursor_u64(&c);
    h->payload_size = cursor_u64(&c);
    h->element = cursor_u32(&c);
    h->noted = cursor_u32(&c);
    return h->noted <= (h->kind == RISE_TENSOR ? 1 : 0) && h->payload >= CANON_HEAD &&
           h->payload <= size && h->payload % CANON_ALIGN == 0 &&
           h->payload_size == size - h->payload;
}

static size_t left(const cursor *c) {
    return c->failed ? 0 : (size_t)(c->end - c->at);
}

/* A double of the body: -0 and foreign NaNs are refused, they would not come back as they were. */
static double read_f64(cursor *c) {
    double v = cursor_f64(c), canonical = f64_canonical(v);
    if (memcmp(&v, &canonical, sizeof v) != 0)
        c->failed = true;
    return v;
}

static bool read_bool(cursor *c) {
    uint8_t v = cursor_u8(c);
    if (v > 1)
        c->failed = true;
    return v == 1;
}

static void read_cell(cursor *c, rise_cell *cell) {
    memset(cell, 0, sizeof *cell);
    for (int i = 0; i < 9; i++)
        cell->vector[i / 3][i % 3] = read_f64(c);
    for (int i = 0; i < 3; i++)
        cell->periodic[i] = read_bool(c);
}

/* A text of at most `limit` bytes, valid as long as `a`; "" and a failed cursor otherwise. */
static const char *read_text(cursor *c, arena *a, size_t limit) {
    const uint8_t *start = c->at;
    const char *text = cursor_string(c, a, limit);
    if (text && !text_is_utf8(text, (size_t)(c->at - start) - 4))
        c->failed = true;
    return text && !c->failed ? text : "";
}

static void read_name(cursor *c, arena *a, char name[RISE_NAME_MAX]) {
    const char *text = read_text(c, a, RISE_NAME_MAX - 1);
    memcpy(name, text, strlen(text) + 1);
}

/* The body has been read when only the zeros before the payload are left. */
static bool body_ended(const cursor *c) {
    if (c->failed || left(c) >= CANON_ALIGN)
        return false;
    for (const uint8_t *p = c->at; p < c->end; p++)
        if (*p)
            return false;
    return true;
}

static rise_status damaged(rise_error *err, const char *what) {
    return rise_fail(err, RISE_E_DATA, "canonical bytes are damaged: %s", what);
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* First pass: how many atoms each frame has. */
static const size_t *frame_sizes(cursor c, arena *a, size_t *n_frames, uint64_t payload_size) {
    uint64_t n = cursor_u64(&c), atoms = 0;
    if (c.failed || n > left(&c) / CANON_FRAME_MIN)
        return NULL;
    size_t *n_atoms = ARENA_NEW(a, size_t, n);
    for (size_t f = 0; n_atoms && f < n; f++) {
        n_atoms[f] = cursor_u64(&c);
        cursor_bytes(&c, CANON_CELL);
        cursor_bytes(&c, n_atoms[f]);
        if (c.failed)
            return NULL;
        atoms += n_atoms[f];
    }
    /* atoms <= bytes of the body, so the product does not overflow */
    if (!body_ended(&c) || payload_size != atoms * 24)
        return NULL;
    *n_frames = n;
    return n_atoms;
}

static rise_status read_frames(cursor *c, cursor *payload, arena *a, rise_value **out,
                               rise_error *err) {
    size_t n_frames = 0;
    const size_t *n_atoms = frame_sizes(*c, a, &n_frames, left(payload));
    if (!n_atoms)
        return damaged(err, "the list of frames");
    rise_value *v;
    rise_status status = frames_room(n_atoms, n_frames, &v, err);
    if (status != RISE_OK)
        return status;
    rise_frame *frame = (rise_frame *)v->as.frames.frame; /* still ours alone */
    cursor_u64(c);
    for (size_t f = 0; f < n_frames; f++) {
        size_t n = n_atoms[f];
        double *positions = (double *)frame[f].positions;
        cursor_u64(c);
        read_cell(c, &frame[f].cell);
        const uint8_t *species = cursor_bytes(c, n);
        if (n && species)
            memcpy((uint8_t *)frame[f].species, species, n);
        for (size_t i = 0; i < 3 * n; i++)
            positions[i] = read_f64(payload);
        frame_identity(&frame[f], &frame[f].id);
    }
    if (c->failed || payload->failed) {
        rise_value_release(v);
        return damaged(err, "a number of a frame");
    }
    *out = v;
    return RISE_OK;
}

/* ---- tensors --------------------------------------------------------------------------------- */

static const double *read_coords(cursor *c, arena *a, size_t size) {
    if (size > left(c) / sizeof(double))
        c->failed = true;
    double *coords = c->failed ? NULL : ARENA_NEW(a, double, size);
    for (size_t i = 0; coords && i < size; i++)
        coords[i] = read_f64(c);
    if (!coords)
        c->failed = true;
    return coords;
}

static const int64_t *read_offsets(cursor *c, arena *a, size_t n_frames) {
    if (n_frames >= left(c) / sizeof(int64_t))
        c->failed = true;
    int64_t *offsets = c->failed ? NULL : ARENA_NEW(a, int64_t, n_frames + 1);
    for (size_t i = 0; offsets && i <= n_frames; i++) {
        offsets[i] = (int64_t)cursor_u64(c);
        if (offsets[i] < (i ? offsets[i - 1] : 0) || (i == 0 && offsets[0] != 0))
            c->failed = true;
    }
    if (!offsets)
        c->failed = true;
    return offsets;
}

static const rise_cell *read_cells(cursor *c, arena *a, size_t *n_cells) {
    size_t n = cursor_u64(c);
    if (n > left(c) / CANON_CELL)
        c->failed = true;
    rise_cell *cell = c->failed ? NULL : ARENA_NEW(a, rise_cell, n);
    for (size_t i = 0; cell && i < n; i++)
        read_cell(c, &cell[i]);
    if (!cell)
        c->failed = true;
    *n_cells = n;
    return cell;
}

/* Are there exactly the elements that the sizes promise? */
static bool tensor_fits(const rise_tensor *t, size_t payload_size) {
    size_t count, bytes;
    if (t->offsets) {
        if (t->dim[1].size != 0 || t->dim[1].coords || !dims_count(t->dim, 2, t->rank, &count))
            return false;
        if (__builtin_mul_overflow(count, (size_t)t->offsets[t->dim[0].size], &count))
            return false;
    } else if (!dims_count(t->dim, 0, t->rank, &count)) {
        return false;
    }
    return !__builtin_mul_overflow(count, rise_dtype_size(t->dtype), &bytes) &&
           bytes == payload_size;
}

/* Its numbers stay zero. */
static rise_status read_tensor(cursor *c, const head *h, arena *a, rise_value **out,
                               uint8_t **numbers, rise_error *err) {
    rise_tensor t = {.dtype = (rise_dtype)h->dtype};
    uint32_t rank = cursor_u32(c);
    if (rank > RISE_MAX_RANK || rise_dtype_size(t.dtype) == 0)
        return damaged(err, "rank or dtype of a tensor");
    t.rank = (int)rank;
    for (int d = 0; d < t.rank; d++) {
        read_name(c, a, t.dim[d].name);
        t.dim[d].size = cursor_u64(c);
        if (read_bool(c))
            t.dim[d].coords = read_coords(c, a, t.dim[d].size);
    }
    read_name(c, a, t.unit);
    if (read_bool(c)) {
        if (t.rank < 2)
            c->failed = true;
        t.offsets = read_offsets(c, a, t.dim[0].size);
    }
    t.cell = read_cells(c, a, &t.n_cells);
    if (h->noted)
        t.note = read_text(c, a, UINT32_MAX);
    if (!body_ended(c) || !tensor_fits(&t, h->payload_size))
        return damaged(err, "the sizes of a tensor");
    rise_value *v;
    void *data;
    rise_status status =
        t.offsets
            ? rise_tensor_new_ragged(t.dtype, t.rank, t.dim, t.offsets, t.unit, &v, &data, err)
            : rise_tensor_new(t.dtype, t.rank, t.dim, t.unit, &v, &data, err);
    if (status != RISE_OK)
        return status;
    status = rise_tensor_set_cells(v, t.cell, t.n_cells, err);
    if (status == RISE_OK && t.note)
        status = rise_tensor_set_note(v, t.note, err);
    if (status != RISE_OK) {
        rise_value_release(v);
        return status;
    }
    memory_ready(data, h->payload_size);
    *numbers = data;
    *out = v;
    return RISE_OK;
}

/* ---- tables and blobs ------------------------------------------------------------------------ */

static rise_status read_cells_of_table(cursor *c, cursor *payload, arena *a, rise_value *v,
                                       rise_error *err) {
    const rise_table *t = &v->as.table;
    for (size_t i = 0; i < t->n_columns; i++) {
        const rise_column *column = &t->column[i];
        void *numbers = column->f64 ? (void *)column->f64 : (void *)column->i64;
        const uint8_t *bytes = numbers ? cursor_bytes(payload, t->n_rows * 8) : NULL;
        if (bytes && t->n_rows)
            memcpy(numbers, bytes, t->n_rows * 8);
        for (size_t r = 0; column->text && r < t->n_rows; r++) {
            const char *text = read_text(c, a, UINT32_MAX);
            if (c->failed)
                return damaged(err, "a text of a table");
            rise_status status = rise_table_set_text(v, i, r, text, err);
            if (status != RISE_OK)
                return status;
        }
    }
    return body_ended(c) ? RISE_OK : damaged(err, "the texts of a table");
}

static rise_status read_table(cursor *c, cursor *payload, arena *a, rise_value **out,
                              rise_error *err) {
    size_t n_rows = cursor_u64(c), n_columns = cursor_u64(c), n_text = 0, bytes;
    if (c->failed || n_columns > left(c) / CANON_COLUMN_MIN)
        return damaged(err, "the columns of a table");
    rise_column *column = ARENA_NEW(a, rise_column, n_columns);
    if (!column)
        return rise_fail_nomem(err, "the columns of a table");
    for (size_t i = 0; i < n_columns; i++) {
        read_name(c, a, column[i].name);
        read_name(c, a, column[i].unit);
        column[i].dtype = (rise_dtype)cursor_u32(c);
        if (column[i].dtype == RISE_TEXT)
            n_text++;
        else if (column[i].dtype != RISE_F64 && column[i].dtype != RISE_I64)
            c->failed = true;
    }
    if (c->failed || __builtin_mul_overflow(n_rows, (n_columns - n_text) * 8, &bytes) ||
        bytes != left(payload) || (n_text && n_rows > left(c) / 4 / n_text))
        return damaged(err, "the sizes of a table");
    rise_value *v;
    rise_status status = rise_table_new(column, n_columns, n_rows, &v, err);
    if (status != RISE_OK)
        return status;
    status = read_cells_of_table(c, payload, a, v, err);
    if (status != RISE_OK) {
        rise_value_release(v);
        return status;
    }
    *out = v;
    return RISE_OK;
}

static rise_status read_blob(cursor *c, cursor *payload, const head *h, arena *a, rise_value **out,
                             rise_error *err) {
    char format[RISE_NAME_MAX];
    read_name(c, a, format);
    if (!body_ended(c))
        return damaged(err, "the format of a blob");
    return rise_blob_new((rise_kind)h->kind, format, payload->at, left(payload), out, err);
}

static uint32_t expected_element(const head *h) {
    if (h->kind == RISE_TENSOR)
        return (uint32_t)rise_dtype_size((rise_dtype)h->dtype);
    return h->kind == RISE_FRAMES || h->kind == RISE_TABLE ? 8 : 1;
}

/* What looked damaged because there was no room for it is not. */
static rise_status judged(rise_status status, arena *scratch, rise_error *err) {
    if (status == RISE_E_DATA && scratch->failed)
        status = rise_fail_nomem(err, "a value");
    arena_free(scratch);
    return status;
}

/* The head of `size` bytes in all. */
static bool read_sound_head(const uint8_t *bytes, size_t size, head *h) {
    return read_head(bytes, size, h) && h->element == expected_element(h) &&
           (h->dtype != 0) == (h->kind == RISE_TENSOR);
}

rise_status value_decode_head(const uint8_t *bytes, size_t size, rise_value **out, uint8_t **data,
                              rise_error *err) {
    head h;
    if (!read_sound_head(bytes, size, &h))
        return damaged(err, "the header");
    if (h.kind != RISE_TENSOR)
        return RISE_E_MISS;
    arena scratch = {0};
    cursor body = {.at = bytes + CANON_HEAD, .end = bytes + h.payload};
    return judged(read_tensor(&body, &h, &scratch, out, data, err), &scratch, err);
}

rise_status value_decode(const uint8_t *bytes, size_t size, rise_value **out, rise_error *err) {
    head h;
    if (!read_sound_head(bytes, size, &h))
        return damaged(err, "the header");
    arena scratch = {0};
    cursor body = {.at = bytes + CANON_HEAD, .end = bytes + h.payload};
    cursor payload = {.at = bytes + h.payload, .end = bytes + size};
    uint8_t *numbers;
    rise_status status;
    switch (h.kind) {
    case RISE_FRAMES:
        status = read_frames(&body, &payload, &scratch, out, err);
        break;
    case RISE_TENSOR:
        status = read_tensor(&body, &h, &scratch, out, &numbers, err);
        if (status == RISE_OK && h.payload_size)
            memcpy(numbers, payload.at, h.payload_size);
        break;
    case RISE_TABLE:
        status = read_table(&body, &payload, &scratch, out, err);
        break;
    case RISE_MODEL:
    case RISE_DOCUMENT:
        status = read_blob(&body, &payload, &h, &scratch, out, err);
        break;
    default:
        status = damaged(err, "no such kind of value");
    }
    return judged(status, &scratch, err);
}

void value_layout(const uint8_t *bytes, size_t size, size_t *payload, size_t *element) {
    head h;
    bool known = read_head(bytes, size, &h);
    *payload = known ? (size_t)h.payload : size;
    *element = known && (h.element == 4 || h.element == 8) ? h.element : 1;
}
