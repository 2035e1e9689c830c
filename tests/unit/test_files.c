/* Input files: which ones, in which order, what is in them, and when a digest may be remembered. */
#include "files/inside.h"

#include <fcntl.h>
#include <lzma.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <setjmp.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), RISE_OK)

typedef struct place {
    arena a;
    char folder[64];
} place;

static int set_up(void **state) {
    place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    snprintf(p->folder, sizeof p->folder, "/tmp/rise_files_XXXXXX");
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static int tear_down(void **state) {
    place *p = *state;
    int code = system(arena_format(&p->a, "chmod -R u+rwx %s; rm -rf %s", p->folder, p->folder));
    arena_free(&p->a);
    free(p);
    return code;
}

static char *at(place *p, const char *name) {
    return path_join(&p->a, p->folder, name);
}

static void make(place *p, const char *name, const void *bytes, size_t size) {
    char *path = at(p, name);
    OK(path_make_folders(path_folder(&p->a, path), NULL));
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* ---- which files ----------------------------------------------------------------------------- */

/* Patterns and expected paths are lists with blanks between; all relative to the folder. */
static void expands(place *p, const char *patterns, const char *expected) {
    const char *pattern[8];
    size_t n = 0, n_paths = 0;
    char *text = arena_text(&p->a, patterns);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        pattern[n++] = word;
    const char *const *path = NULL;
    rise_error err = {0};
    if (files_expand(p->folder, pattern, n, &p->a, &path, &n_paths, &err) != RISE_OK)
        fail_msg("'%s': %s", patterns, err.message);
    buffer b = {0};
    for (size_t i = 0; i < n_paths; i++) {
        assert_memory_equal(path[i], p->folder, strlen(p->folder));
        buffer_format(&b, "%s%s", i ? " " : "", path[i] + strlen(p->folder) + 1);
    }
    buffer_u8(&b, 0);
    assert_string_equal((char *)b.bytes, expected);
    buffer_free(&b);
}

static void refuses(place *p, const char *pattern, const char *message, const char *hint) {
    const char *const *path = NULL;
    size_t n_paths = 77;
    rise_error err = {0};
    assert_int_equal(files_expand(p->folder, &pattern, 1, &p->a, &path, &n_paths, &err),
                     RISE_E_NOINPUT);
    assert_null(path);
    assert_int_equal(n_paths, 77);
    if (!strstr(err.message, message))
        fail_msg("'%s' does not say '%s'", err.message, message);
    if (hint ? !strstr(err.hint, hint) : err.hint[0] != '\0')
        fail_msg("hint '%s', expected '%s'", err.hint, hint ? hint : "");
}

static void test_expand(void **state) {
    place *p = *state;
    const char *const names[] = {
        "run10.xyz",  "run9.xyz",        "run1.xyz",       "run[1].xyz",    ".hidden.xyz",
        "notes.txt",  "deep/a/x1.xyz",   "deep/a/x10.xyz", "deep/a/x2.xyz", "deep/b/y.xyz",
        "deep/z.xyz", "deep/.git/q.xyz", "only/one/f.xyz", "only/two/g.xyz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make(p, names[i], "x", 1);
    OK(path_make_folders(at(p, "empty"), NULL));

    expands(p, "notes.txt", "notes.txt");
    expands(p, "run*.xyz", "run1.xyz run9.xyz run10.xyz run[1].xyz");
    expands(p, "run?.xyz", "run1.xyz run9.xyz");
    expands(p, "run[0-8].xyz", "run1.xyz");
    expands(p, "run[!0-8].xyz", "run9.xyz");
    expands(p, "run[1].xyz", "run[1].xyz"); /* there is a file of that name */
    expands(p, "*r*u*n*1*0*", "run10.xyz");
    expands(p, ".*.xyz", ".hidden.xyz");
    expands(p, "**/x*.xyz", "deep/a/x1.xyz deep/a/x2.xyz deep/a/x10.xyz");
    expands(p, "deep/**", "deep/a/x1.xyz deep/a/x2.xyz deep/a/x10.xyz deep/b/y.xyz deep/z.xyz");
    expands(p, "deep/**/*.xyz",
            "deep/a/x1.xyz deep/a/x2.xyz deep/a/x10.xyz deep/b/y.xyz deep/z.xyz");
    expands(p, "*/z.xyz", "deep/z.xyz");
    expands(p, "deep/*", "deep/z.xyz");                    /* files before folders */
    expands(p, "only/*", "only/one/f.xyz only/two/g.xyz"); /* folders only */
    expands(p, "deep/a", "deep/a/x1.xyz deep/a/x2.xyz deep/a/x10.xyz");
    expands(p, "deep//a/ ./deep/./a", "deep/a/x1.xyz deep/a/x2.xyz deep/a/x10.xyz");
    /* patterns in the order given, each file once */
    expands(p, "run9.xyz run*.xyz notes.txt run1.xyz",
            "run9.xyz run1.xyz run10.xyz run[1].xyz notes.txt");

    refuses(p, "run8.xyz", "run8.xyz", "did you mean");
    refuses(p, "note.txt", "note.txt", "notes.txt'?");
    refuses(p, "depe/z.xyz", "depe/z.xyz", "/deep'?");
    refuses(p, "unheard/of/it.xyz", "unheard/of/it.xyz", "'unheard' is not there");
    refuses(p, "q", "'", NULL);
    refuses(p, "*.extxyz", "no file matches", NULL);
    refuses(p, "empty", "no files in the folder", NULL);
    refuses(p, "empty/x.xyz", "x.xyz", "is empty");
    refuses(p, "notes.txt/x", "notes.txt/x", "is a file");
    refuses(p, "**/nothing", "no file matches", NULL);

    /* brackets in the folder of the graph are no pattern */
    make(p, "set[2]/a1.xyz", "x", 1);
    place inner = *p;
    snprintf(inner.folder, sizeof inner.folder, "%.40s/set[2]", p->folder);
    inner.a = (arena){0};
    expands(&inner, "a*.xyz", "a1.xyz");
    arena_free(&inner.a);
    /* a link to a folder above does not make ** walk in circles */
    assert_int_equal(symlink("..", at(p, "deep/a/up")), 0);
    expands(p, "deep/**/y.xyz", "deep/b/y.xyz");
    /* hostile to naive matchers */
    make(p, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x", 1);
    refuses(p, "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "no file matches", NULL);
}

/* ---- what is in them ------------------------------------------------------------------------- */

static buffer gz(const char *text) {
    buffer b = {0};
    z_stream z;
    memset(&z, 0, sizeof z);
    assert_true(buffer_reserve(&b, 1000 + strlen(text)));
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)strlen(text);
    z.next_out = b.bytes;
    z.avail_out = (uInt)b.capacity;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.size = z.total_out;
    deflateEnd(&z);
    return b;
}

static buffer xz(const char *text) {
    buffer b = {0};
    assert_true(buffer_reserve(&b, 1000 + strlen(text)));
    assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, (const uint8_t *)text,
                                             strlen(text), b.bytes, &b.size, b.capacity),
                     LZMA_OK);
    return b;
}

static void loads(place *p, const char *name, const char *text) {
    rise_file file = {0};
    rise_id digest, of_file;
    rise_error err = {0};
    if (files_load(at(p, name), &file, &digest, &err) != RISE_OK)
        fail_msg("%s: %s", name, err.message);
    assert_int_equal(file.size, strlen(text));
    assert_memory_equal(file.bytes, text, file.size);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(file.bytes[file.size + i], 0);
    files_unload(&file);
    assert_null(file.bytes);
    OK(files_digest(NULL, at(p, name), false, &of_file, &err));
    assert_true(id_equal(&digest, &of_file)); /* of what is on disk, not of what it expands to */
}

static void test_load(void **state) {
    place *p = *state;
    const char *text = "2\nLattice=\"1 0 0 0 1 0 0 0 1\"\nZr 0 0 0\nCu 0.5 0.5 0.5\n";
    char *twice = arena_format(&p->a, "%s%s", text, text);
    make(p, "plain.xyz", text, strlen(text));
    loads(p, "plain.xyz", text);
    make(p, "empty.xyz", "", 0);
    loads(p, "empty.xyz", "");

    buffer (*const compress[])(const char *) = {gz, xz};
    for (int i = 0; i < 2; i++) {
        buffer b = compress[i](text), tail = compress[i](text);
        make(p, "packed", b.bytes, b.size); /* by content, whatever the name */
        loads(p, "packed", text);
        buffer none = compress[i]("");
        make(p, "none", none.bytes, none.size);
        loads(p, "none", "");
        buffer_free(&none);
        rise_file file = {0};
        rise_id digest;
        rise_error err = {0};
        for (size_t n = i == 0 ? 2 : 6; n < b.size; n++) { /* shorter ones are no such file */
            make(p, "torn", b.bytes, n);
            assert_int_equal(files_load(at(p, "torn"), &file, &digest, &err), RISE_E_DATA);
            assert_string_equal(err.file, at(p, "torn"));
            assert_null(file.bytes);
        }
        for (size_t n = 10; n < b.size; n++) {
            b.bytes[n] ^= 0x20;
            make(p, "flipped", b.bytes, b.size);
            b.bytes[n] ^= 0x20;
            if (files_load(at(p, "flipped"), &file, &digest, &err) == RISE_OK) {
                assert_int_equal(file.size, strlen(text)); /* in bytes that mean nothing */
                assert_memory_equal(file.bytes, text, file.size);
                files_unload(&file);
            }
        }
        buffer_add(&b, tail.bytes, tail.size); /* several members */
        make(p, "packed", b.bytes, b.size);
        loads(p, "packed", twice);
        buffer_add(&b, "\0\0\0\0", 4); /* padding */
        make(p, "packed", b.bytes, b.size);
        loads(p, "packed", twice);
        buffer_add(&b, "garbage!", 8);
        make(p, "packed", b.bytes, b.size);
        assert_int_equal(files_load(at(p, "packed"), &file, &digest, &err), RISE_E_DATA);
        buffer_free(&b);
        buffer_free(&tail);
    }

    rise_file file = {0};
    rise_error err = {0};
    const char *const example = "examples/zrcu/zrcu_00.extxyz.zst";
    if (files_load(example, &file, NULL, &err) != RISE_OK)
        fail_msg("%s: %s (run from the root of the repository)", example, err.message);
    assert_true(file.size > 10000 && memchr(file.bytes, '=', file.size));
    files_unload(&file);

    assert_int_equal(files_load(at(p, "none.xyz"), &file, NULL, &err), RISE_E_NOINPUT);
    assert_non_null(strstr(err.message, "none.xyz"));
    assert_int_equal(files_load(p->folder, &file, NULL, &err), RISE_E_NOINPUT);
    assert_non_null(strstr(err.message, "a folder"));
    assert_int_equal(mkfifo(at(p, "pipe"), 0600), 0);
    assert_int_equal(files_load(at(p, "pipe"), &file, NULL, &err), RISE_E_NOINPUT); /* no hanging */
    files_unload(&file); /* nothing there: nothing happens */
}

static void test_expansion_limits(void **state) {
    (void)state;
    char text[5000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    buffer packed[] = {gz(text), xz(text)}, out = {0};
    rise_error err;
    for (int i = 0; i < 2; i++) {
        rise_status (*expand)(const uint8_t *, size_t, size_t, buffer *, rise_error *) =
            i ? xz_expand : gzip_expand;
        out.size = 0;
        OK(expand(packed[i].bytes, packed[i].size, strlen(text), &out, &err));
        assert_int_equal(out.size, strlen(text));
        out.size = 0;
        assert_int_equal(expand(packed[i].bytes, packed[i].size, strlen(text) - 1, &out, &err),
                         RISE_E_DATA);
        buffer_free(&packed[i]);
    }
    buffer_free(&out);
}

/* ---- what moves ------------------------------------------------------------------------------ */

static void test_changed_while_read(void **state) {
    place *p = *state;
    rise_file file = {0};
    rise_id digest, expected;
    rise_error err = {0};
    /* a file that says it is empty and is not: what one that grows looks like */
    assert_int_equal(files_load("/proc/self/stat", &file, &digest, &err), RISE_E_CHANGED);
    assert_non_null(strstr(err.message, "changed while"));
    assert_true(err.hint[0] != '\0');

    /* a writer at work: an error, or bytes that were there at one moment and their digest */
    make(p, "log", "0123456789", 10);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(at(p, "log"), O_WRONLY | O_APPEND);
        for (int i = 0; i < 20000 && write(fd, "0123456789", 10) == 10; i++) {
        }
        _exit(0);
    }
    size_t last = 0;
    int code = -1;
    while (waitpid(child, &code, WNOHANG) == 0) {
        rise_status status = files_load(at(p, "log"), &file, &digest, &err);
        if (status != RISE_OK) {
            assert_int_equal(status, RISE_E_CHANGED);
            continue;
        }
        /* any length: a write across two pages may be seen half done */
        assert_true(file.size >= last);
        last = file.size;
        for (size_t i = 0; i < file.size; i++)
            assert_int_equal(file.bytes[i], '0' + i % 10);
        id_of(file.bytes, file.size, &expected);
        assert_true(id_equal(&digest, &expected));
        files_unload(&file);
    }
    assert_int_equal(code, 0);
    OK(files_load(at(p, "log"), &file, &digest, &err));
    assert_int_equal(file.size, 200010);
    files_unload(&file);
}

/* ---- digests that are remembered ------------------------------------------------------------- */

static store *open_store(place *p) {
    store *s = NULL;
    OK(store_open(at(p, "cache"), NULL, &s, NULL));
    return s;
}

static bool remembered(place *p, store *s, const char *name) {
    struct stat st;
    rise_id key;
    size_t size;
    assert_int_equal(stat(at(p, name), &st), 0);
    memo_name(&st, &key);
    return store_name_get(s, &key, &size) != NULL;
}

static void digests_to(place *p, store *s, const char *name, bool paranoid, const char *text) {
    rise_id digest, expected;
    OK(files_digest(s, at(p, name), paranoid, &digest, NULL));
    id_of(text, strlen(text), &expected);
    assert_true(id_equal(&digest, &expected));
}

static void set_time(place *p, const char *name, time_t seconds) {
    const struct timespec t[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, at(p, name), t, 0), 0);
}

static void test_digest(void **state) {
    place *p = *state;
    store *s = open_store(p);
    rise_id digest;
    rise_error err;
    const time_t old = time(NULL) - 10000;
    make(p, "fresh", "one", 3);
    make(p, "settled", "one", 3);
    make(p, "future", "one", 3);
    set_time(p, "settled", old);
    set_time(p, "future", time(NULL) + 10000);

    /* touched just now, whatever its mtime says: right, but not remembered */
    digests_to(p, s, "fresh", false, "one");
    digests_to(p, s, "settled", false, "one");
    digests_to(p, s, "future", false, "one");
    assert_false(remembered(p, s, "fresh"));
    assert_false(remembered(p, s, "settled"));
    assert_false(remembered(p, s, "future"));
    /* so an edit in the same moment, with size and mtime kept, is seen */
    make(p, "settled", "two", 3);
    set_time(p, "settled", old);
    digests_to(p, s, "settled", false, "two");

    nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 200000000}, NULL);
    digests_to(p, s, "settled", false, "two");
    digests_to(p, s, "fresh", false, "one");
    digests_to(p, s, "future", false, "one");
    assert_true(remembered(p, s, "settled"));
    assert_true(remembered(p, s, "fresh"));
    assert_false(remembered(p, s, "future"));
    store_close(s);

    /* remembered over runs: a memo that says something else is believed, but not by the paranoid */
    s = open_store(p);
    struct stat st;
    rise_id key, other = {{7}};
    assert_int_equal(stat(at(p, "fresh"), &st), 0);
    memo_name(&st, &key);
    store_name_set(s, &key, other.byte, sizeof other.byte);
    OK(files_digest(s, at(p, "fresh"), false, &digest, &err));
    assert_true(id_equal(&digest, &other));
    digests_to(p, s, "fresh", true, "one");
    digests_to(p, s, "fresh", false, "one"); /* and is put right */

    /* edited with the same size and the same mtime: ctime tells */
    make(p, "settled", "six", 3);
    set_time(p, "settled", old);
    digests_to(p, s, "settled", false, "six");
    assert_int_equal(files_digest(s, at(p, "none"), false, &digest, &err), RISE_E_NOINPUT);
    assert_int_equal(files_digest(s, p->folder, false, &digest, &err), RISE_E_NOINPUT);
    store_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_expand),
        TEST(test_load),
        cmocka_unit_test(test_expansion_limits),
        TEST(test_changed_while_read),
        TEST(test_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
