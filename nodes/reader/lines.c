/* reader/lines.c: see lines.h. */
#include "lines.h"

#include "kit/scan.h"

#include <math.h>
#include <string.h>

bool lines_next(text_lines *text, text_line *line) {
    if (text->at >= text->end)
        return false;
    const char *stop = memchr(text->at, '\n', (size_t)(text->end - text->at));
    const char *next = stop != NULL ? stop + 1 : text->end;
    line->begin = text->at;
    line->end = stop != NULL ? stop : text->end;
    line->number = text->line++;
    text->at = next;
    const char *hash = memchr(line->begin, '#', (size_t)(line->end - line->begin));
    const char *end = hash != NULL ? hash : line->end;
    line->comment = hash != NULL ? scan_skip(hash + 1, line->end) : line->end;
    line->comment_end = line->end;
    while (line->comment_end > line->comment && scan_is_blank(line->comment_end[-1]))
        line->comment_end--;
    line->n_words = 0;
    for (const char *p = scan_skip(line->begin, end); p < end; p = scan_skip(p, end)) {
        const char *q = scan_token_end(p, end);
        if (line->n_words < LINE_WORDS_MAX)
            line->words[line->n_words] = (word){p, q};
        line->n_words++;
        p = q;
    }
    return true;
}

bool word_is(const word *w, const char *text) {
    size_t n = strlen(text);
    return (size_t)(w->end - w->p) == n && memcmp(w->p, text, n) == 0;
}

long line_column(const text_line *line, const char *p) {
    return (long)(p - line->begin) + 1;
}

bool line_numbers(const text_line *line, size_t first, size_t n, double *out) {
    if (first + n > line->n_words || first + n > LINE_WORDS_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        const word *w = &line->words[first + i];
        if (!scan_is_number(w->p, w->end, &out[i]) || !isfinite(out[i]))
            return false;
    }
    return true;
}
