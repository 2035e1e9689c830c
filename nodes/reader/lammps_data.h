/* reader/lammps_data.h: LAMMPS data files (what read_data takes and write_data gives).
 *
 * Taken: orthogonal, triclinic and general triclinic boxes; sections in any order; Masses and atoms
 * in any order of ids (atoms come out sorted by id); type labels; image flags (not applied: atoms
 * stay where the file has them, inside the box). Positions are relative to the box origin, all
 * three directions are periodic (a data file does not say otherwise). The first line is never read
 * as data. Format: docs.lammps.org/read_data.html. */
#ifndef READER_LAMMPS_DATA_H
#define READER_LAMMPS_DATA_H

#include "species.h"
#include <rise/value.h>

typedef struct lammps_data {
    size_t n_atoms;
    rise_cell cell;
    double (*positions)[3]; /* [n_atoms], Å */
    uint8_t *species;       /* [n_atoms] */
    char units[16];         /* as the title line names them, "" where it does not */
} lammps_data;

/* `atom_style`: a style's name, or NULL: the hint after "Atoms #", else only what the number of
 * columns leaves no doubt about. Types become elements by `map` (may be NULL), else by type labels
 * and by the comments in Masses that are element symbols. `out` is freed by the caller. */
rise_status lammps_data_parse(const char *path, const void *bytes, size_t size,
                              const char *atom_style, const species_map *map, lammps_data *out,
                              rise_error *err) RISE_MUST_USE;
void lammps_data_free(lammps_data *data);

/* Does the text look like a data file (an "N atoms" line among the first)? */
bool lammps_data_looks_like(const void *bytes, size_t size);

#endif
