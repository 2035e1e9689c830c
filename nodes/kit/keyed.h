/* kit/keyed: a number for each frame that hangs on a seed and on the frame alone, for orders that
 * look drawn. */
#ifndef KIT_KEYED_H
#define KIT_KEYED_H

#include <rise/value.h>

enum { KEYED_SIZE = 32 };
/* SHA-256 over the seed, little-endian, and the id. Needs no memory. */
void keyed_hash(int64_t seed, const rise_id *id, uint8_t hash[KEYED_SIZE]);

#endif
