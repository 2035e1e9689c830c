/* kit/lapack.c: the one place that knows LAPACK.
 *
 * LAPACK is Fortran: matrices by columns, everything by address, the lengths of texts at the end. A
 * row-major matrix is its transpose there. It comes as an archive whose products are those of the
 * BLIS archive, so results do not depend on which BLAS a machine prefers. */
#include "kit/lapack.h"

#include "kit/gemm.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dtrtrs_(const char *uplo, const char *trans, const char *diag, const int *n, const int *nrhs,
             const double *a, const int *lda, double *b, const int *ldb, int *info, size_t, size_t,
             size_t);
void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s,
             double *u, const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork,
             int *iwork, int *info, size_t);
void ilaver_(int *major, int *minor, int *patch);

/* ---- what its Fortran asks of a runtime ------------------------------------------------------ */
/* All that it asks of libgfortran is to join two texts and to stop the program with a message. With
 * these two here no program needs that library: it would bring libquadmath, which makes every
 * printf of a process slow and both of them load. They are hidden: another's Fortran keeps its own.
 */
void xerbla_(const char *routine, const int *argument, size_t n);
void _gfortran_concat_string(size_t n, char *to, size_t n_a, const char *a, size_t n_b,
                             const char *b);

/* The routine gives a negative `info` afterwards, and that is looked at. */
__attribute__((visibility("hidden"))) void xerbla_(const char *routine, const int *argument,
                                                   size_t n) {
    (void)routine;
    (void)argument;
    (void)n;
}

/* The texts one after the other, cut or filled with blanks (ISO/IEC 1539-1, 10.1.5.3). */
__attribute__((visibility("hidden"))) void
_gfortran_concat_string(size_t n, char *to, size_t n_a, const char *a, size_t n_b, const char *b) {
    for (size_t i = 0; i < n; i++)
        to[i] = i < n_a ? a[i] : i - n_a < n_b ? b[i - n_a] : ' ';
}

static char version_text[64];
static pthread_once_t version_once = PTHREAD_ONCE_INIT;

static void write_version(void) {
    int major = 0, minor = 0, patch = 0;
    ilaver_(&major, &minor, &patch);
    snprintf(version_text, sizeof version_text, "lapack %d.%d.%d, blis %s", major, minor, patch,
             gemm_architecture());
}

const char *lapack_version(void) {
    pthread_once(&version_once, write_version);
    return version_text;
}

/* Our lower triangle by rows is LAPACK's upper one by columns: a = U^T U with U = L^T. */
bool lapack_cholesky(size_t n, double *a) {
    int order = (int)n, info = 0;
    dpotrf_("U", &order, a, &order, &info, 1);
    return info == 0;
}

static void solve(size_t n, const char *transposed, const double *l, double *b) {
    int order = (int)n, one = 1, info = 0;
    dtrtrs_("U", transposed, "N", &order, &one, l, &order, b, &order, &info, 1, 1, 1);
}

void lapack_forward(size_t n, const double *l, double *b) {
    solve(n, "T", l, b);
}

void lapack_backward(size_t n, const double *l, double *b) {
    solve(n, "N", l, b);
}

/* a^T = v diag(s) u^T, and v by columns is vt by rows. */
rise_status lapack_svd(size_t m, size_t n, double *a, double *u, double *s, double *vt,
                       rise_error *err) {
    size_t r = m < n ? m : n;
    if (m > INT_MAX / 8 || n > INT_MAX / 8) {
        return rise_fail(err, RISE_E_DATA, "a matrix of %zu by %zu is too large for LAPACK", m, n);
    }
    int rows = (int)n, columns = (int)m, rank = (int)r, info = 0, ask = -1;
    int *whole = malloc(8 * r * sizeof *whole);
    double best = 0;
    dgesdd_("S", &rows, &columns, a, &rows, s, vt, &rows, u, &rank, &best, &ask, whole, &info, 1);
    if (info != 0 || !(best < INT_MAX)) {
        free(whole);
        return rise_fail(err, RISE_E_DATA, "a matrix of %zu by %zu is too large for LAPACK", m, n);
    }
    int n_work = (int)best;
    double *work = malloc((size_t)n_work * sizeof *work);
    if (!whole || !work) {
        free(whole);
        free(work);
        return rise_fail_nomem(err, "singular values");
    }
    dgesdd_("S", &rows, &columns, a, &rows, s, vt, &rows, u, &rank, work, &n_work, whole, &info, 1);
    free(whole);
    free(work);
    return info == 0 ? RISE_OK
                     : rise_fail(err, RISE_E_FAILED, "LAPACK found no singular values (%d)", info);
}
