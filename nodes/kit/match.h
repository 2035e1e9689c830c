/* kit/match.h: the frames that several lists share, by id. */
#ifndef KIT_MATCH_H
#define KIT_MATCH_H

#include <rise/error.h>
#include <rise/value.h>

/* rows (list, common) says where each list holds the frames that all have, in the order of list 0;
 * *n_common of them. rows has room for n_lists * n_ids[0], which is also its stride n_ids[0]. An id
 * that comes twice in a list counts once, at its first place. */
rise_status match_ids(const rise_id *const *ids, const size_t *n_ids, size_t n_lists, size_t *rows,
                      size_t *n_common, rise_error *err) RISE_MUST_USE;

#endif
