/* rise within another program: a loop of its own, values as soon as they are there, stopping,
 * failures, plans. */
#include "numbers_at_work.h"

/* ---- a loop of the caller
 * ------------------------------------------------------------------------ */
typedef struct seen {
    rise_run *run;
    double sum;
    size_t n_ended, n_warned;
    rise_status status;
    bool free_it;
} seen;

static void on_ended(void *user, const rise_instance *it) {
    seen *s = user;
    s->n_ended++;
    s->sum += value_of(s->run, it->name);
}

static void on_warned(void *user, const char *text) {
    seen *s = user;
    s->n_warned++;
    assert_non_null(strstr(text, "asked to warn"));
}

static void on_finished(void *user, rise_run *run, rise_status status) {
    seen *s = user;
    s->status = status;
    if (s->free_it)
        rise_run_free(run);
}

static void in_a_loop_of_the_caller(void **unused) {
    (void)unused;
    for (int turn = 0; turn < 2; turn++) { /* the second finds everything */
        uv_loop_t loop;
        seen s = {.status = RISE_E_BUG, .free_it = turn == 1};
        rise_graph *graph = load(CHAIN "  loud: {type: number, does: warn}\n");
        assert_int_equal(uv_loop_init(&loop), 0);
        s.run = start(graph, (rise_run_options){.loop = &loop,
                                                .events = {.ended = on_ended,
                                                           .warned = on_warned,
                                                           .finished = on_finished,
                                                           .user = &s}});
        assert_int_equal(rise_run_wait(s.run, &err), RISE_E_BUG); /* the loop is not its own */
        assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
        assert_int_equal(s.status, RISE_OK);
        assert_int_equal(s.n_ended, 4);
        assert_int_equal(s.n_warned, turn == 0);
        assert_true(s.sum == 1 + 3 + 6 + 0);
        if (!s.free_it)
            rise_run_free(s.run);
        assert_int_equal(uv_loop_close(&loop), 0); /* nothing is left in it */
        rise_graph_free(graph);
    }
}

/* ---- stopping and failing
 * ------------------------------------------------------------------------ */
static void cancel_one_that_waits(void *user, rise_run *run) {
    if (atomic_load(&waits))
        rise_run_cancel(run, *(rise_status *)user);
}

static void what_is_done_stays_when_it_is_stopped(void **unused) {
    (void)unused;
    static const rise_status why[] = {RISE_E_INTERRUPTED, RISE_E_TERMINATED};
    for (size_t i = 0; i < 2; i++) {
        char text[256];
        rise_status wanted = why[i];
        snprintf(text, sizeof text,
                 "nodes:\n  first: {type: number, value: 3.%zu}\n"
                 "  slow: {type: number, does: wait, input: first}\n  last: {type: number, input: "
                 "slow}\n",
                 i);
        rise_graph *graph = load(text);
        rise_run *run =
            start(graph,
                  (rise_run_options){.events = {.ticked = cancel_one_that_waits, .user = &wanted}});
        assert_int_equal(rise_run_wait(run, &err), wanted);
        expect_status(run, "first", "ran");
        expect_status(run, "last", "skipped");
        assert_string_equal(named(run, "slow").message, "begun");
        assert_true(named(run, "slow").total == 2);
        assert_true(value_of(run, "first") > 3 - 1e-9); /* a stopped run still answers */
        rise_run_free(run);
        run = start(graph, (rise_run_options){.only = "first"});
        assert_int_equal(rise_run_wait(run, NULL), RISE_OK);
        expect_status(run, "first", "cached");
        rise_run_free(run);
        rise_graph_free(graph);
    }
}

static void one_that_nobody_waits_for_is_stopped(void **unused) {
    (void)unused;
    rise_graph *graph = load("nodes:\n  slow: {type: number, does: wait, value: 8}\n");
    seen s = {.status = RISE_OK};
    rise_run *run =
        start(graph, (rise_run_options){.events = {.finished = on_finished, .user = &s}});
    rise_run_free(run);
    assert_int_equal(s.status, RISE_E_INTERRUPTED);
    rise_graph_free(graph);
}

static void take_and_free(void *user) {
    rise_run *run = user;
    assert_true(value_of(run, "two") == 9);
    expect_status(run, "one", "ran");
    rise_run_free(run);
}

static void one_that_is_over_may_go_to_another_thread(void **unused) {
    (void)unused;
    uv_thread_t other;
    rise_graph *graph = load("nodes:\n  one: {type: number, value: 4, cache: never}\n"
                             "  two: {type: number, value: 5, input: one, cache: never}\n");
    rise_run *run = start(graph, (rise_run_options){0});
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    assert_int_equal(uv_thread_create(&other, take_and_free, run), 0);
    assert_int_equal(uv_thread_join(&other), 0);
    rise_graph_free(graph);
}

static void a_failure_stops_what_depends_on_it(void **unused) {
    (void)unused;
    rise_graph *graph =
        load("nodes:\n  bad: {type: number, does: fail}\n  after: {type: number, input: bad}\n"
             "  apart: {type: number, value: 77}\n");
    rise_run *run = start(graph, (rise_run_options){.keep_going = true});
    assert_int_equal(rise_run_wait(run, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "asked to fail"));
    expect_status(run, "bad", "failed");
    expect_status(run, "after", "skipped");
    expect_status(run, "apart", "ran");
    assert_int_equal(named(run, "bad").error->status, RISE_E_DATA);
    refused(run, "after", RISE_E_MISS, "was not computed");
    assert_int_equal(rise_run_wait(run, NULL), RISE_E_DATA); /* asked again, it says the same */
    rise_run_free(run);
    rise_graph_free(graph);
}

/* ---- what would run
 * ------------------------------------------------------------------------------ */
static void a_plan_runs_nothing(void **unused) {
    (void)unused;
    rise_value *table = NULL;
    rise_id key;
    rise_graph *graph =
        load("nodes:\n  new: {type: number, value: 41}\n  then: {type: number, input: new}\n");
    rise_run *run = start(graph, (rise_run_options){.plan_only = true});
    assert_int_equal(rise_run_parts(run, 0, &table, &err), RISE_E_MISS); /* it is not over */
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    expect_status(run, "new", "waiting");
    assert_non_null(named(run, "new").reason);
    assert_true(named(run, "new").reason[0]);
    assert_true(rise_run_key(run, 0, &key));
    assert_false(rise_run_key(run, 1, &key)); /* of a value that is not there */
    assert_false(rise_run_key(run, 2, &key)); /* of an instance that is not there */
    assert_int_equal(rise_run_kept(run, 1, &table, &err), RISE_E_MISS);
    assert_int_equal(rise_run_parts(run, 0, &table, &err), RISE_OK);
    assert_true(rise_value_table(table)->n_rows > 0);
    rise_value_release(table);
    assert_int_equal(rise_run_kept(run, 0, &table, &err), RISE_OK);
    rise_value_release(table);
    rise_run_free(run);
    rise_graph_free(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_loop_of_the_caller),
        cmocka_unit_test(what_is_done_stays_when_it_is_stopped),
        cmocka_unit_test(one_that_nobody_waits_for_is_stopped),
        cmocka_unit_test(one_that_is_over_may_go_to_another_thread),
        cmocka_unit_test(a_failure_stops_what_depends_on_it),
        cmocka_unit_test(a_plan_runs_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
