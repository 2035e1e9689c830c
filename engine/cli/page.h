/* cli/page: the sections of run.html. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "record.h"

typedef struct page {
    FILE *f;
    const record *of;
} page;

/* All of it. */
rise_status page_write(const page *p, rise_error *err) RISE_MUST_USE;

extern const char *const page_style[]; /* pieces, then NULL */
void page_failures(const page *p);     /* what failed, with its place */
void page_files(const page *p);        /* output files; pictures are shown */
void page_timeline(const page *p);     /* when what ran, and what came from the cache */
void page_instances(const page *p);    /* what ran, and why */
void page_parameters(const page *p);   /* as they were in this run */
void page_versions(const page *p);     /* rise, nodes, libraries, machine */
void page_source(const page *p);       /* the text of the graph */

#endif
