/* cli/slurm_rounds: work that no pilot is there for. Where pilots have ended, time limits, lost
 * nodes and preemption are what pilots are for: the same again. What ran out of memory gets more of
 * it. What nobody could mend by trying again is told. */
#include "slurm_head.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_FRUITLESS = 2, MOST_DOUBLED = 2, TAIL = 300 };

/* ---- what pilots printed --------------------------------------------------------------------- */
typedef struct printed {
    char path[4700];
    char tail[TAIL + 1]; /* of the one that changed last */
    unsigned killed;     /* pilots that were killed, as for their memory */
} printed;

static void read_tail(const char *path, char text[TAIL + 1]) {
    FILE *f = fopen(path, "r");
    text[0] = 0;
    if (!f)
        return;
    if (fseek(f, -TAIL, SEEK_END) != 0)
        rewind(f);
    text[fread(text, 1, TAIL, f)] = 0;
    fclose(f);
    for (size_t n = strlen(text); n > 0 && strchr("\r\n ", text[n - 1]); n--)
        text[n - 1] = 0;
}

static bool of_job(const job *b, const char *name) {
    size_t n = strlen(b->number);
    return strncmp(name, b->number, n) == 0 && name[n] == '_';
}

static void read_printed(const jobs *j, const job *b, printed *out) {
    struct timespec last = {0};
    DIR *dir = opendir(j->folder);
    *out = (printed){0};
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[sizeof out->path], tail[TAIL + 1];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", j->folder, e->d_name);
        if (!of_job(b, e->d_name) || stat(path, &st) != 0)
            continue;
        read_tail(path, tail);
        out->killed += strstr(tail, "the pilot ended with exit code 137") != NULL;
        if (st.st_mtim.tv_sec < last.tv_sec)
            continue;
        last = st.st_mtim;
        memcpy(out->path, path, sizeof path);
        memcpy(out->tail, tail, sizeof tail);
    }
    if (dir)
        closedir(dir);
}

/* ---- giving up ------------------------------------------------------------------------------- */
static void add_count(char *text, size_t size, unsigned n, const char *what) {
    size_t used = strlen(text);
    if (n > 0 && used < size)
        snprintf(text + used, size - used, "%s%u %s", used ? ", " : "", n, what);
}

static rise_status give_up(const head *h, const job *b, const printed *p, rise_status status,
                           const char *why, rise_error *err) {
    char ends[256] = "";
    add_count(ends, sizeof ends, b->short_of_memory, "out of memory");
    add_count(ends, sizeof ends, b->too_long, "at the time limit");
    add_count(ends, sizeof ends, b->lost, "lost or preempted");
    add_count(ends, sizeof ends, b->failed, "failed");
    add_count(ends, sizeof ends, b->cancelled, "cancelled");
    rise_fail(err, status, "job %s: %s; %zu of %zu instances are left%s%s%s", b->number, why,
              h->e.left, rise_graph_instances(h->graph), ends[0] ? "; pilots that ended: " : "",
              ends, p->tail[0] ? "; the last one printed: " : "");
    strncat(err->message, p->tail, sizeof err->message - strlen(err->message) - 1);
    return rise_hint(err, "what they printed is in %.200s", h->j.folder);
}

/* ---- once more ------------------------------------------------------------------------------- */
static bool any_began(const head *h, const job *b) {
    bool any = false;
    for (size_t i = 0; i < h->w.n; i++)
        any = any || strcmp(h->w.item[i].job, b->number) == 0;
    return any;
}

/* Of a pilot that has all of its machine there is no more to be had. */
static rise_status more_memory(head *h, pilot_class *c, const job *b, const printed *p,
                               rise_error *err) {
    if (c->doubled++ == MOST_DOUBLED || b->memory == 0)
        return give_up(h, b, p, RISE_E_SYSTEM,
                       "pilots ran out of memory: give them more (`memory` of the executor)", err);
    c->ask.memory = 2 * b->memory;
    head_warn(h, "pilots ran out of memory: the next get twice as much");
    return RISE_OK;
}

/* May the class be submitted again? */
static rise_status judge(head *h, pilot_class *c, const job *b, rise_error *err) {
    printed p;
    read_printed(&h->j, b, &p);
    if (b->cancelled > 0)
        return give_up(h, b, &p, RISE_E_TERMINATED, "it was cancelled", err);
    if (b->short_of_memory + p.killed > 0)
        return more_memory(h, c, b, &p, err);
    if (!any_began(h, b))
        return give_up(h, b, &p, RISE_E_SYSTEM, "no pilot came as far as to begin", err);
    c->fruitless = h->e.left < c->left_before ? 0 : c->fruitless + 1;
    if (c->fruitless > MOST_FRUITLESS)
        return give_up(h, b, &p, RISE_E_SYSTEM, "pilots end without getting on", err);
    return RISE_OK;
}

static bool has_work(const head *h, const pilot_class *c) {
    const job *b = jobs_of_class(&h->j, c->name);
    bool at_work = b && !b->over;
    return !at_work && (c->ready > 0 || (c->left > 0 && h->e.ready == 0 && jobs_over(&h->j)));
}

rise_status head_submit(head *h, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < h->e.n; i++) {
        pilot_class *c = &h->e.item[i];
        const job *b = jobs_of_class(&h->j, c->name);
        if (!has_work(h, c))
            continue;
        s = b ? judge(h, c, b, err) : RISE_OK;
        if (s == RISE_OK)
            s = slurm_submit(h->o, &h->e, c, &h->j, err);
        if (s != RISE_OK)
            break;
        c->left_before = h->e.left;
        h->next_look = 0;
        head_tell_submitted(h, c);
    }
    return s;
}
