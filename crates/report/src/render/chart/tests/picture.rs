//! A chart's files, read back the way a reader sees them.

use crate::render::chart::font;

/// A text of an SVG with the box that it takes, in logical pixels.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// What a reader finds in the two files of a chart.
pub(super) struct Picture {
    pub(super) svg: String,
    pub(super) texts: Vec<Words>,
    width: f64,
    height: f64,
}

impl Picture {
    pub(super) fn says(&self, text: &str) -> bool {
        self.texts.iter().any(|found| found.text == text)
    }

    /// How many marks it has.
    pub(super) fn marks(&self) -> usize {
        self.svg.matches("class=\"mark\"").count()
    }

    pub(super) fn mentions(&self, part: &str) -> bool {
        self.texts.iter().any(|found| found.text.contains(part))
    }

    /// Labels below the first panel's axis: the row of texts above the first "workers".
    pub(super) fn worker_ticks(&self) -> Vec<&str> {
        let Some(axis) = self.texts.iter().find(|text| text.text == "workers") else { return vec![] };
        let row = self.texts.iter().filter(|text| (axis.top - text.top - 19.0).abs() < 0.6);
        let mut ticks: Vec<&Words> = Vec::new();
        for text in row {
            if ticks.last().is_none_or(|last| text.left > last.left && text.left - last.left < 300.0) {
                ticks.push(text);
            } else {
                break;
            }
        }
        ticks.into_iter().map(|text| text.text.as_str()).collect()
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

fn number(tag: &str, name: &str) -> f64 {
    attribute(tag, name).unwrap_or_else(|| panic!("no {name} in {tag}")).parse().unwrap()
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn texts(svg: &str, units: f64) -> Vec<Words> {
    let elements = svg.split("<text").skip(1);
    elements
        .map(|element| {
            let (tag, rest) = element.split_once('>').unwrap();
            let text = unescape(rest.split("</text>").next().unwrap().trim());
            let size = number(tag, "font-size") / units;
            let (x, y) = (number(tag, "x") / units, number(tag, "y") / units);
            let width = font::width(&text, size);
            let start = match attribute(tag, "text-anchor") {
                Some("middle") => -width / 2.0,
                Some("end") => -width,
                _ => 0.0,
            };
            if attribute(tag, "transform").is_some() {
                Words { text, left: x, right: x + size, top: y - start - width, bottom: y - start }
            } else {
                Words { text, left: x + start, right: x + start + width, top: y, bottom: y + size }
            }
        })
        .collect()
}

pub(super) fn read_svg(svg: String) -> Picture {
    let root = svg.split('>').next().unwrap();
    let (width, height) = (number(root, "width"), number(root, "height"));
    let view: Vec<f64> = attribute(root, "viewBox").unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
    let units = view[2] / width;
    assert_eq!(view, [0.0, 0.0, units * width, units * height]);
    assert!(root.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    assert!(!svg.contains("NaN") && !svg.contains("inf"));

    for tag in svg.split('<').filter(|tag| tag.starts_with("line")) {
        for (name, most) in [("x1", width), ("x2", width), ("y1", height), ("y2", height)] {
            assert!((0.0..=most * units).contains(&number(tag, name)), "{tag} is outside");
        }
    }
    let texts = texts(&svg, units);
    for text in &texts {
        assert!(text.left >= 0.0 && text.right <= width, "{text:?} is wider than {width}");
        assert!(text.top >= 0.0 && text.bottom <= height, "{text:?} is higher than {height}");
    }
    for (index, one) in texts.iter().enumerate() {
        for other in &texts[index + 1..] {
            let apart = one.right <= other.left
                || other.right <= one.left
                || one.bottom <= other.top
                || other.bottom <= one.top;
            assert!(apart, "{one:?} covers {other:?}");
        }
    }
    Picture { svg, texts, width, height }
}

pub(super) fn check_png(bytes: &[u8], picture: &Picture) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let size = (f64::from(info.width), f64::from(info.height));
    assert_eq!(size, (2.0 * picture.width, 2.0 * picture.height));
    let dark = pixels.chunks(3).filter(|pixel| pixel.iter().all(|channel| *channel < 100)).count();
    assert!(dark > 500, "only {dark} dark pixels");
    assert_eq!(pixels[..3], [255, 255, 255]);
}
