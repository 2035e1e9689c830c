/* cli/slurm_rounds: pilots have ended and work is left. Time limits, lost nodes and preemption are
 * what pilots are for: the same again. What ran out of memory gets more of it. What nobody could
 * mend by trying again is told. */
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

static bool of_jobs(const jobs *j, const char *name) {
    bool found = false;
    for (size_t i = 0; i < j->n; i++) {
        size_t n = strlen(j->item[i].number);
        found = found || (strncmp(name, j->item[i].number, n) == 0 && name[n] == '_');
    }
    return found;
}

static void read_printed(const jobs *j, printed *out) {
    struct timespec last = {0};
    DIR *dir = opendir(j->folder);
    *out = (printed){0};
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[sizeof out->path], tail[TAIL + 1];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", j->folder, e->d_name);
        if (!of_jobs(j, e->d_name) || stat(path, &st) != 0)
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

static rise_status give_up(const head *h, const printed *p, rise_status status, const char *why,
                           rise_error *err) {
    char ends[256] = "";
    job all = {0};
    for (size_t i = 0; i < h->j.n; i++) {
        all.short_of_memory += h->j.item[i].short_of_memory;
        all.too_long += h->j.item[i].too_long;
        all.lost += h->j.item[i].lost;
        all.failed += h->j.item[i].failed;
        all.cancelled += h->j.item[i].cancelled;
    }
    add_count(ends, sizeof ends, all.short_of_memory, "out of memory");
    add_count(ends, sizeof ends, all.too_long, "at the time limit");
    add_count(ends, sizeof ends, all.lost, "lost or preempted");
    add_count(ends, sizeof ends, all.failed, "failed");
    add_count(ends, sizeof ends, all.cancelled, "cancelled");
    rise_fail(err, status, "%s: %zu of %zu instances are left%s%s%s", why, h->e.left,
              rise_graph_instances(h->graph), ends[0] ? "; pilots that ended: " : "", ends,
              p->tail[0] ? "; the last one printed:\n" : "");
    strncat(err->message, p->tail, sizeof err->message - strlen(err->message) - 1);
    return rise_hint(err, "what they printed is in %s", h->j.folder);
}

/* ---- once more ------------------------------------------------------------------------------- */
/* False: of a class that was short of memory it is not known how much it had. */
static bool double_memory(head *h) {
    bool known = true;
    for (size_t i = 0; i < h->e.n; i++)
        for (size_t k = 0; k < h->j.n; k++)
            if (strcmp(h->e.item[i].name, h->j.item[k].class) == 0) {
                known = known && h->j.item[k].memory > 0;
                h->e.item[i].ask.memory = 2 * h->j.item[k].memory;
            }
    return known;
}

static bool any_cancelled(const jobs *j) {
    bool any = false;
    for (size_t i = 0; i < j->n; i++)
        any = any || j->item[i].cancelled > 0;
    return any;
}

static bool any_short(const jobs *j, const printed *p) {
    bool any = p->killed > 0;
    for (size_t i = 0; i < j->n; i++)
        any = any || j->item[i].short_of_memory > 0;
    return any;
}

static rise_status again(head *h, const char *why, rise_error *err) {
    char text[200];
    snprintf(text, sizeof text, "%s: %zu instances are left, submitting again", why, h->e.left);
    head_warn(h, text);
    h->left_before = h->e.left;
    rise_status s = slurm_submit(h->o, &h->e, &h->j, err);
    h->done_planned = h->finished_planned = 0;
    h->next_look = 0;
    if (s == RISE_OK)
        head_tell_submitted(h);
    return s;
}

rise_status head_next_round(head *h, rise_error *err) {
    printed p;
    read_printed(&h->j, &p);
    if (any_cancelled(&h->j))
        return give_up(h, &p, RISE_E_TERMINATED, "the jobs were cancelled", err);
    if (any_short(&h->j, &p)) {
        if (h->doubled++ == MOST_DOUBLED || !double_memory(h))
            return give_up(h, &p, RISE_E_SYSTEM,
                           "pilots ran out of memory; give them more: `memory` of the executor",
                           err);
        return again(h, "pilots ran out of memory and get twice as much", err);
    }
    if (h->n_pilots == 0)
        return give_up(h, &p, RISE_E_SYSTEM, "no pilot came as far as to begin", err);
    h->fruitless = h->e.left < h->left_before ? 0 : h->fruitless + 1;
    if (h->fruitless > MOST_FRUITLESS)
        return give_up(h, &p, RISE_E_SYSTEM, "pilots end without getting on", err);
    return again(h, "all pilots have ended", err);
}
