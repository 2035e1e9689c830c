/* cli/summary: the run as JSON, an instance to a line. Names and order of the fields are part of
 * the contract. */
#include "cli.h"

#include "json.h"

#include <math.h>
#include <stdlib.h>

static void put_value(json_out *o, const char *text) {
    char *end = NULL;
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

static void pair_text(json_out *o, const char *key, const char *text) {
    json_key(o, key);
    json_put_text(o, text);
}

static void pair_int(json_out *o, const char *key, uint64_t value) {
    json_key(o, key);
    json_put_int(o, (int64_t)value);
}

static void pair_seconds(json_out *o, const char *key, double value) {
    json_key(o, key);
    json_put_seconds(o, value);
}

static void put_instance(json_out *o, const rise_instance *it) {
    json_newline(o);
    json_open(o, '{');
    pair_text(o, "node", it->node);
    json_key(o, "at");
    put_axes(o, it);
    pair_text(o, "type", it->type);
    pair_text(o, "status", rise_instance_status_text(it->status));
    pair_text(o, "reason", it->reason);
    pair_int(o, "frames_ran", it->frames_ran);
    pair_int(o, "frames_cached", it->frames_cached);
    pair_seconds(o, "wall_s", it->wall_s);
    pair_seconds(o, "cpu_s", it->cpu_s);
    pair_seconds(o, "started_s", it->started_s);
    pair_seconds(o, "ended_s", it->ended_s);
    pair_int(o, "stored_bytes", it->stored_bytes);
    pair_int(o, "peak_bytes", it->peak_bytes);
    if (it->error) {
        char text[1200];
        rise_error_format(it->error, text, sizeof text);
        pair_text(o, "error", text);
    }
    json_close(o, '}');
}

static const char *status_text(rise_status s) {
    if (s == RISE_OK)
        return "ok";
    return s == RISE_E_INTERRUPTED || s == RISE_E_TERMINATED ? "interrupted" : "failed";
}

static void put_instances(json_out *o, rise_run *run) {
    json_key(o, "instances");
    json_open(o, '[');
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        put_instance(o, &it);
    }
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
        pair_text(o, "name", file.name);
        pair_text(o, "path", file.path);
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

/* A summary has all its rows, or there is none. */
rise_status summary_write(rise_run *run, rise_status status, double wall_s, const char *path,
                          bool sync, rise_error *err) {
    json_out o = {0};
    json_open(&o, '{');
    pair_int(&o, "rise", 1);
    pair_text(&o, "status", status_text(status));
    pair_seconds(&o, "wall_s", wall_s);
    put_instances(&o, run);
    put_outputs(&o, run);
    put_warnings(&o, run);
    json_close(&o, '}');
    o.after = false;
    json_newline(&o);
    rise_status s = o.failed ? rise_fail_nomem(err, "the summary")
                             : write_text(path, o.text, o.size, sync, err);
    free(o.text);
    return s;
}
