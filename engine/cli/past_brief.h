/* cli/past_brief: a run of the past in a line. */
#ifndef CLI_PAST_BRIEF_H
#define CLI_PAST_BRIEF_H

#include "history.h"

typedef struct past_brief {
    const char *id;             /* "": it is in no history */
    const char *graph, *status; /* "ok", "failed", "interrupted"; borrowed from the record */
    size_t ran, cached, failed, skipped;
    double wall_s;
    char when[24]; /* local time */
    char set[512]; /* what --set and --only said, "" where nothing */
} past_brief;

void past_brief_of(struct json_t *run, past_brief *out);
struct json_t *past_brief_json(struct json_t *run); /* NULL: memory is short */

#endif
