/* cli/jobs: what was submitted for a graph, as a file of the cache that any head, and `status`, can
 * read. */
#include "history.h"
#include "slurm.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

/* ---- where ----------------------------------------------------------------------------------- */
/* Two runs of one graph that differ in --set or --only have work of their own. */
static uint64_t settings(const cli_options *o) {
    XXH3_state_t *h = XXH3_createState();
    if (!h)
        return 0;
    XXH3_64bits_reset(h);
    for (size_t i = 0; i < o->n_set; i++)
        if (strncmp(o->set[i], "executor.", 9) != 0)
            XXH3_64bits_update(h, o->set[i], strlen(o->set[i]) + 1);
    if (o->run.only)
        XXH3_64bits_update(h, o->run.only, strlen(o->run.only));
    uint64_t digest = XXH3_64bits_digest(h);
    XXH3_freeState(h);
    return digest;
}

static bool has_settings(const cli_options *o) {
    bool any = o->run.only != NULL;
    for (size_t i = 0; i < o->n_set; i++)
        any = any || strncmp(o->set[i], "executor.", 9) != 0;
    return any;
}

uint64_t file_digest(const char *path) {
    char text[16384];
    FILE *f = fopen(path, "rb");
    XXH3_state_t *h = f ? XXH3_createState() : NULL;
    uint64_t digest = 0;
    if (h) {
        XXH3_64bits_reset(h);
        for (size_t n; (n = fread(text, 1, sizeof text, f)) > 0;)
            XXH3_64bits_update(h, text, n);
        digest = XXH3_64bits_digest(h);
        XXH3_freeState(h);
    }
    if (f)
        fclose(f);
    return digest;
}

rise_status jobs_place(const cli_options *o, jobs *out, rise_error *err) {
    char cache[4096];
    *out = (jobs){0};
    rise_status s = rise_cache_folder(o->run.cache, cache, sizeof cache, err);
    if (s != RISE_OK)
        return s;
    char *real = realpath(o->operand[0], NULL);
    snprintf(out->graph, sizeof out->graph, "%s", real ? real : o->operand[0]);
    free(real);
    past_graph(o->operand[0], out->graph_id);
    snprintf(out->id, sizeof out->id, "%s", out->graph_id);
    if (has_settings(o))
        snprintf(out->id, sizeof out->id, "%s-%08x", out->graph_id, (unsigned)settings(o));
    snprintf(out->folder, sizeof out->folder, "%s/jobs/%s", cache, out->id);
    snprintf(out->path, sizeof out->path, "%s/jobs/%s.json", cache, out->id);
    return RISE_OK;
}

/* ---- as JSON --------------------------------------------------------------------------------- */
static const char *text_of(const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static uint64_t number_of(const json_t *o, const char *key) {
    json_int_t value = json_integer_value(json_object_get(o, key));
    return value > 0 ? (uint64_t)value : 0;
}

static unsigned count_of(const json_t *o, const char *key) {
    uint64_t value = number_of(o, key);
    return value < 1000000 ? (unsigned)value : 1000000;
}

static void read_job(const json_t *o, job *out) {
    *out = (job){.elements = count_of(o, "elements"),
                 .at_once = count_of(o, "at_once"),
                 .memory = number_of(o, "memory"),
                 .over = json_is_true(json_object_get(o, "over")),
                 .short_of_memory = count_of(o, "short_of_memory"),
                 .too_long = count_of(o, "too_long"),
                 .lost = count_of(o, "lost"),
                 .failed = count_of(o, "failed"),
                 .cancelled = count_of(o, "cancelled")};
    snprintf(out->number, sizeof out->number, "%s", text_of(o, "job"));
    snprintf(out->class, sizeof out->class, "%s", text_of(o, "class"));
}

rise_status jobs_load(jobs *j, rise_error *err) {
    json_error_t why;
    json_t *record = json_load_file(j->path, 0, &why);
    const json_t *list = json_object_get(record, "jobs");
    bool sound = number_of(record, "rise") == 1 && json_is_array(list);
    jobs_free(j);
    for (size_t i = 0; sound && i < json_array_size(list); i++) {
        job *added = jobs_add(j);
        if (!added) {
            json_decref(record);
            return rise_fail_nomem(err, "the jobs");
        }
        read_job(json_array_get(list, i), added);
    }
    if (sound) {
        snprintf(j->host, sizeof j->host, "%s", text_of(record, "host"));
        snprintf(j->began, sizeof j->began, "%s", text_of(record, "began"));
        j->text = strtoull(text_of(record, "text"), NULL, 16);
    }
    json_decref(record);
    return sound ? RISE_OK : rise_fail(err, RISE_E_MISS, "no jobs are known");
}

static json_t *job_json(const job *b) {
    return json_pack("{s:s, s:s, s:i, s:i, s:I, s:b, s:i, s:i, s:i, s:i, s:i}", "job", b->number,
                     "class", b->class, "elements", (int)b->elements, "at_once", (int)b->at_once,
                     "memory", (json_int_t)b->memory, "over", (int)b->over, "short_of_memory",
                     (int)b->short_of_memory, "too_long", (int)b->too_long, "lost", (int)b->lost,
                     "failed", (int)b->failed, "cancelled", (int)b->cancelled);
}

static bool make_folder(const char *path) {
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/* The cache, jobs and jobs/<id>. */
static rise_status make_folders(const jobs *j, rise_error *err) {
    char path[4300];
    snprintf(path, sizeof path, "%s", j->folder);
    char *id = strrchr(path, '/');
    *id = 0;
    char *name = strrchr(path, '/');
    *name = 0;
    bool made = make_folder(path);
    *name = '/';
    made = made && make_folder(path) && make_folder(j->folder);
    return made
               ? RISE_OK
               : rise_fail(err, RISE_E_OUTPUT, "%s cannot be made: %s", j->folder, strerror(errno));
}

rise_status jobs_save(jobs *j, rise_error *err) {
    char text[17];
    file_out file;
    json_t *list = json_array();
    for (size_t i = 0; list && i < j->n; i++)
        json_array_append_new(list, job_json(&j->item[i]));
    snprintf(text, sizeof text, "%016llx", (unsigned long long)j->text);
    json_t *record = json_pack("{s:i, s:o, s:s, s:s, s:s, s:s, s:o}", "rise", 1, "graph",
                               json_text(j->graph), "graph_id", j->graph_id, "text", text, "host",
                               j->host, "began", j->began, "jobs", list);
    rise_status s = record ? make_folders(j, err) : rise_fail_nomem(err, "the jobs");
    if (s == RISE_OK)
        s = file_begin(&file, j->path, true, err);
    if (s == RISE_OK) {
        if (json_dumpf(record, file.f, JSON_INDENT(1)) != 0)
            s = rise_fail_nomem(err, "the jobs");
        s = file_end(&file, s, err);
    }
    json_decref(record);
    return s;
}

/* ---- the list -------------------------------------------------------------------------------- */
job *jobs_add(jobs *j) {
    job *grown = realloc(j->item, (j->n + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    j->item = grown;
    grown[j->n] = (job){0};
    return &grown[j->n++];
}

bool jobs_over(const jobs *j) {
    bool over = true;
    for (size_t i = 0; i < j->n; i++)
        over = over && j->item[i].over;
    return over;
}

job *jobs_of_class(const jobs *j, const char *class) {
    for (size_t i = j->n; i-- > 0;)
        if (strcmp(j->item[i].class, class) == 0)
            return &j->item[i];
    return NULL;
}

void jobs_numbers(const jobs *j, bool all, const char *between, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < j->n; i++)
        if ((all || !j->item[i].over) && used + sizeof j->item[i].number + 2 < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? between : "",
                                     j->item[i].number);
}

void jobs_drop_over(jobs *j) {
    size_t n = 0;
    for (size_t i = 0; i < j->n; i++)
        if (!j->item[i].over)
            j->item[n++] = j->item[i];
    j->n = n;
}

void jobs_free(jobs *j) {
    free(j->item);
    j->item = NULL;
    j->n = 0;
}
