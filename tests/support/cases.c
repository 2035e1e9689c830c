/* support/cases: see cases.h. */
#include "support/cases.h"

#include <stdio.h>

static struct CMUnitTest tests[MAX_CASES];
static char names[MAX_CASES][96];
static size_t n_tests;

void cases_add(const char *what, const char *of, CMUnitTestFunction function, void *state) {
    if (n_tests < MAX_CASES) {
        snprintf(names[n_tests], sizeof names[0], "%s: %s", of, what);
        tests[n_tests] = (struct CMUnitTest){
            .name = names[n_tests], .test_func = function, .initial_state = state};
    }
    n_tests++;
}

int cases_run(const char *group, CMFixtureFunction start, CMFixtureFunction stop) {
    if (n_tests > MAX_CASES) {
        fprintf(stderr, "%zu tests, room for %d\n", n_tests, MAX_CASES);
        return 1;
    }
    return _cmocka_run_group_tests(group, tests, n_tests, start, stop);
}
