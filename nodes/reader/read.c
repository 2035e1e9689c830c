/* reader/read.c: one input file, frame by frame. A frame is announced by the bytes that determine
 * it and parsed only where it is wanted. The formats themselves are pure functions beside this. */
#include "read.h"

#include "formats.h"
#include "frame_labels.h"
#include "group.h"
#include "kit/bytes.h"
#include "overlap.h"

#include <stdio.h>
#include <string.h>

typedef struct job {
    rise_ctx *ctx;
    const rise_file *file;
    frames_in in;
    species_map map;
    frame_labels labels;
    const char *group; /* NULL: no pattern */
    size_t group_size;
    byte_buffer identity;
    bool warned; /* of atoms at one place, in this file */
} job;

static void job_close(job *j) {
    bytes_free(&j->identity);
    frames_close(&j->in);
}

static rise_status open_species(job *j, rise_error *err) {
    size_t n = rise_param_count(j->ctx, "species");
    const char **type = rise_scratch(j->ctx, (n + 1) * sizeof *type);
    uint8_t *number = rise_scratch(j->ctx, n + 1);
    if (type == NULL || number == NULL)
        return rise_fail_nomem(err, "the map of species");
    for (size_t i = 0; i < n; i++) {
        type[i] = rise_param_key_at(j->ctx, "species", i);
        number[i] = (uint8_t)rise_element_number(rise_param_text_at(j->ctx, "species", i));
    }
    j->map = (species_map){n, type, number};
    return RISE_OK;
}

static rise_status open_group(job *j, rise_error *err) {
    const char *pattern = rise_param_text(j->ctx, "group");
    if (pattern == NULL) {
        if (!rise_wanted(j->ctx, "group"))
            return RISE_OK;
        rise_fail(err, RISE_E_GRAPH, "somebody reads the output group, but no pattern is given");
        return rise_hint(err, "group: \"Cooling{group}/*/*.txt\", a pattern on the path");
    }
    if (group_match(pattern, j->file->path, &j->group, &j->group_size))
        return RISE_OK;
    rise_fail_at(err, RISE_E_DATA, j->file->path, 0, 0, "does not match the pattern group: %s",
                 pattern);
    return rise_hint(err, "* stays within one name; the pattern covers the end of the path");
}

/* Tells the host what determines this frame: format, text, labels and group. */
static rise_status announce(job *j, const found_frame *f, bool *wanted, rise_error *err) {
    byte_buffer *b = &j->identity;
    const char *format = j->in.format->name;
    b->size = 0;
    bytes_add(b, format, strlen(format) + 1);
    for (size_t i = 0; i < j->labels.n; i++) {
        bytes_add(b, j->labels.spec[i].name, strlen(j->labels.spec[i].name) + 1);
        bytes_add(b, &j->labels.value[i], sizeof j->labels.value[i]);
    }
    bytes_add_le(b, j->group != NULL ? j->group_size + 1 : 0, 8);
    bytes_add(b, j->group, j->group_size);
    if (f->head != NULL)
        bytes_add(b, f->head, (size_t)(f->head_end - f->head));
    bytes_add(b, f->begin, (size_t)(f->end - f->begin));
    if (b->failed)
        return rise_fail_nomem(err, "the text of a frame");
    char name[32];
    snprintf(name, sizeof name, "%zu", f->index);
    *wanted = rise_item(j->ctx, b->data, b->size, name);
    return RISE_OK;
}

static rise_status put_label(job *j, const char *name, double label, rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, err);
    if (status != RISE_OK)
        return status;
    memcpy(data, &label, sizeof label);
    return rise_output(j->ctx, name, value, err);
}

static rise_status put_group(job *j, rise_error *err) {
    char text[256];
    snprintf(text, sizeof text, "%.*s", (int)j->group_size, j->group);
    rise_column column = {.name = "group", .dtype = RISE_TEXT};
    rise_value *value = NULL;
    rise_status status = rise_table_new(&column, 1, 1, &value, err);
    if (status != RISE_OK)
        return status;
    status = rise_table_set_text(value, 0, 0, text, err);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(j->ctx, "group", value, err);
}

static rise_status put_label_table(job *j, rise_error *err) {
    rise_value *value = NULL;
    if (j->labels.n == 0)
        return rise_fail(err, RISE_E_GRAPH,
                         "somebody reads the output label_table, but there are "
                         "no labels");
    rise_column *column = rise_scratch(j->ctx, j->labels.n * sizeof *column);
    if (column == NULL)
        return rise_fail_nomem(err, "the labels");
    for (size_t i = 0; i < j->labels.n; i++) {
        column[i] = (rise_column){.dtype = RISE_F64};
        snprintf(column[i].name, sizeof column[i].name, "%s", j->labels.spec[i].name);
    }
    rise_status status = rise_table_new(column, j->labels.n, 1, &value, err);
    if (status != RISE_OK)
        return status;
    for (size_t i = 0; i < j->labels.n; i++)
        rise_table_f64(value, i)[0] = j->labels.value[i];
    return rise_output(j->ctx, "label_table", value, err);
}

/* Once for each file: where one frame has this, many have. */
static void warn_overlap(job *j, size_t index, const rise_frame *frame) {
    size_t a = 0, b = 0;
    double distance = 0;
    if (j->warned || !overlap_find(frame, &a, &b, &distance))
        return;
    j->warned = true;
    rise_warn(j->ctx, "%s: frame %zu: atoms %zu and %zu (from 0) are %.3g Å apart", j->file->path,
              index, a, b, distance);
}

static rise_status put_outputs(job *j, size_t index, const rise_frame *frame, rise_error *err) {
    warn_overlap(j, index, frame);
    rise_value *value = NULL;
    rise_status status = rise_frames_new(frame, 1, &value, err);
    if (status == RISE_OK)
        status = rise_output(j->ctx, "frames", value, err);
    for (size_t i = 0; i < j->labels.n && status == RISE_OK; i++)
        status = put_label(j, j->labels.spec[i].name, j->labels.value[i], err);
    if (status == RISE_OK && j->group != NULL)
        status = put_group(j, err);
    if (status == RISE_OK && rise_wanted(j->ctx, "label_table"))
        status = put_label_table(j, err);
    return status;
}

static rise_status read_frame(job *j, const found_frame *f, rise_error *err) {
    bool wanted = false;
    rise_frame frame;
    rise_status status = labels_take(&j->labels, f->index, err);
    if (status == RISE_OK)
        status = announce(j, f, &wanted, err);
    if (status == RISE_OK && wanted)
        status = j->in.format->parse(&j->in, &frame, err);
    return status == RISE_OK && wanted ? put_outputs(j, f->index, &frame, err) : status;
}

static rise_status read_frames(job *j, rise_error *err) {
    const char *begin = (const char *)j->file->bytes;
    size_t n = 0;
    for (;; n++) {
        found_frame f = {0};
        bool more = false;
        rise_status status = j->in.format->next(&j->in, &f, &more, err);
        if (status == RISE_OK && !more)
            break;
        if (status == RISE_OK)
            status = read_frame(j, &f, err);
        if (status != RISE_OK)
            return status;
        if (rise_cancelled(j->ctx))
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        rise_progress(j->ctx, (double)(f.end - begin), (double)j->file->size, "%s", j->file->path);
    }
    if (n > 0)
        return RISE_OK;
    return rise_fail_at(err, RISE_E_DATA, j->file->path, 0, 0,
                        j->file->size > 0 ? "holds no complete frame"
                                          : "is empty, expected at least one frame");
}

rise_status reader_source(rise_ctx *ctx, const rise_file *file, rise_error *err) {
    if (file == NULL)
        return labels_check(ctx, err);
    job j = {.ctx = ctx, .file = file};
    rise_status status = open_species(&j, err);
    frames_open(&j.in, ctx, file, &j.map);
    if (status == RISE_OK)
        status = open_group(&j, err);
    if (status == RISE_OK)
        status = labels_open(&j.labels, &j.in, rise_frame_index(ctx), err);
    if (status == RISE_OK)
        status = read_frames(&j, err);
    job_close(&j);
    return status;
}
