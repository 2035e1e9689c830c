/* cli/rows: the commands and options there are. */
#include "rows.h"

#include <string.h>

const command_row command_rows[] = {
    {"run", "GRAPH.yaml", "run what is not known yet (without `run` too)",
     "Works out what is not known yet, computes it, and keeps it in the cache. The\n"
     "paths of the files written go to stdout, everything else to stderr. run.html\n"
     "and run.json in the output folder tell what ran, when and why.",
     "rise-run graphs/quick.yaml\n"
     "rise-run graphs/quick.yaml --set soap.sigma=0.45 --only curve_r\n"
     "rise-run graphs/quick.yaml --out results --jobs 4 --summary what.json",
     FOR_RUN, 1, 1, W_GRAPH, command_run, false},
    {"watch", "GRAPH.yaml", "run, and run again after each edit",
     "Runs the graph, then again whenever its file, a file that it reads or a plug-in\n"
     "is edited. Errors are told, and the watch goes on. What an edit made pointless\n"
     "is stopped; nodes at work that it left as they were end first. Ctrl-C ends it.",
     "rise-run watch graphs/quick.yaml --only curve_r", FOR_WATCH, 1, 1, W_GRAPH, command_watch,
     false},
    {"worker", "GRAPH.yaml", "do a part of the work, with other workers",
     "Does what of the graph is not known yet and no other worker is at, and leaves\n"
     "when nothing is left for it. Workers share the folder of the cache and nothing\n"
     "else: start as many as you like, on any machine that sees it, and stop any of\n"
     "them at any time. No output files are written: run the graph for these.",
     "rise-run worker graphs/quick.yaml --cache /shared/cache", FOR_WORKER, 1, 1, W_GRAPH,
     command_worker, false},
    {"look", "GRAPH.yaml", "what it reads: species, cells, distances, labels",
     "Reads the frames of the graph, and nothing else of it, and tells what was\n"
     "understood: how many frames, composition, cell, density, shortest distance, and\n"
     "the range of each label. What is not clear in a file is refused with its line.",
     "rise-run look graphs/quick.yaml", FOR_LOOK, 1, 1, W_GRAPH, command_look, false},
    {"plan", "GRAPH.yaml", "what would run, and why",
     "Works out what would run, without running it, and says why, and what it will\n"
     "cost: as much as when it last ran, for as many frames as there are now.",
     "rise-run plan graphs/quick.yaml --set energy_r.max_depth=4", FOR_PLAN, 1, 1, W_GRAPH,
     command_plan, false},
    {"explain", "GRAPH.yaml NODE", "what a key is made of, and what is kept",
     "For each instance of the node, or for one (`soap[r_cut=5]`): the parts of its\n"
     "key, with what they were when it last ran, and where its results are kept.",
     "rise-run explain graphs/quick.yaml soap --set soap.sigma=0.4", FOR_EXPLAIN, 2, 2, W_GRAPH,
     command_explain, false},
    {"status", "GRAPH.yaml", "how far pilots on a cluster are with it",
     "What of the graph is left, the jobs that were submitted for it, what each pilot\n"
     "does, and what failed. It asks nothing of Slurm and can be called wherever the\n"
     "cache is seen.",
     "rise-run status graphs/dual_ml.yaml --cache /scratch/me/cache", FOR_STATUS, 1, 1, W_GRAPH,
     command_status, false},
    {"runs", "[GRAPH.yaml]", "the runs of the past",
     "The last runs, newest first, of one graph or of all: when, what ran, what came\n"
     "from the cache, how it ended, and what --set changed. The cache keeps the last\n"
     "200. A run that did nothing else than the one before it is none of them.",
     "rise-run runs\nrise-run runs graphs/quick.yaml --limit 5", FOR_RUNS, 0, 1, W_GRAPH,
     command_runs, false},
    {"diff", "[RUN [RUN]]", "two runs side by side",
     "Which parameters, input files, versions and nodes differ, and what became of\n"
     "the metrics. A run is an id of `rise-run runs` or the beginning of one, `last`,\n"
     "`last~1` and so on, or the path of a run.json. Without words: the last two runs\n"
     "of the graph that ran last; with one: that run and the last of its graph.",
     "rise-run diff\nrise-run diff last~3\nrise-run diff 9f3a results/run.json", FOR_DIFF, 0, 2,
     W_PAST, command_diff, false},
    {"check", "GRAPH.yaml", "the errors of a graph, all at once",
     "Reads the graph and no data. Each error has its place, and where it helps how\n"
     "to mend it.",
     "rise-run check graphs/quick.yaml", FOR_CHECK, 1, 1, W_GRAPH, command_check, false},
    {"graph", "GRAPH.yaml", "a drawing of a graph: Graphviz, Mermaid or SVG",
     "Writes to stdout which node reads from which, with axes, ports and the files\n"
     "that are written.",
     "rise-run graph graphs/quick.yaml --format svg > quick.svg\n"
     "rise-run graph graphs/quick.yaml | dot -Tpdf > quick.pdf",
     FOR_GRAPH, 1, 1, W_GRAPH, command_graph, false},
    {"nodes", "[TYPE]", "the node types, or one with its ports and parameters",
     "Without a type: all of them, a line each. With --check and a file: whether it is\n"
     "a plug-in, and what is in it; it is loaded in a process of its own first.",
     "rise-run nodes\nrise-run nodes soap\nrise-run nodes --check ./shells.so", FOR_NODES, 0, 1,
     W_TYPE, command_nodes, false},
    {"schema", "", "a JSON schema of graphs, for editors",
     "Writes to stdout what a graph may hold, from the node types that there are, so\n"
     "that editors complete and check while you type.",
     "rise-run schema > rise.schema.json", FOR_SCHEMA, 0, 0, W_NONE, command_schema, false},
    {"new", "[FILE.yaml]", "a graph to begin with, on files of your own",
     "Writes a graph with comments; graph.yaml where no name is given. Nothing is\n"
     "overwritten. On a terminal it asks for what --paths and --label do not tell;\n"
     "elsewhere their places stay empty, and `rise-run check` says so.",
     "rise-run new mine.yaml --kind soap --paths 'data/*.extxyz' --label energy", FOR_NEW, 0, 1,
     W_NEW_GRAPH, command_new, false},
    {"cache", "stat|verify|gc", "what is kept; whether it is sound; making room",
     "stat counts what is kept. verify looks at heads, sizes and checksums of logs,\n"
     "with --read-data at every byte, and moves what is damaged to quarantine. gc\n"
     "removes what nobody used for --age days, then what is cheapest to compute\n"
     "again for its size, until --max bytes are left.",
     "rise-run cache stat\nrise-run cache verify --cache /data/cache\n"
     "rise-run cache gc --max 20G --keep graphs/dual_ml.yaml --dry-run",
     FOR_CACHE, 1, 1, W_CACHE, command_cache, false},
    {"help", "[COMMAND]", "this text, or what a command does", "The same as --help.",
     "rise-run help plan", FOR_HELP, 0, 1, W_COMMAND, command_help, false},
    {"manual", "", "the manual page, for man", "Writes the manual page to stdout.", NULL, 0, 0, 0,
     W_NONE, command_manual, true},
    {"complete", "", "words that may come next, for shells",
     "The words of a command line after `--`, the last being written.", NULL, 0, 0, SIZE_MAX,
     W_NONE, command_complete, true},
};
const size_t n_command_rows = sizeof command_rows / sizeof *command_rows;

const char *const option_groups[N_GROUPS] = {"what runs", "where", "how", "what is told"};

#define AT(field) offsetof(cli_options, field)
/* `plan` takes all that a run takes, so that the word can be put into the line of a run. */
enum {
    ON_GRAPHS = FOR_RUN | FOR_WATCH | FOR_PLAN | FOR_EXPLAIN | FOR_CHECK | FOR_GRAPH | FOR_LOOK |
                FOR_STATUS | FOR_WORKER,
    STORES = FOR_RUN | FOR_WATCH | FOR_PLAN | FOR_EXPLAIN | FOR_LOOK | FOR_STATUS | FOR_WORKER,
    RUNS = FOR_RUN | FOR_WATCH | FOR_PLAN
};

const option_row option_rows[] = {
    {"--set", "KEY=VALUE", "node.param=value or axes.name=[...], as if in the graph", O_LIST,
     AT(set), G_WHAT, ON_GRAPHS | FOR_CACHE},
    {"--only", "NODE", "what this node needs, and nothing else", O_TEXT, AT(run.only), G_WHAT,
     RUNS | FOR_STATUS | FOR_WORKER},
    {"--pilot", "CLASS", "worker: the nodes with this `pilot:`, and no others", O_TEXT,
     AT(run.pilot), G_WHAT, FOR_WORKER},
    {"--plugin", "FILE.so", "node types from a plug-in; can be given again", O_PLUGIN, 0, G_WHAT,
     ON_GRAPHS | FOR_NODES | FOR_SCHEMA | FOR_CACHE},
    {"--check", NULL, "load FILE.so and say what is in it", O_FLAG, AT(check), G_WHAT, FOR_NODES},
    {"--keep-going", NULL, "a failure stops only what depends on it", O_FLAG, AT(run.keep_going),
     G_WHAT, RUNS | FOR_WORKER},
    {"--kind", "soap|vit|dual", "trees on environments, a transformer, or both", O_CHOICE, AT(kind),
     G_WHAT, FOR_NEW},
    {"--paths", "GLOB", "your files: a path or a pattern, in quotes", O_TEXT, AT(paths), G_WHERE,
     FOR_NEW},
    {"--label", "KEY", "what your energy is called in them", O_TEXT, AT(label), G_WHERE, FOR_NEW},
    {"--out", "DIR", "output files go here (./out/<graph>)", O_TEXT, AT(run.out), G_WHERE, RUNS},
    {"--cache", "DIR", "results are kept here ($RISE_CACHE, ~/.cache/rise)", O_TEXT, AT(run.cache),
     G_WHERE, STORES | FOR_CACHE | FOR_RUNS | FOR_DIFF},
    {"--local-cache", "DIR", "on a disk of this machine: what was read from the cache", O_TEXT,
     AT(run.local_cache), G_WHERE, FOR_RUN | FOR_WORKER},
    {"--summary", "FILE.json", "what ran, why, and how long it took, as JSON", O_TEXT, AT(summary),
     G_WHERE, RUNS},
    {"--ro-crate", NULL, "the output folder becomes an RO-Crate, to be published", O_FLAG,
     AT(ro_crate), G_WHERE, RUNS},
    {"--jobs", "N", "threads (all that this process may use)", O_COUNT, AT(run.jobs), G_HOW,
     STORES},
    {"--memory", "SIZE", "bytes to plan with, e.g. 4G (half of the machine)", O_SIZE,
     AT(run.memory), G_HOW, STORES},
    {"--executor", "local|slurm", "run here, or in jobs of Slurm", O_EXECUTOR, 0, G_HOW, RUNS},
    {"--nodes", "N", "Slurm: pilots at once, a machine each (1)", O_EXECUTOR, 0, G_HOW, RUNS},
    {"--partition", "NAME", "Slurm: where pilots run", O_EXECUTOR, 0, G_HOW, RUNS},
    {"--account", "NAME", "Slurm: who pays for them", O_EXECUTOR, 0, G_HOW, RUNS},
    {"--time", "TIME", "Slurm: limit of a pilot, as 02:30:00 or 2h", O_EXECUTOR, 0, G_HOW, RUNS},
    {"--detach", NULL, "Slurm: submit, do not wait", O_FLAG, AT(detach), G_HOW, RUNS},
    {"--durable", NULL, "sync every cache file, not only outputs", O_FLAG, AT(run.durable), G_HOW,
     RUNS | FOR_WORKER},
    {"--paranoid", NULL, "read input files again even if they look unchanged", O_FLAG,
     AT(run.paranoid), G_HOW, STORES},
    {"--lease", "SECONDS", "a silent worker is dead after so long (30)", O_SECONDS, AT(run.lease_s),
     G_HOW, FOR_WORKER | FOR_RUN},
    {"--idle", "SECONDS", "worker: leaves after so long without work", O_SECONDS, AT(run.idle_s),
     G_HOW, FOR_WORKER},
    {"--progress", "auto|plain|json|none", "how to show progress on stderr", O_CHOICE, AT(progress),
     G_TOLD, RUNS | FOR_LOOK | FOR_WORKER},
    {"--format", "dot|mermaid|svg", "how a graph is drawn (dot)", O_CHOICE, AT(format), G_TOLD,
     FOR_GRAPH},
    {"--limit", "N", "runs: how many (20)", O_COUNT, AT(limit), G_TOLD, FOR_RUNS},
    {"--json", NULL, "for programs", O_FLAG, AT(json), G_TOLD,
     FOR_RUNS | FOR_DIFF | FOR_PLAN | FOR_STATUS},
    {"--max", "SIZE", "gc: bytes that may stay, e.g. 20G", O_SIZE, AT(gc.max_bytes), G_WHAT,
     FOR_CACHE},
    {"--age", "DAYS", "gc: what nobody used for so long goes", O_DAYS, AT(gc.max_age_days), G_WHAT,
     FOR_CACHE},
    {"--keep", "GRAPH.yaml", "gc: what this graph needs stays", O_KEEP, 0, G_WHAT, FOR_CACHE},
    {"--dry-run", NULL, "gc: say what would go, remove nothing", O_FLAG, AT(gc.dry_run), G_WHAT,
     FOR_CACHE},
    {"--read-data", NULL, "verify: read every byte", O_FLAG, AT(read_data), G_WHAT, FOR_CACHE},
    {"--help", NULL, "this text, or what a command does", O_FLAG, AT(help), G_TOLD, FOR_ALL},
    {"--version", NULL, "the version", O_FLAG, AT(version), G_TOLD, FOR_ALL},
};
const size_t n_option_rows = sizeof option_rows / sizeof *option_rows;

const command_row *command_find(const char *name) {
    for (size_t i = 0; i < n_command_rows; i++)
        if (strcmp(command_rows[i].name, name) == 0)
            return &command_rows[i];
    return NULL;
}

const option_row *option_find(const char *name, size_t length) {
    for (size_t i = 0; i < n_option_rows; i++)
        if (strlen(option_rows[i].name) == length &&
            strncmp(option_rows[i].name, name, length) == 0)
            return &option_rows[i];
    return NULL;
}
