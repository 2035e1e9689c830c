/* kit/keyed: see keyed.h. The context API of libcrypto keeps its state on our stack; SHA256() asks
 * for memory, and ends the process where there is none. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "kit/keyed.h"

#include <openssl/sha.h>

void keyed_hash(int64_t seed, const rise_id *id, uint8_t hash[KEYED_SIZE]) {
    uint8_t little[8];
    SHA256_CTX state;
    for (int i = 0; i < 8; i++)
        little[i] = (uint8_t)((uint64_t)seed >> (8 * i));
    SHA256_Init(&state);
    SHA256_Update(&state, little, sizeof little);
    SHA256_Update(&state, id->byte, sizeof id->byte);
    SHA256_Final(hash, &state);
}
