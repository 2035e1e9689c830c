/* rise/plugin.h: node types in a shared library of their own.
 *
 * A plug-in is a C or C++ file that ends with RISE_PLUGIN, compiled to a shared library:
 *
 *     static const rise_node_type shells = {...};
 *     static const rise_node_type *const types[] = {&shells};
 *     RISE_PLUGIN("shells", "1.0", types);
 *
 *     cc -std=c17 -O2 -fPIC -shared $(pkg-config --cflags rise) shells.c -o shells.so
 *
 * It is loaded because a graph names it (`plugins: [shells.so]`), by `rise-run --plugin shells.so`,
 * from the folders in $RISE_PLUGIN_PATH, or by rise_host_add_plugin; from nowhere else, and not at
 * all where RISE_NO_PLUGINS is set. It need not be linked with librise: the functions of node.h
 * come from the program that loads it (one that opens librise with dlopen: with RTLD_GLOBAL).
 *
 * A plug-in is code with the rights of whoever runs it; nothing is fenced off. Files and folders
 * that everybody may write to are refused. Types of a plug-in are checked as those that come with
 * rise. Its build-id (without one, the SHA-256 of the file) is part of every key of its types: what
 * another build computed is computed again. Libraries that a plug-in itself links do not count:
 * name their version in `fingerprint`.
 *
 * `rise-run nodes --check shells.so` loads it in a process of its own and says what is in it. */
#ifndef RISE_PLUGIN_H
#define RISE_PLUGIN_H

#include "node.h"

#include <float.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* How the plug-in's compiler treats floating point: part of what keeps results reproducible. */
enum {
    RISE_FLOAT_PLAIN = 0u,
    RISE_FLOAT_FAST = 1u, /* -ffast-math or -ffinite-math-only */
    RISE_FLOAT_WIDE = 2u  /* intermediate results have more digits (x87) */
};
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#define RISE_FLOAT_MODEL_MATH RISE_FLOAT_FAST
#else
#define RISE_FLOAT_MODEL_MATH RISE_FLOAT_PLAIN
#endif
#define RISE_FLOAT_MODEL                                                                           \
    ((uint32_t)RISE_FLOAT_MODEL_MATH | (FLT_EVAL_METHOD == 0 ? 0u : (uint32_t)RISE_FLOAT_WIDE))

/* What a plug-in says of itself. The first three fields stay where they are in every version. */
typedef struct rise_plugin {
    uint32_t size;       /* sizeof(rise_plugin) */
    uint32_t abi;        /* RISE_NODE_ABI: must be that of the program */
    const char *rise;    /* RISE_VERSION of the headers, for messages */
    const char *name;    /* in messages and keys */
    const char *version; /* for people */
    uint32_t float_model;
    uint32_t n_types;
    const rise_node_type *const *types; /* [n_types] */
} rise_plugin;

/* The one symbol that a plug-in exports. */
extern const rise_plugin rise_plugin_block;

/* `types` is an array of `const rise_node_type *`. */
#define RISE_PLUGIN(name, version, types)                                                          \
    const rise_plugin rise_plugin_block = {sizeof(rise_plugin),                                    \
                                           RISE_NODE_ABI,                                          \
                                           RISE_VERSION,                                           \
                                           name,                                                   \
                                           version,                                                \
                                           RISE_FLOAT_MODEL,                                       \
                                           sizeof(types) / sizeof((types)[0]),                     \
                                           types}

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
