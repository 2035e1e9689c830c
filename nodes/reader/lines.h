/* reader/lines.h: text cut into lines, and these into words. */
#ifndef READER_LINES_H
#define READER_LINES_H

#include <rise/value.h>

#define LINE_WORDS_MAX 64

typedef struct word {
    const char *p, *end;
} word;

/* No line end, no comment. */
typedef struct text_line {
    const char *begin, *end;           /* without the line end */
    long number;                       /* 1-based */
    const char *comment, *comment_end; /* what follows '#', trimmed; equal where there is none */
    size_t n_words;                    /* also beyond LINE_WORDS_MAX */
    word words[LINE_WORDS_MAX];
} text_line;

typedef struct text_lines {
    const char *path;
    const char *begin, *at, *end;
    long line; /* of `at` */
} text_lines;

bool lines_next(text_lines *text, text_line *line); /* false at the end */
bool word_is(const word *w, const char *text);
long line_column(const text_line *line, const char *p);
/* Are words first .. first + n - 1 finite numbers? */
bool line_numbers(const text_line *line, size_t first, size_t n, double *out);

#endif
