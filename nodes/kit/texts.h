/* kit/texts.h: texts from files, and labels that are texts. */
#ifndef KIT_TEXTS_H
#define KIT_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value can hold as a text: well-formed UTF-8 without NUL. */
bool texts_sound(const char *text, size_t size);

/* different[] becomes the distinct ones of n texts, ascending as bytes, borrowed, with room for n;
 * place[i] where the i-th text stands among them. Returns how many there are. */
size_t texts_rank(const char *const *text, size_t n, const char **different, int64_t *place);

#endif
