/* cli/worker_file: what a worker says of itself. */
#include "worker.h"

#include "history.h"
#include "json.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEPT_S = 14 * 24 * 3600 };

void worker_files_sweep(const char *cache, bool dry_run, uint64_t *n, uint64_t *bytes) {
    char folder[4200];
    snprintf(folder, sizeof folder, "%.4100s/workers", cache);
    DIR *dir = opendir(folder);
    time_t now = time(NULL);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[4600];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || now - st.st_mtime < KEPT_S ||
            (!dry_run && unlink(path) != 0))
            continue;
        *n += 1;
        *bytes += (uint64_t)st.st_size;
    }
    if (dir)
        closedir(dir);
}

void worker_file_begin(worker *w, rise_run *run) {
    unsigned char random[16];
    char folder[4200];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return;
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(w->id + 2 * i, 3, "%02x", random[i]);
    snprintf(folder, sizeof folder, "%.4100s/workers", rise_run_cache_folder(run));
    mkdir(folder, 0777); /* there already, most of the time */
    snprintf(w->path, sizeof w->path, "%s/%s.json", folder, w->id);
    worker_file_write(w, run, "working", "");
}

static void put_texts(json_out *o, const char *const *name, const char *const *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        json_key(o, name[i]);
        json_put_text(o, text[i] ? text[i] : "");
    }
}

static void put_running(json_out *o, rise_run *run) {
    json_key(o, "running");
    json_open(o, '[');
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.status == RISE_RUNNING)
            json_put_text(o, it.name);
    }
    json_close(o, ']');
}

static void put_failed(json_out *o, rise_run *run) {
    json_key(o, "failed");
    json_open(o, '[');
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.status != RISE_NODE_FAILED || !it.error)
            continue;
        static const char *const names[] = {"instance", "message", "file", "hint"};
        const char *const texts[] = {it.name, it.error->message, it.error->file, it.error->hint};
        json_newline(o);
        json_open(o, '{');
        put_texts(o, names, texts, 4);
        json_key(o, "line");
        json_put_int(o, it.error->line);
        json_key(o, "col");
        json_put_int(o, it.error->col);
        json_key(o, "exit");
        json_put_int(o, rise_status_exit(it.error->status));
        json_close(o, '}');
    }
    json_close(o, ']');
}

static void put_units(json_out *o, const rise_share *share) {
    json_key(o, "units");
    json_open(o, '{');
    json_key(o, "done");
    json_put_int(o, (int64_t)share->units);
    json_key(o, "instances");
    json_put_int(o, (int64_t)share->wholes);
    json_key(o, "frames");
    json_put_int(o, (int64_t)share->frames);
    json_close(o, '}');
    json_key(o, "metadata_ops");
    json_put_int(o, (int64_t)share->n_metadata);
}

static void put_worker(json_out *o, worker *w, rise_run *run, const char *state, const char *why) {
    char graph[4200], graph_id[17], host[256] = "?";
    rise_share share;
    rise_run_share(run, &share);
    past_graph(w->o->operand[0], graph_id);
    if (!realpath(w->o->operand[0], graph))
        snprintf(graph, sizeof graph, "%.4096s", w->o->operand[0]);
    gethostname(host, sizeof host - 1);
    static const char *const names[] = {"id",   "graph", "graph_id", "host", "job",
                                        "task", "pilot", "state",    "why"};
    const char *const texts[] = {
        w->id,           graph, graph_id, host, getenv("RISE_JOB"), getenv("SLURM_ARRAY_TASK_ID"),
        w->o->run.pilot, state, why};
    json_open(o, '{');
    json_key(o, "rise");
    json_put_int(o, 1);
    put_texts(o, names, texts, sizeof names / sizeof *names);
    json_key(o, "pid");
    json_put_int(o, getpid());
    json_key(o, "beat");
    json_put_int(o, (int64_t)++w->beat);
    json_key(o, "seconds");
    json_put_real(o, process_seconds());
    put_units(o, &share);
    put_running(o, run);
    put_failed(o, run);
    json_close(o, '}');
}

void worker_file_write(worker *w, rise_run *run, const char *state, const char *why) {
    file_out file;
    if (!w->path[0] || file_begin(&file, w->path, false, NULL) != RISE_OK)
        return;
    json_out o = {.to = file.f};
    put_worker(&o, w, run, state, why);
    rise_status s = json_end(&o) ? RISE_OK : RISE_E_NOMEM;
    (void)file_end(&file, s, NULL);
}
