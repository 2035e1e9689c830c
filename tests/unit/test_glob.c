/* Which files a path or a glob means, in which order, and what is said where there are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "files/files.h"
#include "support/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/rise-glob-XXXXXX";

static int make_files(void **unused) {
    (void)unused;
    static const char *const names[] = {
        "a1.xyz",        "a2.xyz",        "a10.xyz",     "b.xyz",      "-.xyz",
        "].xyz",         ".h.xyz",        "run[1].xyz",  "deep/c.xyz", "deep/.hidden/d.xyz",
        "deep/er/e.xyz", "deep/er/f.txt", "only/g/h.xyz"};
    static const char *const folders[] = {"deep", "deep/.hidden", "deep/er",
                                          "only", "only/g",       "empty"};
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdir(folders[i], 0700) != 0)
            return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        FILE *f = fopen(names[i], "w");
        if (!f || fclose(f) != 0)
            return -1;
    }
    return symlink("..", "deep/up"); /* ** would walk in circles */
}

static int remove_files(void **unused) {
    (void)unused;
    return folder_remove(folder);
}

/* The files as one text, or the message and the hint where there are none. */
static rise_status expand(const char *below, const char *const *pattern, size_t n, char *text,
                          size_t size) {
    arena a = {0};
    const char *const *path = NULL;
    size_t n_paths = 0, used = 0;
    rise_error err = {0};
    rise_status status = files_expand(below, pattern, n, &a, &path, &n_paths, &err);
    *text = 0;
    for (size_t i = 0; status == RISE_OK && i < n_paths; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", path[i]);
    if (status != RISE_OK)
        snprintf(text, size, "%s|%s", err.message, err.hint);
    arena_free(&a);
    return status;
}

static void what_a_glob_means(void **unused) {
    (void)unused;
    static const struct {
        const char *pattern, *files;
    } cases[] = {
        {"a*.xyz", "a1.xyz a2.xyz a10.xyz"},
        {"./a?.xyz", "a1.xyz a2.xyz"},
        {"a*1*.xyz", "a1.xyz a10.xyz"},
        {"[ab]*.xyz", "a1.xyz a2.xyz a10.xyz b.xyz"},
        {"[!a]*.xyz", "-.xyz ].xyz b.xyz run[1].xyz"},
        {"[^-a-m]*.xyz", "].xyz run[1].xyz"},
        {"[c-a].xyz", NULL}, /* the wrong way round: nothing */
        {"[a-c].xyz", "b.xyz"},
        {"[]].xyz", "].xyz"},
        {"[b-].xyz", "-.xyz b.xyz"},
        {"run[1].xyz", "run[1].xyz"}, /* a file of that name is no pattern */
        {"run[1]*", NULL},
        {"run[[]1].xyz", "run[1].xyz"},
        {"run[1].x?z", NULL},
        {"run[*.xyz", "run[1].xyz"}, /* not closed */
        {".*.xyz", ".h.xyz"},
        {"deep//*.xyz", "deep/c.xyz"},
        {"d*/c.xyz", "deep/c.xyz"},
        {"*/er/*", "deep/er/e.xyz deep/er/f.txt"},
        {"a1.xyz/*", NULL},
        {"deep/**/*.xyz", "deep/c.xyz deep/er/e.xyz"},
        {"deep/**", "deep/c.xyz deep/er/e.xyz deep/er/f.txt"},
        {"dee?", "deep/c.xyz"}, /* only folders: the files in them */
        {"deep", "deep/c.xyz"},
        {"deep/er", "deep/er/e.xyz deep/er/f.txt"},
    };
    char text[1000];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rise_status status = expand("", &cases[i].pattern, 1, text, sizeof text);
        if (status != (cases[i].files ? RISE_OK : RISE_E_NOINPUT))
            fail_msg("%s: status %d: %s", cases[i].pattern, (int)status, text);
        if (cases[i].files && strcmp(text, cases[i].files) != 0)
            fail_msg("%s: %s", cases[i].pattern, text);
        if (!cases[i].files)
            assert_non_null(strstr(text, "no file matches"));
    }
}

static void several_below_a_folder(void **unused) {
    (void)unused;
    char text[1000], wanted[200], absolute[100];
    const char *const patterns[] = {"c.xyz", "er/*", "./c.xyz", "*.xyz"}; /* each file once */
    assert_int_equal(expand("deep", patterns, 4, text, sizeof text), RISE_OK);
    assert_string_equal(text, "deep/c.xyz deep/er/e.xyz deep/er/f.txt");
    snprintf(absolute, sizeof absolute, "%s/b*", folder);
    snprintf(wanted, sizeof wanted, "%s/b.xyz", folder);
    assert_int_equal(expand("deep", (const char *[]){absolute}, 1, text, sizeof text), RISE_OK);
    assert_string_equal(text, wanted);
    assert_int_equal(expand(".", patterns + 3, 1, text, sizeof text), RISE_OK);
    assert_non_null(strstr(text, "a1.xyz a2.xyz a10.xyz b.xyz"));
}

static void what_is_missing(void **unused) {
    (void)unused;
    static const struct {
        const char *path, *says;
    } cases[] = {
        {"b.xzy", "there is no file 'b.xzy'|did you mean 'b.xyz'?"},
        {"deeep/c.xyz", "there is no file 'deeep/c.xyz'|did you mean 'deep'?"},
        {"deep/er/g.xyz", "there is no file 'deep/er/g.xyz'|did you mean 'deep/er/e.xyz'?"},
        {"b.xyz/c", "there is no file 'b.xyz/c'|'b.xyz' is a file, not a folder"},
        {"qqqqqqqq/c", "there is no file 'qqqqqqqq/c'|the folder 'qqqqqqqq' is not there"},
        {"empty/c", "there is no file 'empty/c'|the folder 'empty' is empty"},
        {"empty", "there are no files in the folder 'empty'|"},
        {"only", "there are no files in the folder 'only'|"},
        {"empty/*", "no file matches 'empty/*'|"},
        {"emp[t]y", "no file matches 'emp[t]y'|"},
    };
    char text[1000];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(expand("", &cases[i].path, 1, text, sizeof text), RISE_E_NOINPUT);
        assert_string_equal(text, cases[i].says);
    }
    const char *nothing = "/rise-is-not-here/x";
    assert_int_equal(expand("", &nothing, 1, text, sizeof text), RISE_E_NOINPUT);
    assert_non_null(strstr(text, "'rise-is-not-here' is not there"));
}

/* Folders that are not there, or are files; a link that leads nowhere; the working directory. */
static void strange_folders(void **unused) {
    (void)unused;
    char text[1000];
    static const struct {
        const char *below, *pattern, *says;
    } cases[] = {
        {"nowhere", "*.xyz", "no file matches 'nowhere/*.xyz'|"},
        {"b.xyz", "*", "no file matches 'b.xyz/*'|"},
        {"", "b.xyz/", "there is no file 'b.xyz/'|'b.xyz' is a file, not a folder"},
        {"", "run[a-", "no file matches 'run[a-'|"},
        {"", "lost", "there is no file 'lost'|'lost' is a link to what is not there"},
    };
    assert_int_equal(symlink("nothing", "lost"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(expand(cases[i].below, &cases[i].pattern, 1, text, sizeof text),
                         RISE_E_NOINPUT);
        assert_string_equal(text, cases[i].says);
    }
    assert_int_equal(unlink("lost"), 0);
    assert_int_equal(chdir("empty"), 0);
    assert_int_equal(expand("", (const char *[]){"x"}, 1, text, sizeof text), RISE_E_NOINPUT);
    assert_string_equal(text, "there is no file 'x'|the folder '.' is empty");
    assert_int_equal(chdir(".."), 0);
}

/* ** goes 64 folders deep: deeper ones are taken for circles. */
static void deep_folders(void **unused) {
    (void)unused;
    char path[200] = "chain", text[1000];
    assert_int_equal(mkdir(path, 0700), 0);
    for (int i = 0; i < 70; i++) {
        strcat(path, "/d");
        assert_int_equal(mkdir(path, 0700), 0);
        if (i == 9 || i == 69) {
            strcat(path, "/end.xyz");
            FILE *f = fopen(path, "w");
            assert_true(f && fclose(f) == 0);
            path[strlen(path) - strlen("/end.xyz")] = 0;
        }
    }
    assert_int_equal(expand("", (const char *[]){"chain/**/end.xyz"}, 1, text, sizeof text),
                     RISE_OK);
    assert_string_equal(text, "chain/d/d/d/d/d/d/d/d/d/d/end.xyz");
    assert_int_equal(folder_remove("chain"), 0);
}

/* In a process of its own, that may have no more files open, or may not look into `closed`. */
static void as_another(const struct rlimit *files, const char *below, const char *pattern,
                       rise_status status, const char *says) {
    char text[1000];
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool sound = files ? setrlimit(RLIMIT_NOFILE, files) == 0
                           : geteuid() != 0 || setresuid(65534, 65534, 65534) == 0;
        rise_status got = expand(below, &pattern, 1, text, sizeof text);
        if (!sound || got != status || strcmp(text, says) != 0)
            fprintf(stderr, "%s: status %d, %s\n", pattern, (int)got, text);
        _exit(!sound || got != status || strcmp(text, says) != 0);
    }
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
}

static void folders_that_cannot_be_read(void **unused) {
    (void)unused;
    const struct rlimit none = {3, 3};
    as_another(&none, "", "a*.xyz", RISE_E_SYSTEM,
               "cannot look into the folder '': Too many open files|");
    as_another(&none, "", "deep", RISE_E_SYSTEM,
               "cannot look into the folder 'deep': Too many open files|");
    as_another(&none, "", "only/*", RISE_E_SYSTEM,
               "cannot look into the folder 'only': Too many open files|");
    as_another(&none, "", "nothing", RISE_E_NOINPUT, "there is no file 'nothing'|");
    assert_int_equal(mkdir("closed", 0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    as_another(NULL, "", "closed/x", RISE_E_NOINPUT, "no permission to reach 'closed/x'|");
    as_another(NULL, "", "closed/*", RISE_E_NOINPUT,
               "cannot look into the folder 'closed': Permission denied|");
    as_another(NULL, "", "closed", RISE_E_NOINPUT,
               "cannot look into the folder 'closed': Permission denied|");
    as_another(NULL, "", "**/b.xyz", RISE_E_NOINPUT,
               "cannot look into the folder 'closed': Permission denied|");
    assert_int_equal(rmdir("closed"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_glob_means), cmocka_unit_test(several_below_a_folder),
        cmocka_unit_test(what_is_missing),   cmocka_unit_test(strange_folders),
        cmocka_unit_test(deep_folders),      cmocka_unit_test(folders_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
