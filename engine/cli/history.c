/* cli/history: see history.h. */
#include "history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

/* ---- names ----------------------------------------------------------------------------------- */
/* "YYYYMMDDThhmmss.mmm-IIIIIIII-GGGGGGGGGGGGGGGG-KKKKKKKKKKKKKKKK.json" */
static bool parse(const char *file, past_run *out) {
    static const size_t dash[] = {19, 28, 45};
    if (strlen(file) != PAST_FILE_LENGTH || strcmp(file + 62, ".json") != 0)
        return false;
    for (size_t i = 0; i < sizeof dash / sizeof *dash; i++)
        if (file[dash[i]] != '-')
            return false;
    memcpy(out->file, file, PAST_FILE_LENGTH + 1);
    snprintf(out->id, sizeof out->id, "%s", file + 20);
    snprintf(out->graph, sizeof out->graph, "%s", file + 29);
    snprintf(out->keys, sizeof out->keys, "%s", file + 46);
    return true;
}

void past_new(double began, const char *graph, const char *keys, past_run *out) {
    char when[24] = "19700101T000000", file[PAST_FILE_LENGTH + 1];
    uint32_t id = 0;
    time_t s = (time_t)began;
    int ms = (int)((began - floor(began)) * 1e3);
    struct tm utc;
    if (gmtime_r(&s, &utc))
        strftime(when, sizeof when, "%Y%m%dT%H%M%S", &utc);
    if (getrandom(&id, sizeof id, GRND_NONBLOCK) != sizeof id)
        id = (uint32_t)getpid() * 2654435761u ^ (uint32_t)s;
    snprintf(file, sizeof file, "%.15s.%03d-%08x-%.16s-%.16s.json", when, ms, id, graph, keys);
    if (!parse(file, out))
        *out = (past_run){0};
}

void past_graph(const char *path, char digest[17]) {
    char *real = realpath(path, NULL);
    const char *text = real ? real : path;
    snprintf(digest, 17, "%016llx", (unsigned long long)XXH3_64bits(text, strlen(text)));
    free(real);
}

/* ---- the folder ------------------------------------------------------------------------------ */
static int by_time(const void *a, const void *b) {
    return strcmp(((const past_run *)a)->file, ((const past_run *)b)->file);
}

static bool add(past *p, size_t *capacity, const char *file) {
    past_run run;
    if (!parse(file, &run))
        return true;
    if (p->n == *capacity) {
        *capacity = *capacity ? 2 * *capacity : PAST_RUNS + 8;
        past_run *grown = realloc(p->run, *capacity * sizeof *grown);
        if (!grown)
            return false;
        p->run = grown;
    }
    p->run[p->n++] = run;
    return true;
}

rise_status past_list(const char *cache, past *out, rise_error *err) {
    past p = {0};
    size_t capacity = 0;
    bool room = true;
    snprintf(p.folder, sizeof p.folder, "%.4096s/runs", cache);
    DIR *dir = opendir(p.folder);
    for (struct dirent *e; dir && room && (e = readdir(dir));)
        room = add(&p, &capacity, e->d_name);
    if (dir)
        closedir(dir);
    if (!room) {
        past_free(&p);
        return rise_fail_nomem(err, "the runs of the past");
    }
    if (p.n > 0)
        qsort(p.run, p.n, sizeof *p.run, by_time);
    *out = p;
    return RISE_OK;
}

void past_free(past *p) {
    free(p->run);
    *p = (past){0};
}

const past_run *past_last(const past *p, const char *graph, size_t before) {
    for (size_t i = p->n; i-- > 0;)
        if ((!graph[0] || strcmp(p->run[i].graph, graph) == 0) && before-- == 0)
            return &p->run[i];
    return NULL;
}

/* ---- what stays ------------------------------------------------------------------------------ */
uint64_t past_bytes(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void let_go(const past *p) {
    char path[4300];
    uint64_t bytes = 0;
    for (size_t kept = 0, i = p->n; i-- > 0; kept++) {
        snprintf(path, sizeof path, "%s/%s", p->folder, p->run[i].file);
        bytes += past_bytes(path);
        if (kept >= PAST_LEAST && (kept >= PAST_RUNS || bytes > PAST_BYTES))
            unlink(path);
    }
}

bool past_path(const char *cache, const past_run *run, char path[4300]) {
    snprintf(path, 4300, "%.4000s/runs", cache);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return false;
    snprintf(path, 4300, "%.4000s/runs/%s", cache, run->file);
    return true;
}

void past_let_go(const char *cache) {
    past p;
    if (past_list(cache, &p, NULL) != RISE_OK)
        return;
    let_go(&p);
    past_free(&p);
}

static bool is_temporary(const char *name) {
    size_t n = strlen(name);
    return name[0] == '.' && n > 4 && strcmp(name + n - 4, ".tmp") == 0;
}

void past_sweep(const past *p, double max_age_s, bool dry_run, uint64_t *n, uint64_t *bytes) {
    static const double left_s = 3600; /* nobody writes a record for an hour */
    DIR *dir = opendir(p->folder);
    double now = (double)time(NULL);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        struct stat st;
        past_run run;
        double most = is_temporary(e->d_name) ? left_s : parse(e->d_name, &run) ? max_age_s : 0;
        if (most <= 0 || fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            now - (double)st.st_mtime <= most)
            continue;
        if (dry_run || unlinkat(dirfd(dir), e->d_name, 0) == 0) {
            ++*n;
            *bytes += (uint64_t)st.st_size;
        }
    }
    if (dir)
        closedir(dir);
}
