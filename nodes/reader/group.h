/* reader/group.h: the group of a file, taken from its path by a pattern.
 *
 * '*' stands for any characters but '/', as few as possible; "{group}" is a '*' whose text is the
 * group; without it the first '*' is. The pattern must match the end of the path, from the
 * beginning of a folder's or the file's name on: "Cooling{group}/" "*" "/Sort/" "*" ".txt". */
#ifndef READER_GROUP_H
#define READER_GROUP_H

#include <stdbool.h>
#include <stddef.h>

/* Does the pattern capture anything? */
bool group_pattern_ok(const char *pattern);
/* False when the path does not match; else *text, *size is the group, inside `path`. */
bool group_match(const char *pattern, const char *path, const char **text, size_t *size);

#endif
