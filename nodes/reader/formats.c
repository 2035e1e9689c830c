/* reader/formats.c: the formats side by side. */
#include "formats.h"

#include <stdlib.h>
#include <string.h>

static rise_status make_room(frames_in *in, size_t n, rise_error *err) {
    if (n <= in->n_room)
        return RISE_OK;
    free(in->positions);
    free(in->species);
    in->n_room = 0;
    in->positions =
        n <= SIZE_MAX / sizeof *in->positions ? malloc(n * sizeof *in->positions) : NULL;
    in->species = malloc(n);
    if (in->positions == NULL || in->species == NULL)
        return rise_fail_nomem(err, "the atoms of a frame");
    in->n_room = n;
    return RISE_OK;
}

static void give(const frames_in *in, const rise_cell *cell, size_t n_atoms, rise_frame *out) {
    *out = (rise_frame){.cell = *cell,
                        .n_atoms = n_atoms,
                        .positions = (const double(*)[3])in->positions,
                        .species = in->species};
}

static bool leaves_out(const frames_in *in) {
    return strcmp(rise_param_text(in->ctx, "incomplete"), "leave-out") == 0;
}

static void warn_incomplete(const frames_in *in, size_t n_frames) {
    rise_warn(in->ctx, "%s: its last frame is not complete and left out; %zu are taken",
              in->file->path, n_frames);
}

static bool ends_with(const char *text, size_t size, const char *end) {
    size_t n = strlen(end);
    return size >= n && memcmp(text + size - n, end, n) == 0;
}

/* Without the ending of a packed file. */
static size_t plain_size(const char *path) {
    static const char *const packed[] = {".gz", ".zst", ".xz"};
    size_t size = strlen(path);
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++)
        if (ends_with(path, size, packed[i]))
            return size - strlen(packed[i]);
    return size;
}

/* ---- extended XYZ ---------------------------------------------------------------------------- */
static bool is_xyz(const char *path, const void *bytes, size_t size) {
    (void)bytes, (void)size;
    return ends_with(path, plain_size(path), "xyz");
}

static void open_xyz(frames_in *in) {
    extxyz_open(&in->xyz, in->file->path, in->file->bytes, in->file->size);
    in->xyz.leave_out = leaves_out(in);
}

static rise_status next_xyz(frames_in *in, found_frame *out, bool *more, rise_error *err) {
    const extxyz_frame *f = &in->xyz_frame;
    rise_status s = extxyz_next(&in->xyz, &in->xyz_frame, more, err);
    if (s == RISE_OK && in->xyz.cut)
        warn_incomplete(in, in->xyz.n_frames);
    if (s == RISE_OK && *more)
        *out = (found_frame){.index = f->index, .begin = f->begin, .end = f->end};
    return s;
}

static rise_status parse_xyz(frames_in *in, rise_frame *out, rise_error *err) {
    extxyz_frame *f = &in->xyz_frame;
    rise_status s = make_room(in, f->n_atoms, err);
    if (s == RISE_OK)
        s = extxyz_atoms(&in->xyz, f, in->map, in->positions, in->species, err);
    if (s != RISE_OK)
        return s;
    if (f->saw_numbers)
        rise_warn(in->ctx,
                  "%s: species are numbers and taken as atomic numbers (1 is H); if they are atom "
                  "types, say so: species: {1: ELEMENT}",
                  in->file->path);
    give(in, &f->cell, f->n_atoms, out);
    return RISE_OK;
}

static rise_status label_xyz(const frames_in *in, const char *key, double *value, rise_error *err) {
    return extxyz_label(&in->xyz, &in->xyz_frame, key, value, err);
}

static bool text_xyz(const frames_in *in, const char *key, char *out, size_t size) {
    return extxyz_text(&in->xyz_frame, key, out, size);
}

/* ---- LAMMPS: lengths ------------------------------------------------------------------------- */
/* docs.lammps.org/units.html; 1 Å in metal and real. 0: none, as of lj. */
static double length_of(const char *units) {
    static const struct {
        const char *style;
        double length;
    } known[] = {{"metal", 1}, {"real", 1},  {"electron", 0.529177210903},
                 {"si", 1e10}, {"cgs", 1e8}, {"micro", 1e4},
                 {"nano", 10}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(units, known[i].style) == 0)
            return known[i].length;
    return units[0] ? 0 : 1;
}

static void in_angstrom(const frames_in *in, const char *units, rise_cell *cell, size_t n,
                        double (*positions)[3]) {
    double length = length_of(units);
    if (length == 0)
        rise_warn(in->ctx, "%s: was written in LAMMPS units %s; lengths are taken as Å",
                  in->file->path, units);
    if (length == 0 || length == 1)
        return;
    for (int i = 0; i < 9; i++)
        (&cell->vector[0][0])[i] *= length;
    for (size_t i = 0; i < 3 * n; i++)
        (&positions[0][0])[i] *= length;
}

/* ---- LAMMPS data ----------------------------------------------------------------------------- */
static bool is_data(const char *path, const void *bytes, size_t size) {
    (void)path;
    return lammps_data_looks_like(bytes, size);
}

static void open_data(frames_in *in) {
    (void)in;
}

/* One frame, which is the file. */
static rise_status next_data(frames_in *in, found_frame *out, bool *more, rise_error *err) {
    const char *text = (const char *)in->file->bytes;
    (void)err;
    *more = !in->told;
    in->told = true;
    *out = (found_frame){.begin = text, .end = text + in->file->size};
    return RISE_OK;
}

static rise_status parse_data(frames_in *in, rise_frame *out, rise_error *err) {
    const char *style = rise_param_text(in->ctx, "atom_style");
    lammps_data *d = &in->data;
    lammps_data_free(d);
    rise_status s = lammps_data_parse(in->file->path, in->file->bytes, in->file->size,
                                      style == NULL || strcmp(style, "auto") == 0 ? NULL : style,
                                      in->map, d, err);
    if (s != RISE_OK)
        return s;
    in_angstrom(in, d->units, &d->cell, d->n_atoms, d->positions);
    *out = (rise_frame){.cell = d->cell,
                        .n_atoms = d->n_atoms,
                        .positions = (const double(*)[3])d->positions,
                        .species = d->species};
    return RISE_OK;
}

/* ---- LAMMPS dump ----------------------------------------------------------------------------- */
static bool is_dump(const char *path, const void *bytes, size_t size) {
    (void)path;
    return lammps_dump_looks_like(bytes, size);
}

static void open_dump(frames_in *in) {
    lammps_dump_open(&in->dump, in->file->path, in->file->bytes, in->file->size);
    in->dump.leave_out = leaves_out(in);
}

/* Units are named once, before the first frame, and determine all. */
static rise_status next_dump(frames_in *in, found_frame *out, bool *more, rise_error *err) {
    const dump_frame *f = &in->dump_frame;
    rise_status s = lammps_dump_next(&in->dump, &in->dump_frame, more, err);
    if (s == RISE_OK && in->dump.cut)
        warn_incomplete(in, in->dump.n_frames);
    if (s == RISE_OK && *more)
        *out = (found_frame){.index = f->index,
                             .head = f->units,
                             .head_end = f->units + strlen(f->units),
                             .begin = f->begin,
                             .end = f->end};
    return s;
}

static rise_status parse_dump(frames_in *in, rise_frame *out, rise_error *err) {
    dump_frame *f = &in->dump_frame;
    rise_status s = make_room(in, f->n_atoms, err);
    if (s == RISE_OK)
        s = lammps_dump_atoms(&in->dump, f, in->map, in->positions, in->species, err);
    if (s != RISE_OK)
        return s;
    if (!f->says_periodic && !in->told)
        rise_warn(in->ctx,
                  "%s: ITEM: BOX BOUNDS does not say which directions are periodic; all "
                  "are taken so",
                  in->file->path);
    in->told = true;
    in_angstrom(in, f->units, &f->cell, f->n_atoms, in->positions);
    give(in, &f->cell, f->n_atoms, out);
    return RISE_OK;
}

/* ---- POSCAR, CONTCAR, XDATCAR ---------------------------------------------------------------- */
static bool is_vasp(const char *path, const void *bytes, size_t size) {
    (void)path;
    return vasp_looks_like(bytes, size);
}

static void open_vasp(frames_in *in) {
    vasp_open(&in->vasp, in->file->path, in->file->bytes, in->file->size);
    in->vasp.leave_out = leaves_out(in);
}

static rise_status next_vasp(frames_in *in, found_frame *out, bool *more, rise_error *err) {
    const vasp_frame *f = &in->vasp_frame;
    rise_status s = vasp_next(&in->vasp, &in->vasp_frame, more, err);
    if (s == RISE_OK && in->vasp.cut)
        warn_incomplete(in, in->vasp.n_frames);
    if (s == RISE_OK && *more)
        *out = (found_frame){.index = f->index,
                             .head = in->vasp.head.begin,
                             .head_end = in->vasp.head.end,
                             .begin = f->begin,
                             .end = f->end};
    return s;
}

static rise_status parse_vasp(frames_in *in, rise_frame *out, rise_error *err) {
    rise_status s = make_room(in, in->vasp.head.n_atoms, err);
    if (s == RISE_OK)
        s = vasp_atoms(&in->vasp, &in->vasp_frame, in->map, in->positions, in->species, err);
    if (s == RISE_OK)
        give(in, &in->vasp.head.cell, in->vasp.head.n_atoms, out);
    return s;
}

/* ---- all ------------------------------------------------------------------------------------- */
/* Where a file looks like none of them, it is read as XYZ, whose errors say what was expected. */
static const frame_format formats[] = {
    {"extxyz", is_xyz, open_xyz, next_xyz, parse_xyz, label_xyz, text_xyz},
    {"lammps-dump", is_dump, open_dump, next_dump, parse_dump, NULL, NULL},
    {"lammps-data", is_data, open_data, next_data, parse_data, NULL, NULL},
    {"vasp", is_vasp, open_vasp, next_vasp, parse_vasp, NULL, NULL},
};

const frame_format *frame_format_of(const char *name, const rise_file *file) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const frame_format *f = &formats[i];
        if (strcmp(name, "auto") == 0 ? f->is(file->path, file->bytes, file->size)
                                      : strcmp(name, f->name) == 0)
            return f;
    }
    return &formats[0];
}

void frames_open(frames_in *in, rise_ctx *ctx, const rise_file *file, const species_map *map) {
    *in = (frames_in){.ctx = ctx, .file = file, .map = map};
    in->format = frame_format_of(rise_param_text(ctx, "format"), file);
    in->format->open(in);
}

void frames_close(frames_in *in) {
    free(in->positions);
    free(in->species);
    lammps_data_free(&in->data);
}
