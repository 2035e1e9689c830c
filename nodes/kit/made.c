/* kit/made: see made.h. Compares texts; knows no values. */
#include "kit/made.h"

#include <stdio.h>
#include <string.h>

enum { WORD = 60, SHOWN = 80 };

/* "type name value" of a line, cut where it is long. */
typedef struct setting {
    char type[WORD], name[WORD], value[SHOWN];
    bool digest; /* the value stands for something read whole */
} setting;

static void cut(char *to, size_t size, const char *from, size_t n) {
    bool whole = n < size;
    snprintf(to, size, "%.*s", (int)n, from);
    if (!whole) {
        size_t end = size - 4; /* no part of a character stays */
        while (end > 0 && ((unsigned char)to[end] & 0xC0) == 0x80)
            end--;
        memcpy(to + end, "...", 4);
    }
}

static setting read_setting(const char *line) {
    setting s;
    size_t type = strcspn(line, " \n"), n = strcspn(line, "\n");
    const char *name = line + type + (line[type] == ' ');
    size_t name_size = strcspn(name, " \n");
    const char *value = name + name_size + (name[name_size] == ' ');
    size_t value_size = n > (size_t)(value - line) ? n - (size_t)(value - line) : 0;
    s.digest = value_size == 64 && strspn(value, "0123456789abcdef") >= 64;
    cut(s.type, sizeof s.type, line, type);
    cut(s.name, sizeof s.name, name, name_size);
    if (value_size == 1 && value[0] == '-')
        cut(s.value, sizeof s.value, "unset", 5);
    else
        cut(s.value, sizeof s.value, value, s.digest ? 8 : value_size);
    return s;
}

static const char *next_line(const char *line) {
    const char *end = strchr(line, '\n');
    return end != NULL ? end + 1 : line + strlen(line);
}

/* What has another value, and what would mend it. */
static rise_status other_value(const char *port, const char *whose, const setting *then,
                               const setting *now, rise_error *err) {
    rise_fail(err, RISE_E_DATA, "%s: made with %s %s %s, but %s with %s", port, now->type,
              now->name, now->value, whose, then->value);
    if (then->digest)
        return rise_hint(err, "connect the `%s` that were written together with %s", then->name,
                         whose);
    if (strcmp(then->name, "version") == 0)
        return rise_hint(err, "versions compute different rows: train again with this one");
    if (strcmp(then->value, "unset") == 0)
        return rise_hint(err, "leave `%s` of the %s that leads here out", then->name, then->type);
    return rise_hint(err, "give the %s that leads here `%s: %s`", then->type, then->name,
                     then->value);
}

/* Other nodes made the rows, or more of them. */
static rise_status other_nodes(const char *port, const char *whose, const setting *then,
                               const setting *now, rise_error *err) {
    char side[2][sizeof *then];
    const setting *s[2] = {now, then};
    for (int k = 0; k < 2; k++)
        if (s[k]->type[0] != '\0')
            snprintf(side[k], sizeof side[k], "%s %s %s", s[k]->type, s[k]->name, s[k]->value);
        else
            snprintf(side[k], sizeof side[k], "nothing more");
    rise_fail(err, RISE_E_DATA, "%s: made with %s, but %s with %s", port, side[0], whose, side[1]);
    return rise_hint(err, "make the rows by the same nodes as in training");
}

rise_status made_compare(const char *port, const char *whose, const char *then, const char *now,
                         rise_error *err) {
    while (*then != '\0' || *now != '\0') {
        size_t n = strcspn(then, "\n");
        if (n != strcspn(now, "\n") || memcmp(then, now, n) != 0) {
            setting old = read_setting(then), new = read_setting(now);
            bool same = strcmp(old.type, new.type) == 0 && strcmp(old.name, new.name) == 0;
            return same ? other_value(port, whose, &old, &new, err)
                        : other_nodes(port, whose, &old, &new, err);
        }
        then = next_line(then);
        now = next_line(now);
    }
    return RISE_OK;
}

rise_status made_check(rise_ctx *ctx, const char *port, const char *whose, const char *then,
                       rise_error *err) {
    const char *now = rise_made(ctx, port);
    if (then == NULL || then[0] == '\0')
        return RISE_OK;
    if (now[0] == '\0') {
        rise_warn(ctx,
                  "%s: how these rows were made is not known; whether they fit %s was not "
                  "checked",
                  port, whose);
        return RISE_OK;
    }
    return made_compare(port, whose, then, now, err);
}
