/* The report: everything escaped, ids unique, verdict first, every input with its digest. */
#include "report/report.h"
#include "kit/draw/draw.h"
#include "markup.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define EVIL "<script>alert(\"1\")</script> & 'x'"

static rise_value *svg(void) {
    const double x[3] = {3, 4, 5}, y[3] = {2, 1, 3};
    draw_series s = {.label = "a", .style = DRAW_LINE | DRAW_POINTS, .n = 3, .x = x, .y = y};
    draw_figure f = {.title = "t", .width_mm = 90, .height_mm = 68, .n_series = 1, .series = &s};
    uint8_t *bytes;
    size_t size;
    rise_value *v;
    assert_int_equal(draw_render(&f, DRAW_SVG, &bytes, &size, NULL), RISE_OK);
    assert_int_equal(rise_blob_new(RISE_DOCUMENT, "svg", bytes, size, &v, NULL), RISE_OK);
    free(bytes);
    return v;
}

static rise_value *text(const char *says) {
    rise_value *v;
    assert_int_equal(rise_blob_new(RISE_DOCUMENT, "text", says, strlen(says), &v, NULL), RISE_OK);
    return v;
}

static rise_value *table(size_t n_rows, double value) {
    const rise_column column[] = {{.name = "part", .dtype = RISE_TEXT},
                                  {.name = "rmse", .unit = "eV", .dtype = RISE_F64}};
    rise_value *t;
    assert_int_equal(rise_table_new(column, 2, n_rows, &t, NULL), RISE_OK);
    for (size_t r = 0; r < n_rows; r++) {
        assert_int_equal(rise_table_set_text(t, 0, r, EVIL, NULL), RISE_OK);
        rise_table_f64(t, 1)[r] = value;
    }
    return t;
}

static size_t count(const char *page, const char *what) {
    size_t n = 0;
    for (const char *at = page; (at = strstr(at, what)) != NULL; at += strlen(what))
        n++;
    return n;
}

static void expect_sound(const report_text *page) {
    markup *m = malloc(sizeof *m);
    if (!markup_check(m, page->bytes, true))
        fail_msg("HTML: %s", m->fault);
    assert_int_equal(m->n_scripts, 0);
    markup_free(m);
    free(m);
    assert_int_equal(strlen(page->bytes), page->size);
    assert_null(strstr(page->bytes, "<script"));
    assert_int_equal(count(page->bytes, "http://www.w3.org/"), count(page->bytes, "://"));
}

static void whole_page(void **state) {
    (void)state;
    rise_value *v[8] = {
        svg(),       svg(),         table(1, 1.25), text("Basis: 9.\nVerdict: " EVIL),
        table(3, 2), table(3, NAN), table(300, 1),  text("plain " EVIL)};
    rise_point p[8] = {{.reference = "fig.figure"},       {.reference = "fig.figure"},
                       {.reference = "rise.verdict"},     {.reference = "rise.text"},
                       {.reference = "vit.metrics"},      {.reference = "vit.metrics"},
                       {.reference = "long.predictions"}, {.reference = "n" EVIL ".log"}};
    report_item item[8];
    for (size_t i = 0; i < 8; i++)
        item[i] = (report_item){v[i], &p[i]};
    for (size_t i = 4; i < 6; i++) {
        p[i].n_axes = 1;
        p[i].axis[0] = "comm" EVIL;
        p[i].text[0] = i == 4 ? "4" : EVIL;
    }
    const char *notes[] = {"note " EVIL};
    report_options o = {"Title " EVIL, 1, notes, v[3 + 1]};
    report_text page = {0}, again = {0};
    assert_int_equal(report_build(&o, item, 8, &page, NULL), RISE_OK);
    expect_sound(&page);
    const char *verdict = strstr(page.bytes, "class=\"lead\">Verdict: ");
    assert_non_null(verdict);
    assert_true(verdict < strstr(page.bytes, "<figure>"));
    assert_true(strstr(page.bytes, "Basis: 9.") > verdict);
    assert_int_equal(count(page.bytes, "<svg "), 2);
    assert_int_equal(count(page.bytes, "id=\"f1-surface1\""), 1);
    assert_int_equal(count(page.bytes, "id=\"f2-surface1\""), 1);
    assert_int_equal(count(page.bytes, "<h3><code>vit.metrics"), 1); /* two points, one table */
    assert_non_null(strstr(page.bytes, "The first 200 of 300 rows"));
    assert_null(strstr(page.bytes, "<td>nan"));
    assert_null(strstr(page.bytes, ">1.0")); /* a column of whole numbers has no decimals */
    assert_non_null(strstr(page.bytes, ">1.25"));
    for (size_t i = 0; i < 8; i++) { /* every digest stands in the list */
        char hex[65];
        rise_id id = rise_value_digest(v[i]);
        for (size_t k = 0; k < 32; k++)
            snprintf(hex + 2 * k, 3, "%02x", id.byte[k]);
        assert_non_null(strstr(page.bytes, hex));
    }
    assert_int_equal(report_build(&o, item, 8, &again, NULL), RISE_OK);
    assert_string_equal(page.bytes, again.bytes);
    free(page.bytes);
    free(again.bytes);
    for (size_t i = 0; i < 8; i++)
        rise_value_release(v[i]);
}

static void other_kinds(void **state) {
    (void)state;
    const rise_dim dim[2] = {{"i" EVIL, 2, NULL}, {"j", 2, NULL}};
    const double at[2][3] = {{0, 0, 0}, {1, 1, 1}};
    const uint8_t species[2] = {29, 40};
    rise_frame frame = {.n_atoms = 2, .positions = at, .species = species};
    for (int a = 0; a < 3; a++)
        frame.cell.vector[a][a] = 5;
    rise_value *v[3];
    void *data;
    assert_int_equal(rise_tensor_new(RISE_U8, 2, dim, "", &v[0], &data, NULL), RISE_OK);
    assert_int_equal(rise_frames_new(&frame, 1, &v[1], NULL), RISE_OK);
    assert_int_equal(rise_blob_new(RISE_MODEL, "xgboost-json", "{}", 2, &v[2], NULL), RISE_OK);
    rise_point p[3] = {
        {.reference = "a.map"}, {.reference = "glass.frames"}, {.reference = "m.model"}};
    report_item item[3];
    for (size_t i = 0; i < 3; i++)
        item[i] = (report_item){v[i], &p[i]};
    report_text page = {0};
    assert_int_equal(report_build(&(report_options){.title = "t"}, item, 3, &page, NULL), RISE_OK);
    expect_sound(&page);
    assert_non_null(strstr(page.bytes, "1 frame of 2 atoms (Cu, Zr)"));
    assert_non_null(strstr(page.bytes, "model xgboost-json, 2 bytes"));
    assert_non_null(strstr(page.bytes, "from 0 to 0"));
    free(page.bytes);
    page = (report_text){0};
    assert_int_equal(report_build(&(report_options){.title = "t"}, item, 0, &page, NULL), RISE_OK);
    expect_sound(&page);
    free(page.bytes);
    for (size_t i = 0; i < 3; i++)
        rise_value_release(v[i]);
}

static bool inlined(const char *svg_text, report_text *page) {
    return report_svg_inline(page, (const uint8_t *)svg_text, strlen(svg_text), 7, "a \"label\"");
}

static void only_drawing_is_inlined(void **state) {
    (void)state;
    static const char *const refused[] = {
        "",
        "no markup",
        "<svg><script>alert(1)</script></svg>",
        "<svg><SCRIPT/></svg>",
        "<svg onload=\"x()\"/>",
        "<svg OnLoad='x()'/>",
        "<svg><a href=\"#x\"/></svg>",
        "<svg><image href=\"https://example.org/x.png\"/></svg>",
        "<svg><use xlink:href=\"other.svg#x\"/></svg>",
        "<svg><g style=\"fill:url(https://example.org)\"/></svg>",
        "<svg><g style=\"fill:\\75rl(x)\"/></svg>",
        "<svg><foreignObject/></svg>",
        "<svg><style>@import url(x)</style></svg>",
        "<!DOCTYPE svg [<!ENTITY x \"y\">]><svg/>",
        "<svg><g></svg></g>",
        "<svg><g>",
        "<svg/><svg/>",
        "<g/>",
        "<svg a=b/>",
        "<svg a=\"b/>",
        "<svg",
        "<svg><![CDATA[<script>]]></svg>",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        report_text page = {0};
        if (inlined(refused[i], &page))
            fail_msg("inlined: %s", refused[i]);
        assert_int_equal(page.size, 0);
        free(page.bytes);
    }
    report_text page = {0};
    assert_true(inlined("<?xml version=\"1.0\"?>\n<svg width=\"9\" viewBox=\"0 0 1 1\"><defs>"
                        "<g id=\"a\"/></defs><use href=\"#a\" style=\"fill:url(#b)\"/></svg>\n",
                        &page));
    assert_string_equal(page.bytes,
                        "<svg role=\"img\" aria-label=\"a &quot;label&quot;\" viewBox=\"0 0 1 1\">"
                        "<defs><g id=\"f7-a\"/></defs><use href=\"#f7-a\" "
                        "style=\"fill:url(#f7-b)\"/></svg>");
    free(page.bytes);
}

/* A drawing that may not be inlined is shown as an image, where it can do no harm. */
static void foreign_svg_becomes_an_image(void **state) {
    (void)state;
    static const char evil[] = "<svg onload=\"x()\"/>";
    rise_value *v;
    assert_int_equal(rise_blob_new(RISE_DOCUMENT, "svg", evil, strlen(evil), &v, NULL), RISE_OK);
    rise_point p = {.reference = "x.figure"};
    report_item item = {v, &p};
    report_text page = {0};
    assert_int_equal(report_build(&(report_options){.title = "t"}, &item, 1, &page, NULL), RISE_OK);
    expect_sound(&page);
    assert_null(strstr(page.bytes, "onload"));
    assert_non_null(strstr(page.bytes, "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9Ingo"));
    free(page.bytes);
    rise_value_release(v);
}

static void base64(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
    for (size_t i = 0; i < 6; i++) {
        report_text t = {0};
        report_put(&t, "");
        report_base64(&t, (const uint8_t *)pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(t.bytes, pairs[i][1]);
        free(t.bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_page),
        cmocka_unit_test(other_kinds),
        cmocka_unit_test(only_drawing_is_inlined),
        cmocka_unit_test(foreign_svg_becomes_an_image),
        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
