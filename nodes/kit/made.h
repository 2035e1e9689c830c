/* kit/made.h: were the rows of an input made as those that something was trained on? Both are known
 * as rise_made tells it: one line "type name value" for each setting. */
#ifndef KIT_MADE_H
#define KIT_MADE_H

#include <rise/node.h>

/* `then`: how the rows of `whose` ("the model", "the leaders") were made; NULL or "": not known,
 * nothing is compared. RISE_E_DATA: the input is made otherwise; the message names the first
 * difference on both sides. Where only the input does not say how it was made: a warning. */
rise_status made_check(rise_ctx *ctx, const char *port, const char *whose, const char *then,
                       rise_error *err) RISE_MUST_USE;

/* The same of two texts, for tests. */
rise_status made_compare(const char *port, const char *whose, const char *then, const char *now,
                         rise_error *err) RISE_MUST_USE;

#endif
