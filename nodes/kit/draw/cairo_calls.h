/* kit/draw/cairo_calls.h: cairo, loaded when the first figure is drawn (kit/lazy.h). cairo_arc() is
 * called as cairo.arc(). */
#ifndef KIT_DRAW_CAIRO_CALLS_H
#define KIT_DRAW_CAIRO_CALLS_H

#include <rise/error.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

/* clang-format off */
#define CAIRO_CALLS(F) \
    F(arc) F(clip) F(close_path) F(create) F(destroy) F(fill) F(fill_preserve) \
    F(font_options_create) F(font_options_destroy) F(font_options_set_antialias) \
    F(font_options_set_hint_metrics) F(font_options_set_hint_style) F(image_surface_create) \
    F(image_surface_get_data) F(image_surface_get_stride) F(line_to) F(move_to) F(new_path) \
    F(new_sub_path) F(paint) F(pattern_add_color_stop_rgb) F(pattern_create_linear) \
    F(pattern_destroy) F(pdf_surface_create_for_stream) F(pdf_surface_set_metadata) F(rectangle) \
    F(restore) F(rotate) F(save) F(scale) F(select_font_face) \
    F(set_dash) F(set_font_options) F(set_font_size) F(set_line_cap) F(set_line_join) \
    F(set_line_width) F(set_source) F(set_source_rgb) F(set_source_rgba) F(show_text) \
    F(status) F(status_to_string) F(stroke) F(surface_destroy) F(surface_finish) \
    F(surface_flush) F(surface_status) F(surface_write_to_png_stream) \
    F(svg_surface_create_for_stream) F(text_extents) F(translate) F(version_string)
/* clang-format on */

typedef struct cairo_calls {
#define F(name) __typeof__(cairo_##name) *name;
    CAIRO_CALLS(F)
#undef F
} cairo_calls;

/* Filled by cairo_load, which whoever draws calls first. */
extern cairo_calls cairo;

rise_status cairo_load(rise_error *err) RISE_MUST_USE;

#endif
