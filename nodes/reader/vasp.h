/* reader/vasp.h: POSCAR, CONTCAR and XDATCAR of VASP, frame by frame.
 *
 *     vasp_open(&vasp, path, bytes, size);
 *     while (vasp_next(&vasp, &frame, &more, err) == RISE_OK && more)
 *         vasp_atoms(&vasp, &frame, map, positions, species, err); // only where it is wanted
 *
 * Taken: one scale, three, or a volume (negative); symbols with what follows an underscore or a
 * slash (Fe_pv, Si/hash); direct and Cartesian coordinates; Selective dynamics; an XDATCAR whose
 * lattice changes. Velocities and what else follows the positions of a POSCAR is not read. Files
 * without symbols (VASP 4) need the map: species {1: ELEMENT} is the first kind of atom. All
 * directions are periodic. Formats: www.vasp.at/wiki, POSCAR and XDATCAR. */
#ifndef READER_VASP_H
#define READER_VASP_H

#include "species.h"
#include <rise/value.h>

enum { VASP_KINDS_MAX = 64 };

typedef struct vasp_kind {
    const char *name, *name_end; /* NULL: the file has no symbols */
    size_t n;                    /* atoms of it, one kind after the other */
} vasp_kind;

/* What stands before positions: of a POSCAR, and of all frames of an XDATCAR until the next one. */
typedef struct vasp_head {
    const char *begin, *end; /* its text; NULL: none was read yet */
    long line;               /* of its comment */
    rise_cell cell;
    double scale[3]; /* of Cartesian coordinates */
    size_t n_kinds, n_atoms;
    vasp_kind kind[VASP_KINDS_MAX];
    long names_line; /* of the symbols, or of the counts where there are none */
} vasp_head;

typedef struct vasp_reader {
    const char *path; /* for messages */
    const char *begin, *at, *end;
    long line;       /* of `at`, 1-based */
    size_t n_frames; /* read so far */
    bool trajectory; /* an XDATCAR */
    bool leave_out;  /* set after opening: a last frame that is not complete is passed over, */
    bool cut;        /* and this tells that there was one */
    vasp_head head;
} vasp_reader;

typedef struct vasp_frame {
    size_t index;            /* within this file, from 0 */
    const char *begin, *end; /* its text beside that of the head */
    const char *rows;
    long rows_line;
    bool cartesian;
} vasp_frame;

void vasp_open(vasp_reader *vasp, const char *path, const void *bytes, size_t size);
/* vasp->head is that of the frame. *more is false at the end of the file. */
rise_status vasp_next(vasp_reader *vasp, vasp_frame *frame, bool *more,
                      rise_error *err) RISE_MUST_USE;
/* positions [head.n_atoms][3] in Å, species [head.n_atoms]; `map` may be NULL. */
rise_status vasp_atoms(const vasp_reader *vasp, const vasp_frame *frame, const species_map *map,
                       double (*positions)[3], uint8_t *species, rise_error *err) RISE_MUST_USE;

/* Does it begin like one of them: a comment, one or three numbers, and three rows of three? */
bool vasp_looks_like(const void *bytes, size_t size);

#endif
