/* support/cases: tests that are made in a loop, one for each of many subjects. */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MAX_CASES = 2048 };

/* Adds the test "of: what"; `function` finds `state` behind its argument. More than MAX_CASES fail
 * the run. */
void cases_add(const char *what, const char *of, CMUnitTestFunction function, void *state);
/* Runs all of them; the exit status of main. */
int cases_run(const char *group, CMFixtureFunction start, CMFixtureFunction stop);

#endif
