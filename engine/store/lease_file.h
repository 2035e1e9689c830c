/* store/lease_file: one lease on disk. Only for lease*.c. */
#ifndef STORE_LEASE_FILE_H
#define STORE_LEASE_FILE_H

#include "store/lease.h"

/* What stands in it, 512 bytes:
 *    0  8 x u8   "RISELSE1"
 *    8  u8       state: 0 at work, else lease_end_state
 *    9  u8       how many owners of the job died at it before
 *   10  u16      0
 *   12  u32      patience of its owner (ms)
 *   16  u64      beat
 *   24  u64      job, 0: none
 *   32           text, ends with NUL: who it is; of one that failed, why */
enum { LEASE_FILE = 512, LEASE_WORKING = 0 };

typedef struct lease_text {
    uint8_t state, deaths;
    uint32_t patience_ms;
    uint64_t beat, job;
    char text[LEASE_TEXT];
} lease_text;

/* Makes the file, with the folders that are missing; a descriptor, or -1 and errno (EEXIST: it is
 * another's). Counts into *ops. */
int lease_file_make(const char *path, const lease_text *text, unsigned *ops);
int lease_file_write(int fd, const lease_text *text); /* 0 or errno */
/* 0 or errno. One that is still empty has been made and not yet written: at work, beat 0. */
int lease_file_read(const char *path, lease_text *out);

/* "<level>.<index>.<generation>"; false: it is none. */
typedef struct lease_name {
    unsigned level, generation;
    uint64_t index;
} lease_name;
bool lease_name_parse(const char *name, lease_name *out);

#endif
