/* Values of single frames and values of many: joining, cutting out, restricting.
 *
 * The form of a whole value depends only on its parts: it is ragged if and only if the parts differ
 * in their first dimension, so a restriction equals the assembly of the remaining parts. */
#include "value/inside.h"

#include <string.h>

/* ---- tensors: rows of the dimension `frame` -------------------------------------------------- */

/* One frame's share of a tensor, borrowed. */
typedef struct share {
    const uint8_t *data;
    size_t bytes;
    size_t first;          /* size of its first dimension (1 for scalars) */
    const rise_cell *cell; /* NULL or one */
} share;

static bool same_coords(const rise_dim *a, const rise_dim *b) {
    if (!a->coords || !b->coords || a->size != b->size)
        return !a->coords && !b->coords;
    return a->size == 0 || memcmp(a->coords, b->coords, a->size * sizeof(double)) == 0;
}

/* A whole tensor from the shares of its frames. `inner` are the dimensions of a share but for the
 * size of the first; `outer` is the frame dimension. */
static rise_status join_shares(const share *part, size_t n, rise_dim outer, const rise_dim *inner,
                               int n_inner, rise_dtype dtype, const char *unit, rise_value **out,
                               rise_error *err) {
    if (n_inner + 1 > RISE_MAX_RANK)
        return rise_fail(
            err, RISE_E_FAILED,
            "a value with %d dimensions has no room for the dimension 'frame'; at most "
            "%d are possible",
            n_inner, RISE_MAX_RANK);
    arena scratch = {0};
    rise_dim dim[RISE_MAX_RANK] = {outer};
    if (n_inner)
        memcpy(dim + 1, inner, (size_t)n_inner * sizeof *inner);
    int64_t *offsets = ARENA_NEW(&scratch, int64_t, n + 1);
    rise_cell *cell = n && part[0].cell ? ARENA_NEW(&scratch, rise_cell, n) : NULL;
    if (!offsets || (n && part[0].cell && !cell)) {
        arena_free(&scratch);
        return rise_fail_nomem(err, "a tensor over all frames");
    }
    bool ragged = false;
    for (size_t f = 0; f < n; f++) {
        offsets[f + 1] = offsets[f] + (int64_t)part[f].first;
        if (part[f].first != part[0].first)
            ragged = true;
        if (cell)
            cell[f] = *part[f].cell;
    }
    if (n_inner && n)
        dim[1].size = part[0].first;
    if (ragged)
        dim[1].coords = NULL; /* stands for no index that all frames have */
    rise_value *v = NULL;
    void *data = NULL;
    rise_status status =
        ragged ? rise_tensor_new_ragged(dtype, n_inner + 1, dim, offsets, unit, &v, &data, err)
               : rise_tensor_new(dtype, n_inner + 1, dim, unit, &v, &data, err);
    if (status == RISE_OK && cell)
        status = rise_tensor_set_cells(v, cell, n, err);
    arena_free(&scratch);
    if (status != RISE_OK) {
        rise_value_release(v);
        return status;
    }
    uint8_t *to = data;
    for (size_t f = 0; f < n; f++) {
        if (part[f].bytes)
            memcpy(to, part[f].data, part[f].bytes);
        to += part[f].bytes;
    }
    *out = v;
    return RISE_OK;
}

static rise_status tensors_agree(const rise_tensor *a, const rise_tensor *b, size_t f,
                                 rise_error *err) {
    if (b->offsets || (b->n_cells != 0 && b->n_cells != 1))
        return rise_fail(err, RISE_E_BUG, "frame %zu: the value already spans several frames", f);
    if (a->dtype != b->dtype || a->rank != b->rank || strcmp(a->unit, b->unit) != 0)
        return rise_fail(
            err, RISE_E_FAILED,
            "frame %zu gives a %s tensor of %d dimensions in '%s', frame 0 a %s tensor "
            "of %d dimensions in '%s'",
            f, rise_dtype_name(b->dtype), b->rank, b->unit, rise_dtype_name(a->dtype), a->rank,
            a->unit);
    if (a->n_cells != b->n_cells)
        return rise_fail(err, RISE_E_FAILED, "frame %zu has %s box, frame 0 has %s", f,
                         b->n_cells ? "a" : "no", a->n_cells ? "one" : "none");
    for (int d = 0; d < a->rank; d++) {
        const rise_dim *x = &a->dim[d], *y = &b->dim[d];
        bool may_differ = d == 0 && strcmp(x->name, "atom") == 0;
        if (strcmp(x->name, y->name) != 0 || (x->size != y->size && !may_differ))
            return rise_fail(
                err, RISE_E_FAILED,
                "frame %zu has %zu along '%s' (dimension %d), frame 0 has %zu along '%s'", f,
                y->size, y->name, d, x->size, x->name);
        if (!same_coords(x, y) && !(may_differ && x->size != y->size))
            return rise_fail(err, RISE_E_FAILED,
                             "frame %zu has other coordinates along '%s' than frame 0", f, y->name);
    }
    return RISE_OK;
}

static rise_status assemble_tensors(const rise_value *const *part, size_t n, rise_value **out,
                                    rise_error *err) {
    arena scratch = {0};
    const rise_tensor *first = &part[0]->as.tensor;
    share *shares = ARENA_NEW(&scratch, share, n);
    rise_status status = shares ? RISE_OK : rise_fail_nomem(err, "a tensor over all frames");
    for (size_t f = 0; status == RISE_OK && f < n; f++) {
        const rise_tensor *t = &part[f]->as.tensor;
        status = tensors_agree(first, t, f, err);
        shares[f] = (share){.data = t->data,
                            .bytes = rise_tensor_count(t) * rise_dtype_size(t->dtype),
                            .first = t->rank ? t->dim[0].size : 1,
                            .cell = t->cell};
    }
    rise_dim outer = {.name = "frame", .size = n};
    if (status == RISE_OK)
        status = join_shares(shares, n, outer, first->dim, first->rank, first->dtype, first->unit,
                             out, err);
    arena_free(&scratch);
    return status;
}

/* Frame f of a tensor over [frame, ...]. */
static share tensor_share(const rise_tensor *t, size_t f) {
    size_t row = 0, width = rise_dtype_size(t->dtype);
    share s = {.cell = t->n_cells == t->dim[0].size ? &t->cell[f] : NULL};
    if (t->offsets) {
        dims_count(t->dim, 2, t->rank, &row); /* fitted when it was built */
        s.first = (size_t)(t->offsets[f + 1] - t->offsets[f]);
        s.data = (const uint8_t *)t->data + (size_t)t->offsets[f] * row * width;
        s.bytes = s.first * row * width;
    } else {
        dims_count(t->dim, 1, t->rank, &row);
        s.first = t->rank > 1 ? t->dim[1].size : 1;
        s.data = (const uint8_t *)t->data + f * row * width;
        s.bytes = row * width;
    }
    return s;
}

static rise_status slice_tensor(const rise_tensor *t, size_t f, rise_value **out, rise_error *err) {
    share s = tensor_share(t, f);
    rise_dim dim[RISE_MAX_RANK];
    int rank = t->rank - 1;
    memcpy(dim, t->dim + 1, (size_t)rank * sizeof *dim);
    if (rank)
        dim[0].size = s.first;
    rise_value *v = NULL;
    void *data;
    rise_status status = rise_tensor_new(t->dtype, rank, dim, t->unit, &v, &data, err);
    if (status == RISE_OK && s.cell)
        status = rise_tensor_set_cells(v, s.cell, 1, err);
    if (status != RISE_OK) {
        rise_value_release(v);
        return status;
    }
    if (s.bytes)
        memcpy(data, s.data, s.bytes);
    *out = v;
    return RISE_OK;
}

static rise_status take_tensor(const rise_tensor *t, const size_t *keep, size_t n, rise_value **out,
                               rise_error *err) {
    arena scratch = {0};
    share *shares = ARENA_NEW(&scratch, share, n);
    double *coords = t->dim[0].coords ? ARENA_NEW(&scratch, double, n) : NULL;
    rise_status status = shares && (coords || !t->dim[0].coords)
                             ? RISE_OK
                             : rise_fail_nomem(err, "a tensor over chosen frames");
    for (size_t i = 0; status == RISE_OK && i < n; i++) {
        shares[i] = tensor_share(t, keep[i]);
        if (coords)
            coords[i] = t->dim[0].coords[keep[i]];
    }
    rise_dim outer = t->dim[0];
    outer.size = n;
    outer.coords = coords;
    if (status == RISE_OK)
        status =
            join_shares(shares, n, outer, t->dim + 1, t->rank - 1, t->dtype, t->unit, out, err);
    arena_free(&scratch);
    return status;
}

/* ---- tables: rows ---------------------------------------------------------------------------- */

static rise_status tables_agree(const rise_table *a, const rise_table *b, size_t f,
                                rise_error *err) {
    if (a->n_columns != b->n_columns)
        return rise_fail(err, RISE_E_FAILED, "frame %zu has a table of %zu columns, frame 0 of %zu",
                         f, b->n_columns, a->n_columns);
    for (size_t c = 0; c < a->n_columns; c++) {
        const rise_column *x = &a->column[c], *y = &b->column[c];
        if (strcmp(x->name, y->name) != 0 || strcmp(x->unit, y->unit) != 0 || x->dtype != y->dtype)
            return rise_fail(err, RISE_E_FAILED,
                             "frame %zu: column %zu is '%s' (%s, '%s'), in frame 0 '%s' (%s, '%s')",
                             f, c, y->name, rise_dtype_name(y->dtype), y->unit, x->name,
                             rise_dtype_name(x->dtype), x->unit);
    }
    return RISE_OK;
}

/* Row `from` of table t becomes row `to` of v; the columns are known to agree. */
static rise_status copy_row(const rise_table *t, size_t from, rise_value *v, size_t to,
                            rise_error *err) {
    for (size_t c = 0; c < t->n_columns; c++) {
        const rise_column *column = &t->column[c];
        if (column->f64)
            rise_table_f64(v, c)[to] = column->f64[from];
        if (column->i64)
            rise_table_i64(v, c)[to] = column->i64[from];
        if (!column->text)
            continue;
        rise_status status = rise_table_set_text(v, c, to, column->text[from], err);
        if (status != RISE_OK)
            return status;
    }
    return RISE_OK;
}

static rise_status assemble_tables(const rise_value *const *part, size_t n, rise_value **out,
                                   rise_error *err) {
    const rise_table *first = &part[0]->as.table;
    size_t n_rows = 0, row = 0;
    rise_status status = RISE_OK;
    for (size_t f = 0; status == RISE_OK && f < n; f++) {
        status = tables_agree(first, &part[f]->as.table, f, err);
        n_rows += part[f]->as.table.n_rows;
    }
    rise_value *v = NULL;
    if (status == RISE_OK)
        status = rise_table_new(first->column, first->n_columns, n_rows, &v, err);
    for (size_t f = 0; status == RISE_OK && f < n; f++) {
        const rise_table *t = &part[f]->as.table;
        for (size_t r = 0; status == RISE_OK && r < t->n_rows; r++)
            status = copy_row(t, r, v, row++, err);
    }
    if (status != RISE_OK)
        rise_value_release(v);
    else
        *out = v;
    return status;
}

static rise_status take_rows(const rise_table *t, const size_t *keep, size_t n, rise_value **out,
                             rise_error *err) {
    rise_value *v = NULL;
    rise_status status = rise_table_new(t->column, t->n_columns, n, &v, err);
    for (size_t i = 0; status == RISE_OK && i < n; i++)
        status = copy_row(t, keep[i], v, i, err);
    if (status != RISE_OK)
        rise_value_release(v);
    else
        *out = v;
    return status;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static rise_status assemble_frames(const rise_value *const *part, size_t n, rise_value **out,
                                   rise_error *err) {
    arena scratch = {0};
    size_t total = 0, i = 0;
    for (size_t f = 0; f < n; f++)
        total += part[f]->as.frames.n_frames;
    const rise_frame **list = ARENA_NEW(&scratch, const rise_frame *, total);
    for (size_t f = 0; list && f < n; f++)
        for (size_t k = 0; k < part[f]->as.frames.n_frames; k++)
            list[i++] = &part[f]->as.frames.frame[k];
    rise_status status =
        list ? frames_copy(list, total, out, err) : rise_fail_nomem(err, "the list of all frames");
    arena_free(&scratch);
    return status;
}

static rise_status take_frames(const rise_frames *frames, const size_t *keep, size_t n,
                               rise_value **out, rise_error *err) {
    arena scratch = {0};
    const rise_frame **list = ARENA_NEW(&scratch, const rise_frame *, n);
    for (size_t i = 0; list && i < n; i++)
        list[i] = &frames->frame[keep[i]];
    rise_status status =
        list ? frames_copy(list, n, out, err) : rise_fail_nomem(err, "the list of chosen frames");
    arena_free(&scratch);
    return status;
}

/* ---- the doors ------------------------------------------------------------------------------- */

rise_status value_assemble(const rise_value *const *part, size_t n, rise_value **out,
                           rise_error *err) {
    if (n == 0)
        return rise_fail(err, RISE_E_BUG, "no value to assemble");
    for (size_t f = 1; f < n; f++)
        if (part[f]->kind != part[0]->kind)
            return rise_fail(err, RISE_E_FAILED, "frame %zu gives a %s, frame 0 a %s", f,
                             rise_kind_name(part[f]->kind), rise_kind_name(part[0]->kind));
    switch (part[0]->kind) {
    case RISE_FRAMES:
        return assemble_frames(part, n, out, err);
    case RISE_TENSOR:
        return assemble_tensors(part, n, out, err);
    case RISE_TABLE:
        return assemble_tables(part, n, out, err);
    case RISE_MODEL:
    case RISE_DOCUMENT:
        break;
    }
    return rise_fail(err, RISE_E_BUG, "a %s belongs to no frame and cannot be assembled",
                     rise_kind_name(part[0]->kind));
}

size_t value_frame_count(const rise_value *whole) {
    if (whole->kind == RISE_FRAMES)
        return whole->as.frames.n_frames;
    const rise_tensor *t = rise_value_tensor(whole);
    bool over_frames = t && t->rank > 0 && strcmp(t->dim[0].name, "frame") == 0;
    return over_frames ? t->dim[0].size : 0;
}

/* How many frames can be told apart; a table has one row for each. */
static size_t rows_of(const rise_value *whole) {
    return whole->kind == RISE_TABLE ? whole->as.table.n_rows : value_frame_count(whole);
}

rise_status value_take(const rise_value *whole, const size_t *keep, size_t n, rise_value **out,
                       rise_error *err) {
    size_t n_frames = rows_of(whole);
    for (size_t i = 0; i < n; i++)
        if (keep[i] >= n_frames)
            return rise_fail(err, RISE_E_BUG, "frame %zu of a %s that has %zu frames", keep[i],
                             rise_kind_name(whole->kind), n_frames);
    if (whole->kind == RISE_FRAMES)
        return take_frames(&whole->as.frames, keep, n, out, err);
    if (whole->kind == RISE_TABLE)
        return take_rows(&whole->as.table, keep, n, out, err);
    const rise_tensor *t = rise_value_tensor(whole);
    if (t && t->rank > 0 && strcmp(t->dim[0].name, "frame") == 0)
        return take_tensor(t, keep, n, out, err);
    return rise_fail(err, RISE_E_BUG, "this %s does not run over frames",
                     rise_kind_name(whole->kind));
}

rise_status value_slice(const rise_value *whole, size_t frame, rise_value **out, rise_error *err) {
    if (whole->kind != RISE_TENSOR)
        return value_take(whole, &frame, 1, out, err);
    if (frame >= value_frame_count(whole))
        return rise_fail(err, RISE_E_BUG, "frame %zu of a tensor over %zu frames", frame,
                         value_frame_count(whole));
    return slice_tensor(&whole->as.tensor, frame, out, err);
}
