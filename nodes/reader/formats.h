/* reader/formats.h: a file of frames, whatever its format. A frame is found first, as the text that
 * determines it, and parsed only where it is wanted.
 *
 *     frames_open(&in, ctx, file, map);
 *     while (in.format->next(&in, &found, &more, err) == RISE_OK && more)
 *         in.format->parse(&in, &frame, err);
 */
#ifndef READER_FORMATS_H
#define READER_FORMATS_H

#include "extxyz.h"
#include "lammps_data.h"
#include "lammps_dump.h"
#include "vasp.h"
#include <rise/node.h>

typedef struct frames_in frames_in;

typedef struct found_frame {
    size_t index;                /* within this file, from 0 */
    const char *head, *head_end; /* what else of the file determines it, or NULL */
    const char *begin, *end;
} found_frame;

typedef struct frame_format {
    const char *name; /* of the parameter `format`; part of what frames are known by */
    bool (*is)(const char *path, const void *bytes, size_t size);
    void (*open)(frames_in *in);
    rise_status (*next)(frames_in *in, found_frame *out, bool *more, rise_error *err);
    /* The frame found last; what it points to lasts until the next call. */
    rise_status (*parse)(frames_in *in, rise_frame *out, rise_error *err);
    /* A number of the frame found last by its key; NULL: the format has none. */
    rise_status (*label)(const frames_in *in, const char *key, double *value, rise_error *err);
    /* The text of a key, as it stands there; false: the frame has none. NULL: the format has none.
     */
    bool (*text)(const frames_in *in, const char *key, char *out, size_t size);
} frame_format;

struct frames_in {
    rise_ctx *ctx; /* for warnings and parameters */
    const rise_file *file;
    const frame_format *format;
    const species_map *map;
    bool told;              /* what is told once for each file; of LAMMPS data: the frame */
    double (*positions)[3]; /* [n_room] */
    uint8_t *species;       /* [n_room] */
    size_t n_room;
    extxyz_reader xyz;
    extxyz_frame xyz_frame;
    lammps_data data;
    lammps_dump dump;
    dump_frame dump_frame;
    vasp_reader vasp;
    vasp_frame vasp_frame;
};

/* The format that `name` names, or with "auto" the one that the file looks like. */
const frame_format *frame_format_of(const char *name, const rise_file *file);
void frames_open(frames_in *in, rise_ctx *ctx, const rise_file *file, const species_map *map);
void frames_close(frames_in *in);

#endif
