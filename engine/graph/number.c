/* graph/number.c: numbers, sizes, durations and slices as people write them in a graph.
 * Locale-free; whatever YAML 1.1, YAML 1.2, C and Python read in different ways is refused with a
 * hint. */
#include "graph/load.h"

#include <math.h>
#include <string.h>

static size_t digits(const char *s) {
    return strspn(s, "0123456789");
}

/* Length of the decimal number that `s` begins with; 0: none. */
static size_t number_length(const char *s, bool *whole) {
    size_t i = *s == '+' || *s == '-' ? 1 : 0;
    size_t before = digits(s + i);
    i += before;
    size_t after = 0;
    *whole = true;
    if (s[i] == '.') {
        after = digits(s + i + 1);
        i += 1 + after;
        *whole = false;
    }
    if (!before && !after) {
        return 0;
    }
    if (s[i] == 'e' || s[i] == 'E') {
        size_t sign = s[i + 1] == '+' || s[i + 1] == '-' ? 1 : 0;
        size_t power = digits(s + i + 1 + sign);
        if (power) {
            i += 1 + sign + power;
            *whole = false;
        }
    }
    return i;
}

static bool leading_zero(const char *s) {
    s += *s == '+' || *s == '-';
    return s[0] == '0' && s[1] >= '0' && s[1] <= '9';
}

/* How a text that is nearly a number should be written. */
static const char *number_hint(const char *s, arena *a) {
    char plain[64];
    size_t n = strlen(s);
    bool whole = false;
    size_t length = number_length(s, &whole);
    const char *bare = s + (*s == '+' || *s == '-');
    if (leading_zero(s)) {
        const char *rest = bare + strspn(bare, "0");
        bool digit = *rest >= '0' && *rest <= '9';
        return length == n ? arena_format(a, "write %s%s without leading zeros",
                                          *s == '-' ? "-" : "", digit ? rest : rest - 1)
                           : NULL;
    }
    if (bare[0] == '0' && bare[1] && strchr("xXoObB", bare[1])) {
        return "write it as a decimal number";
    }
    if (n < sizeof plain && length) {
        if (strspn(s, "+-0123456789_.eE") == n && strchr(s, '_')) {
            size_t m = 0;
            for (size_t i = 0; i < n; i++) {
                if (s[i] != '_') {
                    plain[m++] = s[i];
                }
            }
            plain[m] = '\0';
            return arena_format(a, "write %s", plain);
        }
        if (strspn(s, "+-0123456789,eE") == n) {
            for (size_t i = 0; i <= n; i++) {
                plain[i] = s[i] == ',' ? '.' : s[i];
            }
            return arena_format(a, "the decimal sign is a point: %s", plain);
        }
        const char *rest = s + length + strspn(s + length, " ");
        if (rest > s + length || (*rest & 0x80) || strchr("AaMmKkes%", *rest)) {
            return arena_format(a, "write %.*s alone, the unit is known", (int)length, s);
        }
    }
    bare += *bare == '.';
    if (!strcmp(bare, "inf") || !strcmp(bare, "Inf") || !strcmp(bare, "INF") ||
        !strcmp(bare, "nan") || !strcmp(bare, "NaN") || !strcmp(bare, "NAN")) {
        return "a finite number is expected";
    }
    return NULL;
}

bool number_parse(const char *text, double *value, bool *integral, int64_t *integer, arena *a,
                  const char **hint) {
    bool whole = false;
    size_t length = number_length(text, &whole);
    *hint = NULL;
    if (!length || text[length] || leading_zero(text)) {
        *hint = number_hint(text, a);
        return false;
    }
    if (whole && text_to_int(text, integer)) {
        *value = (double)*integer;
        *integral = true;
        return true;
    }
    if (!text_to_double(text, value)) {
        *hint = "it is too large";
        return false;
    }
    *integral = *value == floor(*value) && fabs(*value) <= 9007199254740992.0;
    *integer = *integral ? (int64_t)*value : 0;
    return true;
}

/* ---- with units ------------------------------------------------------------------------------ */
typedef struct unit {
    const char *name;
    double factor;
} unit;

static bool with_unit(const char *text, const unit *units, double *value) {
    bool whole = false;
    size_t length = number_length(text, &whole);
    char number[64];
    if (!length || length >= sizeof number) {
        return false;
    }
    memcpy(number, text, length);
    number[length] = '\0';
    bool integral = false;
    int64_t integer = 0;
    const char *hint = NULL;
    arena scratch = {0};
    bool read = number_parse(number, value, &integral, &integer, &scratch, &hint);
    arena_free(&scratch);
    const char *rest = text + length + strspn(text + length, " ");
    for (const unit *u = units; read && u->name; u++) {
        if (strcmp(rest, u->name) == 0) {
            *value *= u->factor;
            return *value >= 0;
        }
    }
    return false;
}

bool size_parse(const char *text, uint64_t *bytes) {
    static const unit units[] = {{"", 1},
                                 {"B", 1},
                                 {"kB", 1e3},
                                 {"MB", 1e6},
                                 {"GB", 1e9},
                                 {"TB", 1e12},
                                 {"KiB", 1024.0},
                                 {"MiB", 1048576.0},
                                 {"GiB", 1073741824.0},
                                 {"TiB", 1099511627776.0},
                                 {"K", 1024.0},
                                 {"M", 1048576.0},
                                 {"G", 1073741824.0},
                                 {"T", 1099511627776.0},
                                 {NULL, 0}};
    double value = 0;
    if (!with_unit(text, units, &value) || value > 9e18) {
        return false;
    }
    *bytes = (uint64_t)value;
    return true;
}

bool duration_parse(const char *text, double *seconds) {
    static const unit units[] = {{"", 1},   {"s", 1},    {"ms", 1e-3}, {"min", 60},
                                 {"m", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0}};
    double value = 0;
    if (!with_unit(text, units, &value)) {
        return false;
    }
    *seconds = value;
    return true;
}

/* ---- slices ---------------------------------------------------------------------------------- */
bool slice_parse(const char *text, int64_t part[3]) {
    part[0] = part[1] = part[2] = INT64_MIN;
    size_t colons = 0;
    for (const char *s = text;; s++) {
        const char *end = strchr(s, ':');
        size_t n = end ? (size_t)(end - s) : strlen(s);
        while (n && *s == ' ') {
            s++;
            n--;
        }
        while (n && s[n - 1] == ' ') {
            n--;
        }
        char number[24];
        if (n >= sizeof number || colons > 2) {
            return false;
        }
        memcpy(number, s, n);
        number[n] = '\0';
        if (n && (leading_zero(number) || !text_to_int(number, &part[colons]))) {
            return false;
        }
        if (!end) {
            break;
        }
        colons++;
        s = end;
    }
    return colons > 0 && (part[2] == INT64_MIN || part[2] > 0);
}
