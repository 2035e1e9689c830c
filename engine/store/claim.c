/* Claims: who computes a key says so, others may wait for it. A claim is a lock of the kernel on
 * one byte of one file, and dies with its holder; nothing depends on it but time. Where there are
 * no such locks every claim is granted.
 *
 * The file, `claims`: 8 bytes that change whenever something claimed was finished; then a beat for
 * each of N_BEATS groups of keys, 8 bytes each, that its holder changes while it is at work: who is
 * stopped, or behind a dead network, holds nobody up. */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { N_BEATS = 4096 };

static uint64_t number_of(const rise_id *key) {
    uint64_t n;
    memcpy(&n, key->byte, sizeof n);
    return n;
}

static off_t beat_of(const rise_id *key) {
    return (off_t)(8 + 8 * (number_of(key) % N_BEATS));
}

static uint64_t read_number(int fd, off_t at) {
    uint64_t n = 0;
    return pread(fd, &n, sizeof n, at) == sizeof n ? n : 0;
}

static void beat(const store *s, off_t at) {
    uint64_t now = (uint64_t)(clock_wall() * 1e9) ^ number_of(&s->claims.self);
    (void)!pwrite(s->claims.fd, &now, sizeof now, at);
}

/* Under the lock. */
static bool open_claims(store *s) {
    claim_file *c = &s->claims;
    if (c->fd >= 0 || c->off || atomic_load(&s->off))
        return c->fd >= 0;
    arena a = {0};
    char *path = path_join(&a, s->folder, "claims");
    c->fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    c->off = c->fd < 0;
    memcpy(c->self.byte, s->writer[0], WRITER_SIZE);
    arena_free(&a);
    return c->fd >= 0;
}

static int lock(const store *s, const rise_id *key, int how) {
    struct flock byte = {.l_type = (short)how,
                         .l_whence = SEEK_SET,
                         .l_start = (off_t)(number_of(key) >> 2),
                         .l_len = 1};
    int code;
    do
        code = fcntl(s->claims.fd, F_OFD_SETLK, &byte) == 0 ? 0 : errno;
    while (code == EINTR);
    return code;
}

/* What others have finished since we last looked. */
static void take_in(store *s) {
    uint64_t finished = read_number(s->claims.fd, 0);
    if (finished == s->claims.finished)
        return;
    s->claims.finished = finished;
    (void)log_load(s); /* short of memory: it is not seen, and computed again */
}

claim_state store_claim(store *s, const rise_id *key) {
    claim_state state = CLAIM_NONE;
    pthread_mutex_lock(&s->lock);
    claim_file *c = &s->claims;
    if (c->n < N_CLAIMS && open_claims(s)) {
        int code = lock(s, key, F_WRLCK);
        if (code == 0) {
            state = CLAIM_OURS;
            c->held[c->n++] = *key;
            beat(s, beat_of(key));
            take_in(s);
        } else if (code == EAGAIN || code == EACCES) {
            state = CLAIM_BUSY;
        } else {
            c->off = true; /* no such locks here */
            close(c->fd);
            c->fd = -1;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return state;
}

uint64_t store_claim_beat(store *s, const rise_id *key) {
    pthread_mutex_lock(&s->lock);
    uint64_t n = s->claims.fd >= 0 ? read_number(s->claims.fd, beat_of(key)) : 0;
    pthread_mutex_unlock(&s->lock);
    return n;
}

void store_unclaim(store *s, const rise_id *key) {
    pthread_mutex_lock(&s->lock);
    claim_file *c = &s->claims;
    store_flush_locked(s, false); /* before its end is told, claimed or not: a kill loses nothing */
    for (size_t i = 0; i < c->n; i++) {
        if (!id_equal(&c->held[i], key))
            continue;
        bool alone = read_number(c->fd, 0) == c->finished;
        beat(s, 0);
        if (alone) /* what we finished is no news to us */
            c->finished = read_number(c->fd, 0);
        (void)lock(s, key, F_UNLCK);
        c->held[i] = c->held[--c->n];
        break;
    }
    pthread_mutex_unlock(&s->lock);
}

void claims_beat(store *s) {
    for (size_t i = 0; i < s->claims.n; i++)
        beat(s, beat_of(&s->claims.held[i]));
}

void claims_close(store *s) {
    if (s->claims.fd >= 0)
        close(s->claims.fd);
}
