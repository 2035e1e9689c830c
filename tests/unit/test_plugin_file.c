/* What a file tells before it is loaded as a plug-in: each part of a shared library that may be
 * wrong, made wrong. Nothing of these files ever runs. */
#include "api/plugin.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/rise-plugin-file-XXXXXX";

/* A library of two segments: all of it to be loaded, and a note. */
typedef struct library {
    ElfW(Ehdr) head;
    ElfW(Phdr) segment[2];
    uint8_t note[256];
} library;

static library sound(void) {
    static const uint8_t id[] = {0xab, 0xcd, 0xef, 0x01};
    library l;
    memset(&l, 0, sizeof l);
    memcpy(l.head.e_ident, ELFMAG, SELFMAG);
    l.head.e_ident[EI_CLASS] = ELFCLASS64;
    l.head.e_ident[EI_DATA] = ELFDATA2LSB;
#if defined(__x86_64__)
    l.head.e_machine = EM_X86_64;
#else
    l.head.e_machine = EM_AARCH64;
#endif
    l.head.e_type = ET_DYN;
    l.head.e_phoff = offsetof(library, segment);
    l.head.e_phnum = 2;
    l.segment[0] = (ElfW(Phdr)){.p_type = PT_LOAD, .p_filesz = sizeof l};
    l.segment[1] = (ElfW(Phdr)){
        .p_type = PT_NOTE, .p_offset = offsetof(library, note), .p_filesz = sizeof l.note};
    ElfW(Nhdr) note = {.n_namesz = 4, .n_descsz = sizeof id, .n_type = NT_GNU_BUILD_ID};
    memcpy(l.note, &note, sizeof note);
    memcpy(l.note + sizeof note, "GNU", 4);
    memcpy(l.note + sizeof note + 4, id, sizeof id);
    return l;
}

static const char *write_library(const library *l, size_t size) {
    static char path[128];
    snprintf(path, sizeof path, "%s/a.so", folder);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(l, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0644), 0);
    return path;
}

static void refused(const library *l, const char *says) {
    arena a = {0};
    plugin_file file;
    rise_error err = {0};
    assert_int_equal(plugin_file_check(write_library(l, sizeof *l), &a, &file, &err), RISE_E_USAGE);
    assert_string_equal(err.message, says);
    arena_free(&a);
}

static void identified(const library *l, const char *as) {
    arena a = {0};
    plugin_file file;
    rise_error err = {0};
    if (plugin_file_check(write_library(l, sizeof *l), &a, &file, &err) != RISE_OK)
        fail_msg("%s", err.message);
    assert_memory_equal(file.identity, as, strlen(as));
    arena_free(&a);
}

#if defined(__x86_64__)
#define OURS "this program is for x86-64"
#else
#define OURS "this program is for aarch64"
#endif
#define CUT "the file is cut off: it is shorter than it says"

static void heads(void **state) {
    (void)state;
    static const struct {
        unsigned machine;
        const char *says;
    } machines[] = {{EM_386, "it is for x86, " OURS},
                    {EM_ARM, "it is for arm, " OURS},
                    {EM_RISCV, "it is for riscv, " OURS},
                    {EM_PPC64, "it is for ppc64, " OURS},
                    {EM_S390, "it is for another machine, " OURS}};
    library l = sound();
    identified(&l, "build-id abcdef01");
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        l = sound();
        l.head.e_machine = (uint16_t)machines[i].machine;
        refused(&l, machines[i].says);
    }
    l = sound();
    l.head.e_ident[EI_DATA] = ELFDATA2MSB;
    refused(&l, "it is for another byte order, " OURS);
    l = sound();
    l.head.e_ident[EI_MAG1] = 'e';
    refused(&l, "not a shared library");
    l = sound();
    l.head.e_type = ET_EXEC;
    refused(&l, "not a shared library: compile with -shared");
}

static void parts_that_are_not_there(void **state) {
    (void)state;
    library l = sound();
    l.head.e_phoff = sizeof l + 1;
    refused(&l, CUT);
    l.head.e_phoff = UINT64_MAX - 8;
    refused(&l, CUT);
    l = sound();
    l.head.e_phnum = UINT16_MAX;
    refused(&l, CUT);
    l = sound();
    l.head.e_shoff = 8;
    l.head.e_shnum = 100;
    l.head.e_shentsize = 64;
    refused(&l, CUT);
    for (int i = 0; i < 2; i++) {
        l = sound();
        l.segment[i].p_filesz = sizeof l + 1;
        refused(&l, CUT);
        l.segment[i].p_type = PT_GNU_STACK; /* says nothing of the file */
        identified(&l, i ? "sha256 " : "build-id abcdef01");
    }
}

/* A note that tells no build-id, or lies about its sizes: the bytes of the file identify it. */
static void notes(void **state) {
    (void)state;
    static const struct {
        ElfW(Nhdr) head;
        const char *name, *identity;
    } cases[] = {
        {{4, 4, NT_GNU_BUILD_ID}, "GNU", "build-id 00000000"},
        {{4, 3, NT_GNU_BUILD_ID}, "GNU", "build-id 000000"},
        {{4, 4, NT_GNU_ABI_TAG}, "GNU", "sha256 "},
        {{4, 4, NT_GNU_BUILD_ID}, "GNV", "sha256 "},
        {{3, 4, NT_GNU_BUILD_ID}, "GNU", "sha256 "},
        {{4, 0, NT_GNU_BUILD_ID}, "GNU", "sha256 "},
        {{4, 65, NT_GNU_BUILD_ID}, "GNU", "sha256 "},
        {{4, 250, NT_GNU_BUILD_ID}, "GNU", "sha256 "},
        {{UINT32_MAX, UINT32_MAX, NT_GNU_BUILD_ID}, "GNU", "sha256 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        library l = sound();
        memset(l.note, 0, sizeof l.note);
        memcpy(l.note, &cases[i].head, sizeof cases[i].head);
        memcpy(l.note + sizeof cases[i].head, cases[i].name, 4);
        identified(&l, cases[i].identity);
    }
    /* behind another note, and where the segment ends with one that is cut */
    library l = sound();
    memmove(l.note + 16, l.note, 32);
    memcpy(l.note, &(ElfW(Nhdr)){4, 0, NT_GNU_ABI_TAG}, sizeof(ElfW(Nhdr)));
    memcpy(l.note + sizeof(ElfW(Nhdr)), "GNU", 4);
    identified(&l, "build-id abcdef01");
    l.segment[1].p_filesz = 24;
    identified(&l, "sha256 ");
}

static void files_and_folders(void **state) {
    (void)state;
    arena a = {0};
    plugin_file file;
    rise_error err = {0};
    library l = sound();
    char path[160];
    const char *good = write_library(&l, sizeof l);
    for (size_t n = 0; n < sizeof l.head + sizeof l.segment; n++) {
        assert_int_equal(plugin_file_check(write_library(&l, n), &a, &file, &err), RISE_E_USAGE);
        assert_string_equal(err.message, n < SELFMAG ? "not a shared library" : CUT);
    }
    write_library(&l, sizeof l);
    assert_int_equal(chmod(good, 0666), 0);
    assert_int_equal(plugin_file_check(good, &a, &file, &err), RISE_E_USAGE);
    assert_string_equal(err.message, "everybody may write to this file");
    assert_int_equal(chmod(good, 0644), 0);
    assert_int_equal(chmod(folder, 01777), 0); /* there the sticky bit will not do */
    assert_int_equal(plugin_file_check(good, &a, &file, &err), RISE_E_USAGE);
    assert_memory_equal(err.message, "everybody may write to /tmp/", 28);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(plugin_file_check(folder, &a, &file, &err), RISE_E_NOINPUT);
    assert_string_equal(err.message, "cannot be read: not a file");
    snprintf(path, sizeof path, "%s/none.so", folder);
    assert_int_equal(plugin_file_check(path, &a, &file, &err), RISE_E_NOINPUT);
    assert_string_equal(err.message, "cannot be read: No such file or directory");
    arena_free(&a);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) && chmod(folder, 0700) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),
        cmocka_unit_test(parts_that_are_not_there),
        cmocka_unit_test(notes),
        cmocka_unit_test(files_and_folders),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
