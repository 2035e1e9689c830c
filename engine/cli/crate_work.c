/* cli/crate_work: what a run was made with: software, nodes, parameters. */
#include "crate.h"

#include <string.h>

/* ---- software -------------------------------------------------------------------------------- */
static void refer_to_software(void *user, fact_kind kind, const char *name, const char *value) {
    (void)value;
    if (kind == FACT_LIBRARY || kind == FACT_PLUGIN)
        crate_refer(user, kind == FACT_LIBRARY ? CRATE_LIBRARY : CRATE_PLUGIN, name);
}

/* Of a node and of a plug-in more is told than the version, which ends with a blank or a comma. */
static void put_software(void *user, fact_kind kind, const char *name, const char *value) {
    static const char *const ids[] = {[FACT_RISE] = "#",
                                      [FACT_NODE] = CRATE_TYPE,
                                      [FACT_PLUGIN] = CRATE_PLUGIN,
                                      [FACT_LIBRARY] = CRATE_LIBRARY};
    crate *c = user;
    char text[256];
    if (kind == FACT_MACHINE)
        return;
    size_t n = strcspn(value, kind == FACT_NODE ? " " : kind == FACT_PLUGIN ? "," : "");
    crate_begin(c, ids[kind], name, "SoftwareApplication");
    snprintf(text, sizeof text, "%s%s", kind == FACT_NODE ? "rise node type " : "", name);
    crate_text(c, "name", text);
    snprintf(text, sizeof text, "%.*s", (int)n, value);
    crate_text(c, "softwareVersion", text);
    if (value[n])
        crate_text(c, "description", value + n + strspn(value + n, ", "));
    if (kind == FACT_RISE) {
        json_key(&c->o, "softwareRequirements");
        json_open(&c->o, '[');
        facts_tell(c->of, refer_to_software, c);
        json_close(&c->o, ']');
    }
    json_close(&c->o, '}');
}

void crate_put_software(crate *c) {
    facts_tell(c->of, put_software, c);
}

/* ---- nodes ----------------------------------------------------------------------------------- */
/* "r_cut × 3: 2 ran, 1 cached; parameter sigma 0.5 -> 0.45" */
static void describe(const chart_box *box, const char *reason, bool others, char *text,
                     size_t size) {
    size_t n = (size_t)snprintf(text, size, "%s%s", box->axes, box->axes[0] ? ": " : "");
    const char *between = "";
    for (size_t k = 0; k <= RISE_NODE_FAILED && n < size; k++) {
        if (box->status[k] == 0)
            continue;
        n += (size_t)snprintf(text + n, size - n, "%s%zu %s", between, box->status[k],
                              rise_instance_status_text((rise_instance_status)k));
        between = ", ";
    }
    if (reason[0] && n < size)
        snprintf(text + n, size - n, "; %s%s", reason, others ? ", and others" : "");
}

/* Instances come node by node, in the order of the boxes. */
void crate_put_nodes(crate *c) {
    rise_run *run = c->of->run;
    size_t i = 0, n = rise_run_instances(run);
    for (size_t b = 0; b < c->of->chart->n_boxes; b++) {
        const chart_box *box = &c->of->chart->box[b];
        const char *reason = "";
        bool others = false;
        char text[2000];
        rise_instance it;
        for (; i < n; i++) {
            rise_run_instance(run, i, &it);
            if (strcmp(it.node, box->name) != 0)
                break;
            others = others || (reason[0] && it.reason[0] && strcmp(it.reason, reason) != 0);
            reason = reason[0] ? reason : it.reason;
        }
        describe(box, reason, others, text, sizeof text);
        crate_begin(c, CRATE_NODE, box->name, "HowToStep");
        crate_text(c, "name", box->name);
        json_key(&c->o, "position");
        json_put_int(&c->o, (int64_t)b + 1);
        crate_text(c, "description", text);
        json_key(&c->o, "workExample");
        crate_refer(c, CRATE_TYPE, box->type);
        json_close(&c->o, '}');
    }
}

/* ---- parameters ------------------------------------------------------------------------------ */
static void put_parameter(crate *c, const rise_table *t, size_t i) {
    const char *unit = rise_table_find(t, "unit")->text[i];
    const char *axis = rise_table_find(t, "axis")->text[i];
    const char *source = rise_table_find(t, "source")->text[i];
    char name[1200], text[1200];
    snprintf(name, sizeof name, "%s.%s", rise_table_find(t, "node")->text[i],
             rise_table_find(t, "parameter")->text[i]);
    crate_begin(c, CRATE_PARAMETER, name, "PropertyValue");
    crate_text(c, "name", name);
    crate_text(c, "value", rise_table_find(t, "value")->text[i]);
    if (unit[0])
        crate_text(c, "unitText", unit);
    long long line = rise_table_find(t, "line")->i64[i];
    if (strcmp(source, "graph") == 0)
        snprintf(text, sizeof text, "%s, line %lld", c->graph, line);
    else
        snprintf(text, sizeof text, "%s", strcmp(source, "set") == 0 ? "--set" : source);
    size_t n = strlen(text);
    if (axis[0])
        snprintf(text + n, sizeof text - n, ", along the axis %s", axis);
    crate_text(c, "description", text);
    json_close(&c->o, '}');
}

void crate_put_parameters(crate *c) {
    const rise_table *t = rise_value_table(c->of->chart->table[2]);
    for (size_t i = 0; i < t->n_rows; i++)
        put_parameter(c, t, i);
}
