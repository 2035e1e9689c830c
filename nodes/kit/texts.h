/* kit/texts.h: labels that are texts. */
#ifndef KIT_TEXTS_H
#define KIT_TEXTS_H

#include <stddef.h>
#include <stdint.h>

/* different[] becomes the distinct ones of n texts, ascending as bytes, borrowed, with room for n;
 * place[i] where the i-th text stands among them. Returns how many there are. */
size_t texts_rank(const char *const *text, size_t n, const char **different, int64_t *place);

#endif
