/* cli/slurm_submit: one array of pilots for each class that has work. */
#include "slurm.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 6, LEAVE_S = 120 };

/* ---- words of a command line ----------------------------------------------------------------- */
typedef struct words {
    char **word; /* ends with NULL */
    size_t n, capacity;
    bool failed;
} words;

__attribute__((format(printf, 2, 3))) static void add(words *w, const char *fmt, ...) {
    va_list args;
    char *text = NULL;
    if (w->n + 2 > w->capacity) {
        size_t capacity = 2 * w->capacity + 32;
        char **grown = realloc(w->word, capacity * sizeof *grown);
        w->failed = w->failed || !grown;
        if (!grown)
            return;
        w->word = grown;
        w->capacity = capacity;
    }
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    w->failed = w->failed || !text;
    if (text)
        w->word[w->n++] = text;
    w->word[w->n] = NULL;
}

static void free_words(words *w) {
    for (size_t i = 0; i < w->n; i++)
        free(w->word[i]);
    free(w->word);
}

static void add_path(words *w, const char *path) {
    char *real = realpath(path, NULL);
    add(w, "%s", real ? real : path);
    free(real);
}

/* What people see in the queue, and by which a job is found again that nobody could note. */
static void job_name(const jobs *j, const char *class, char text[160]) {
    const char *base = strrchr(j->graph, '/');
    base = base ? base + 1 : j->graph;
    int n = snprintf(text, 160, "rise-%.*s-%s%s%s", (int)strcspn(base, "."), base, j->id,
                     class[0] ? "-" : "", class);
    for (int i = 0; i < n && i < 159; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            text[i] = '-';
}

/* Minutes, rounded up; Slurm may be up to a minute early with the signal. */
static void add_time(words *w, double time_s) {
    unsigned minutes = (unsigned)((time_s + 59) / 60), lead = LEAVE_S;
    if (minutes > 0)
        add(w, "--time=%u", minutes);
    if (minutes > 0 && minutes * 60 < 2 * LEAVE_S)
        lead = minutes * 30;
    add(w, "--signal=B:USR1@%u", lead);
}

/* Without a number of processors a pilot has its machine alone, and all of its memory. */
static void add_resources(words *w, const rise_pilot *ask) {
    add(w, "--nodes=1");
    add(w, "--ntasks=1");
    if (ask->cpus)
        add(w, "--cpus-per-task=%u", ask->cpus);
    else
        add(w, "--exclusive");
    if (ask->memory)
        add(w, "--mem=%lluM", (unsigned long long)((ask->memory + (1 << 20) - 1) >> 20));
    else if (!ask->cpus)
        add(w, "--mem=0");
    if (ask->partition)
        add(w, "--partition=%s", ask->partition);
    if (ask->account)
        add(w, "--account=%s", ask->account);
    add_time(w, ask->time_s);
    for (size_t i = 0; i < ask->n_options; i++)
        add(w, "%s", ask->options[i]);
}

static void add_worker(words *w, const cli_options *o, const jobs *j, const char *class) {
    char self[4096], cache[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    add(w, "%s", n > 0 ? self : "rise-run");
    add(w, "worker");
    add(w, "%s", j->graph);
    add(w, "--cache");
    snprintf(cache, sizeof cache, "%.*s", (int)(strlen(j->path) - strlen(j->id) - 11), j->path);
    add_path(w, cache);
    for (size_t i = 0; i < o->n_set; i++) {
        add(w, "--set");
        add(w, "%s", o->set[i]);
    }
    for (size_t i = 0; i < o->n_plugins; i++) {
        add(w, "--plugin");
        add_path(w, o->plugin[i]);
    }
    if (o->run.only) {
        add(w, "--only");
        add(w, "%s", o->run.only);
    }
    if (o->run.jobs) {
        add(w, "--jobs");
        add(w, "%u", o->run.jobs);
    }
    if (o->run.memory) {
        add(w, "--memory");
        add(w, "%llu", (unsigned long long)o->run.memory);
    }
    if (o->run.lease_s > 0) {
        add(w, "--lease");
        add(w, "%g", o->run.lease_s);
    }
    if (o->run.keep_going)
        add(w, "--keep-going");
    if (o->run.durable)
        add(w, "--durable");
    if (o->run.paranoid)
        add(w, "--paranoid");
    if (class[0]) {
        add(w, "--pilot");
        add(w, "%s", class);
    }
}

/* ---- a job that is there already ------------------------------------------------------------- */
typedef struct search {
    const char *name;
    char number[24]; /* of the first one; "": there is none */
} search;

/* The lowest of the numbers, one in each line. */
static void lowest(const char *lines, char number[24]) {
    number[0] = 0;
    for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (isdigit((unsigned char)*at) &&
            (!number[0] || strtoull(at, NULL, 10) < strtoull(number, NULL, 10)))
            snprintf(number, 24, "%.*s", (int)strspn(at, "0123456789"), at);
}

/* True: there is none, as far as Slurm answers. */
static bool not_there(void *user) {
    search *f = user;
    char uid[24];
    rise_error err = {0};
    outside said;
    snprintf(uid, sizeof uid, "%u", (unsigned)getuid());
    const char *const argv[] = {"squeue", "-h",    "-u", uid,
                                "-n",     f->name, "-t", "PENDING,RUNNING,SUSPENDED,CONFIGURING",
                                "-o",     "%F",    NULL};
    if (slurm_call(argv, 1, NULL, NULL, &said, NULL, &err) != RISE_OK)
        return true;
    lowest(said.out, f->number);
    outside_free(&said);
    return f->number[0] == 0;
}

/* Another head may have submitted the same at the same moment: the lower number stays. */
static void keep_the_first(const char *name, char number[24]) {
    search f = {.name = name};
    outside said;
    rise_error err = {0};
    if (not_there(&f) || strtoull(f.number, NULL, 10) >= strtoull(number, NULL, 10))
        return;
    const char *const argv[] = {"scancel", "--quiet", number, NULL};
    if (slurm_call(argv, 3, NULL, NULL, &said, NULL, &err) == RISE_OK)
        outside_free(&said);
    snprintf(number, 24, "%s", f.number);
}

/* ---- one class ------------------------------------------------------------------------------- */
static rise_status sbatch(words *w, const char *name, char number[24], rise_error *err) {
    search f = {.name = name};
    outside said;
    rise_status s = RISE_OK;
    if (w->failed)
        return rise_fail_nomem(err, "the command line of sbatch");
    if (not_there(&f))
        s = slurm_call((const char *const *)w->word, TRIES, not_there, &f, &said, NULL, err);
    if (f.number[0]) { /* an answer of Slurm was lost, or the head that asked */
        snprintf(number, 24, "%s", f.number);
        return RISE_OK;
    }
    if (s != RISE_OK)
        return s;
    snprintf(number, 24, "%.*s", (int)strspn(said.out, "0123456789"), said.out);
    if (!number[0])
        s = rise_fail(err, RISE_E_SYSTEM, "sbatch gave no number of a job: %.200s", said.out);
    outside_free(&said);
    if (s == RISE_OK)
        keep_the_first(name, number);
    return s;
}

/* The job takes the place of the last one of its class. */
static rise_status note(const pilot_class *c, const char *number, jobs *j, rise_error *err) {
    time_t now = time(NULL);
    struct tm utc;
    job *b = jobs_of_class(j, c->name);
    if (!b)
        b = jobs_add(j);
    if (!b)
        return rise_fail_nomem(err, "the jobs");
    *b = (job){.elements = c->ask.array, .at_once = c->ask.nodes, .memory = c->ask.memory};
    snprintf(b->number, sizeof b->number, "%s", number);
    snprintf(b->class, sizeof b->class, "%s", c->name);
    gethostname(j->host, sizeof j->host - 1);
    if (gmtime_r(&now, &utc))
        strftime(j->began, sizeof j->began, "%Y-%m-%dT%H:%M:%SZ", &utc);
    j->text = file_digest(j->graph);
    return jobs_save(j, err);
}

static rise_status check_number(const executor *e, const pilot_class *c, const jobs *j,
                                rise_error *err) {
    unsigned long n = c->ask.array;
    for (size_t i = 0; i < j->n; i++)
        n += j->item[i].over ? 0 : j->item[i].elements;
    if (n <= e->max_jobs)
        return RISE_OK;
    rise_fail(err, RISE_E_USAGE, "%lu elements of job arrays would be submitted, at most %u may be",
              n, e->max_jobs);
    return rise_hint(err, "fewer `nodes` or a smaller `array`; `max_jobs` of the executor says how "
                          "many there may be");
}

rise_status slurm_submit(const cli_options *o, const executor *e, const pilot_class *c, jobs *j,
                         rise_error *err) {
    char script[4400], name[160], number[24] = "";
    words w = {0};
    rise_status s = check_number(e, c, j, err);
    if (s == RISE_OK)
        s = jobs_save(j, err); /* the folder */
    if (s == RISE_OK)
        s = script_write(j, c, o, script, err);
    if (s != RISE_OK)
        return s;
    job_name(j, c->name, name);
    add(&w, "sbatch");
    add(&w, "--parsable");
    add(&w, "--job-name=%s", name);
    add(&w, "--array=1-%u%%%u", c->ask.array, c->ask.nodes);
    add(&w, "--output=%s/%%A_%%a.out", j->folder);
    add(&w, "--open-mode=append");
    add_resources(&w, &c->ask);
    add(&w, "%s", script);
    add_worker(&w, o, j, c->name);
    s = sbatch(&w, name, number, err);
    free_words(&w);
    return s == RISE_OK ? note(c, number, j, err) : s;
}

void slurm_cancel(jobs *j) {
    const char *argv[70] = {"scancel", "--quiet"};
    size_t n = 2;
    outside said;
    rise_error err = {0};
    for (size_t i = 0; i < j->n && n < 69; i++)
        if (!j->item[i].over)
            argv[n++] = j->item[i].number;
    if (n == 2 || slurm_call(argv, 3, NULL, NULL, &said, NULL, &err) != RISE_OK)
        return;
    outside_free(&said);
    for (size_t i = 0; i < j->n; i++)
        j->item[i].over = true;
    if (jobs_save(j, &err) != RISE_OK)
        tell_error(&err);
}
