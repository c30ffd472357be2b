//! Country codes: those that have a flag, and every one that two letters can make.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A code of two letters after ISO 3166-1, given to a country or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct CountryCode([u8; 2]);

/// Every code that has a flag, in order.
pub static ALL: [CountryCode; 194] = codes(
    "AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH \
    CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ \
    GR GT GW GY HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI \
    LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR \
    NZ OM PA PE PG PH PK PL PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY \
    SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN VU WS YE ZA ZM ZW",
);

/// The twenty most populous countries, the most populous first.
pub static POP20: [CountryCode; 20] = codes("CN IN US ID BR PK NG BD RU JP MX PH VN ET EG DE IR TR CD FR");

/// Every code from AA to ZZ, in order: 676.
pub fn every() -> impl Iterator<Item = CountryCode> {
    (b'A'..=b'Z').flat_map(|first| (b'A'..=b'Z').map(move |second| CountryCode([first, second])))
}

impl CountryCode {
    /// The code of these letters, whatever their case.
    #[must_use]
    pub fn new(letters: [u8; 2]) -> Option<Self> {
        letters
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    /// Its place among [`every`] code, from 0.
    #[must_use]
    pub fn place(self) -> usize {
        let [first, second] = self.0.map(|letter| usize::from(letter - b'A'));
        26 * first + second
    }

    /// It in lower case, as paths and files have it.
    #[must_use]
    pub fn lower(self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&self.0).map_err(|_| fmt::Error)?)
    }
}

/// The codes in a text, with a blank between each and the next.
const fn codes<const N: usize>(text: &str) -> [CountryCode; N] {
    let text = text.as_bytes();
    assert!(text.len() == 3 * N - 1, "as many codes as the array has");
    let mut codes = [CountryCode([0; 2]); N];
    let mut index = 0;
    while index < N {
        codes[index] = CountryCode([text[3 * index], text[3 * index + 1]]);
        index += 1;
    }
    codes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn lists_hold_each_code_once_and_all_of_them_are_codes() {
        assert!(ALL.is_sorted_by(|one, next| one < next));
        assert_eq!((ALL[0].to_string(), ALL[193].to_string()), ("AD".into(), "ZW".into()));
        let every: Vec<CountryCode> = every().collect();
        assert_eq!(every.len(), 676);
        assert!(every.iter().enumerate().all(|(place, code)| code.place() == place));
        let all: BTreeSet<_> = ALL.into();
        assert_eq!(POP20.iter().filter(|code| all.contains(code)).count(), 20);
        assert_eq!(POP20.into_iter().collect::<BTreeSet<_>>().len(), 20);
        assert!(ALL.iter().all(|code| every.contains(code)));
    }

    #[test]
    fn letters_of_any_case_make_a_code_and_nothing_else_does() {
        let code = CountryCode::new(*b"bR").unwrap();
        assert_eq!(
            (code.to_string(), code.lower(), format!("{code:>4}")),
            ("BR".into(), "br".into(), "  BR".into())
        );
        assert!(
            [*b"B1", *b"..", [0xc3, 0xa9], *b"B "].iter().all(|&letters| CountryCode::new(letters).is_none())
        );
    }
}
