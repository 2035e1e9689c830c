/* kit/draw/number.h: numbers as text, the same in every locale. */
#ifndef KIT_DRAW_NUMBER_H
#define KIT_DRAW_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define DRAW_NUMBER_MAX 40 /* bytes that hold any number below, with the final 0 */

/* Like %.*f (no "-0"), but in scientific form from 1e15 on. `value` is finite. */
void draw_number_fixed(char text[DRAW_NUMBER_MAX], double value, int decimals);
/* Like %.*g. Not finite: "nan", "inf", "-inf". */
void draw_number_general(char text[DRAW_NUMBER_MAX], double value, int significant);
/* A hyphen in front becomes a true minus sign (for figures, not for tables that people copy). */
void draw_number_minus(char text[DRAW_NUMBER_MAX]);
/* Decimals with which numbers between `low` and `high` are told apart to four digits, 0..6; -1
 * where only the general form serves (very large, very small). */
int draw_number_decimals(double low, double high);

/* Next code point of UTF-8 text: bytes it takes (0 at the end). Broken bytes and control characters
 * other than tab and newline give U+FFFD, one byte at a time. */
size_t draw_utf8_next(const char *text, uint32_t *code);
/* Writes 1..4 bytes, returns how many. */
size_t draw_utf8_put(uint32_t code, char out[4]);

#endif
