/* cli/past_brief: see past_brief.h. */
#include "past_brief.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

static const char *text_of(const json_t *run, const char *key) {
    const char *text = json_string_value(json_object_get(run, key));
    return text ? text : "";
}

static void local_time(const char *began, char when[24]) {
    struct tm utc = {0}, local;
    const char *rest = strptime(began, "%Y-%m-%dT%H:%M:%S", &utc);
    time_t s = rest ? timegm(&utc) : 0;
    snprintf(when, 24, "%s", rest ? "" : "?");
    if (rest && localtime_r(&s, &local))
        strftime(when, 24, "%Y-%m-%d %H:%M:%S", &local);
}

static void join(char *text, size_t size, const char *before, const char *more) {
    size_t n = strlen(text);
    snprintf(text + n, size - n, "%s%s%s", n ? " " : "", before, more);
}

static void count(const json_t *instances, past_brief *b) {
    size_t i;
    json_t *it;
    json_array_foreach(instances, i, it) {
        const char *status = text_of(it, "status");
        b->ran += strcmp(status, "ran") == 0;
        b->cached += strcmp(status, "cached") == 0;
        b->failed += strcmp(status, "failed") == 0;
        b->skipped += strcmp(status, "skipped") == 0;
    }
}

void past_brief_of(json_t *run, past_brief *out) {
    size_t i;
    json_t *set;
    const char *id = text_of(run, "id"), *only = text_of(run, "only");
    *out = (past_brief){.id = id[0] ? id : text_of(run, "same_as"),
                        .graph = text_of(run, "graph"),
                        .status = text_of(run, "status"),
                        .wall_s = json_number_value(json_object_get(run, "wall_s"))};
    local_time(text_of(run, "began"), out->when);
    json_array_foreach(json_object_get(run, "set"), i, set)
        join(out->set, sizeof out->set, "", json_string_value(set) ? json_string_value(set) : "");
    if (only[0])
        join(out->set, sizeof out->set, "--only ", only);
    count(json_object_get(run, "instances"), out);
}

json_t *past_brief_json(json_t *run) {
    static const char *const copied[] = {"began", "graph",  "graph_file", "title", "set",
                                         "only",  "status", "exit",       "wall_s"};
    past_brief b;
    past_brief_of(run, &b);
    json_t *out = json_pack("{s:s}", "id", b.id);
    for (size_t k = 0; out && k < sizeof copied / sizeof *copied; k++) {
        json_t *value = json_object_get(run, copied[k]);
        if (value)
            json_object_set(out, copied[k], value);
    }
    json_t *counts =
        json_pack("{s:I, s:I, s:I, s:I}", "ran", (json_int_t)b.ran, "cached", (json_int_t)b.cached,
                  "failed", (json_int_t)b.failed, "skipped", (json_int_t)b.skipped);
    if (out && counts)
        json_object_update(out, counts);
    json_decref(counts);
    return out;
}
