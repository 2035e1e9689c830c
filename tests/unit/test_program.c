/* Programs that a node runs: what they see and give, how they end, and that nothing of them stays.
 */
#include "numbers_at_work.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

/* ---- shell: runs a script; what came of it is seen here -------------------------------------- */
enum { MAX_LINES = 64 };

static const rise_param shell_params[] = {
    {.name = "script", .type = RISE_P_TEXT, .help = "for sh"},
    {.name = "program", .type = RISE_P_TEXT, .def = "sh", .help = "in its place"},
    {.name = "times", .type = RISE_P_INT, .def = "1", .help = "side by side"},
    {0}};

static struct {
    char line[MAX_LINES][1100];
    size_t n_lines;
    rise_program_end end;
    char taken[2][256];
    atomic_size_t n_ended;
} seen;

static void take_line(void *user, const char *text) {
    (void)user;
    if (seen.n_lines < MAX_LINES)
        snprintf(seen.line[seen.n_lines++], sizeof seen.line[0], "%s", text);
}

static rise_status run_one(void *user, size_t i, rise_error *e) {
    rise_ctx *ctx = user;
    const char *argument[] = {"-c", rise_param_text(ctx, "script"), "zero", "one two", NULL};
    static const char *const environment[] = {"MINE=yes", NULL};
    static const char *const take[] = {"made", "missing", NULL};
    const rise_file give[] = {{"given", (const uint8_t *)"a\0b", 3}};
    bool first = i == 0;
    rise_program program = {.name = rise_param_text(ctx, "program"),
                            .argument = argument,
                            .environment = environment,
                            .give = give,
                            .n_give = 1,
                            .take = take,
                            .line = first ? take_line : NULL};
    rise_program_end end;
    rise_status s = rise_program_run(ctx, &program, &end, e);
    if (s != RISE_OK)
        return s;
    if (first) {
        seen.end = end;
        for (int k = 0; k < 2; k++)
            snprintf(seen.taken[k], sizeof seen.taken[k], "%.*s", (int)end.taken[k].size,
                     end.taken[k].bytes ? (const char *)end.taken[k].bytes : "");
    }
    atomic_fetch_add(&seen.n_ended, 1);
    rise_program_end_free(&end);
    return RISE_OK;
}

static rise_status shell_whole(rise_ctx *ctx, rise_error *e) {
    size_t n = (size_t)rise_param_int(ctx, "times");
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_parallel(ctx, n, run_one, ctx, e);
    if (s == RISE_OK)
        s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, e);
    return s == RISE_OK ? rise_output(ctx, "number", value, e) : s;
}

static const rise_node_type shell = {.abi = RISE_NODE_ABI,
                                     .size = sizeof(rise_node_type),
                                     .name = "shell",
                                     .brief = "a script",
                                     .version = 1,
                                     .out = number_out,
                                     .params = shell_params,
                                     .whole = shell_whole};

/* ---- running it ------------------------------------------------------------------------------ */
static char places[160]; /* TMPDIR: where its folders are made */
static double cpu_s;

static size_t places_left(void) {
    size_t n = 0;
    DIR *dir = opendir(places);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void *cancel_soon(void *run) {
    uv_sleep(300);
    rise_run_cancel(run, RISE_E_INTERRUPTED);
    return NULL;
}

/* `text`: parameters of the node as a flow. */
static rise_status run_shell(const char *text, bool cancel) {
    char graph_text[2000];
    pthread_t thread;
    memset(&seen, 0, sizeof seen);
    snprintf(graph_text, sizeof graph_text, "nodes:\n  it: {type: shell, cache: never, %s}\n",
             text);
    rise_graph *graph = load(graph_text);
    rise_run *run = start(graph, (rise_run_options){0});
    if (cancel)
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, run), 0);
    rise_status s = rise_run_wait(run, &err);
    if (cancel)
        pthread_join(thread, NULL);
    cpu_s = named(run, "it").cpu_s;
    rise_run_free(run);
    rise_graph_free(graph);
    assert_int_equal(places_left(), 0);
    return s;
}

static bool said(const char *line) {
    for (size_t i = 0; i < seen.n_lines; i++)
        if (strcmp(seen.line[i], line) == 0)
            return true;
    return false;
}

/* ---- tests ----------------------------------------------------------------------------------- */
static void files_and_lines_come_back(void **unused) {
    (void)unused;
    assert_int_equal(run_shell("script: 'echo \"$0-$1\"; echo bad >&2; od -An -c given; pwd; "
                               "printf abc > made; printf last; exit 3'",
                               false),
                     RISE_OK);
    assert_int_equal(seen.end.code, 3);
    assert_int_equal(seen.end.signal, 0);
    assert_true(said("zero-one two"));
    assert_true(said("bad"));
    assert_true(said("   a  \\0   b"));
    assert_true(said("last")); /* without a line end */
    assert_string_equal(seen.taken[0], "abc");
    assert_string_equal(seen.end.taken[1].path, "missing");
    assert_null(seen.end.taken[1].bytes);
    assert_int_equal(strncmp(seen.line[3], places, strlen(places)), 0);
}

/* What a batch system left in our environment stays here, and so does what is open. */
static void its_environment_is_small(void **unused) {
    (void)unused;
    setenv("SLURM_PROCID", "3", 1);
    assert_int_equal(run_shell("script: 'env | cut -d= -f1 | sort; wc -c; echo \"$TMPDIR\"; pwd; "
                               "ls -l /proc/$$/fd'",
                               false),
                     RISE_OK);
    unsetenv("SLURM_PROCID");
    assert_true(said("MINE") && said("PATH") && said("LC_ALL") && said("TMPDIR"));
    assert_false(said("SLURM_PROCID"));
    size_t at = 0;
    while (at < seen.n_lines && strcmp(seen.line[at], "0") != 0) /* bytes of its input */
        at++;
    assert_true(at + 2 < seen.n_lines);
    assert_string_equal(seen.line[at + 1], seen.line[at + 2]);
    for (at += 3; at < seen.n_lines; at++)
        if (strstr(seen.line[at], folder))
            fail_msg("open: %s", seen.line[at]);
}

static void long_lines_are_cut(void **unused) {
    (void)unused;
    assert_int_equal(
        run_shell("script: 'head -c 5000 /dev/zero | tr \"\\0\" x; echo; echo short'", false),
        RISE_OK);
    assert_int_equal(seen.n_lines, 2);
    assert_int_equal(strlen(seen.line[0]), 1000);
    assert_string_equal(seen.line[1], "short");
}

static void a_signal_is_told(void **unused) {
    (void)unused;
    assert_int_equal(run_shell("script: 'kill -SEGV $$'", false), RISE_OK);
    assert_int_equal(seen.end.signal, SIGSEGV);
}

static void what_is_not_there_is_told(void **unused) {
    (void)unused;
    static const char *const wrong[][2] = {{"no-such-program", "is not found on PATH"},
                                           {"/no/such/program", "there is no such program"},
                                           {"./sh", "neither the name of a program"},
                                           {"/etc/passwd", "there is no such program"},
                                           {"/tmp", "there is no such program"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[200];
        snprintf(text, sizeof text, "script: 'true', program: %s", wrong[i][0]);
        assert_int_equal(run_shell(text, false), RISE_E_SYSTEM);
        if (!strstr(err.message, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], err.message);
    }
}

/* Gone, or dead and waiting for whoever buries orphans here. */
static bool is_gone(const char *pid) {
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return true;
    int n = fscanf(f, "%*d (%*[^)]) %c", &state);
    fclose(f);
    return n != 1 || state == 'Z' || state == 'X';
}

static void none_where_no_code_is_let_in(void **unused) {
    (void)unused;
    setenv("RISE_NO_PLUGINS", "1", 1);
    assert_int_equal(run_shell("script: 'true'", false), RISE_E_SYSTEM);
    unsetenv("RISE_NO_PLUGINS");
    assert_non_null(strstr(err.message, "`sh` is not run: RISE_NO_PLUGINS is set"));
}

static void no_process(const char *pid) {
    assert_true(strtol(pid, NULL, 10) > 1);
    for (int i = 0; i < 100 && !is_gone(pid); i++)
        uv_sleep(10);
    if (!is_gone(pid))
        fail_msg("process %s is there", pid);
}

static void it_is_asked_to_end(void **unused) {
    (void)unused;
    double begun = (double)uv_hrtime() / 1e9;
    assert_int_equal(run_shell("script: 'echo $$; exec sleep 100'", true), RISE_E_INTERRUPTED);
    assert_true((double)uv_hrtime() / 1e9 - begun < 2.5);
    no_process(seen.line[0]);
}

static void who_does_not_listen_is_killed(void **unused) {
    (void)unused;
    double begun = (double)uv_hrtime() / 1e9;
    assert_int_equal(run_shell("script: 'trap \"\" TERM; echo $$; sleep 101 & echo $!; while :; do "
                               "sleep 0.1; done'",
                               true),
                     RISE_E_INTERRUPTED);
    double took = (double)uv_hrtime() / 1e9 - begun;
    assert_true(took > 3 && took < 9);
    no_process(seen.line[0]);
    no_process(seen.line[1]);
}

/* What it leaves behind goes with it, and is not waited for. */
static void its_children_end_with_it(void **unused) {
    (void)unused;
    double begun = (double)uv_hrtime() / 1e9;
    assert_int_equal(run_shell("script: 'sleep 102 & echo $!'", false), RISE_OK);
    assert_true((double)uv_hrtime() / 1e9 - begun < 5);
    no_process(seen.line[0]);
}

static void its_time_is_the_nodes(void **unused) {
    (void)unused;
    assert_int_equal(
        run_shell("script: 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'", false), RISE_OK);
    assert_true(cpu_s > 0.05 && cpu_s < 30);
}

static void many_run_side_by_side(void **unused) {
    (void)unused;
    assert_int_equal(run_shell("script: 'sleep 0.02; echo x > made', times: 60", false), RISE_OK);
    assert_int_equal(atomic_load(&seen.n_ended), 60);
    assert_string_equal(seen.taken[0], "x\n");
}

static int add_shell(void **state) {
    static const rise_node_type *const mine[] = {&shell};
    if (set_up(state) != 0 || rise_host_add(host, mine, 1, &err) != RISE_OK)
        return -1;
    snprintf(places, sizeof places, "%s/places", folder);
    return mkdir(places, 0700) == 0 && setenv("TMPDIR", places, 1) == 0 ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_lines_come_back),
        cmocka_unit_test(its_environment_is_small),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(a_signal_is_told),
        cmocka_unit_test(what_is_not_there_is_told),
        cmocka_unit_test(it_is_asked_to_end),
        cmocka_unit_test(none_where_no_code_is_let_in),
        cmocka_unit_test(who_does_not_listen_is_killed),
        cmocka_unit_test(its_children_end_with_it),
        cmocka_unit_test(its_time_is_the_nodes),
        cmocka_unit_test(many_run_side_by_side),
    };
    return cmocka_run_group_tests(tests, add_shell, tear_down);
}
