/* reader: frames, labels and groups from files of atoms. Here: its ports, its parameters and what
 * is checked before any file is opened; read.c does the work. */
#include <rise/node.h>

#include "frame_labels.h"
#include "group.h"
#include "read.h"

#include <string.h>

static const rise_port outputs[] = {
    {.name = "frames",
     .kinds = RISE_KINDS(RISE_FRAMES),
     .mode = RISE_EACH,
     .help = "the frames, in the order of the paths"},
    {.name = "labels",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .flags = RISE_PORT_PER_KEY,
     .help = "one number per frame for each entry of `labels`, under its name"},
    {.name = "group",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_EACH,
     .flags = RISE_PORT_ON_DEMAND,
     .help = "column group: what the pattern `group` finds in the path of the frame's file"},
    {.name = "label_table",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_EACH,
     .flags = RISE_PORT_ON_DEMAND,
     .help = "the labels once more, as a table: a column for each"},
    {0}};

static const rise_param label_fields[] = {
    {.name = "key",
     .type = RISE_P_TEXT,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "key of the frame's comment line"},
    {.name = "file",
     .type = RISE_P_FILE,
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_GLOB,
     .help = "text table; row i labels frame i of the whole input, unless `match` or `by` is "
             "given; with `by: number` also a pattern, for a table in each folder"},
    {.name = "column",
     .type = RISE_P_TEXT,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "name or number (from 1) of the table's column; may be left out where there is one"},
    {.name = "by",
     .type = RISE_P_CHOICE,
     .choices = "row|number",
     .flags = RISE_PARAM_OPTIONAL,
     .help = "number: the row, from 1, is the number at the end of the name of the frame's file, "
             "in the table that lies in the nearest folder above it"},
    {.name = "match",
     .type = RISE_P_TEXT,
     .flags = RISE_PARAM_OPTIONAL,
     .help =
         "column that names the frames, in any order: what they say under its name in their "
         "comment line, or else their file, as NAME or NAME:index, with its endings or without"},
    {0}};

static const rise_param params[] = {
    {.name = "paths",
     .type = RISE_P_FILES,
     .help = "files and globs; .gz, .zst and .xz are unpacked; a glob is in natural order"},
    {.name = "labels",
     .type = RISE_P_MAP,
     .def = "{}",
     .fields = label_fields,
     .help = "name: KEY of the comment line, or name: {file: TABLE, column: NAME or number}"},
    {.name = "species",
     .type = RISE_P_MAP,
     .def = "{}",
     .help = "type or name in the files: element, for example {1: Zr, 2: Cu}"},
    {.name = "group",
     .type = RISE_P_TEXT,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "pattern on the end of the path; the first * or {group} is the frame's group"},
    {.name = "frames",
     .type = RISE_P_SLICE,
     .def = "0::1",
     .flags = RISE_PARAM_SELECTS,
     .help = "START:STOP:STEP over all frames of the input"},
    {.name = "format",
     .type = RISE_P_CHOICE,
     .def = "auto",
     .choices = "auto|extxyz|lammps-data|lammps-dump|vasp",
     .help = "extxyz is also plain XYZ, vasp POSCAR, CONTCAR and XDATCAR; auto looks at the file"},
    {.name = "incomplete",
     .type = RISE_P_CHOICE,
     .def = "refuse",
     .choices = "refuse|leave-out",
     .flags = RISE_PARAM_SELECTS,
     .help = "a last frame that the file ends within, as a stopped simulation leaves it"},
    {.name = "atom_style",
     .type = RISE_P_CHOICE,
     .def = "auto",
     .choices = "auto|atomic|charge|bond|angle|molecular|full|dipole|sphere|bpm/sphere|ellipsoid|"
                "peri|dpd|mdpd|edpd|electron|spin|line|tri|body|hybrid",
     .help = "columns of Atoms in LAMMPS data files; auto takes the hint after 'Atoms #'"},
    {0}};

/* ---- parameters ------------------------------------------------------------------------------ */

static rise_status check_labels(rise_ctx *ctx, rise_error *err) {
    for (size_t i = 0; i < rise_param_count(ctx, "labels"); i++) {
        label_spec spec = reader_label(ctx, i);
        bool has_file = spec.file != NULL || rise_param_field(ctx, "labels", i, "file") != NULL;
        if (strcmp(spec.name, "frames") == 0 || strcmp(spec.name, "group") == 0 ||
            strcmp(spec.name, "label_table") == 0)
            return rise_fail_param(ctx, err, "labels",
                                   "a label may not be called '%s': the reader has an output of "
                                   "that name",
                                   spec.name);
        const char *by = rise_param_field(ctx, "labels", i, "by");
        bool of_table = spec.column != NULL || spec.match != NULL || by != NULL;
        if (spec.by_number && spec.match != NULL)
            return rise_fail_param(ctx, err, "labels",
                                   "label '%s': `by: number` and `match` do not go together",
                                   spec.name);
        if ((spec.key != NULL) == has_file || (of_table && !has_file)) {
            rise_fail_param(ctx, err, "labels", "label '%s': expected a key or a file", spec.name);
            return rise_hint(err, "labels: {%s: KEY} or {%s: {file: TABLE, column: NAME}}",
                             spec.name, spec.name);
        }
    }
    return RISE_OK;
}

static rise_status check(rise_ctx *ctx, rise_error *err) {
    const char *pattern = rise_param_text(ctx, "group");
    if (pattern != NULL && !group_pattern_ok(pattern)) {
        rise_fail_param(ctx, err, "group", "the pattern '%s' captures nothing", pattern);
        return rise_hint(err, "the text that the first * or {group} stands for is the group");
    }
    for (size_t i = 0; i < rise_param_count(ctx, "species"); i++) {
        const char *symbol = rise_param_text_at(ctx, "species", i);
        if (symbol == NULL || rise_element_number(symbol) == 0) {
            rise_fail_param(ctx, err, "species", "'%s' is no element",
                            symbol != NULL ? symbol : "");
            return rise_hint(err, "species: {%s: Zr} with the symbol of an element",
                             rise_param_key_at(ctx, "species", i));
        }
    }
    return check_labels(ctx, err);
}

static const rise_port inputs[] = {{0}};

const rise_node_type rise_node_reader = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "reader",
    .brief = "frames, labels and groups from extended XYZ, LAMMPS data files and dumps, and VASP",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = check,
    .source = reader_source,
    .open = reader_open,
    .close = reader_close,
};
