//! Rounds: all at once, or one whenever a conductor of several programs says so.
//!
//! The word of a conductor is a line on standard input, `warmup NUMBER` or `round NUMBER`; the answer is
//! a line on standard output, `done`, or `failed` with what went wrong. At the end of the input the run
//! ends.

use std::io::BufRead;

/// Holds rounds by `one_round(number, warmup)`, which gives the failures of that round.
///
/// # Errors
///
/// What a round says.
pub fn hold(
    conducted: bool,
    rounds: u32,
    mut one_round: impl FnMut(u32, bool) -> Result<Vec<String>, String>,
) -> Result<(), String> {
    if !conducted {
        let warmup = std::iter::once((0, true));
        for (number, warmup) in warmup.chain((0..rounds).map(|number| (number, false))) {
            one_round(number, warmup)?.iter().for_each(|failure| speedup::cli::complain(failure));
        }
        return Ok(());
    }
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("cannot read from the conductor: {error}"))?;
        let (word, number) =
            line.split_once(' ').ok_or_else(|| format!("not a word to conduct by: {line}"))?;
        let number = number.parse().map_err(|_| format!("not the number of a round: {line}"))?;
        let failures = one_round(number, word == "warmup")?;
        if failures.is_empty() {
            println!("done");
        } else {
            println!("failed {}", failures.join("; ").replace('\n', " "));
        }
    }
    Ok(())
}
