/* Names that no other writer has, on this machine or another. */
#include "base/base.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

void random_name(char name[33]) {
    static const char digit[] = "0123456789abcdef";
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        /* no random source: time, process and stack address still tell writers apart */
        struct {
            struct timespec now;
            long pid;
            const void *here;
        } seed;
        rise_id id;
        memset(&seed, 0, sizeof seed);
        clock_gettime(CLOCK_MONOTONIC, &seed.now);
        seed.pid = (long)getpid();
        seed.here = bytes;
        id_of(&seed, sizeof seed, &id);
        memcpy(bytes, id.byte, sizeof bytes);
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        name[2 * i] = digit[bytes[i] >> 4];
        name[2 * i + 1] = digit[bytes[i] & 15];
    }
    name[32] = '\0';
}
