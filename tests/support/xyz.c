/* tests/support/xyz.c: a small extended-XYZ reader for tests. */
#include "xyz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *path, const char *what) {
    fprintf(stderr, "xyz_load: %s: %s\n", path, what);
    return false;
}

/* One line without its newline; false at the end of the file or when it does not fit. */
static bool read_line(FILE *file, char *line, size_t size) {
    if (fgets(line, (int)size, file) == NULL)
        return false;
    size_t n = strcspn(line, "\r\n");
    bool whole = line[n] != '\0' || feof(file);
    line[n] = '\0';
    return whole;
}

static bool read_atoms(FILE *file, xyz_frame *out) {
    char line[1024];
    for (size_t i = 0; i < out->n_atoms; i++) {
        char symbol[8];
        double *r = out->positions[i];
        if (!read_line(file, line, sizeof line) ||
            sscanf(line, "%7s %lf %lf %lf", symbol, &r[0], &r[1], &r[2]) != 4)
            return false;
        int number = rise_element_number(symbol);
        if (number == 0)
            return false;
        out->species[i] = (uint8_t)number;
    }
    return true;
}

static void parse_cell(xyz_frame *out) {
    const char *lattice = strstr(out->comment, "Lattice=\"");
    double *v = out->cell.vector[0];
    bool periodic = false;
    if (lattice != NULL)
        periodic = sscanf(lattice + 9, "%lf %lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2],
                          &v[3], &v[4], &v[5], &v[6], &v[7], &v[8]) == 9;
    const char *pbc = strstr(out->comment, "pbc=\"");
    for (int axis = 0; axis < 3; axis++)
        out->cell.periodic[axis] = periodic && (pbc == NULL || pbc[5 + 2 * axis] == 'T');
}

static bool read_frame(FILE *file, const char *path, size_t frame, xyz_frame *out) {
    char line[1024];
    for (size_t f = 0;; f++) {
        if (!read_line(file, line, sizeof line))
            return complain(path, "fewer frames than asked for");
        out->n_atoms = strtoul(line, NULL, 10);
        if (!read_line(file, out->comment, sizeof out->comment))
            return complain(path, "no comment line");
        if (f == frame)
            break;
        for (size_t i = 0; i < out->n_atoms; i++)
            if (!read_line(file, line, sizeof line))
                return complain(path, "frame cut short");
    }
    parse_cell(out);
    out->positions = calloc(out->n_atoms + 1, sizeof *out->positions);
    out->species = calloc(out->n_atoms + 1, 1);
    if (out->positions == NULL || out->species == NULL)
        return complain(path, "out of memory");
    return read_atoms(file, out) || complain(path, "bad or missing atom line");
}

bool xyz_load(const char *path, size_t frame, xyz_frame *out) {
    *out = (xyz_frame){.n_atoms = 0};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return complain(path, "cannot be opened");
    bool good = read_frame(file, path, frame, out);
    fclose(file);
    if (!good)
        xyz_free(out);
    return good;
}

void xyz_free(xyz_frame *frame) {
    free(frame->positions);
    free(frame->species);
    *frame = (xyz_frame){.n_atoms = 0};
}

double xyz_number(const xyz_frame *frame, const char *key) {
    size_t length = strlen(key);
    for (const char *at = frame->comment; (at = strstr(at, key)) != NULL; at += length)
        if ((at == frame->comment || at[-1] == ' ') && at[length] == '=')
            return strtod(at + length + 1, NULL);
    return (double)NAN;
}
