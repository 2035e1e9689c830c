/* api/plugin_file: what a file tells before it is loaded. A shared library that is cut off would
 * not be refused by the loader but end the process later, so its parts are compared with its size
 * here. */
#include "api/plugin.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- who may write to it --------------------------------------------------------------------- */
static rise_status refuse_writable(const char *what, rise_error *err) {
    rise_fail(err, RISE_E_USAGE, "everybody may write to %.300s", what);
    rise_hint(err, "chmod o-w; whoever writes there decides what runs here");
    return RISE_E_USAGE;
}

/* Above the plug-in's own folder the sticky bit will do: it keeps others from replacing what is
 * there. In that folder it would not keep them from adding a plug-in. */
static rise_status check_folders(const char *path, rise_error *err) {
    char folder[4096];
    mode_t refused = S_IWOTH;
    int n = snprintf(folder, sizeof folder, "%s", path);
    if (n < 0 || (size_t)n >= sizeof folder)
        return rise_fail(err, RISE_E_USAGE, "the path is too long");
    for (char *slash = strrchr(folder, '/'); slash; slash = strrchr(folder, '/')) {
        struct stat s;
        slash[slash == folder] = 0; /* the root keeps its slash */
        if (stat(folder, &s) != 0)
            return rise_fail(err, RISE_E_NOINPUT, "%.300s: %s", folder, strerror(errno));
        bool sticky = refused == 0 && s.st_mode & S_ISVTX;
        if (s.st_mode & S_IWOTH && !sticky)
            return refuse_writable(folder, err);
        refused = 0;
        if (slash == folder)
            break;
    }
    return RISE_OK;
}

/* ---- ELF ------------------------------------------------------------------------------------- */
#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#elif defined(__riscv)
enum { OWN_MACHINE = EM_RISCV };
#elif defined(__powerpc64__)
enum { OWN_MACHINE = EM_PPC64 };
#endif

static const char *machine_name(unsigned machine) {
    static const struct {
        unsigned machine;
        const char *name;
    } known[] = {{EM_X86_64, "x86-64"}, {EM_386, "x86"},     {EM_AARCH64, "aarch64"},
                 {EM_ARM, "arm"},       {EM_RISCV, "riscv"}, {EM_PPC64, "ppc64"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].machine == machine)
            return known[i].name;
    return "another machine";
}

typedef struct image {
    const uint8_t *bytes;
    size_t size;
    ElfW(Ehdr) head;
} image;

static rise_status cut_off(rise_error *err) {
    rise_fail(err, RISE_E_USAGE, "the file is cut off: it is shorter than it says");
    return rise_hint(err, "build or copy it again");
}

static bool inside(const image *e, uint64_t offset, uint64_t size) {
    return offset <= e->size && size <= e->size - offset;
}

static rise_status check_head(image *e, rise_error *err) {
    static const uint16_t one = 1;
    uint8_t order = *(const uint8_t *)&one ? ELFDATA2LSB : ELFDATA2MSB;
    if (e->size < SELFMAG || memcmp(e->bytes, ELFMAG, SELFMAG) != 0)
        return rise_fail(err, RISE_E_USAGE, "not a shared library");
    if (e->size < sizeof e->head)
        return cut_off(err);
    memcpy(&e->head, e->bytes, sizeof e->head);
    /* e_machine lies at the same place in both classes. */
    bool own_order = e->head.e_ident[EI_DATA] == order;
    bool own_class =
        e->head.e_ident[EI_CLASS] == (__ELF_NATIVE_CLASS == 64 ? ELFCLASS64 : ELFCLASS32);
    if (!own_order || !own_class || e->head.e_machine != OWN_MACHINE)
        return rise_fail(err, RISE_E_USAGE, "it is for %s, this program is for %s",
                         own_order ? machine_name(e->head.e_machine) : "another byte order",
                         machine_name(OWN_MACHINE));
    if (e->head.e_type != ET_DYN)
        return rise_fail(err, RISE_E_USAGE, "not a shared library: compile with -shared");
    return RISE_OK;
}

static ElfW(Phdr) segment(const image *e, size_t i) {
    ElfW(Phdr) p;
    memcpy(&p, e->bytes + e->head.e_phoff + i * sizeof p, sizeof p);
    return p;
}

static rise_status check_parts(const image *e, rise_error *err) {
    uint64_t sections = (uint64_t)e->head.e_shnum * e->head.e_shentsize;
    uint64_t segments = (uint64_t)e->head.e_phnum * sizeof(ElfW(Phdr));
    if (!inside(e, e->head.e_phoff, segments) || !inside(e, e->head.e_shoff, sections))
        return cut_off(err);
    for (size_t i = 0; i < e->head.e_phnum; i++) {
        ElfW(Phdr) p = segment(e, i);
        if ((p.p_type == PT_LOAD || p.p_type == PT_NOTE) && !inside(e, p.p_offset, p.p_filesz))
            return cut_off(err);
    }
    return RISE_OK;
}

/* Notes: sizes of name and content, a type, then both, each filled up to a multiple of four. */
static bool build_id(const uint8_t *note, size_t size, plugin_identity out) {
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        memcpy(&head, note, sizeof head);
        uint64_t name = ((uint64_t)head.n_namesz + 3) & ~(uint64_t)3;
        uint64_t content = ((uint64_t)head.n_descsz + 3) & ~(uint64_t)3;
        if (name + content > size - sizeof head)
            return false;
        const uint8_t *id = note + sizeof head + name;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && head.n_descsz > 0 &&
            head.n_descsz <= 64 && memcmp(note + sizeof head, "GNU", 4) == 0) {
            int n = snprintf(out, 10, "build-id ");
            for (size_t i = 0; i < head.n_descsz; i++)
                n += snprintf(out + n, 3, "%02x", id[i]);
            return true;
        }
        note = id + content;
        size -= sizeof head + (size_t)(name + content);
    }
    return false;
}

static void identify(const image *e, plugin_identity out) {
    for (size_t i = 0; i < e->head.e_phnum; i++) {
        ElfW(Phdr) p = segment(e, i);
        if (p.p_type == PT_NOTE && build_id(e->bytes + p.p_offset, p.p_filesz, out))
            return;
    }
    rise_id digest;
    char hex[65];
    id_of(e->bytes, e->size, &digest);
    id_hex(&digest, hex);
    snprintf(out, sizeof(plugin_identity), "sha256 %s", hex);
}

static rise_status judge(const uint8_t *bytes, size_t size, plugin_identity identity,
                         rise_error *err) {
    image e = {.bytes = bytes, .size = size};
    rise_status s = check_head(&e, err);
    if (s == RISE_OK)
        s = check_parts(&e, err);
    if (s == RISE_OK)
        identify(&e, identity);
    return s;
}

/* ---- reading it ------------------------------------------------------------------------------ */
static rise_status unreadable(const char *why, rise_error *err) {
    return rise_fail(err, RISE_E_NOINPUT, "cannot be read: %s", why);
}

static rise_status read_all(int fd, const struct stat *s, uint8_t **out, rise_error *err) {
    size_t size = (size_t)s->st_size, n = 0;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return rise_fail_nomem(err, "a plug-in");
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            free(bytes);
            return got < 0 ? unreadable(strerror(errno), err) : cut_off(err);
        }
        n += (size_t)got;
    }
    *out = bytes;
    return RISE_OK;
}

static rise_status check_open(int fd, plugin_file *f, rise_error *err) {
    uint8_t *bytes = NULL;
    if (fstat(fd, &f->stat) != 0)
        return unreadable(strerror(errno), err);
    if (!S_ISREG(f->stat.st_mode))
        return unreadable("not a file", err);
    if (f->stat.st_mode & S_IWOTH)
        return refuse_writable("this file", err);
    rise_status s = check_folders(f->path, err);
    if (s == RISE_OK)
        s = read_all(fd, &f->stat, &bytes, err);
    if (s == RISE_OK)
        s = judge(bytes, (size_t)f->stat.st_size, f->identity, err);
    free(bytes);
    return s;
}

rise_status plugin_file_check(const char *path, arena *a, plugin_file *out, rise_error *err) {
    char *real = realpath(path, NULL);
    if (!real)
        return errno == ENOMEM ? rise_fail_nomem(err, "a plug-in")
                               : unreadable(strerror(errno), err);
    out->path = arena_text(a, real);
    free(real);
    if (!out->path)
        return rise_fail_nomem(err, "a plug-in");
    int fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return unreadable(strerror(errno), err);
    rise_status s = check_open(fd, out, err);
    close(fd);
    return s;
}
