/* nodes/report/report.h: one page that holds everything, from values and where they come from.
 * Pure: tests call report_build directly. The page needs no network and runs no script; whatever
 * comes from outside is escaped. */
#ifndef REPORT_H
#define REPORT_H

#include <rise/error.h>
#include <rise/node.h>
#include <rise/value.h>

/* Text that grows. After a lack of memory it stays as it is and `short_of` is set. */
typedef struct report_text {
    char *bytes; /* `size` bytes and a final 0; free */
    size_t size, room;
    bool short_of;
} report_text;

typedef struct report_item {
    const rise_value *value;
    const rise_point *point; /* reference, and the point of the axes it stands for */
} report_item;

typedef struct report_options {
    const char *title;
    size_t n_notes;
    const char *const *notes;
    const rise_value *graph; /* NULL, or what rise_graph_table tells: nodes and parameters */
} report_options;

/* Items of one reference stay together, in the order given. */
rise_status report_build(const report_options *options, const report_item *item, size_t n_items,
                         report_text *page, rise_error *err);

/* ---- inside the node ------------------------------------------------------------------------- */
void report_put(report_text *page, const char *html);
void report_bytes(report_text *page, const char *bytes, size_t size);
void report_escape(report_text *page, const char *text); /* for text and quoted attributes */
void report_escape_bytes(report_text *page, const uint8_t *bytes, size_t size);
void report_size(report_text *page, size_t number);
void report_base64(report_text *page, const uint8_t *bytes, size_t size);

/* An SVG document inside the page: its ids get the prefix "f<number>-", so that several do not mix.
 * False, with nothing written, when it is not well-formed or holds anything but drawing (scripts,
 * handlers, foreign references): then it has to be shown as an image. */
bool report_svg_inline(report_text *page, const uint8_t *bytes, size_t size, size_t number,
                       const char *label);
/* An SVG or PNG document as <figure>. */
void report_figure(report_text *page, const report_item *item, size_t number);

void report_where(report_text *page, const rise_point *point); /* "r_cut = 5, seed = 1" */
/* Tables with the same columns become one, led by the axes' columns. */
void report_tables(report_text *page, const report_item *item, size_t n_items, bool verdict);
void report_describe(report_text *page, const rise_value *value); /* "table, 7 rows, 5 columns" */
void report_made(report_text *page, const report_options *options, const report_item *item,
                 size_t n_items);
extern const char report_style[];

#endif
