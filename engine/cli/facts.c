/* cli/facts: what made the numbers: rise, the nodes with what their numerics depend on, plug-ins,
 * libraries, and the machine. */
#include "record.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

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

static void tell_machine(fact_teller tell, void *user) {
    struct utsname host = {0};
    struct sysinfo info = {0};
    cpu_set_t set;
    char name[256], text[512], bytes[16];
    uname(&host);
    processor_name(name, sizeof name);
    int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    tell(user, FACT_MACHINE, "host", host.nodename);
    snprintf(text, sizeof text, "%s, %d cores for this process", name, cores);
    tell(user, FACT_MACHINE, "processor", text);
    if (sysinfo(&info) == 0) {
        text_bytes((double)info.totalram * info.mem_unit, bytes);
        tell(user, FACT_MACHINE, "memory", bytes);
    }
    snprintf(text, sizeof text, "%s %s %s", host.sysname, host.release, host.machine);
    tell(user, FACT_MACHINE, "kernel", text);
}

static bool in_use(const record *r, const char *type) {
    for (size_t i = 0; i < r->chart->n_boxes; i++)
        if (strcmp(r->chart->box[i].type, type) == 0)
            return true;
    return false;
}

static void tell_types(const record *r, fact_teller tell, void *user) {
    for (size_t i = 0; i < rise_host_count(r->host); i++) {
        const rise_node_type *type = rise_host_type(r->host, i);
        char text[512];
        if (!in_use(r, type->name))
            continue;
        const char *numerics = type->fingerprint ? type->fingerprint() : "";
        snprintf(text, sizeof text, "%u%s%s", (unsigned)type->version, numerics[0] ? " " : "",
                 numerics);
        tell(user, FACT_NODE, type->name, text);
    }
}

static void tell_plugins(const record *r, fact_teller tell, void *user) {
    for (size_t i = 0; i < rise_host_plugins(r->host); i++) {
        rise_plugin_info info;
        char text[4600];
        bool used = false;
        rise_host_plugin(r->host, i, &info);
        for (size_t k = 0; k < info.n_types && !used; k++)
            used = in_use(r, info.types[k]->name);
        if (!used)
            continue;
        snprintf(text, sizeof text, "%s, %s, %s", info.version, info.identity, info.path);
        tell(user, FACT_PLUGIN, info.name, text);
    }
}

void facts_tell(const record *r, fact_teller tell, void *user) {
    tell(user, FACT_RISE, "rise", RISE_VERSION);
    tell_types(r, tell, user);
    tell_plugins(r, tell, user);
    tell(user, FACT_LIBRARY, "glibc", gnu_get_libc_version());
    tell(user, FACT_LIBRARY, "jansson", jansson_version_str());
    tell_machine(tell, user);
}
