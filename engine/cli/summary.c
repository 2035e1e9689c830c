/* cli/summary: the run as JSON, an instance to a line. Names and order of the fields are part of
 * the contract. */
#include "parts.h"
#include "record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

static void put_value(json_out *o, const char *text) {
    char *end = NULL;
    size_t digits = strspn(text, "0123456789");
    if (digits > 0 && digits < 16 && !text[digits]) {
        json_put_int(o, strtoll(text, NULL, 10));
        return;
    }
    double number = strtod(text, &end);
    bool numeric = *end == 0 && end != text && isfinite(number);
    if (numeric && fabs(number) < 1e15 && number == floor(number))
        json_put_int(o, (int64_t)number);
    else if (numeric)
        json_put_real(o, number);
    else
        json_put_text(o, text);
}

static void put_axes(json_out *o, const rise_instance *it) {
    json_open(o, '{');
    for (size_t a = 0; a < it->n_axes; a++) {
        json_key(o, it->axis[a]);
        put_value(o, it->value[a]);
    }
    json_close(o, '}');
}

static void pair_text(json_out *o, const char *name, const char *text) {
    json_name(o, name);
    json_put_text(o, text);
}

static void pair_int(json_out *o, const char *name, uint64_t value) {
    json_name(o, name);
    json_put_int(o, (int64_t)value);
}

static void named_text(json_out *o, const char *key, const char *text) {
    json_key(o, key);
    json_put_text(o, text);
}

static void pair_seconds(json_out *o, const char *name, double value) {
    json_name(o, name);
    json_put_seconds(o, value);
}

static void put_instance(json_out *o, const rise_instance *it) {
    json_newline(o);
    json_open(o, '{');
    pair_text(o, JSON_KEY("node"), it->node);
    json_name(o, JSON_KEY("at"));
    put_axes(o, it);
    pair_text(o, JSON_KEY("type"), it->type);
    pair_text(o, JSON_KEY("status"), rise_instance_status_text(it->status));
    pair_text(o, JSON_KEY("reason"), it->reason);
    pair_int(o, JSON_KEY("frames_ran"), it->frames_ran);
    pair_int(o, JSON_KEY("frames_cached"), it->frames_cached);
    pair_seconds(o, JSON_KEY("wall_s"), it->wall_s);
    pair_seconds(o, JSON_KEY("cpu_s"), it->cpu_s);
    pair_seconds(o, JSON_KEY("started_s"), it->started_s);
    pair_seconds(o, JSON_KEY("ended_s"), it->ended_s);
    pair_int(o, JSON_KEY("stored_bytes"), it->stored_bytes);
    pair_int(o, JSON_KEY("peak_bytes"), it->peak_bytes);
    if (it->error) {
        char text[1200];
        rise_error_format(it->error, text, sizeof text);
        pair_text(o, JSON_KEY("error"), text);
    }
    json_close(o, '}');
}

static const char *status_text(rise_status s) {
    if (s == RISE_OK)
        return "ok";
    return s == RISE_E_INTERRUPTED || s == RISE_E_TERMINATED ? "interrupted" : "failed";
}

enum { TOGETHER = 512 };

static void put_some(void *user, size_t part, json_out *o) {
    rise_run *run = user;
    size_t n = rise_run_instances(run), end = (part + 1) * TOGETHER;
    for (size_t i = part * TOGETHER; i < n && i < end; i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        put_instance(o, &it);
    }
}

static void put_instances(json_out *o, rise_run *run) {
    json_key(o, "instances");
    json_open(o, '[');
    parts_put(o, (rise_run_instances(run) + TOGETHER - 1) / TOGETHER, put_some, run);
    json_close(o, ']');
}

static void put_outputs(json_out *o, rise_run *run) {
    json_key(o, "outputs");
    json_open(o, '[');
    for (size_t i = 0; i < rise_run_files(run); i++) {
        rise_output_file file;
        rise_run_file(run, i, &file);
        json_newline(o);
        json_open(o, '{');
        pair_text(o, JSON_KEY("name"), file.name);
        pair_text(o, JSON_KEY("path"), file.path);
        json_close(o, '}');
    }
    json_close(o, ']');
}

static void put_warnings(json_out *o, rise_run *run) {
    json_key(o, "warnings");
    json_open(o, '[');
    for (size_t i = 0; i < rise_run_warnings(run); i++) {
        json_newline(o);
        json_put_text(o, rise_run_warning(run, i));
    }
    json_close(o, ']');
}

/* ---- what it was made of --------------------------------------------------------------------- */
void utc_text(double seconds, char text[40]) {
    char day[32] = "";
    time_t s = (time_t)seconds;
    struct tm utc;
    if (gmtime_r(&s, &utc))
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, 40, "%s.%03d", day, (int)((seconds - floor(seconds)) * 1e3));
}

static void put_began(json_out *o, double began) {
    char text[40];
    utc_text(began, text);
    strcat(text, "Z");
    pair_text(o, JSON_KEY("began"), text);
}

static void put_set(json_out *o, const cli_options *options) {
    json_key(o, "set");
    json_open(o, '[');
    for (size_t i = 0; i < options->n_set; i++)
        json_put_text(o, options->set[i]);
    json_close(o, ']');
}

static void put_parameters(json_out *o, const rise_table *t) {
    static const char *const columns[] = {"node", "parameter", "value", "unit", "axis", "source"};
    json_key(o, "parameters");
    json_open(o, '[');
    for (size_t i = 0; i < t->n_rows; i++) {
        json_newline(o);
        json_open(o, '{');
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            named_text(o, columns[c], rise_table_find(t, columns[c])->text[i]);
        pair_int(o, JSON_KEY("line"), (uint64_t)rise_table_find(t, "line")->i64[i]);
        json_close(o, '}');
    }
    json_close(o, ']');
}

/* Of very many files the first are listed; the digest of the rest tells whether they are the same.
 */
static void put_rest(json_out *o, const rise_table *t, size_t first) {
    XXH3_state_t *h = XXH3_createState();
    char digest[17];
    if (!h) {
        o->failed = true;
        return;
    }
    XXH3_64bits_reset(h);
    for (size_t i = first; i < t->n_rows; i++)
        for (size_t c = 0; c < t->n_columns; c++)
            XXH3_64bits_update(h, t->column[c].text[i], strlen(t->column[c].text[i]) + 1);
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)XXH3_64bits_digest(h));
    XXH3_freeState(h);
    json_key(o, "more_inputs");
    json_open(o, '{');
    pair_int(o, JSON_KEY("files"), t->n_rows - first);
    pair_text(o, JSON_KEY("digest"), digest);
    json_close(o, '}');
}

static void put_inputs(json_out *o, rise_run *run) {
    enum { MOST = 2000 };
    rise_value *value = NULL;
    if (rise_run_inputs(run, &value, NULL) != RISE_OK) {
        o->failed = true;
        return;
    }
    const rise_table *t = rise_value_table(value);
    json_key(o, "inputs");
    json_open(o, '[');
    for (size_t i = 0; i < t->n_rows && i < MOST; i++) {
        json_newline(o);
        json_open(o, '{');
        for (size_t c = 0; c < t->n_columns; c++)
            named_text(o, t->column[c].name, t->column[c].text[i]);
        json_close(o, '}');
    }
    json_close(o, ']');
    if (t->n_rows > MOST)
        put_rest(o, t, MOST);
    rise_value_release(value);
}

static void put_fact(void *user, fact_kind kind, const char *name, const char *value) {
    char key[256];
    const char *before = kind == FACT_NODE ? "node " : kind == FACT_PLUGIN ? "plug-in " : "";
    snprintf(key, sizeof key, "%s%s", before, name);
    named_text(user, key, value);
}

static void put_versions(json_out *o, const record *r) {
    json_key(o, "versions");
    json_open(o, '{');
    facts_tell(r, put_fact, o);
    json_close(o, '}');
}

/* As it is found from everywhere. */
static void put_path(json_out *o, const char *name, const char *path) {
    char *real = realpath(path, NULL);
    pair_text(o, name, real ? real : path);
    free(real);
}

/* A run that did nothing and whose keys are those of the last one need not say it all again. */
static void put_made_of(json_out *o, const record *r) {
    json_newline(o);
    o->after = false;
    if (r->past.id[0])
        pair_text(o, r->kept ? JSON_KEY("id") : JSON_KEY("same_as"), r->past.id);
    put_began(o, r->began);
    pair_int(o, JSON_KEY("exit"), (uint64_t)rise_status_exit(r->status));
    pair_text(o, JSON_KEY("graph"), r->o->operand[0]);
    put_path(o, JSON_KEY("graph_file"), r->o->operand[0]);
    pair_text(o, JSON_KEY("title"), rise_graph_title(r->graph));
    put_set(o, r->o);
    pair_text(o, JSON_KEY("only"), r->o->run.only ? r->o->run.only : "");
    put_path(o, JSON_KEY("out"), rise_run_out_folder(r->run));
    put_path(o, JSON_KEY("cache"), rise_run_cache_folder(r->run));
    if (r->past.id[0] && !r->kept)
        return;
    put_parameters(o, rise_value_table(r->chart->table[2]));
    put_inputs(o, r->run);
    put_versions(o, r);
    metrics_put(r, o);
}

void summary_put(const record *r, json_out *o) {
    json_open(o, '{');
    pair_int(o, JSON_KEY("rise"), 1);
    pair_text(o, JSON_KEY("status"), status_text(r->status));
    pair_seconds(o, JSON_KEY("wall_s"), r->wall_s);
    put_instances(o, r->run);
    put_outputs(o, r->run);
    put_warnings(o, r->run);
    put_made_of(o, r);
    json_close(o, '}');
    o->after = false;
    json_newline(o);
}
