/* tests/fuzz: readers of bytes that others wrote, one target each. A target takes any bytes, must
 * not crash, leak or take more memory than they justify, and checks what the reader promises: a
 * refusal says why, what was accepted can be used. A broken promise ends the program. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void fuzz_csv(const uint8_t *bytes, size_t size);
void fuzz_dump(const uint8_t *bytes, size_t size);
void fuzz_entry(const uint8_t *bytes, size_t size);
void fuzz_extxyz(const uint8_t *bytes, size_t size);
void fuzz_lammps(const uint8_t *bytes, size_t size);
void fuzz_npy(const uint8_t *bytes, size_t size);
void fuzz_record(const uint8_t *bytes, size_t size);
void fuzz_safetensors(const uint8_t *bytes, size_t size);
void fuzz_trees(const uint8_t *bytes, size_t size);
void fuzz_vasp(const uint8_t *bytes, size_t size);
void fuzz_yaml(const uint8_t *bytes, size_t size);

/* Ends the program unless it holds. */
void fuzz_expect(bool holds, const char *what);
/* A refusal: status and error agree, the message is there and is UTF-8, no number is negative. */
void fuzz_expect_error(rise_status status, const rise_error *err);

#endif
