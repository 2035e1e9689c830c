/* bench_read: text of frames parsed on one core, from memory.
 *
 *   bench_read extxyz|dump|data|vasp FILE [repeats] [--bare]
 *
 * What is timed is what the reader does with the text of a file whose frames are all new: find each
 * frame, its box, its species and its positions. MB/s of text; the median. --bare prints seconds of
 * one pass for each repeat, for scripts that alternate with other programs. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader/extxyz.h"
#include "reader/lammps_data.h"
#include "reader/lammps_dump.h"
#include "reader/vasp.h"

enum { MAX_REPEATS = 99 };

static const char *const types[] = {"1", "2"};
static const uint8_t numbers[] = {40, 29};
static const species_map map = {2, types, numbers};

typedef struct text {
    char *bytes;
    size_t size;
} text;

typedef struct room {
    double (*positions)[3];
    uint8_t *species;
    size_t n, atoms, frames; /* atoms, frames: seen in all */
} room;

static void make_room(room *r, size_t n) {
    r->atoms += n;
    r->frames++;
    if (n <= r->n)
        return;
    free(r->positions);
    free(r->species);
    r->positions = malloc(n * sizeof *r->positions);
    r->species = malloc(n);
    r->n = n;
}

static rise_status pass_extxyz(const text *t, room *r, rise_error *err) {
    extxyz_reader in;
    extxyz_frame f;
    rise_status s = RISE_OK;
    extxyz_open(&in, "FILE", t->bytes, t->size);
    for (bool more = true; s == RISE_OK && more;) {
        s = extxyz_next(&in, &f, &more, err);
        if (s != RISE_OK || !more)
            break;
        make_room(r, f.n_atoms);
        s = extxyz_atoms(&in, &f, &map, r->positions, r->species, err);
    }
    return s;
}

static rise_status pass_dump(const text *t, room *r, rise_error *err) {
    lammps_dump in;
    dump_frame f;
    rise_status s = RISE_OK;
    lammps_dump_open(&in, "FILE", t->bytes, t->size);
    for (bool more = true; s == RISE_OK && more;) {
        s = lammps_dump_next(&in, &f, &more, err);
        if (s != RISE_OK || !more)
            break;
        make_room(r, f.n_atoms);
        s = lammps_dump_atoms(&in, &f, &map, r->positions, r->species, err);
    }
    return s;
}

static rise_status pass_vasp(const text *t, room *r, rise_error *err) {
    vasp_reader in;
    vasp_frame f;
    rise_status s = RISE_OK;
    vasp_open(&in, "FILE", t->bytes, t->size);
    for (bool more = true; s == RISE_OK && more;) {
        s = vasp_next(&in, &f, &more, err);
        if (s != RISE_OK || !more)
            break;
        make_room(r, in.head.n_atoms);
        s = vasp_atoms(&in, &f, &map, r->positions, r->species, err);
    }
    return s;
}

static rise_status pass_data(const text *t, room *r, rise_error *err) {
    lammps_data data = {0};
    rise_status s = lammps_data_parse("FILE", t->bytes, t->size, NULL, &map, &data, err);
    r->atoms += data.n_atoms;
    r->frames++;
    lammps_data_free(&data);
    return s;
}

static text load(const char *path) {
    text t = {0};
    FILE *f = fopen(path, "rb");
    if (f && fseek(f, 0, SEEK_END) == 0) {
        t.size = (size_t)ftell(f);
        rewind(f);
        t.bytes = malloc(t.size + 1);
        if (t.bytes && fread(t.bytes, 1, t.size, f) != t.size)
            t.size = 0;
    }
    if (f)
        fclose(f);
    return t;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        rise_status (*pass)(const text *t, room *r, rise_error *err);
    } formats[] = {
        {"extxyz", pass_extxyz}, {"dump", pass_dump}, {"data", pass_data}, {"vasp", pass_vasp}};
    bool bare = argc > 1 && strcmp(argv[argc - 1], "--bare") == 0;
    int repeats = argc > 3 && argv[3][0] != '-' ? atoi(argv[3]) : 5;
    text t = argc > 2 ? load(argv[2]) : (text){0};
    double spent[MAX_REPEATS];
    size_t k = 0;
    while (argc > 1 && k < 4 && strcmp(argv[1], formats[k].name) != 0)
        k++;
    if (argc < 3 || k == 4 || !t.size || repeats < 1 || repeats > MAX_REPEATS) {
        fputs("usage: bench_read extxyz|dump|data|vasp FILE [repeats] [--bare]\n", stderr);
        return 2;
    }
    room r = {0};
    for (int i = 0; i < repeats; i++) {
        rise_error err = {0};
        r.atoms = r.frames = 0;
        double start = measure_cpu();
        if (formats[k].pass(&t, &r, &err) != RISE_OK) {
            fprintf(stderr, "%s:%ld: %s\n", argv[2], err.line, err.message);
            return 1;
        }
        spent[i] = measure_cpu() - start;
        if (bare)
            printf("%.6f\n", spent[i]);
    }
    double s = measure_median(spent, (size_t)repeats);
    if (!bare)
        printf("%-8s %6.1f MB, %zu frames, %zu atoms: %6.0f MB/s, %.1f ns an atom\n", argv[1],
               (double)t.size * 1e-6, r.frames, r.atoms, (double)t.size * 1e-6 / s,
               1e9 * s / (double)r.atoms);
    free(r.positions);
    free(r.species);
    free(t.bytes);
    return 0;
}
