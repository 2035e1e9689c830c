/* graph/plain.c: values of parameters as a reader wants to see them. */
#include "graph/graph.h"

void graph_value_plain(const graph_value *value, buffer *out) {
    char number[32];
    switch (value->kind) {
    case GV_UNSET:
        return;
    case GV_BOOL:
        buffer_text(out, value->boolean ? "true" : "false");
        return;
    case GV_INT:
        buffer_format(out, "%lld", (long long)value->integer);
        return;
    case GV_REAL:
        text_of_double(value->real, number);
        buffer_text(out, number);
        return;
    case GV_TEXT:
        buffer_text(out, value->text);
        return;
    case GV_LIST:
    case GV_MAP:
        for (size_t i = 0; i < value->n; i++) {
            buffer_text(out, i ? ", " : "");
            if (value->kind == GV_MAP)
                buffer_format(out, "%s: ", value->key[i]);
            graph_value_plain(&value->item[i], out);
        }
    }
}
