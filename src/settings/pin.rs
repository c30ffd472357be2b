//! To which CPUs workers are kept, as it is given.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::reader::{Reader, text};
use speedup_machine::affinity::allowed_cpus;
use speedup_machine::placement::Placement;
use speedup_report::record::Pinned;
use speedup_values::{items, number, suggest};

/// The greatest number of a CPU.
const MOST: usize = 4095;
/// The name for no order.
const NONE: &str = "none";

/// To which CPUs workers are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// To none: the scheduler chooses.
    None,
    /// To those that this process may use, in an order.
    Order(Placement),
    /// To these, in the order in which they are listed.
    List(Vec<usize>),
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == NONE {
            return Ok(Self::None);
        }
        if let Some(order) = Placement::ALL.into_iter().find(|order| order.name() == text) {
            return Ok(Self::Order(order));
        }
        if text.starts_with(|c: char| c.is_alphabetic()) {
            let close = suggest(text, names()).map(|close| format!("; did you mean {close}?"));
            return Err(format!(
                "there is no such order; there are {}, or list CPUs as in 0,2,4-7{}",
                names().collect::<Vec<_>>().join(", "),
                close.unwrap_or_default()
            ));
        }
        list(text).map(Self::List)
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once(NONE).chain(Placement::ALL.into_iter().map(Placement::name))
}

fn list(text: &str) -> Result<Vec<usize>, String> {
    let mut cpus = Vec::new();
    for item in items(text)? {
        let (first, last) = item.split_once('-').or_else(|| item.split_once("..")).unwrap_or((item, item));
        let (first, last) = (number(first, 0, MOST)?, number(last, 0, MOST)?);
        if first > last {
            return Err(format!("'{item}' counts down"));
        }
        for cpu in first..=last {
            if cpus.contains(&cpu) {
                return Err(format!("names CPU {cpu} twice"));
            }
            cpus.push(cpu);
        }
    }
    Ok(cpus)
}

impl Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str(NONE),
            Self::Order(order) => f.write_str(order.name()),
            Self::List(cpus) => f.write_str(&cpus.iter().map(usize::to_string).collect::<Vec<_>>().join(",")),
        }
    }
}

/// How a command line reads it.
#[must_use]
pub fn pins() -> Reader<Pin> {
    let orders = Placement::ALL.map(|order| (order.name(), order.summary()));
    text::<Pin>().completing([(NONE, "the scheduler chooses")].into_iter().chain(orders))
}

impl Pin {
    /// The CPUs on this machine; `None` where the scheduler chooses.
    ///
    /// # Errors
    ///
    /// In a sentence, which listed CPU this process may not use.
    pub fn resolve(&self) -> Result<Option<Pinned>, String> {
        self.among(&allowed_cpus(), Placement::of_this_machine)
    }

    fn among(
        &self,
        allowed: &[usize],
        order_of: impl Fn(Placement) -> Vec<usize>,
    ) -> Result<Option<Pinned>, String> {
        Ok(match self {
            Self::None => None,
            Self::Order(order) => Some(Pinned { order: Some(*order), cpus: order_of(*order) }),
            Self::List(cpus) => {
                if let Some(cpu) = cpus.iter().find(|cpu| !allowed.contains(cpu)) {
                    let allowed = Pinned { order: None, cpus: allowed.to_vec() }.list();
                    return Err(format!(
                        "CPU {cpu} is not one of those that this process may use: {allowed}"
                    ));
                }
                Some(Pinned { order: None, cpus: cpus.clone() })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Pin, String> {
        text.parse()
    }

    #[test]
    fn orders_and_lists_are_read_and_printed() {
        for text in ["none", "compact", "scatter", "cores", "3", "0,2,1"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(read("4-6,0..1").unwrap(), Pin::List(vec![4, 5, 6, 0, 1]));
    }

    #[test]
    fn what_is_neither_is_said() {
        assert!(read("scater").unwrap_err().ends_with("did you mean scatter?"));
        assert_eq!(read("0,1,0-2").unwrap_err(), "names CPU 0 twice");
        assert_eq!(read("3-1").unwrap_err(), "'3-1' counts down");
        assert!(read("-1").is_err() && read("").is_err() && read("0,,1").is_err() && read("9999").is_err());
    }

    #[test]
    fn only_cpus_of_this_process_can_be_listed() {
        let order = |order: Placement| if order == Placement::Compact { vec![0, 4] } else { vec![4, 0] };
        let among = |pin: Pin| pin.among(&[0, 4], order);
        assert_eq!(among(Pin::None), Ok(None));
        let compact = Pinned { order: Some(Placement::Compact), cpus: vec![0, 4] };
        assert_eq!(among(Pin::Order(Placement::Compact)), Ok(Some(compact)));
        assert_eq!(among(Pin::List(vec![4])), Ok(Some(Pinned { order: None, cpus: vec![4] })));
        let problem = among(Pin::List(vec![0, 1])).unwrap_err();
        assert_eq!(problem, "CPU 1 is not one of those that this process may use: 0,4");
    }
}
