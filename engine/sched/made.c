/* sched/made: how the rows of an output come from frames, as text: what a model has to be told
 * again before it is used on other samples. Knows parameters and digests, no values. */
#include "sched/run.h"

#include <string.h>

static bool gives_frames(const feed *f) {
    return f->from->node->output[f->output].kind == RISE_FRAMES;
}

/* Rows that belong to frames; what a map reads whole is the same for all of them. */
static bool has_rows(const instance *it, const inlet *in) {
    bool shared = it->node->type->map && in->port->mode == RISE_WHOLE;
    return in->n > 0 && !in->many && !shared && in->feed[0].from->out[in->feed[0].output].frames;
}

const char *inlet_made(const instance *it, const inlet *in) {
    if (!has_rows(it, in) || gives_frames(&in->feed[0]))
        return "";
    const char *made = in->feed[0].from->made;
    return made ? made : "";
}

/* One line, whatever stands in a text. */
static void add_line(buffer *text, const instance *it, const char *name, const char *value) {
    buffer_format(text, "%s %s ", it->node->type->name, name);
    size_t first = text->size;
    buffer_add(text, value, strlen(value) + 1);
    if (text->failed)
        return;
    char *plain = reason_plain((char *)text->bytes + first);
    text->size = first + strlen(plain);
    for (; *plain; plain++)
        *plain = (unsigned char)*plain < ' ' ? ' ' : *plain;
    buffer_text(text, "\n");
}

static void add_own(buffer *text, const instance *it) {
    for (size_t i = 0; i < it->n_parts; i++) {
        const key_part *part = &it->part[i];
        if (part->role == PART_PARAM || strcmp(part->name, "version") == 0 ||
            strcmp(part->name, PLUGIN_PART) == 0)
            add_line(text, it, part->name, part->text);
    }
}

/* A text that was joined many times over, as in a ladder of maps, goes on as its digest. */
static void add_rows(buffer *text, const instance *it, const inlet *in) {
    enum { LONGEST = 16384 };
    const char *made = inlet_made(it, in);
    size_t n = strlen(made);
    if (n <= LONGEST) {
        buffer_text(text, made);
        return;
    }
    rise_id digest;
    char hex[65];
    id_of(made, n, &digest);
    id_hex(&digest, hex);
    add_line(text, it, in->port->name, hex);
}

static void add_inputs(buffer *text, const instance *it) {
    for (size_t k = 0; k < it->node->n_inputs; k++) {
        const inlet *in = &it->inlet[k];
        char hex[65];
        if (in->n == 0 || has_rows(it, in))
            continue;
        id_hex(in->many ? &in->identity : &in->feed[0].from->out[in->feed[0].output].identity, hex);
        add_line(text, it, in->port->name, hex);
    }
    for (size_t k = 0; k < it->node->n_inputs; k++)
        add_rows(text, it, &it->inlet[k]);
}

static bool any_rows(const instance *it) {
    bool any = false;
    for (size_t k = 0; k < it->node->n_inputs; k++)
        any = any || has_rows(it, &it->inlet[k]);
    return any;
}

rise_status instance_tell_made(instance *it, rise_error *err) {
    if (!it->run->sees_made || it->made || !any_rows(it))
        return RISE_OK;
    buffer text = {0};
    add_own(&text, it);
    add_inputs(&text, it);
    buffer_u8(&text, 0);
    if (!text.failed)
        it->made = arena_text(run_memory(it->run), (const char *)text.bytes);
    buffer_free(&text);
    return it->made ? RISE_OK : rise_fail_nomem(err, "how rows are made");
}
