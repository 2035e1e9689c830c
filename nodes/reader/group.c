/* reader/group.c: patterns on paths. Knows nothing of files. */
#include "group.h"

#include <string.h>

#define MARK "{group}"

static bool is_mark(const char *p) {
    return strncmp(p, MARK, sizeof MARK - 1) == 0;
}

/* A wildcard at p? Moves behind it. */
static bool take_star(const char **p) {
    if (**p != '*' && !is_mark(*p))
        return false;
    *p += **p == '*' ? 1 : sizeof MARK - 1;
    return true;
}

bool group_pattern_ok(const char *pattern) {
    return strchr(pattern, '*') != NULL || strstr(pattern, MARK) != NULL;
}

/* Linear: when a later wildcard is reached, taking less text for an earlier one never hurts, since
 * none of them goes across '/'. `chosen` is the wildcard that is captured. */
static bool match_all(const char *pattern, const char *path, const char *chosen, const char **text,
                      size_t *size) {
    const char *star = NULL, *retry_pattern = NULL, *retry_path = NULL, *start = NULL;
    for (;;) {
        const char *here = pattern;
        if (take_star(&pattern)) {
            star = here;
            start = retry_path = path;
            retry_pattern = pattern;
        } else if (*path != '\0' && *pattern == *path) {
            pattern++;
            path++;
            continue;
        } else if (*path == '\0' && *pattern == '\0') {
            return true;
        } else {
            if (star == NULL || *retry_path == '\0' || *retry_path == '/')
                return false;
            pattern = retry_pattern;
            path = ++retry_path;
        }
        if (star == chosen) {
            *text = start;
            *size = (size_t)(path - start);
        }
    }
}

bool group_match(const char *pattern, const char *path, const char **text, size_t *size) {
    const char *chosen = strstr(pattern, MARK);
    if (chosen == NULL)
        chosen = strchr(pattern, '*');
    for (const char *p = path;; p++) {
        if (match_all(pattern, p, chosen, text, size))
            return true;
        p = strchr(p, '/');
        if (p == NULL)
            return false;
    }
}
