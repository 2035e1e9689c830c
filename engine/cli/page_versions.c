/* cli/page_versions: what made the numbers: rise, the nodes with what their numerics depend on,
 * libraries, and the machine. */
#include "page.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static void write_row(const page *p, const char *what, const char *value) {
    fprintf(p->f, "<tr><td class=name>%s<td>", what);
    markup_text(p->f, value);
    fputs("</tr>\n", p->f);
}

static void processor_name(char *text, size_t size) {
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(text, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(text, size, "%s", colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

static void write_machine(const page *p) {
    struct utsname host = {0};
    struct sysinfo info = {0};
    cpu_set_t set;
    char name[256], text[512], bytes[16];
    uname(&host);
    processor_name(name, sizeof name);
    int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    write_row(p, "host", host.nodename);
    snprintf(text, sizeof text, "%s, %d cores for this process", name, cores);
    write_row(p, "processor", text);
    if (sysinfo(&info) == 0) {
        text_bytes((double)info.totalram * info.mem_unit, bytes);
        write_row(p, "memory", bytes);
    }
    snprintf(text, sizeof text, "%s %s %s", host.sysname, host.release, host.machine);
    write_row(p, "kernel", text);
}

static bool type_was_before(const page *p, size_t box) {
    for (size_t i = 0; i < box; i++)
        if (strcmp(p->chart->box[i].type, p->chart->box[box].type) == 0)
            return true;
    return false;
}

static void write_types(const page *p) {
    fputs("<tr><td class=name>node types<td>", p->f);
    const char *between = "";
    for (size_t i = 0; i < p->chart->n_boxes; i++) {
        const rise_node_type *type = rise_host_find(p->host, p->chart->box[i].type);
        if (!type || type_was_before(p, i))
            continue;
        fputs(between, p->f);
        markup_text(p->f, type->name);
        fprintf(p->f, " %u", (unsigned)type->version);
        if (type->fingerprint) {
            fputs(" <span class=soft>", p->f);
            markup_text(p->f, type->fingerprint());
            fputs("</span>", p->f);
        }
        between = "<br>\n";
    }
    fputs("</tr>\n", p->f);
}

void page_versions(const page *p) {
    char text[128];
    fputs("<section><h2>Versions and machine</h2>\n<div class=wide><table>\n", p->f);
    write_row(p, "rise", RISE_VERSION);
    write_types(p);
    snprintf(text, sizeof text, "glibc %s, jansson %s", gnu_get_libc_version(),
             jansson_version_str());
    write_row(p, "libraries", text);
    write_machine(p);
    write_row(p, "cache", rise_run_cache_folder(p->run));
    fputs("</table></div></section>\n", p->f);
}
