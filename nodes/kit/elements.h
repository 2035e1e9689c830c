/* kit/elements.h: numbers of the chemical elements. */
#ifndef KIT_ELEMENTS_H
#define KIT_ELEMENTS_H

double elements_weight(int number); /* u (g/mol); 0 outside 1..118 */

#endif
