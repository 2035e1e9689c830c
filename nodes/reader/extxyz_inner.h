/* reader/extxyz_inner.h: between the two files that read extended XYZ. */
#ifndef READER_EXTXYZ_INNER_H
#define READER_EXTXYZ_INNER_H

#include "extxyz.h"

#define EXTXYZ_LINE_MAX (16 << 20)
#define EXTXYZ_COLUMNS_MAX 100000

/* Fills cell and columns of `f` from its comment line. */
rise_status extxyz_header(const extxyz_reader *xyz, extxyz_frame *f, rise_error *err) RISE_MUST_USE;

#endif
