/* cli/diff.h: two runs side by side. The differences are a JSON object, as --json prints it; the
 * text for people is made from it. */
#ifndef CLI_DIFF_H
#define CLI_DIFF_H

#include "past_brief.h"

/* {"a": run, "b": run, "parameters": [{name, a, b, a_at, b_at}], "inputs": [{node, path, a, b}],
 *  "versions": [{name, a, b}], "nodes": [{node, a, b}], "metrics": [{name, a, b, difference}],
 *  "times": [{node, a, b}]}: null where a run has no such thing. NULL: memory is short. */
struct json_t *diff_make(struct json_t *a, struct json_t *b);
void diff_print(struct json_t *diff);

#endif
