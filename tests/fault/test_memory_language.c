/* Memory that runs out, at each piece, while graphs are read that use all of the language, and such
 * as have errors of every kind. */
#include "fault/shapes_at_work.h"

#include "support/toy_nodes.h"

#include <string.h>

static const char sound[] =
    "rise: 1\n"
    "title: wide\n"
    "axes:\n"
    "  r: [3.0, 4.5, 6]\n"
    "  s: [1, 2]\n"
    "  t: [one, two]\n"
    "  set: [{name: a, n: 1, w: 0.5}, {name: b, n: 2, w: 0.25}]\n"
    "zip: [[s, t]]\n"
    "nodes:\n"
    "  glass:\n"
    "    type: reader\n"
    "    paths: [x.xyz, 'y*.xyz']\n"
    "    labels: {energy: E, forces: {file: f.csv, column: 3}, more: {file: g.csv}}\n"
    "    frames: 0:100:2\n"
    "    memory: 2 GiB\n"
    "    timeout: 10 min\n"
    "    cache: always\n"
    "  a:\n"
    "    type: scale\n"
    "    input: glass\n"
    "    factor: $r\n"
    "    count: $set.n\n"
    "    sharp: true\n"
    "    method: cubic\n"
    "    label: 'as {r} and {set.name}'\n"
    "    sizes: [1, 2, 3]\n"
    "    weights: [0.5, $set.w]\n"
    "    tags: [a, '{r}', c]\n"
    "    species: [Zr, Cu]\n"
    "    mask: 'mask_{r}.txt'\n"
    "    names: {z: '{r}', a: b, m: plain}\n"
    "  v: {type: vectors, input: glass, r_cut: $r}\n"
    "  u: {type: leaders, input: v, seed: $s}\n"
    "  h: {type: match, input: v, leaders: u}\n"
    "  m: {type: fit, input: h, target: glass.energy, seed: $s}\n"
    "  one: {type: gather, input: m.metrics, over: r}\n"
    "  two: {type: gather, input: 'm.metrics[r=4.5,s=2]', form: tensor}\n"
    "  p: {type: sheet, input: [u, one, 'm[s=2]'], over: [s], title: 'r {r}', path: 'p_{r}.html'}\n"
    "  w: {type: sink, input: h, path: 'x/{r}_{s}.npy'}\n";
static const char *const given[] = {"a.seed=25", "axes.s=[2, 3]", "m.rounds=7"};
enum { N_GIVEN = sizeof given / sizeof *given };

static const char broken[] =
    "rise: 1\n"
    "titel: wide\n"
    "axes:\n"
    "  r: [3.0, 3]\n"
    "  bad name: [1]\n"
    "  empty: []\n"
    "  maps: [{a: 1}, {b: 2}]\n"
    "  unused: [1, 2]\n"
    "zip: [[r, q], r]\n"
    "nodes:\n"
    "  glass: {type: raeder, paths: x}\n"
    "  lines: {type: reader, pahts: x, labels: {e: {fiel: x}}, frames: '::0'}\n"
    "  a: {type: scale, input: lines.fraems, factor: -1, count: 1.5, sharp: 1, method: cubc}\n"
    "  b: {type: scale, input: a, sizes: [1, x], weights: {a: 1}, species: [Xx], names: [1]}\n"
    "  c: {type: scale, input: 'lines[r=9]', factor: $rr, label: '{nothing}', seed: $maps.c}\n"
    "  d: {type: gather, input: e}\n"
    "  e: {type: gather, input: d, over: nothing}\n"
    "  f: {type: fit, input: lines}\n"
    "  g: {type: sink, input: f.metrics, path: ../x, cache: sometimes, memory: much, timeout: -1}\n"
    "  h: {type: sink, input: f.metrics, path: same}\n"
    "  i: {type: sink, input: f.metrics, path: same}\n"
    "  j: {}\n"
    "  k: 3\n";
static const char *const wrong[] = {"a.factr=2", "b", "nobody.x=1", "axes.q=[1]"};
enum { N_WRONG = sizeof wrong / sizeof *wrong };

static type_set types;
static size_t n_errors; /* of the graph with errors, when nothing is refused */

static rise_status before(const char *folder, rise_error *err) {
    (void)folder, (void)err;
    if (types.n == 0)
        toy_types(&types);
    return RISE_OK;
}

static rise_status act_sound(const char *folder, rise_error *err) {
    error_list errors = {0};
    graph *g = NULL;
    (void)folder;
    rise_status s =
        graph_parse(sound, strlen(sound), "g.yaml", &types, given, N_GIVEN, &g, &errors);
    if (s != RISE_OK)
        *err = errors.n ? errors.item[0] : (rise_error){.message = "it told nothing"};
    graph_free(g);
    error_list_free(&errors);
    return s;
}

/* All errors, or that memory was short: never some of them. */
static rise_status act_broken(const char *folder, rise_error *err) {
    error_list errors = {0};
    graph *g = NULL;
    (void)folder;
    rise_status s =
        graph_parse(broken, strlen(broken), "g.yaml", &types, wrong, N_WRONG, &g, &errors);
    if (s == RISE_E_GRAPH && n_errors == 0)
        n_errors = errors.n;
    if (errors.n)
        *err = errors.item[0];
    if (s == RISE_E_GRAPH)
        s = errors.n == n_errors && n_errors > 30 ? RISE_OK : RISE_E_BUG;
    graph_free(g);
    error_list_free(&errors);
    return s;
}

static const sweep sweeps[] = {
    {"a graph with all that may stand there, by piece", before, act_sound, NULL, true},
    {"a graph with errors of every kind, by piece", before, act_broken, NULL, true},
};

int main(void) {
    return sweep_all(sweeps, sizeof sweeps / sizeof *sweeps);
}
