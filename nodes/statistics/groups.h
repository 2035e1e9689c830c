/* nodes/statistics/groups.h: which group each number belongs to, and the groups' statistics. On
 * plain pointers; parallel over groups is up to the caller. */
#ifndef GROUPS_H
#define GROUPS_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Distinct keys, ascending. Begin with {0}. */
typedef struct groups {
    size_t n, room;
    int64_t *key; /* [n] */
    size_t *size; /* [n] how often each was added */
} groups;

#define GROUPS_MAX 100000

/* Counts one number with this key. RISE_E_DATA: more than GROUPS_MAX keys. */
rise_status groups_add(groups *g, int64_t key, rise_error *err) RISE_MUST_USE;
size_t groups_find(const groups *g, int64_t key); /* one that was added */
void groups_free(groups *g);

typedef struct groups_row {
    size_t n;
    double mean, std, min, q1, median, q3, max;
} groups_row;

/* Of n >= 1 finite numbers, which become sorted; so the result does not depend on their order. std
 * divides by n - 1 and is 0 for one number; quartiles lie linearly between the order statistics. */
void groups_describe(double *x, size_t n, groups_row *row);

#endif
