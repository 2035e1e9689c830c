/* sched/reason: why an instance runs, in one sentence. The parts of its key are compared with those
 * of its last record, which is kept in the store under the name of the node. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

static const old_part *find_old(const old_part *old, size_t n, const key_part *part) {
    for (size_t i = 0; i < n; i++)
        if (old[i].role == (unsigned)part->role && strcmp(old[i].name, part->name) == 0)
            return &old[i];
    return NULL;
}

/* Canonical texts stand as 6"energy"; a reader has no use for the length. `text` is changed in
 * place. */
char *reason_plain(char *text) {
    char *to = text;
    for (const char *from = text; *from;) {
        size_t digits = strspn(from, "0123456789"), size = digits ? strtoul(from, NULL, 10) : 0;
        bool quoted = digits > 0 && from[digits] == '"';
        const char *copied = quoted ? from + digits : from;
        size_t n = quoted ? size + 2 : digits ? digits : 1;
        n = strnlen(copied, n);
        memmove(to, copied, n);
        to += n;
        from = copied + n;
    }
    *to = 0;
    return text;
}

/* Readers want the plain value, short. */
const char *reason_shown(instance *it, const char *canonical) {
    char *text = arena_text(run_memory(it->run), canonical);
    if (text && strncmp(text, "file ", 5) == 0)
        text = arena_format(run_memory(it->run), "file %.8s", text + 5);
    else if (text)
        reason_plain(text);
    if (text && strlen(text) > 60) {
        text_cut(text, 57);
        text = arena_format(run_memory(it->run), "%s...", text);
    }
    return text ? text : "";
}

static bool is_input(unsigned role) {
    return role == PART_INPUT || role == PART_MADE;
}

static const char *input_reason(instance *it, const char *port) {
    for (size_t k = 0; k < it->node->n_inputs; k++) {
        const inlet *in = &it->inlet[k];
        if (strcmp(in->port->name, port) != 0 || in->n == 0)
            continue;
        const char *ref = it->node->input[k].ref[0].text;
        for (size_t i = 0; i < in->n; i++) {
            const instance *from = in->feed[i].from;
            if (from->reason[0] == 0)
                continue;
            const char *cause = strstr(from->reason, ": parameter ");
            cause = cause ? cause + 2 : from->reason;
            if (strstr(cause, " changed: "))
                cause = strstr(cause, " changed: ") + 10;
            return arena_format(run_memory(it->run), "input %s changed: %s", ref, cause);
        }
        return arena_format(run_memory(it->run), "input %s changed", ref);
    }
    return arena_format(run_memory(it->run), "input %s changed", port);
}

/* "shells build-id 1a2b3c4d5e6f..." becomes "shells build-id 1a2b3c4d". */
static const char *short_plugin(instance *it, const char *text) {
    const char *digest = strrchr(text, ' ');
    int n = digest ? (int)(digest - text) + 9 : 60;
    return arena_format(run_memory(it->run), "%.*s", n, text);
}

static const char *plugin_reason(instance *it, const key_part *part, const old_part *before) {
    const char *now = short_plugin(it, part->text);
    if (!before)
        return arena_format(run_memory(it->run), "plug-in changed (none -> %s)", now ? now : "");
    const char *old = short_plugin(it, before->text);
    return arena_format(run_memory(it->run), "plug-in changed (%s -> %s)", old ? old : "",
                        now ? now : "");
}

static const char *part_reason(instance *it, const key_part *part, const old_part *before) {
    const char *old = before ? reason_shown(it, before->text) : "unset";
    if (part->role == PART_BASE && strcmp(part->name, PLUGIN_PART) == 0)
        return plugin_reason(it, part, before);
    if (is_input(part->role))
        return before || part->role == PART_MADE
                   ? input_reason(it, part->name)
                   : arena_format(run_memory(it->run), "input %s is new", part->name);
    if (part->role == PART_BASE)
        return arena_format(run_memory(it->run), "%s %s -> %s", part->name, old,
                            reason_shown(it, part->text));
    if (part->place.line > 0)
        return arena_format(run_memory(it->run), "parameter %s %s -> %s (%s:%ld)", part->name, old,
                            reason_shown(it, part->text), it->run->graph->path, part->place.line);
    return arena_format(run_memory(it->run), "parameter %s %s -> %s (--set)", part->name, old,
                        reason_shown(it, part->text));
}

static const key_part *first_change(instance *it, const old_part *old, size_t n, bool inputs,
                                    const old_part **before) {
    for (size_t i = 0; i < it->n_parts; i++) {
        const key_part *part = &it->part[i];
        if (is_input(part->role) != inputs)
            continue;
        *before = find_old(old, n, part);
        if (!*before || strcmp((*before)->text, part->text) != 0)
            return part;
    }
    return NULL;
}

/* Parameters have a part also where they are not given: only inputs go. */
static const old_part *first_gone(const instance *it, const old_part *old, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool there = old[i].role != PART_INPUT;
        for (size_t k = 0; k < it->n_parts && !there; k++)
            there = it->part[k].role == PART_INPUT && strcmp(it->part[k].name, old[i].name) == 0;
        if (!there)
            return &old[i];
    }
    return NULL;
}

enum { MAX_PARTS = 256 };

const char *reason_before(instance *it, const key_part *part) {
    old_part *old = ARENA_NEW(run_memory(it->run), old_part, MAX_PARTS);
    size_t n = old ? history_read(it, old, MAX_PARTS) : 0;
    const old_part *before = find_old(old, n, part);
    if (n == 0 || (before && strcmp(before->text, part->text) == 0))
        return "";
    return before ? reason_shown(it, before->text) : "unset";
}

/* What was changed at the node itself explains more than what reaches it, and comes first. */
const char *instance_explain(instance *it, const char *fallback) {
    old_part *old = ARENA_NEW(run_memory(it->run), old_part, MAX_PARTS);
    size_t n = old ? history_read(it, old, MAX_PARTS) : 0;
    if (n == 0)
        return "first run";
    const old_part *before = NULL, *gone = NULL;
    const key_part *part = first_change(it, old, n, false, &before);
    if (!part)
        gone = first_gone(it, old, n);
    if (!part && !gone)
        part = first_change(it, old, n, true, &before);
    const char *text = fallback;
    if (gone)
        text = arena_format(run_memory(it->run), "input %s is no longer connected", gone->name);
    else if (part)
        text = part_reason(it, part, before);
    return text ? text : fallback;
}
