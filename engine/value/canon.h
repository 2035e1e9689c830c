/* clang-format off */
/* engine/value/canon.h: the canonical bytes of a value. Everything is little-endian, without padding
 * but for the zeros before the payload. "text" is u32 length + UTF-8 bytes without NUL; "cell" is
 * 9 x f64 (rows a, b, c) + 3 x u8 (periodicity, 0 or 1). Doubles of the body are canonical: no -0,
 * one NaN.
 *
 *    0  8 x u8  "RISEVAL1"
 *    8  u32     kind
 *   12  u32     dtype of a tensor, else 0
 *   16  u64     where the payload starts, a multiple of 64
 *   24  u64     bytes of the payload, which ends the whole
 *   32  u32     width of the payload's elements (1, 4, 8)
 *   36  u32     1: a tensor with a note, else 0
 *   40          body:
 *     frames    u64 n; n x { u64 atoms, cell, atoms x u8 species }
 *     tensor    u32 rank; rank x { text name, u64 size, u8 coords?, [size x f64] };
 *               text unit; u8 ragged?, [(dim[0].size + 1) x i64 offsets]; u64 n_cells, n_cells x cell;
 *               [text note]
 *     table     u64 rows, u64 columns; columns x { text name, text unit, u32 dtype };
 *               for each text column: rows x text
 *     blob      text format
 *               zeros up to a multiple of 64
 *   payload:
 *     frames    positions of all frames, f64
 *     tensor    its numbers, bits as they are
 *     table     the number columns, one after the other, 8 bytes a cell, bits as they are
 *     blob      its bytes */
/* clang-format on */
#ifndef VALUE_CANON_H
#define VALUE_CANON_H

#include "value/inside.h"

enum {
    CANON_HEAD = 40,
    CANON_ALIGN = 64,
    CANON_CELL = 75,                  /* bytes of a cell */
    CANON_FRAME_MIN = 8 + CANON_CELL, /* bytes of a frame without atoms */
    CANON_COLUMN_MIN = 4 + 4 + 4      /* bytes of a column with empty names */
};

#define CANON_MAGIC "RISEVAL1"

#endif
