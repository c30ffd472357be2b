//! A speedup and its losses as one bar, drawn without a script.

use super::escape::{each, text};
use super::pattern::filled;
use crate::analysis::Account;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 26.0;

/// The bar: the speedup, then the losses by size, up to the number of workers and beyond it by what
/// was gained.
pub(super) fn svg(account: &Account, label: &str) -> String {
    let mut losses: Vec<_> = account.rows.iter().filter(|row| row.speedup.value > 0.0).collect();
    losses.sort_by(|a, b| b.speedup.value.total_cmp(&a.speedup.value));
    let lost: f64 = losses.iter().map(|row| row.speedup.value).sum();
    let scale = WIDTH / (account.speedup + lost).max(account.workers as f64);
    let gained = account.speedup.max(0.0) * scale;
    let mut at = gained;
    let losses = each(losses, |row| {
        at += row.speedup.value * scale;
        let width = row.speedup.value * scale;
        let fill = filled(row.loss, (at - width, 1.0), (width, HEIGHT - 2.0));
        format!("{fill}<path class=\"cut\" d=\"M{:.2} 1V{:.0}\"/>", at - width, HEIGHT - 1.0)
    });
    let edge = account.workers as f64 * scale;
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\"><rect class=\"gained\" y=\"1\" width=\"{gained:.2}\" height=\"{:.0}\"/>{losses}<path class=\"edge\" d=\"M{edge:.2} 0V{HEIGHT}\"/></svg>\n",
        text(label),
        HEIGHT - 2.0
    )
}
