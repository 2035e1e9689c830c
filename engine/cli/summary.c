/* cli/summary: the run as JSON. Names and order of the fields are part of the contract. */
#include "cli.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *axes_json(const rise_instance *it) {
    json_t *at = json_object();
    for (size_t a = 0; at && a < it->n_axes; a++) {
        char *end = NULL;
        double number = strtod(it->value[a], &end);
        bool numeric = end && *end == 0 && end != it->value[a] && isfinite(number);
        bool whole = numeric && fabs(number) < 1e15 && number == floor(number);
        json_object_set_new(at, it->axis[a],
                            whole     ? json_integer((json_int_t)number)
                            : numeric ? json_real(number)
                                      : json_text(it->value[a]));
    }
    return at;
}

static json_t *instance_json(const rise_instance *it) {
    json_t *out = json_pack(
        "{s:o, s:o, s:o, s:s, s:o, s:I, s:I, s:f, s:f, s:f, s:f, s:I, s:I}", "node",
        json_text(it->node), "at", axes_json(it), "type", json_text(it->type), "status",
        rise_instance_status_text(it->status), "reason", json_text(it->reason), "frames_ran",
        (json_int_t)it->frames_ran, "frames_cached", (json_int_t)it->frames_cached, "wall_s",
        it->wall_s, "cpu_s", it->cpu_s, "started_s", it->started_s, "ended_s", it->ended_s,
        "stored_bytes", (json_int_t)it->stored_bytes, "peak_bytes", (json_int_t)it->peak_bytes);
    if (out && it->error.status != RISE_OK) {
        char text[1200];
        rise_error_format(&it->error, text, sizeof text);
        json_object_set_new(out, "error", json_text(text));
    }
    return out;
}

static const char *status_text(rise_status s) {
    if (s == RISE_OK)
        return "ok";
    return s == RISE_E_INTERRUPTED || s == RISE_E_TERMINATED ? "interrupted" : "failed";
}

/* NULL when memory is short: a summary has all its rows, or there is none. */
static json_t *summary_json(rise_run *run, rise_status status, double wall_s) {
    json_t *instances = json_array(), *outputs = json_array(), *warnings = json_array();
    bool whole = true;
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        whole = json_array_append_new(instances, instance_json(&it)) == 0 && whole;
    }
    for (size_t i = 0; i < rise_run_files(run); i++) {
        rise_output_file file;
        rise_run_file(run, i, &file);
        json_t *row =
            json_pack("{s:o, s:o}", "name", json_text(file.name), "path", json_text(file.path));
        whole = json_array_append_new(outputs, row) == 0 && whole;
    }
    for (size_t i = 0; i < rise_run_warnings(run); i++)
        whole = json_array_append_new(warnings, json_text(rise_run_warning(run, i))) == 0 && whole;
    json_t *out = json_pack("{s:i, s:s, s:f, s:o, s:o, s:o}", "rise", 1, "status",
                            status_text(status), "wall_s", wall_s, "instances", instances,
                            "outputs", outputs, "warnings", warnings);
    if (whole)
        return out;
    json_decref(out);
    return NULL;
}

rise_status summary_write(rise_run *run, rise_status status, double wall_s, const char *path,
                          rise_error *err) {
    json_t *summary = summary_json(run, status, wall_s);
    char *text = summary ? json_dumps(summary, JSON_INDENT(1)) : NULL;
    json_decref(summary);
    if (!text)
        return rise_fail_nomem(err, "the summary");
    rise_status s = write_text(path, text, strlen(text), err);
    free(text);
    return s;
}
