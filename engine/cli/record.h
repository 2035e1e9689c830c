/* cli/record.h: a run that is over, for those who write about it. */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include "chart.h"
#include "history.h"
#include "json.h"

typedef struct tally {
    size_t n[RISE_NODE_FAILED + 1]; /* instances, by status */
    double cpu_s;
    double length_s; /* from the start of the run until the last of them was over */
    char keys[17];   /* what the run did, in a number: keys of its instances, how many frames */
} tally;
/* Also of the boxes of the chart, by status. */
rise_status tally_take(rise_run *run, chart *c, tally *out, rise_error *err) RISE_MUST_USE;

typedef struct record {
    rise_host *host;
    rise_run *run;
    const rise_graph *graph;
    const cli_options *o;
    const chart *chart;
    tally tally;
    rise_status status;
    double wall_s;
    double began; /* s since 1970 */
    past_run past;
    bool kept; /* becomes `past` in the history; else it did what `past` did, or there is none */
} record;

const char *below_out(const record *r, const char *path); /* of an output file */
void utc_text(double seconds, char text[40]); /* since 1970, to the millisecond, without a zone */

/* All of it as JSON; `failed` of the output tells that memory was short. */
void summary_put(const record *r, json_out *o);
/* The numbers that its nodes publish (see metrics.c), as the value of "metrics". */
void metrics_put(const record *r, json_out *o);

/* What made the numbers: versions, numerics, plug-ins, libraries, the machine. */
typedef enum { FACT_RISE, FACT_NODE, FACT_PLUGIN, FACT_LIBRARY, FACT_MACHINE } fact_kind;
typedef void (*fact_teller)(void *user, fact_kind kind, const char *name, const char *value);
void facts_tell(const record *r, fact_teller tell, void *user);

#endif
