/* cli/cache: what is kept, and whether it is sound. */
#include "cli.h"

#include <string.h>

static void tell_entry(void *user, const char *text) {
    (void)user;
    printf("%s\n", text);
}

static int stat_cache(const char *folder) {
    rise_cache_stats st;
    rise_error err = {0};
    char used[1024] = "", bytes[16];
    rise_status s = rise_cache_stat(folder, &st, used, sizeof used, &err);
    if (s != RISE_OK) {
        tell_error(&err);
        return rise_status_exit(s);
    }
    printf("%s\n", used);
    text_bytes((double)st.object_bytes, bytes);
    printf("  values in files of their own  %8llu  %s\n", (unsigned long long)st.n_objects, bytes);
    text_bytes((double)st.packed_bytes, bytes);
    printf("  small values in packs         %8llu  %s\n", (unsigned long long)st.n_packed, bytes);
    text_bytes((double)st.record_bytes, bytes);
    printf("  records                       %8llu  %s\n", (unsigned long long)st.n_records, bytes);
    printf("  in quarantine                 %8llu\n", (unsigned long long)st.n_quarantined);
    return 0;
}

static int verify_cache(const char *folder) {
    uint64_t checked = 0, damaged = 0;
    rise_error err = {0};
    rise_status s = rise_cache_verify(folder, tell_entry, NULL, &checked, &damaged, &err);
    if (s != RISE_OK) {
        tell_error(&err);
        return rise_status_exit(s);
    }
    printf("%llu values read, %llu damaged%s\n", (unsigned long long)checked,
           (unsigned long long)damaged, damaged ? " and moved to quarantine" : "");
    return damaged ? rise_status_exit(RISE_E_FAILED) : 0;
}

int command_cache(rise_host *host, const cli_options *o) {
    (void)host;
    const char *what = o->operand[0];
    if (strcmp(what, "stat") == 0)
        return stat_cache(o->run.cache);
    if (strcmp(what, "verify") == 0)
        return verify_cache(o->run.cache);
    fputs("rise-run: cache stat, or cache verify\n", stderr);
    return rise_status_exit(RISE_E_USAGE);
}
