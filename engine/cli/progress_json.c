/* cli/progress_json: --progress json: one object a line. Names of events and fields are a contract,
 * described in docs/progress.md; fields may be added. */
#include "progress.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void json_line(json_t *event) {
    char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
    if (text)
        fprintf(stderr, "%s\n", text);
    free(text);
    json_decref(event);
}

void json_started(rise_run *run, const rise_graph *graph, const char *path) {
    json_line(json_pack(
        "{s:s, s:i, s:s, s:o, s:o, s:I, s:o, s:o}", "event", "started", "rise", 1, "version",
        RISE_VERSION, "graph", json_text(path), "title", json_text(rise_graph_title(graph)),
        "instances", (json_int_t)rise_run_instances(run), "out",
        json_text(rise_run_out_folder(run)), "cache", json_text(rise_run_cache_folder(run))));
}

static json_t *known(double number, bool is_known) {
    return is_known ? json_real(number) : json_null();
}

static json_t *running_json(const struct running *r) {
    const rise_instance *it = &r->it;
    bool counted = it->total > 0;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:f, s:o}", "instance",
                     json_text(it->name), "done", known(it->done, counted), "total",
                     known(it->total, counted), "per_s", known(r->per_s, r->per_s > 0), "left_s",
                     known(r->left_s, r->left_s >= 0), "frames_ran", (json_int_t)it->frames_ran,
                     "frames_cached", (json_int_t)it->frames_cached, "wall_s", it->wall_s,
                     "message", json_text(it->message));
}

void json_progress(const moment *now) {
    json_t *running = json_array();
    for (size_t i = 0; running && i < now->n_shown; i++)
        json_array_append_new(running, running_json(&now->shown[i]));
    json_line(json_pack("{s:s, s:f, s:I, s:I, s:I, s:I, s:I, s:o}", "event", "progress", "wall_s",
                        now->wall_s, "settled", (json_int_t)now->settled, "total",
                        (json_int_t)now->total, "cached", (json_int_t)now->cached, "ran",
                        (json_int_t)now->ran, "memory_bytes", (json_int_t)now->memory, "running",
                        running));
}

void json_ended(const rise_instance *it) {
    json_line(json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:I, s:I, s:f, s:f}", "event", "ended",
                        "instance", json_text(it->name), "node", json_text(it->node), "type",
                        json_text(it->type), "status", rise_instance_status_text(it->status),
                        "reason", json_text(it->reason), "frames_ran", (json_int_t)it->frames_ran,
                        "frames_cached", (json_int_t)it->frames_cached, "wall_s", it->wall_s,
                        "cpu_s", it->cpu_s));
}

void json_warning(const char *text) {
    json_line(json_pack("{s:s, s:o}", "event", "warning", "text", json_text(text)));
}

void json_watching(size_t n_files) {
    json_line(json_pack("{s:s, s:I}", "event", "watching", "files", (json_int_t)n_files));
}

void json_edited(const char *path) {
    json_line(json_pack("{s:s, s:o}", "event", "edited", "path", json_text(path)));
}

void json_finished(const moment *now, int exit_code) {
    const char *status = exit_code == 0                         ? "ok"
                         : exit_code == 130 || exit_code == 143 ? "interrupted"
                                                                : "failed";
    json_t *event = json_pack("{s:s, s:s, s:i, s:f}", "event", "finished", "status", status, "exit",
                              exit_code, "wall_s", process_seconds());
    json_t *counts = now ? json_pack("{s:I, s:I, s:I, s:I}", "ran", (json_int_t)now->ran, "cached",
                                     (json_int_t)now->cached, "failed", (json_int_t)now->failed,
                                     "skipped", (json_int_t)now->skipped)
                         : NULL;
    if (event && counts)
        json_object_update(event, counts);
    json_decref(counts);
    json_line(event);
}
