/* reader/lammps_dump.h: LAMMPS dumps (dump atom and dump custom, as text), frame by frame.
 *
 *     lammps_dump_open(&dump, path, bytes, size);
 *     while (lammps_dump_next(&dump, &frame, &more, err) == RISE_OK && more)
 *         lammps_dump_atoms(&dump, &frame, map, positions, species, err); // only where it is
 * wanted
 *
 * Taken: columns in any order; x, xs, xu or xsu; orthogonal, triclinic (its bounds are those of the
 * bounding box) and general triclinic boxes; any number of atoms in each frame. Atoms come out
 * sorted by id where there is a column id. `element` tells what an atom is, else `type` with the
 * map. Positions are relative to the box origin. A frame is believed only as far as its lines were
 * seen. Format: docs.lammps.org/dump.html. */
#ifndef READER_LAMMPS_DUMP_H
#define READER_LAMMPS_DUMP_H

#include "species.h"
#include <rise/value.h>

typedef struct lammps_dump {
    const char *path; /* for messages */
    const char *begin, *at, *end;
    long line;       /* of `at`, 1-based */
    size_t n_frames; /* read so far */
    char units[16];  /* the style that a frame named last, "": none did */
    bool leave_out;  /* set after opening: a last frame that is not complete is passed over, */
    bool cut;        /* and this tells that there was one */
} lammps_dump;

enum { DUMP_COLUMNS_MAX = 256 }; /* further columns are not looked at */

typedef struct dump_frame {
    size_t index;            /* within this file, from 0 */
    long line, rows_line;    /* where it and its rows begin */
    const char *begin, *end; /* all its text */
    const char *rows;
    size_t n_atoms; /* > 0 */
    rise_cell cell;
    double origin[3];
    bool says_periodic; /* else the bounds say nothing, and all directions are taken as periodic */
    char units[16];     /* style; "" where the file does not say */
    size_t n_columns;
    uint8_t role[DUMP_COLUMNS_MAX]; /* what each column is, see lammps_dump.c */
    bool scaled;                    /* positions are fractions of the cell */
} dump_frame;

void lammps_dump_open(lammps_dump *dump, const char *path, const void *bytes, size_t size);
/* *more is false at the end of the file. */
rise_status lammps_dump_next(lammps_dump *dump, dump_frame *frame, bool *more,
                             rise_error *err) RISE_MUST_USE;
/* positions [n_atoms][3] in the units of the file, species [n_atoms]; `map` may be NULL. */
rise_status lammps_dump_atoms(const lammps_dump *dump, const dump_frame *frame,
                              const species_map *map, double (*positions)[3], uint8_t *species,
                              rise_error *err) RISE_MUST_USE;

/* Does it begin like a dump? */
bool lammps_dump_looks_like(const void *bytes, size_t size);

#endif
