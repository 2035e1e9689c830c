/* soap/kernels_real.h: the reference kernels, for REAL = float or double; included by
 * kernels_ref.c once for each, with NAME(x) giving the function's name. */

static void NAME(radial)(const soap_shape *shape, const soap_table *table, const soap_chunk *chunk,
                         void *out) {
    (void)shape;
    for (size_t j = 0; j < chunk->n; j++) {
        const REAL *knot = (const REAL *)table->rows + 2 * chunk->interval[j] * table->width;
        const REAL *slope = knot + table->width, *knot1 = slope + table->width;
        const REAL *slope1 = knot1 + table->width;
        REAL w0 = (REAL)chunk->weight[j][0], w1 = (REAL)chunk->weight[j][1];
        REAL w2 = (REAL)chunk->weight[j][2], w3 = (REAL)chunk->weight[j][3];
        REAL *row = (REAL *)out + j * shape->radial_stride;
        for (size_t i = 0; i < table->width; i++)
            row[i] = w0 * knot[i] + w1 * slope[i] + w2 * knot1[i] + w3 * slope1[i];
    }
}

/* Q_lm(z) = P_lm/(1-z^2)^(m/2) upwards in l for each m; times Re and Im of (x + iy)^m. */
static void NAME(harmonic)(const soap_shape *shape, const soap_harmonics *constants,
                           const soap_chunk *chunk, void *out) {
    REAL *harmonic = out;
    REAL re[SOAP_CHUNK], im[SOAP_CHUNK], before[SOAP_CHUNK], now[SOAP_CHUNK], z[SOAP_CHUNK];
    for (size_t j = 0; j < chunk->n; j++) {
        re[j] = 1;
        im[j] = 0;
        z[j] = (REAL)chunk->z[j];
    }
    for (size_t m = 0; m <= shape->l_max; m++) {
        for (size_t j = 0; j < chunk->n; j++) {
            before[j] = 0;
            now[j] = (REAL)constants->diagonal[m];
        }
        for (size_t l = m; l <= shape->l_max; l++) {
            REAL *minus = harmonic + (l * l + l - m) * SOAP_CHUNK;
            REAL *plus = harmonic + (l * l + l + m) * SOAP_CHUNK;
            REAL up = (REAL)constants->up[l + 1][m], back = (REAL)constants->back[l + 1][m];
            for (size_t j = 0; j < chunk->n; j++) {
                minus[j] = now[j] * im[j];
                plus[j] = now[j] * re[j]; /* the only one at m = 0 */
                REAL next = up * z[j] * now[j] - back * before[j];
                before[j] = now[j];
                now[j] = next;
            }
        }
        for (size_t j = 0; j < chunk->n; j++) {
            REAL x = (REAL)chunk->x[j], y = (REAL)chunk->y[j];
            REAL turned = re[j] * x - im[j] * y;
            im[j] = re[j] * y + im[j] * x;
            re[j] = turned;
        }
    }
}

static void NAME(expand)(const soap_shape *shape, size_t species, size_t n, bool first,
                         const void *radial_in, const void *harmonic_in, void *out) {
    const REAL *radial = radial_in, *harmonic = harmonic_in;
    for (size_t l = 0; l <= shape->l_max; l++) {
        for (size_t lm = l * l; lm < (l + 1) * (l + 1); lm++) {
            REAL *c = (REAL *)out + lm * shape->coefficient_stride + species * shape->n_max;
            REAL sum[SOAP_N_MAX] = {0};
            for (size_t j = 0; j < n; j++) {
                const REAL *row = radial + j * shape->radial_stride + l * shape->n_max;
                REAL y = harmonic[lm * SOAP_CHUNK + j];
                for (size_t i = 0; i < shape->n_max; i++)
                    sum[i] += row[i] * y;
            }
            for (size_t i = 0; i < shape->n_max; i++)
                c[i] = first ? sum[i] : c[i] + sum[i];
        }
    }
}

/* gram = C_l^T C_l of one l, upper triangle. */
static void NAME(gram)(const soap_shape *shape, size_t l, const REAL *coefficient, REAL *gram) {
    size_t n = shape->n_channels;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i; k < n; k++)
            gram[i * shape->gram_stride + k] = 0;
    for (size_t lm = l * l; lm < (l + 1) * (l + 1); lm++) {
        const REAL *c = coefficient + lm * shape->coefficient_stride;
        for (size_t i = 0; i < n; i++)
            for (size_t k = i; k < n; k++)
                gram[i * shape->gram_stride + k] += c[i] * c[k];
    }
}

static void NAME(power)(const soap_shape *shape, const void *coefficient, void *room, void *out) {
    REAL *gram = room;
    size_t n = shape->n_max;
    for (size_t l = 0; l <= shape->l_max; l++) {
        NAME(gram)(shape, l, coefficient, gram);
        for (size_t z = 0; z < shape->n_species; z++) {
            for (size_t z2 = z; z2 < shape->n_species; z2++) {
                size_t per_l = z == z2 ? n * (n + 1) / 2 : n * n;
                REAL *p = (REAL *)out + soap_block(shape, z, z2) + l * per_l;
                for (size_t i = 0; i < n; i++) {
                    const REAL *row = gram + (z * n + i) * shape->gram_stride + z2 * n;
                    for (size_t k = z == z2 ? i : 0; k < n; k++)
                        *p++ = row[k];
                }
            }
        }
    }
}
