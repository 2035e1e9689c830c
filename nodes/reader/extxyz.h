/* reader/extxyz.h: (extended) XYZ, frame by frame, from bytes in memory.
 *
 *     extxyz_open(&xyz, path, bytes, size);
 *     while (extxyz_next(&xyz, &frame, &more, err) == RISE_OK && more)  // header, extent of the
 * frame extxyz_atoms(&xyz, &frame, map, positions, species, err);     // only where it is wanted
 *
 * Nothing is allocated and no announced number of atoms is believed before that many lines were
 * seen. Format: the specification in github.com/libAtoms/extxyz; what it leaves open is decided as
 * ASE does, except that a line which tries to have Properties or Lattice and fails is an error. */
#ifndef READER_EXTXYZ_H
#define READER_EXTXYZ_H

#include "species.h"
#include <rise/value.h>

typedef struct extxyz_reader {
    const char *path; /* for messages */
    const char *begin, *at, *end;
    long line;       /* of `at`, 1-based */
    size_t n_frames; /* read so far */
    bool leave_out;  /* set after opening: a last frame that is not complete is passed over, */
    bool cut;        /* and this tells that there was one */
} extxyz_reader;

typedef struct extxyz_frame {
    size_t index;                      /* within this file, from 0 */
    long line;                         /* of the number of atoms */
    const char *begin, *end;           /* all its text */
    const char *comment, *comment_end; /* the second line, without its end */
    const char *atoms;                 /* the first row */
    size_t n_atoms;                    /* > 0 */
    rise_cell cell;                    /* zeros where there is no Lattice */
    bool plain;             /* no Properties: species x y z, further columns are not read */
    bool has_pairs;         /* the comment is key=value text */
    bool species_is_number; /* declared so: Z:I:1 or species:I:1 */
    bool saw_numbers; /* set by extxyz_atoms: atomic numbers where symbols were to be expected */
    size_t n_columns; /* exactly, unless plain */
    size_t species_column, position_column; /* from 0 */
} extxyz_frame;

void extxyz_open(extxyz_reader *xyz, const char *path, const void *bytes, size_t size);
/* *more is false at the end of the file. */
rise_status extxyz_next(extxyz_reader *xyz, extxyz_frame *frame, bool *more,
                        rise_error *err) RISE_MUST_USE;
/* positions [n_atoms][3] in Å, species [n_atoms]; `map` may be NULL. */
rise_status extxyz_atoms(const extxyz_reader *xyz, extxyz_frame *frame, const species_map *map,
                         double (*positions)[3], uint8_t *species, rise_error *err) RISE_MUST_USE;
/* The number under `key` in the comment line. */
rise_status extxyz_label(const extxyz_reader *xyz, const extxyz_frame *frame, const char *key,
                         double *value, rise_error *err) RISE_MUST_USE;
/* The text under `key` in the comment line, without quotes; false: there is none, or it does not
 * fit into `size` bytes. */
bool extxyz_text(const extxyz_frame *frame, const char *key, char *out, size_t size);

#endif
