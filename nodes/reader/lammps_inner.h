/* reader/lammps_inner.h: between the files that read LAMMPS data files. */
#ifndef READER_LAMMPS_INNER_H
#define READER_LAMMPS_INNER_H

#include "lammps_data.h"
#include "lines.h"

/* What a type is called. */
typedef struct lammps_type {
    word label;   /* Atom Type Labels; p is NULL where there is none */
    word comment; /* first word of the comment in Masses */
    double mass;  /* 0: not given */
} lammps_type;

typedef struct lammps_header {
    size_t n_atoms, n_types;
    bool has_atoms, has_types, has_bounds[3], has_tilt, has_vector[3], has_origin;
    double low[3], high[3], tilt[3]; /* tilt: xy xz yz */
    double vector[3][3], origin[3];  /* general triclinic */
} lammps_header;

/* A line of the header; lines that say nothing about atoms or box are passed over. */
rise_status lammps_take_header(const text_lines *text, const text_line *line, lammps_header *h,
                               rise_error *err) RISE_MUST_USE;
/* Box and its origin from a complete header. `line` is where the header ends. */
rise_status lammps_box(const text_lines *text, long line, const lammps_header *h, rise_cell *cell,
                       double origin[3], rise_error *err) RISE_MUST_USE;

typedef struct lammps_style {
    const char *name;
    int n_columns; /* without image flags; 0: any number from six on */
    int type, x;   /* columns, from 0 */
} lammps_style;

const lammps_style *lammps_style_find(const char *name, size_t size); /* or NULL */

typedef struct lammps_atom {
    int64_t id;
    uint32_t type; /* 1-based */
    double x[3];
    long line;
} lammps_atom;

typedef struct lammps_atoms {
    const lammps_style *style; /* NULL until known */
    const lammps_type *type;   /* [n_types] */
    size_t n_types;
    double origin[3];
} lammps_atoms;

/* Which style the section has; *style stays NULL where only the rows can tell. */
rise_status lammps_choose_style(const text_lines *text, const text_line *title,
                                const char *atom_style, const lammps_style **style,
                                rise_error *err) RISE_MUST_USE;
rise_status lammps_take_atom(const text_lines *text, const text_line *line, lammps_atoms *atoms,
                             lammps_atom *out, rise_error *err) RISE_MUST_USE;

/* 1-based type from a number or a label; 0 where it is neither. */
size_t lammps_find_type(const word *w, const lammps_type *type, size_t n_types);
/* The element of type t. `line` is that of an atom of that type. */
rise_status lammps_element(const text_lines *text, long line, const lammps_type *type,
                           size_t n_types, size_t t, const species_map *map, uint8_t *number,
                           rise_error *err) RISE_MUST_USE;

#endif
