/* graph/canonical.c: canonical text of parameter values. Equal meaning, equal text; different
 * meaning, different text: texts carry their length, numbers are the shortest that read back. */
#include "graph/graph.h"

#include <math.h>
#include <string.h>

static void number(double value, buffer *out) {
    char text[32];
    if (value == floor(value) && fabs(value) <= 9007199254740992.0) {
        buffer_int(out, (int64_t)value); /* 5.0 and 5e0 as 5, -0 as 0 */
        return;
    }
    text_of_double(value, text);
    buffer_text(out, text);
}

static void text(const char *s, buffer *out) {
    buffer_int(out, (int64_t)strlen(s));
    buffer_text(out, "\"");
    buffer_text(out, s);
    buffer_text(out, "\"");
}

void graph_value_canonical(const graph_value *value, buffer *out) {
    switch (value->kind) {
    case GV_UNSET:
        buffer_text(out, "unset");
        break;
    case GV_BOOL:
        buffer_text(out, value->boolean ? "true" : "false");
        break;
    case GV_INT:
        buffer_int(out, value->integer);
        break;
    case GV_REAL:
        number(value->real, out);
        break;
    case GV_TEXT:
        text(value->text, out);
        break;
    case GV_LIST:
        buffer_text(out, "[");
        for (size_t i = 0; i < value->n; i++) {
            buffer_text(out, i ? "," : "");
            graph_value_canonical(&value->item[i], out);
        }
        buffer_text(out, "]");
        break;
    case GV_MAP:
        buffer_text(out, "{");
        for (size_t i = 0; i < value->n; i++) {
            buffer_text(out, i ? "," : "");
            text(value->key[i], out);
            buffer_text(out, ":");
            graph_value_canonical(&value->item[i], out);
        }
        buffer_text(out, "}");
        break;
    }
}
