/* vit/inner.h: what the files of the network share. Not for others.
 *
 * Activations lie in the order of the visits: [block][sample][token of the block], so a stretch of
 * blocks is one matrix of rows. Token 0 of a block is CLS. A sequence is one (block, sample). */
#ifndef VIT_INNER_H
#define VIT_INNER_H

#include "kernels.h"
#include "net.h"

/* What a full encoder layer leaves for its backward pass; rows as above, H heads. */
typedef struct vit_layer_acts {
    float *qkv;           /* (rows, 3E) */
    float *top, *inverse; /* (sequences, H, T): by which the softmax is repeated */
    float *o;             /* (rows, E) heads side by side, before the output projection */
    float *xhat1, *rstd1; /* (rows, E), (rows): the first norm */
    float *h;             /* (rows, 4E) after ReLU */
    float *xhat2, *rstd2;
} vit_layer_acts;

/* The same for a layer of which only the CLS row is wanted (cls_layer.c); one row a sequence. */
typedef struct vit_cls_acts {
    float *q;  /* (sequences, E) */
    float *u;  /* (sequences, H, E): q taken through the key projection */
    float *a;  /* (sequences, H, Tp): attention weights, before dropout */
    float *z;  /* (sequences, H, E): tokens averaged by the weights */
    float *am; /* (sequences, H): sum of the weights after dropout */
    float *o, *xhat1, *rstd1, *h, *xhat2, *rstd2;
} vit_cls_acts;

/* Gradients that wait for a product over a whole stretch of blocks. */
typedef struct vit_layer_grads {
    float *dqkv;  /* (rows, 3E) */
    float *d_out; /* (rows, E) of the output projection's result */
    float *dh;    /* (rows, 4E) before ReLU */
    float *d_ff;  /* (rows, E) of the second linear map's result */
} vit_layer_grads;

typedef struct vit_cls_grads {
    float *dq, *du, *d_o, *d_out, *dh, *d_ff; /* (sequences, ...) as in vit_cls_acts */
} vit_cls_grads;

struct vit_work {
    const vit_net *net;
    const vit_kernels *kernels;
    bool (*stop)(void *user);
    void *stop_user;
    size_t max_samples;
    bool train;
    bool keep;    /* activations of all blocks have places of their own, else those of a stretch */
    size_t full;  /* layers computed in full: all where blocks wrap, else all but the last */
    size_t chunk; /* blocks in a stretch */
    size_t row;   /* Tp: T rounded up, length of a row of attention weights */
    size_t keys;  /* keys that attention takes at a time; `row` where it takes all */
    size_t ep;    /* E rounded up to 64, length of a row of dropout multipliers */
    size_t tile;  /* query rows that attention takes at a time */
    void *memory; /* holds all arrays below */

    uint32_t *patch_of;    /* (blocks, r^3): the patches that each block visits */
    uint32_t *identity;    /* (N) */
    size_t *line_at;       /* (C p^2): from the first voxel of a patch to line (ch, di, dj) */
    float **x;             /* [full + 1]: (rows, E), input of each layer, then the last output */
    vit_layer_acts *layer; /* [full] */
    vit_layer_grads *grad; /* [full] */
    vit_cls_acts cls_acts;
    vit_cls_grads cls_grads;
    float *cls, *d_cls;               /* (S, E) CLS on its way */
    float *last_xhat, *last_rstd;     /* (S, E), (S): the norm before the head */
    float *zero;                      /* (S, E) of zeros */
    float *state, *d_state;           /* (S, 1 + N, E) where blocks wrap */
    float *t1, *t2, *t3, *t4;         /* (rows of a stretch, E) */
    float *columns;                   /* (rows of a stretch, C p^3) patches as rows */
    float *dx;                        /* (rows of a stretch, E) */
    float *mask;                      /* (T, ep) */
    float *score, *dscore, *amask;    /* (tile, keys) */
    float *kt, *vt;                   /* (D, keys) for each tile of keys */
    float *dots, *factor;             /* (tile) */
    float *cls_a, *cls_da, *cls_mask; /* (H, Tp), (H, Tp), (H, Tp rounded up to 64) */
    float *cls_dz, *cls_dam;          /* (S, H, E), (S, H) */
};

/* One call of vit_forward or vit_backward. The first failure sticks in `status`. */
typedef struct vit_call {
    const vit_net *net;
    const vit_weights *weights;
    vit_work *work;
    const vit_kernels *k;
    const vit_dropout *dropout; /* or NULL */
    size_t n;                   /* S */
    float *d_params;            /* or NULL */
    rise_status status;
    rise_error *err;
} vit_call;

/* Blocks first .. first + n - 1 and the places of their activations, counted in blocks. */
typedef struct vit_span {
    size_t first, n;
    size_t in_slot; /* in x[0] */
    size_t slot;    /* in all other activations */
    size_t grad;    /* in the gradients of the stretch */
} vit_span;

static inline size_t vit_rows(const vit_call *c, size_t blocks) {
    return blocks * c->n * c->net->block_tokens;
}

/* Input of layer `l` for a span. */
static inline float *vit_input_rows(const vit_call *c, const vit_span *s, size_t l) {
    size_t slot = l == 0 ? s->in_slot : s->slot;
    return c->work->x[l] + vit_rows(c, slot) * c->net->shape.embedding;
}

/* call.c ---- products (row-major, leading dimensions), dropout, interruption */
void vit_nn(vit_call *c, size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
            size_t ld_b, float beta, float *out, size_t ld_out);
/* out (m, n) += a (k, m)^T b (k, n) */
void vit_tn(vit_call *c, size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
            size_t ld_b, float *out, size_t ld_out);
bool vit_going_on(vit_call *c); /* false: failed or told to stop */
enum { VIT_SITE_EMBED = 0, VIT_SITE_ATTENTION = 1, VIT_SITE_OUT = 2, VIT_SITE_FF = 3 };
/* `layer` is ignored for the embedding. */
vit_mask vit_mask_at(const vit_call *c, size_t block, size_t sample, size_t layer, int site);
/* out (rows, E) = dropout applied to x (rows, E), rows being `tokens` of each sequence of the
 * span; copies where dropout is off. */
void vit_drop_rows(vit_call *c, const vit_span *s, size_t tokens, size_t layer, int site,
                   const float *x, float *out);
/* add_norm of all rows of a span, with dropout of `y` at the site. */
void vit_add_norm(vit_call *c, const vit_span *s, size_t tokens, size_t layer, int site,
                  const float *res, size_t ld_res, const float *y, const float *bias,
                  const float *gain, const float *shift, float *xhat, float *rstd, float *out,
                  size_t ld_out);

/* embed.c ---- `patch_of` (sequences / S, T - 1); rows (sequences, T, E), CLS rows not touched */
void vit_embed(vit_call *c, const float *voxels, const uint32_t *patch_of, size_t n_seq, size_t T,
               float *x);
void vit_embed_back(vit_call *c, const float *voxels, const uint32_t *patch_of, size_t n_seq,
                    size_t T, float *dx, float *d_voxels);
void vit_embed_cls(vit_call *c, float *cls, size_t ld);
void vit_embed_cls_back(vit_call *c, const float *d_cls, size_t ld);

/* attention.c ---- all queries of all sequences of a span */
void vit_attention(vit_call *c, const vit_span *s, size_t layer);
void vit_attention_back(vit_call *c, const vit_span *s, size_t layer, const float *d_o);

/* layer.c ---- a full encoder layer: x[layer] -> x[layer + 1] */
void vit_project(vit_call *c, const vit_span *s); /* first layer, patches of a whole stretch */
void vit_layer(vit_call *c, const vit_span *s, size_t layer, bool projected);
/* d_out (rows, E) -> dx (rows, E); `cls_only`: the projection's share of dx for CLS rows only. */
void vit_layer_back(vit_call *c, const vit_span *s, size_t layer, const float *d_out, float *dx,
                    bool cls_only);
void vit_project_back(vit_call *c, const vit_span *s, float *dx);
void vit_layer_gradients(vit_call *c, const vit_span *s, size_t layer);

/* cls_layer.c ---- the last layer where only CLS leaves the block: x[full] -> cls_out (seq, E) */
void vit_cls_layer(vit_call *c, const vit_span *s, float *cls_out);
void vit_cls_layer_back(vit_call *c, const vit_span *s, const float *d_cls, float *dx);
void vit_cls_layer_gradients(vit_call *c, const vit_span *s);

#endif
