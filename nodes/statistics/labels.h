/* nodes/statistics/labels.h: the number or the key of each element of an input, whatever it is. */
#ifndef LABELS_H
#define LABELS_H

#include <rise/node.h>

/* Numbers in a row: of a tensor, or of one column of a table. */
typedef struct series {
    const rise_tensor *tensor; /* or */
    const rise_column *column;
    size_t n;    /* elements */
    size_t rows; /* the leading dimension, or the rows of the table */
    const char *unit;
} series;

/* `parameter` names the column of a table; unset: `preferred` where there is one, else the first
 * (numeric = false) or the first of numbers. */
rise_status series_read(rise_ctx *ctx, const char *port, const char *parameter,
                        const char *preferred, bool numeric, series *s, rise_error *err);
double series_number(const series *s, size_t i); /* not of texts */

/* What sorts the elements of an input into groups. */
typedef struct labels {
    series by;
    bool connected, each;      /* each: one key for every element, else for every leading index */
    size_t n_edges;            /* 0, or the keys are bins of numbers */
    const double *edge;        /* [n_edges] */
    size_t n_texts;            /* 0, or the keys are places in a sorted list of texts */
    const char **text;         /* [n_texts] */
    int64_t *text_key;         /* [by.n] */
    const rise_tensor *ragged; /* rows of the input: those of frame f begin at its offsets[f] */
    size_t inner;              /* elements of the input for each leading index, or in each row */
} labels;

#define LABELS_NONE INT64_MIN /* a negative label, a number beyond the edges */

rise_status labels_read(rise_ctx *ctx, const series *values, labels *l, rise_error *err);
/* Key of an element; elements are asked for in ascending order, `*frame` begins at 0. */
int64_t labels_key(const labels *l, size_t element, size_t *frame);
/* What a table shows for a key of texts, bins, or of no labels at all; NULL: the key itself. */
const char *labels_name(rise_ctx *ctx, const labels *l, int64_t key);

#endif
