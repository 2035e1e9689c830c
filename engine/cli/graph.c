/* cli/graph: `rise-run graph`: what reads from what. */
#include "chart.h"

static rise_status print_chart(const chart *c, chart_format format, rise_error *err) {
    if (format == CHART_SVG)
        return chart_svg(c, stdout, err);
    if (format == CHART_MERMAID)
        chart_mermaid(c, stdout);
    else
        chart_dot(c, stdout);
    return RISE_OK;
}

int command_graph(rise_host *host, const cli_options *o) {
    int code = 0;
    rise_error err = {0};
    chart c = {0};
    rise_graph *graph = load_graph(host, o->operand[0], o, &code);
    if (!graph)
        return code;
    rise_status s = chart_make(graph, &c, &err);
    if (s == RISE_OK)
        s = print_chart(&c, o->format, &err);
    if (s == RISE_OK && fflush(stdout) != 0)
        s = rise_fail(&err, RISE_E_OUTPUT, "the drawing was not written");
    if (s != RISE_OK)
        tell_error(&err);
    chart_free(&c);
    rise_graph_free(graph);
    return rise_status_exit(s);
}
