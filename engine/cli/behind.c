/* cli/behind: a file that is written by a thread of its own while the next piece of it is made.
 * What is short never has such a thread. Who closes the file learns whether it went well. */
#include "behind.h"

#include <pthread.h>
#include <stdlib.h>

struct behind {
    FILE *to;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *text; /* being written, or the room for the piece after the next one */
    size_t size, capacity;
    bool full; /* `text` is to be written */
    bool over;
};

static void *write_pieces(void *arg) {
    behind *b = arg;
    pthread_mutex_lock(&b->lock);
    for (;;) {
        while (!b->full && !b->over)
            pthread_cond_wait(&b->changed, &b->lock);
        if (!b->full)
            break;
        pthread_mutex_unlock(&b->lock);
        fwrite(b->text, 1, b->size, b->to);
        pthread_mutex_lock(&b->lock);
        b->full = false;
        pthread_cond_signal(&b->changed);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

behind *behind_begin(FILE *to) {
    behind *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    *b = (behind){.to = to, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    if (pthread_create(&b->thread, NULL, write_pieces, b) != 0) {
        free(b);
        return NULL;
    }
    return b;
}

void behind_put(behind *b, char **text, size_t size, size_t *capacity) {
    char *room = *text;
    size_t room_size = *capacity;
    pthread_mutex_lock(&b->lock);
    while (b->full)
        pthread_cond_wait(&b->changed, &b->lock);
    *text = b->text;
    *capacity = b->capacity;
    b->text = room;
    b->capacity = room_size;
    b->size = size;
    b->full = true;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

void behind_end(behind *b) {
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->over = true;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    free(b->text);
    free(b);
}
