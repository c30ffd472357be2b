//! Tiles of the Mandelbrot set: those that hold much of the set take far longer than those that hold none of it.
//!
//! `cargo run --release --example mandelbrot -- run --max-iter 5000`

use std::process::ExitCode;

use speedup::Tool;
use speedup::workload::{Fault, Parameter, Workload};

#[derive(Clone)]
struct Mandelbrot {
    size: u32,
    tile: u32,
    max_iter: u32,
}

impl Workload for Mandelbrot {
    /// The tile's left upper corner.
    type Job = (u32, u32);
    /// Iterations of each of its points.
    type Output = Vec<u32>;

    fn name(&self) -> &'static str {
        "tiles"
    }

    fn summary(&self) -> &'static str {
        "iterations of the points of the Mandelbrot set, tile by tile"
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::new("size", &mut self.size, "points across and down"),
            Parameter::new("tile", &mut self.tile, "points of a tile across and down"),
            Parameter::new("max-iter", &mut self.max_iter, "iterations before a point counts as inside"),
        ]
    }

    fn jobs(&self) -> Vec<(u32, u32)> {
        let corners = || (0..self.size).step_by(self.tile.max(1) as usize);
        corners().flat_map(|y| corners().map(move |x| (x, y))).collect()
    }

    fn describe(&self, (x, y): &(u32, u32)) -> Option<String> {
        Some(format!("the tile at {x}, {y}"))
    }

    fn run(&self, (left, top): (u32, u32)) -> Result<Vec<u32>, Fault> {
        let across = |from: u32| from..(from + self.tile).min(self.size);
        Ok(across(top).flat_map(|y| across(left).map(move |x| self.iterations(x, y))).collect())
    }
}

impl Mandelbrot {
    fn iterations(&self, x: u32, y: u32) -> u32 {
        let scale = 3.0 / f64::from(self.size);
        let (re, im) = (f64::from(x) * scale - 2.25, f64::from(y) * scale - 1.5);
        let (mut a, mut b, mut count) = (0.0, 0.0, 0);
        while a * a + b * b <= 4.0 && count < self.max_iter {
            (a, b) = (a * a - b * b + re, 2.0 * a * b + im);
            count += 1;
        }
        count
    }
}

/// Also for the test that runs this program.
pub(crate) fn tool() -> Tool {
    Tool::new("mandelbrot")
        .version("1.0.0")
        .about("How much faster do N workers draw the Mandelbrot set?")
        .workload(Mandelbrot { size: 768, tile: 96, max_iter: 2000 })
}

fn main() -> ExitCode {
    tool().main()
}
