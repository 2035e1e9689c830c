/* Logs of a store: records, names and places of packed values. The bytes are what follows the head
 * of a log; the checksums of its lines are put right, since no mutation would ever hit one. Every
 * key that stands in a line is then asked for. */
#include "fuzz.h"

#include "store/inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static char folder[64], records[80], log_path[128];

static void remove_folder(void) {
    unlink(log_path);
    rmdir(records);
    rmdir(folder);
}

/* A cache with one log, in memory where there is such a place. */
static void make_folder(void) {
    snprintf(folder, sizeof folder, "%s/rise-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    fuzz_expect(mkdtemp(folder) != NULL, "a folder for the log");
    snprintf(records, sizeof records, "%s/records", folder);
    snprintf(log_path, sizeof log_path, "%s/%032d.log", records, 0);
    fuzz_expect(mkdir(records, 0777) == 0, "a folder for the log");
    atexit(remove_folder);
}

/* The log as it would be if its writer had meant it. */
static void forge(buffer *log, const uint8_t *bytes, size_t size) {
    buffer_add(log, LOG_MAGIC, 8);
    buffer_u32(log, FORMAT_VERSION);
    buffer_u32(log, 0);
    buffer_add(log, bytes, size);
    fuzz_expect(!log->failed, "memory for a log");
    for (size_t at = FILE_HEAD; log->size - at >= LINE_HEAD;) {
        cursor c = {log->bytes + at, log->bytes + log->size, false};
        size_t n = cursor_u32(&c);
        if (!n || n > log->size - at - LINE_HEAD)
            break;
        XXH64_canonical_t sum;
        XXH64_canonicalFromHash(&sum, XXH3_64bits(log->bytes + at + LINE_HEAD, n));
        memcpy(log->bytes + at + 4, sum.digest, sizeof sum.digest);
        at += LINE_HEAD + n;
    }
}

static void write_log(const buffer *log) {
    int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    fuzz_expect(fd >= 0 && path_write_all(fd, log->bytes, log->size, -1) == 0, "a log is written");
    close(fd);
}

/* Reads all that the store says of a key: the sanitizers see a byte too far. */
static void ask(store *s, const rise_id *key) {
    size_t n = 0;
    uint64_t sum = 0;
    const store_record *record = store_find(s, key);
    if (record) {
        fuzz_expect(id_equal(&record->key, key), "a record stands under its key");
        for (size_t i = 0; i < record->n_note; i++)
            sum += record->note[i];
        for (uint32_t i = 0; i < record->n_outputs; i++)
            sum += record->output[i].bytes + record->output[i].digest.byte[31];
    }
    const uint8_t *name = store_name_get(s, key, &n);
    for (size_t i = 0; name && i < n; i++)
        sum += name[i];
    rise_value *value = NULL;
    rise_error err = {0};
    fuzz_expect(store_get(s, key, &value, &err) == RISE_E_MISS || !store_has(s, key),
                "no pack is there to read from");
    volatile uint64_t read = sum; /* the reads above are wanted */
    (void)read;
}

void fuzz_record(const uint8_t *bytes, size_t size) {
    if (!folder[0])
        make_folder();
    buffer log = {0};
    forge(&log, bytes, size);
    write_log(&log);
    uint64_t n_lines = 0, n_damaged = 0;
    fuzz_expect(log_check(log_path, &n_lines, &n_damaged) == ENTRY_GOOD,
                "a log with a head is a log");
    fuzz_expect(n_damaged == 0, "the checksums are right");
    store *s = NULL;
    rise_error err = {0};
    store_options options = {.read_only = true};
    fuzz_expect(!store_open(folder, &options, &s, &err), "a store opens whatever is in it");
    for (size_t at = FILE_HEAD; n_lines--;) {
        cursor c = {log.bytes + at, log.bytes + log.size, false};
        size_t n = cursor_u32(&c);
        if (n >= LINE_KEY) {
            rise_id key;
            memcpy(key.byte, log.bytes + at + LINE_HEAD + 9, sizeof key.byte);
            ask(s, &key);
        }
        at += LINE_HEAD + n;
    }
    store_close(s);
    buffer_free(&log);
}
