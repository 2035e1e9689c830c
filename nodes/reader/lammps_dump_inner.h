/* reader/lammps_dump_inner.h: between the two files that read dumps. */
#ifndef READER_LAMMPS_DUMP_INNER_H
#define READER_LAMMPS_DUMP_INNER_H

/* What a column is. */
enum { DUMP_OTHER, DUMP_ID, DUMP_TYPE, DUMP_ELEMENT, DUMP_X, DUMP_Y, DUMP_Z };

#endif
