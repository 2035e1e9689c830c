/* reader/vasp_inner.h: between the two files that read POSCAR and XDATCAR. */
#ifndef READER_VASP_INNER_H
#define READER_VASP_INNER_H

#include "lines.h"
#include "vasp.h"

/* From the comment to the numbers of atoms; text->at moves behind them. */
rise_status vasp_take_head(text_lines *text, size_t frame, vasp_head *head,
                           rise_error *err) RISE_MUST_USE;

#endif
