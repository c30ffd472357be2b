//! A scene as the bytes of an SVG or PNG file.
//!
//! Both are drawn by plotters at [`UNITS`] units per logical pixel, because its coordinates are
//! whole numbers. The SVG's view box scales them down again; the bitmap is averaged down to twice
//! the logical size, which smooths every edge.

use plotters::prelude::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle,
};

use super::scene::{Anchor, Direction, Label, Point, Scene, Shape, Tip};
use super::{text, theme};

/// Drawing units per logical pixel.
const UNITS: u32 = 4;

/// The scene as SVG. It has no ids, so that several can stand in one document.
pub(super) fn svg(scene: &Scene) -> Result<String, String> {
    let (width, height) = size(scene);
    let mut out = String::new();
    let mut backend = SVGBackend::with_string(&mut out, (width, height));
    let (w, h) = (width.cast_signed(), height.cast_signed());
    backend.draw_rect((0, 0), (w, h), &theme::PAPER, true).map_err(|error| error.to_string())?;
    draw(&mut backend, scene)?;
    backend.present().map_err(|error| error.to_string())?;
    drop(backend);
    // The picture is as large as its logical size; the view box keeps the finer units.
    let fine = format!("width=\"{width}\" height=\"{height}\"");
    let (width, height, title) = (width / UNITS, height / UNITS, escape(&scene.title));
    let logical = format!("width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\"");
    // Everything is opaque, which need not be said of each of thousands of lines.
    let mut out = out.replacen(&fine, &logical, 1).replace(" opacity=\"1\"", "");
    if let Some(end) = out.rfind("</svg>") {
        let tips: String = scene.tips.iter().map(tip).collect();
        out.insert_str(end, &tips);
    }
    Ok(out)
}

/// An area that shows nothing but its title, when it is pointed at.
fn tip(Tip { area, text }: &Tip) -> String {
    let (left, top) = units((area.left, area.top));
    let (right, bottom) = units((area.right(), area.bottom()));
    let (width, height) = (right - left, bottom - top);
    let text = escape(text);
    format!(
        "<rect class=\"tip\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" \
         pointer-events=\"all\"><title>{text}</title></rect>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The scene as PNG, with twice its logical width and height in pixels.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    let (width, height) = size(scene);
    // White all over.
    let mut fine = vec![255; 3 * width as usize * height as usize];
    let mut backend =
        BitMapBackend::<plotters::backend::RGBPixel>::with_buffer_and_format(&mut fine, (width, height))
            .map_err(|error| error.to_string())?;
    draw(&mut backend, scene)?;
    drop(backend);
    encode(&blend(&fine, width as usize), (width / 2, height / 2)).map_err(|error| error.to_string())
}

/// Size in drawing units, a multiple of [`UNITS`].
fn size(scene: &Scene) -> (u32, u32) {
    (scene.width.ceil() as u32 * UNITS, scene.height.ceil() as u32 * UNITS)
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

fn encode(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(out)
}

/// A backend, with what has to be done differently for each.
trait Canvas: DrawingBackend {
    /// Draws a straight line.
    fn stroke(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) -> Result<(), String>;

    /// Draws a text.
    fn write(&mut self, label: &Label) -> Result<(), String>;
}

fn draw(canvas: &mut impl Canvas, scene: &Scene) -> Result<(), String> {
    for shape in &scene.shapes {
        match shape {
            Shape::Line { from, to, width, colour } => canvas.stroke(*from, *to, *width, *colour)?,
            Shape::Polygon { corners, colour } => {
                let corners: Vec<_> = corners.iter().copied().map(units).collect();
                canvas.fill_polygon(corners, colour).map_err(|error| error.to_string())?;
            }
            Shape::Text(label) => canvas.write(label)?,
        }
    }
    Ok(())
}

fn units((x, y): Point) -> (i32, i32) {
    let unit = |length: f64| (length * f64::from(UNITS)).round() as i32;
    (unit(x), unit(y))
}

impl Canvas for SVGBackend<'_> {
    fn stroke(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) -> Result<(), String> {
        let stroke_width = (width * f64::from(UNITS)).round() as u32;
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width };
        self.draw_line(units(from), units(to), &style).map_err(|error| error.to_string())
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
            FontDesc::new(FontFamily::Name(text::FAMILIES), size, FontStyle::Normal).transform(transform);
        let style =
            TextStyle { font, color: label.colour.to_backend_color(), pos: Pos::new(h_pos, VPos::Top) };
        self.draw_text(&label.text, &style, units(at)).map_err(|error| error.to_string())
    }
}

impl Canvas for BitMapBackend<'_> {
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
        self.fill_polygon(corners.map(units), &colour).map_err(|error| error.to_string())
    }

    /// Draws the text glyph by glyph from the embedded font.
    fn write(&mut self, label: &Label) -> Result<(), String> {
        let size = label.size * f64::from(UNITS);
        let (x, y) = units(label.at);
        let start = match label.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => text::width(&label.text, size) / -2.0,
            Anchor::End => -text::width(&label.text, size),
        };
        for glyph in text::outlines(&label.text, size) {
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
                    outcome = self.draw_pixel(at, shade.to_backend_color());
                }
            });
            outcome.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
