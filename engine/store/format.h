/* engine/store/format.h: what the store writes. Numbers are little-endian, checksums are XXH3 in
 * its canonical (big-endian) form. Later formats keep the first seven letters of the magics and
 * change the version; what has another version is a miss and is left alone. */
#ifndef STORE_FORMAT_H
#define STORE_FORMAT_H

/* clang-format off */
/* An entry: one value. The file objects/ab/<64 hex digits of the digest> is one entry; a pack is a
 * row of them. Every version ends with the XXH3-128 of all that precedes.
 *
 *    0  8 x u8   "RISEOBJ1"
 *    8  u32      version, 1
 *   12  u8       method: 0 canonical bytes as they are, 1 one zstd frame
 *   13  u8       width of the payload's elements (1, 4, 8); byte-shuffled if > 1 and method is 1
 *   14  u16      0
 *   16  32 x u8  digest: SHA-256 of the canonical bytes
 *   48  u64      how many canonical bytes
 *   56  u64      where their payload starts: what precedes is never shuffled
 *   64  u64      bytes of the body
 *   72           body
 *    .  16 x u8  XXH3-128 of everything above
 *
 * A pack, packs/<writer>.pack, and a log, records/<writer>.log, where <writer> is 32 hex digits:
 *
 *    0  8 x u8   "RISEPCK1" or "RISELOG1"
 *    8  u32      version, 1
 *   12  u32      0
 *   16           entries (pack) or lines (log), one after the other, only ever appended
 *
 * A line:
 *    0  u32      bytes of the text; 0 or more than the file has: the torn end of the log
 *    4  8 x u8   XXH3-64 of the text
 *   12           text:
 *                  u8 letter, u64 stamp, 32 x u8 key, then
 *        'R' 'S'   record; S replaces. f64 cost; u32 n, n x { 32 x u8 digest, u64 bytes, u32 facts,
 *                  16 x u8 species }; u32 n, n x u8 note
 *        'P'       packed value, the key is its digest. 16 x u8 writer, u64 offset, u32 bytes;
 *                  0 bytes: it was damaged there, look no more
 *        'N'       name. u32 n, n x u8
 *
 * Stamps are nanoseconds since 1970, pushed up so that one writer never goes back and always stands
 * after all that it has read: a clock may be wrong, the order is not. For one key the last S stands,
 * else the first R; the last P; the last N. */
/* clang-format on */

#define ENTRY_MAGIC "RISEOBJ1"
#define PACK_MAGIC "RISEPCK1"
#define LOG_MAGIC "RISELOG1"

enum {
    FORMAT_VERSION = 1,
    ENTRY_HEAD = 72,
    ENTRY_TAIL = 16,
    ENTRY_RAW = 0,
    ENTRY_ZSTD = 1,
    FILE_HEAD = 16,        /* of packs and logs */
    LINE_HEAD = 12,        /* size and checksum */
    LINE_KEY = 1 + 8 + 32, /* letter, stamp, key */
    WRITER_SIZE = 16,
    PACK_LIMIT = 16 * 1024, /* larger entries become files of their own, unless told otherwise */
    PACK_MOST = 64 * 1024 * 1024,
    LOG_LIMIT = 64 /* more logs than this are compacted into one */
};

#endif
