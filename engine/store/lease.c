/* Leases: taking units, signs of life, and their end. What a unit is: lease_slice.c for slices. */
#include "store/lease_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- one process ----------------------------------------------------------------------------- */
bool leases_there(const char *store_folder) {
    arena a = {0};
    char *folder = path_join(&a, store_folder, "leases");
    bool there = folder && access(folder, R_OK | X_OK) == 0;
    arena_free(&a);
    return there;
}

leases *leases_open(const char *store_folder, const lease_options *options) {
    char random[33] = {0}, hex[65];
    rise_id id;
    leases *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->options = *options;
    l->folder = path_join(&l->memory, store_folder, "leases");
    l->who = arena_text(&l->memory, options->who ? options->who : "");
    random_name(random);
    snprintf(hex, sizeof hex, "%s%032d", random, 0);
    if (!l->folder || !l->who || !id_parse(hex, &id)) {
        arena_free(&l->memory);
        free(l);
        return NULL;
    }
    memcpy(&l->random, id.byte, sizeof l->random);
    l->look = l->fresh = 1;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void leases_close(leases *l) {
    if (!l)
        return;
    while (l->held)
        lease_end(l, l->held, LEASE_LEFT, "");
    text_map_free(&l->view_of);
    free(l->view);
    free(l->made);
    arena_free(&l->memory);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void leases_count(leases *l, unsigned ops) {
    if (l->options.n_metadata)
        atomic_fetch_add(l->options.n_metadata, ops);
}

uint64_t leases_random(leases *l) { /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = l->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double leases_chance(leases *l) {
    pthread_mutex_lock(&l->lock);
    double chance = (double)(leases_random(l) >> 11) * 0x1p-53;
    pthread_mutex_unlock(&l->lock);
    return chance;
}

uint64_t leases_look(leases *l) {
    pthread_mutex_lock(&l->lock);
    uint64_t look = ++l->look;
    l->busy_before = l->busy;
    l->busy = 0;
    pthread_mutex_unlock(&l->lock);
    return look;
}

void leases_fresh(leases *l, uint64_t look) {
    pthread_mutex_lock(&l->lock);
    if (look > l->fresh)
        l->fresh = look;
    pthread_mutex_unlock(&l->lock);
}

/* ---- what is seen of others ------------------------------------------------------------------ */
static bool grow(void **array, size_t n, size_t *capacity, size_t size) {
    if (n < *capacity)
        return true;
    size_t more = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}

lease_view *view_of(leases *l, const char *path, double now) {
    uint64_t at;
    if (text_map_get(&l->view_of, path, &at))
        return l->view[at];
    lease_view *v = ARENA_NEW(&l->memory, lease_view, 1);
    const char *copy = v ? arena_text(&l->memory, path) : NULL;
    if (!copy || !grow((void **)&l->view, l->n_views, &l->max_views, sizeof(lease_view *)) ||
        !text_map_set(&l->view_of, copy, l->n_views))
        return NULL;
    *v = (lease_view){.path = copy, .seen = now, .changed = now, .looked = -1};
    v->patience_s = l->options.patience_s;
    return l->view[l->n_views++] = v;
}

bool view_void(const leases *l, const lease_view *v) {
    return v->state == VIEW_DEAD || (v->state == VIEW_OVER && v->look < l->fresh);
}

static void over(const leases *l, lease_view *v) {
    v->state = VIEW_OVER;
    v->look = l->look;
}

/* Of many workers not all need watch what others are at for long: a few watch each of these wholes,
 * the others look now and then. There are about as many workers as wholes that they are at. */
static bool watched(const leases *l, const lease_view *v) {
    static const double WATCHERS = 4;
    size_t crowd = l->busy > l->busy_before ? l->busy : l->busy_before;
    return v->suspect || v->lot * (double)crowd < WATCHERS;
}

/* What was short may be over soon, what is long will be longer. */
static bool look_is_due(const leases *l, const lease_view *v, double now) {
    double pause = (v->looked - v->seen) / 4, most = v->patience_s / (v->suspect ? 6 : 3);
    most = watched(l, v) ? most : 10 * v->patience_s;
    return v->looked < 0 || now - v->looked >= (pause < most ? pause : most);
}

/* No sign of life for long, also at a second look: after a disk that answered nobody its owner has
 * to have the time for one. */
static void judge_silence(lease_view *v, double now) {
    bool silent = now - v->changed > v->patience_s;
    if (silent && v->suspect)
        v->state = VIEW_DEAD;
    v->suspect = silent;
}

void view_read(leases *l, lease_view *v, double now) {
    lease_text said;
    if (v->state != VIEW_WORKING || !look_is_due(l, v, now))
        return;
    leases_count(l, 1);
    int code = lease_file_read(v->path, &said);
    if (code == ENOENT) { /* its owner was done with all */
        over(l, v);
        return;
    }
    if (!code && said.beat != v->beat) {
        v->beat = said.beat;
        v->changed = now;
    }
    v->looked = now;
    if (code) {
        judge_silence(v, now);
        return;
    }
    double patience = (double)said.patience_ms / 1000;
    v->patience_s = patience > l->options.patience_s ? patience : l->options.patience_s;
    v->deaths = said.job && said.job == l->options.job ? said.deaths : 0;
    v->counts = said.job && said.job == l->options.job;
    if (said.text[0] && (!v->text || strcmp(v->text, said.text) != 0))
        v->text = arena_text(&l->memory, said.text);
    if (said.state == LEASE_BROKEN && said.job && said.job == l->options.job)
        v->state = VIEW_FAILED;
    else if (said.state != LEASE_WORKING)
        over(l, v);
    else
        judge_silence(v, now);
}

uint8_t view_deaths(const lease_view *v) {
    return (uint8_t)(v->deaths + (v->counts && v->state == VIEW_DEAD));
}

/* ---- units of our own ------------------------------------------------------------------------ */
static bool note_made(leases *l, const char *path) {
    if (!grow((void **)&l->made, l->n_made, &l->max_made, sizeof(char *)))
        return false;
    l->made[l->n_made++] = (char *)path;
    return true;
}

/* Another was first, or it may do the next time. */
static bool passes(int code) {
    return code == EEXIST || code == ENOENT || code == ESTALE || code == EMFILE || code == ENFILE ||
           code == EINTR || code == EAGAIN;
}

lease_answer lease_make(leases *l, const char *path, uint8_t deaths, double now, lease **out) {
    unsigned ops = 0;
    lease *unit = calloc(1, sizeof *unit);
    lease_view *v = unit ? view_of(l, path, now) : NULL;
    if (!v) {
        free(unit);
        return LEASE_OFF;
    }
    unit->said = (lease_text){.deaths = deaths,
                              .patience_ms = (uint32_t)(l->options.patience_s * 1000),
                              .beat = leases_random(l) | 1,
                              .job = l->options.job};
    snprintf(unit->said.text, sizeof unit->said.text, "%s", l->who);
    unit->fd = lease_file_make(path, &unit->said, &ops);
    int code = unit->fd < 0 ? errno : 0;
    leases_count(l, ops);
    if (code) {
        free(unit);
        return passes(code) ? LEASE_BUSY : LEASE_OFF;
    }
    (void)note_made(l, v->path); /* short of memory: it stays until gc */
    v->state = VIEW_OURS;
    unit->view = v;
    unit->beaten = now;
    unit->next = l->held;
    l->held = unit;
    *out = unit;
    return LEASE_OURS;
}

void lease_end(leases *l, lease *unit, lease_end_state how, const char *text) {
    pthread_mutex_lock(&l->lock);
    lease **at = &l->held;
    while (*at != unit)
        at = &(*at)->next;
    *at = unit->next;
    unit->view->state = VIEW_OVER;
    unit->view->look = 0; /* what we did is known to us */
    unit->said.state = (uint8_t)how;
    if (text[0])
        snprintf(unit->said.text, sizeof unit->said.text, "%s", text);
    (void)lease_file_write(unit->fd, &unit->said); /* else it expires */
    close(unit->fd);
    pthread_mutex_unlock(&l->lock);
    free(unit);
}

bool leases_held(leases *l) {
    pthread_mutex_lock(&l->lock);
    bool any = l->held != NULL;
    pthread_mutex_unlock(&l->lock);
    return any;
}

void leases_beat(leases *l, double now) {
    pthread_mutex_lock(&l->lock);
    for (lease *unit = l->held; unit; unit = unit->next)
        if (now - unit->beaten > l->options.patience_s / 6) {
            unit->said.beat++;
            unit->beaten = now;
            (void)lease_file_write(unit->fd, &unit->said);
        }
    pthread_mutex_unlock(&l->lock);
}

/* ---- wholes ---------------------------------------------------------------------------------- */
static char *whole_path(const leases *l, arena *a, const rise_id *key, unsigned generation) {
    char hex[65];
    id_hex(key, hex);
    return arena_format(a, "%s/%.1s/%s.%u", l->folder, hex, hex, generation);
}

/* Somebody has taken the unit after this generation. */
static bool is_superseded(leases *l, arena *a, const rise_id *key, unsigned generation) {
    char *next = whole_path(l, a, key, generation + 1);
    leases_count(l, 1);
    return next && access(next, F_OK) == 0;
}

/* The file is there, and not ours. */
static lease_answer judge(leases *l, lease_view *v, bool again, double now, char *text) {
    view_read(l, v, now);
    if (v->text && v->state == VIEW_FAILED)
        snprintf(text, LEASE_TEXT, "%s", v->text);
    if (v->state == VIEW_FAILED)
        return LEASE_FAILED;
    if (!view_void(l, v)) {
        l->busy += v->busy != l->look;
        v->busy = l->look;
        return LEASE_BUSY;
    }
    if (v->state == VIEW_OVER && !again)
        return LEASE_OVER;
    if (view_deaths(v) >= LEASE_DEATHS) {
        snprintf(text, LEASE_TEXT, "%s", v->text ? v->text : "");
        return LEASE_DEADLY;
    }
    return LEASE_OURS; /* free, under the next generation */
}

lease_answer lease_whole(leases *l, const rise_id *key, unsigned how, double now, lease **out,
                         char text[LEASE_TEXT]) {
    arena a = {0};
    lease_answer answer = LEASE_OURS;
    uint8_t deaths = 0;
    pthread_mutex_lock(&l->lock);
    for (unsigned generation = 0; answer == LEASE_OURS; generation++) {
        uint64_t at;
        char *path = whole_path(l, &a, key, generation);
        bool known = path && text_map_get(&l->view_of, path, &at);
        if (!known && how & LEASE_LOOK) {
            answer = LEASE_FREE;
            break;
        }
        answer = !path ? LEASE_OFF : known ? LEASE_BUSY : lease_make(l, path, deaths, now, out);
        if (answer != LEASE_BUSY)
            break;
        lease_view *v = view_of(l, path, now);
        if (v && v->looked < 0)
            v->lot = (double)(leases_random(l) >> 11) * 0x1p-53;
        answer = v ? judge(l, v, how & LEASE_AGAIN, now, text) : LEASE_OFF;
        bool silent = answer == LEASE_BUSY && v->looked == now && v->changed < now;
        if (silent && is_superseded(l, &a, key, generation)) {
            v->state = VIEW_DEAD; /* another has waited for long enough */
            v->counts = false;
            answer = LEASE_OURS;
        }
        deaths = v ? view_deaths(v) : 0;
    }
    pthread_mutex_unlock(&l->lock);
    arena_free(&a);
    return answer;
}

/* ---- the end --------------------------------------------------------------------------------- */
static bool same_folder(const char *a, const char *b) {
    size_t n = (size_t)(strrchr(a, '/') - a);
    return strncmp(a, b, n) == 0 && strchr(b + n + 1, '/') == NULL && b[n] == '/';
}

/* The last one out of the folder of a key takes it away. */
static void leave_folder(leases *l, const char *path) {
    arena a = {0};
    char *folder = path_folder(&a, path);
    if (folder && strlen(strrchr(folder, '/') + 1) == 64) {
        rmdir(folder);
        leases_count(l, 1);
    }
    arena_free(&a);
}

static int by_path(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void leases_tidy(leases *l) {
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->n_views; i++)
        if (l->view[i]->state == VIEW_DEAD)
            (void)note_made(l, l->view[i]->path); /* its owner will not */
    if (l->n_made)
        qsort(l->made, l->n_made, sizeof *l->made, by_path);
    for (size_t i = 0; i < l->n_made; i++) {
        unlink(l->made[i]);
        leases_count(l, 1);
        if (i + 1 == l->n_made || !same_folder(l->made[i], l->made[i + 1]))
            leave_folder(l, l->made[i]);
    }
    l->n_made = 0;
    pthread_mutex_unlock(&l->lock);
}
