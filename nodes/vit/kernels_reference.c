/* vit/kernels_reference.c: the kernels for the baseline processor. */
#define VIT_KERNELS_NAME vit_kernels_reference
#define VIT_KERNELS_TEXT "reference"
#include "kernels_body.h"
