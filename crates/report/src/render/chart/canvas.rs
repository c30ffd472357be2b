//! A scene as the bytes of an SVG or PNG file.
//!
//! Both are drawn by plotters at [`UNITS`] units per logical pixel, because its coordinates are whole
//! numbers. The SVG's view box scales them down again; the bitmap is averaged down to twice the
//! logical size, which smooths every edge.
//!
//! Written by hand is what plotters' backends cannot do: groups with tags and titles, for which each
//! stretch of shapes is a picture of plotters' own whose root element is taken off (a backend around
//! plotters' would have had to pass on every one of its methods); and large bitmaps, which are drawn
//! in strips, so that a chart takes no more memory than one of them.

use std::io::Write;

use plotters::prelude::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle,
};

use super::font;
use super::scene::{Anchor, Direction, Group, Label, Point, Scene, Shape};

/// Drawing units per logical pixel.
const UNITS: u32 = 4;
/// Height of a strip of a bitmap in drawing units.
const STRIP: u32 = 1024;

/// The scene as SVG. It has no ids, so that several can stand in one document.
pub(super) fn svg(scene: &Scene) -> Result<String, String> {
    let (width, height) = (scene.width.ceil() as u32, scene.height.ceil() as u32);
    let title = escape(&scene.title);
    let (fine_width, fine_height) = (width * UNITS, height * UNITS);
    let mut out = format!(
        "<svg class=\"chart\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {fine_width} {fine_height}\" \
         xmlns=\"http://www.w3.org/2000/svg\" role=\"group\" aria-roledescription=\"chart\" aria-label=\"{title}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n"
    );
    inside(&mut out, &scene.shapes)?;
    out.push_str("</svg>\n");
    Ok(out)
}

/// A scene as the inside of an element that has an id and may be used at several places of a page.
pub(super) fn symbol(id: &str, scene: &Scene) -> Result<String, String> {
    let mut out = format!("<g id=\"{id}\" class=\"chart\" transform=\"scale({})\">", 1.0 / f64::from(UNITS));
    inside(&mut out, &scene.shapes)?;
    out.push_str("</g>\n");
    Ok(out)
}

fn inside(out: &mut String, shapes: &[Shape]) -> Result<(), String> {
    for stretch in shapes.chunk_by(|one, other| !one.is_group() && !other.is_group()) {
        if let [Shape::Group(group)] = stretch {
            open(out, group);
            inside(out, &group.shapes)?;
            if let Some((area, _)) = &group.mark {
                let ((left, top), (right, bottom)) =
                    (units((area.left, area.top)), units((area.right(), area.bottom())));
                let (width, height) = (right - left, bottom - top);
                let hit = format!(
                    "<rect class=\"hit\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" \
                     fill=\"none\" pointer-events=\"all\"/>\n"
                );
                out.push_str(&hit);
            }
            out.push_str("</g>\n");
            continue;
        }
        let mut picture = String::new();
        let mut backend = SVGBackend::with_string(&mut picture, (1, 1));
        stretch.iter().try_for_each(|shape| draw(&mut backend, shape))?;
        backend.present().map_err(|error| error.to_string())?;
        drop(backend);
        let body = picture.split_once('>').and_then(|(_, body)| body.rsplit_once("</svg>"));
        // Everything is opaque, which need not be said of each of thousands of lines.
        out.push_str(&body.map_or("", |(body, _)| body.trim_start()).replace(" opacity=\"1\"", ""));
    }
    Ok(())
}

fn open(out: &mut String, group: &Group) {
    out.push_str("<g");
    for (name, value) in &group.tags {
        let attribute = format!(" data-{name}=\"{}\"", escape(value));
        out.push_str(&attribute);
    }
    let rest = group
        .mark
        .as_ref()
        .map_or(">\n".to_string(), |(_, text)| format!(" class=\"mark\"><title>{}</title>\n", escape(text)));
    out.push_str(&rest);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The scene as PNG, with twice its logical width and height in pixels.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    strips(scene, STRIP).map_err(|error| error.to_string())
}

fn strips(scene: &Scene, strip: u32) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let (width, height) = (scene.width.ceil() as u32 * UNITS, scene.height.ceil() as u32 * UNITS);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width / 2, height / 2);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    for top in (0..height).step_by(strip as usize) {
        let rows = strip.min(height - top);
        // White all over.
        let mut fine = vec![255; 3 * width as usize * rows as usize];
        let format = BitMapBackend::<plotters::backend::RGBPixel>::with_buffer_and_format;
        let mut backend = Strip { backend: format(&mut fine, (width, rows))?, top: top.cast_signed() };
        backend.draw_all(&scene.shapes)?;
        drop(backend);
        stream.write_all(&blend(&fine, width as usize))?;
    }
    stream.finish()?;
    writer.finish()?;
    Ok(out)
}

/// Averages each square of two by two units into one pixel.
fn blend(fine: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(fine.len() / 4);
    for rows in fine.chunks_exact(2 * 3 * width) {
        let (upper, lower) = rows.split_at(3 * width);
        for (up, low) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for channel in 0..3 {
                let square = [up[channel], up[channel + 3], low[channel], low[channel + 3]];
                out.push((square.map(u16::from).iter().sum::<u16>() / 4) as u8);
            }
        }
    }
    out
}

/// A backend, with what has to be done differently for each.
trait Canvas {
    /// Draws a straight line.
    fn stroke(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) -> Result<(), String>;

    /// Fills a convex polygon.
    fn fill(&mut self, corners: &[Point], colour: RGBColor) -> Result<(), String>;

    /// Draws a text.
    fn write(&mut self, label: &Label) -> Result<(), String>;
}

fn draw(canvas: &mut impl Canvas, shape: &Shape) -> Result<(), String> {
    match shape {
        Shape::Line { from, to, width, colour } => canvas.stroke(*from, *to, *width, *colour),
        Shape::Polygon { corners, colour } => canvas.fill(corners, *colour),
        Shape::Text(label) => canvas.write(label),
        Shape::Group(group) => group.shapes.iter().try_for_each(|shape| draw(canvas, shape)),
    }
}

/// As far off as a point is drawn, in units: outside of every picture, and near enough that whole numbers can be
/// reckoned with. Records with impossible times have marks anywhere.
const FAR: f64 = (1 << 20) as f64;

fn units((x, y): Point) -> (i32, i32) {
    let unit = |length: f64| (length * f64::from(UNITS)).round().clamp(-FAR, FAR) as i32;
    (unit(x), unit(y))
}

impl Canvas for SVGBackend<'_> {
    fn stroke(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) -> Result<(), String> {
        let stroke_width = (width * f64::from(UNITS)).round() as u32;
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width };
        self.draw_line(units(from), units(to), &style).map_err(|error| error.to_string())
    }

    fn fill(&mut self, corners: &[Point], colour: RGBColor) -> Result<(), String> {
        let corners: Vec<_> = corners.iter().copied().map(units).collect();
        self.fill_polygon(corners, &colour).map_err(|error| error.to_string())
    }

    /// Lets the viewer set the text.
    fn write(&mut self, label: &Label) -> Result<(), String> {
        // Plotters writes the size divided by 1.24, and puts the baseline 0.76 em below a top anchor.
        let drop = 0.76 * label.size;
        let (at, transform) = match label.direction {
            Direction::Across => ((label.at.0, label.at.1 - drop), FontTransform::None),
            Direction::Upwards => ((label.at.0 - drop, label.at.1), FontTransform::Rotate270),
        };
        let h_pos = match label.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let size = label.size * f64::from(UNITS) * 1.24;
        let font =
            FontDesc::new(FontFamily::Name(font::FAMILIES), size, FontStyle::Normal).transform(transform);
        let style =
            TextStyle { font, color: label.colour.to_backend_color(), pos: Pos::new(h_pos, VPos::Top) };
        self.draw_text(&label.text, &style, units(at)).map_err(|error| error.to_string())
    }
}

/// A part of a bitmap that begins so many units below the top of the picture.
struct Strip<'a> {
    backend: BitMapBackend<'a, plotters::backend::RGBPixel>,
    top: i32,
}

impl Strip<'_> {
    fn draw_all(&mut self, shapes: &[Shape]) -> Result<(), String> {
        let (_, rows) = self.backend.get_size();
        let (above, below) = (f64::from(self.top), f64::from(self.top + rows.cast_signed()));
        for shape in shapes {
            if let Shape::Group(group) = shape {
                self.draw_all(&group.shapes)?;
                continue;
            }
            let (least, greatest) = shape.heights();
            if greatest * f64::from(UNITS) >= above && least * f64::from(UNITS) <= below {
                draw(self, shape)?;
            }
        }
        Ok(())
    }

    fn units(&self, at: Point) -> (i32, i32) {
        let (x, y) = units(at);
        (x, y - self.top)
    }
}

impl Canvas for Strip<'_> {
    /// As a polygon, because plotters cuts the corners of its own off to whole units, which makes
    /// lines of some directions visibly thinner than others.
    fn stroke(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) -> Result<(), String> {
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        let length = across.hypot(down);
        if length <= 0.0 {
            return Ok(());
        }
        let half = width / 2.0;
        let (x, y) = (-down / length * half, across / length * half);
        let corners =
            [(from.0 + x, from.1 + y), (to.0 + x, to.1 + y), (to.0 - x, to.1 - y), (from.0 - x, from.1 - y)];
        self.fill(&corners, colour)
    }

    fn fill(&mut self, corners: &[Point], colour: RGBColor) -> Result<(), String> {
        let corners: Vec<_> = corners.iter().map(|corner| self.units(*corner)).collect();
        self.backend.fill_polygon(corners, &colour).map_err(|error| error.to_string())
    }

    /// Draws the text glyph by glyph from the embedded font.
    fn write(&mut self, label: &Label) -> Result<(), String> {
        let size = label.size * f64::from(UNITS);
        let (x, y) = self.units(label.at);
        let start = match label.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::width(&label.text, size) / -2.0,
            Anchor::End => -font::width(&label.text, size),
        };
        for glyph in font::outlines(&label.text, size) {
            let corner = glyph.px_bounds().min;
            let (left, top) = ((start + f64::from(corner.x)).round() as i32, corner.y as i32);
            let mut outcome = Ok(());
            glyph.draw(|across, down, coverage| {
                let (across, down) = (left + across.cast_signed(), top + down.cast_signed());
                let at = match label.direction {
                    Direction::Across => (x + across, y + down),
                    Direction::Upwards => (x + down, y - across),
                };
                if outcome.is_ok() {
                    let shade = label.colour.mix(f64::from(coverage.clamp(0.0, 1.0)));
                    outcome = self.backend.draw_pixel(at, shade.to_backend_color());
                }
            });
            outcome.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Stroke;
    use super::super::theme;
    use super::*;

    #[test]
    fn strips_join_without_a_seam() {
        let mut scene = Scene::new("", 90.0, 60.0);
        scene.polygon(vec![(5.0, 3.0), (80.0, 8.0), (40.0, 57.0)], theme::SHADE);
        scene.path(&[(2.0, 2.0), (88.0, 58.0)], Stroke::solid(1.3, theme::INK));
        scene.text("across", (45.0, 33.0), Anchor::Middle, (theme::TEXT, theme::INK));
        scene.upright("up", (70.0, 30.0), (theme::TEXT, theme::INK));
        let whole = strips(&scene, 1024).unwrap();
        for strip in [2, 16, 34] {
            assert_eq!(strips(&scene, strip).unwrap(), whole, "{strip}");
        }
    }
}
