//! The flags themselves, embedded in the program, and the names of their countries.
//!
//! The images lie in the folder `assets`, whose README says where they come from.

use serde::Serialize;

use super::codes::{ALL, CountryCode};

/// What a site tells of a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Metadata {
    /// Its domain in the Internet.
    tld_cc: String,
    /// Its code.
    iso_cc: String,
    /// Its name.
    country: &'static str,
}

/// A country's name and the image of its flag.
struct Flag {
    country: &'static str,
    gif: &'static [u8],
}

/// The image of a country's flag, as GIF; nothing if the code is no country's.
#[must_use]
pub fn gif(cc: CountryCode) -> Option<&'static [u8]> {
    flag(cc).map(|flag| flag.gif)
}

/// What a site tells of a country, as JSON; nothing if the code is no country's.
#[must_use]
pub fn metadata(cc: CountryCode) -> Option<String> {
    let country = flag(cc)?.country;
    // The one domain that does not follow the code.
    let tld_cc = if cc.lower() == "gb" { "uk".to_string() } else { cc.lower() };
    let metadata = Metadata { tld_cc, iso_cc: cc.to_string(), country };
    serde_json::to_string_pretty(&metadata).ok()
}

fn flag(cc: CountryCode) -> Option<&'static Flag> {
    ALL.binary_search(&cc).ok().map(|place| &FLAGS[place])
}

macro_rules! flags {
    ($($cc:literal $country:literal,)*) => {
        [$(Flag { country: $country, gif: include_bytes!(concat!("assets/", $cc, ".gif")) }),*]
    };
}

/// In the order of [`ALL`].
static FLAGS: [Flag; ALL.len()] = flags![
    "ad" "Andorra",
    "ae" "United Arab Emirates",
    "af" "Afghanistan",
    "ag" "Antigua and Barbuda",
    "al" "Albania",
    "am" "Armenia",
    "ao" "Angola",
    "ar" "Argentina",
    "at" "Austria",
    "au" "Australia",
    "az" "Azerbaijan",
    "ba" "Bosnia and Herzegovina",
    "bb" "Barbados",
    "bd" "Bangladesh",
    "be" "Belgium",
    "bf" "Burkina Faso",
    "bg" "Bulgaria",
    "bh" "Bahrain",
    "bi" "Burundi",
    "bj" "Benin",
    "bn" "Brunei",
    "bo" "Bolivia",
    "br" "Brazil",
    "bs" "Bahamas",
    "bt" "Bhutan",
    "bw" "Botswana",
    "by" "Belarus",
    "bz" "Belize",
    "ca" "Canada",
    "cd" "Democratic Republic of the Congo",
    "cf" "Central African Republic",
    "cg" "Republic of the Congo",
    "ch" "Switzerland",
    "ci" "Côte d'Ivoire",
    "cl" "Chile",
    "cm" "Cameroon",
    "cn" "China",
    "co" "Colombia",
    "cr" "Costa Rica",
    "cu" "Cuba",
    "cv" "Cape Verde",
    "cy" "Cyprus",
    "cz" "Czechia",
    "de" "Germany",
    "dj" "Djibouti",
    "dk" "Denmark",
    "dm" "Dominica",
    "dz" "Algeria",
    "ec" "Ecuador",
    "ee" "Estonia",
    "eg" "Egypt",
    "er" "Eritrea",
    "es" "Spain",
    "et" "Ethiopia",
    "fi" "Finland",
    "fj" "Fiji",
    "fm" "Micronesia",
    "fr" "France",
    "ga" "Gabon",
    "gb" "United Kingdom",
    "gd" "Grenada",
    "ge" "Georgia",
    "gh" "Ghana",
    "gm" "Gambia",
    "gn" "Guinea",
    "gq" "Equatorial Guinea",
    "gr" "Greece",
    "gt" "Guatemala",
    "gw" "Guinea-Bissau",
    "gy" "Guyana",
    "hn" "Honduras",
    "hr" "Croatia",
    "ht" "Haiti",
    "hu" "Hungary",
    "id" "Indonesia",
    "ie" "Ireland",
    "il" "Israel",
    "in" "India",
    "iq" "Iraq",
    "ir" "Iran",
    "is" "Iceland",
    "it" "Italy",
    "jm" "Jamaica",
    "jo" "Jordan",
    "jp" "Japan",
    "ke" "Kenya",
    "kg" "Kyrgyzstan",
    "kh" "Cambodia",
    "ki" "Kiribati",
    "km" "Comoros",
    "kn" "Saint Kitts and Nevis",
    "kp" "North Korea",
    "kr" "South Korea",
    "kw" "Kuwait",
    "kz" "Kazakhstan",
    "la" "Laos",
    "lb" "Lebanon",
    "lc" "Saint Lucia",
    "li" "Liechtenstein",
    "lk" "Sri Lanka",
    "lr" "Liberia",
    "ls" "Lesotho",
    "lt" "Lithuania",
    "lu" "Luxembourg",
    "lv" "Latvia",
    "ly" "Libya",
    "ma" "Morocco",
    "mc" "Monaco",
    "md" "Moldova",
    "me" "Montenegro",
    "mg" "Madagascar",
    "mh" "Marshall Islands",
    "mk" "North Macedonia",
    "ml" "Mali",
    "mm" "Myanmar",
    "mn" "Mongolia",
    "mr" "Mauritania",
    "mt" "Malta",
    "mu" "Mauritius",
    "mv" "Maldives",
    "mw" "Malawi",
    "mx" "Mexico",
    "my" "Malaysia",
    "mz" "Mozambique",
    "na" "Namibia",
    "ne" "Niger",
    "ng" "Nigeria",
    "ni" "Nicaragua",
    "nl" "Netherlands",
    "no" "Norway",
    "np" "Nepal",
    "nr" "Nauru",
    "nz" "New Zealand",
    "om" "Oman",
    "pa" "Panama",
    "pe" "Peru",
    "pg" "Papua New Guinea",
    "ph" "Philippines",
    "pk" "Pakistan",
    "pl" "Poland",
    "pt" "Portugal",
    "pw" "Palau",
    "py" "Paraguay",
    "qa" "Qatar",
    "ro" "Romania",
    "rs" "Serbia",
    "ru" "Russia",
    "rw" "Rwanda",
    "sa" "Saudi Arabia",
    "sb" "Solomon Islands",
    "sc" "Seychelles",
    "sd" "Sudan",
    "se" "Sweden",
    "sg" "Singapore",
    "si" "Slovenia",
    "sk" "Slovakia",
    "sl" "Sierra Leone",
    "sm" "San Marino",
    "sn" "Senegal",
    "so" "Somalia",
    "sr" "Suriname",
    "ss" "South Sudan",
    "st" "São Tomé and Príncipe",
    "sv" "El Salvador",
    "sy" "Syria",
    "sz" "Eswatini",
    "td" "Chad",
    "tg" "Togo",
    "th" "Thailand",
    "tj" "Tajikistan",
    "tl" "Timor-Leste",
    "tm" "Turkmenistan",
    "tn" "Tunisia",
    "to" "Tonga",
    "tr" "Türkiye",
    "tt" "Trinidad and Tobago",
    "tv" "Tuvalu",
    "tw" "Taiwan",
    "tz" "Tanzania",
    "ua" "Ukraine",
    "ug" "Uganda",
    "us" "United States",
    "uy" "Uruguay",
    "uz" "Uzbekistan",
    "va" "Vatican City",
    "vc" "Saint Vincent and the Grenadines",
    "ve" "Venezuela",
    "vn" "Vietnam",
    "vu" "Vanuatu",
    "ws" "Samoa",
    "ye" "Yemen",
    "za" "South Africa",
    "zm" "Zambia",
    "zw" "Zimbabwe",
];

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::codes::every;

    #[test]
    fn every_image_is_the_one_that_was_made_for_its_code() {
        let sums: Vec<&str> = include_str!("assets/SHA256SUMS").lines().collect();
        assert_eq!(sums.len(), ALL.len());
        for (cc, line) in ALL.into_iter().zip(sums) {
            let (sum, file) = line.split_once("  ").unwrap();
            assert_eq!(file, format!("{}.gif", cc.lower()));
            let expected =
                (0..sum.len()).step_by(2).map(|at| u8::from_str_radix(&sum[at..at + 2], 16).unwrap());
            assert!(Sha256::digest(gif(cc).unwrap()).into_iter().eq(expected), "{file}");
        }
    }

    #[test]
    fn sizes_are_those_of_real_flags() {
        let mut sizes: Vec<usize> = ALL.iter().map(|&cc| gif(cc).unwrap().len()).collect();
        sizes.sort_unstable();
        assert!((1_000_000..2_500_000).contains(&sizes.iter().sum::<usize>()), "{sizes:?}");
        assert!((4_000..10_000).contains(&sizes[97]), "{}", sizes[97]);
    }

    #[test]
    fn countries_are_told_by_their_codes() {
        let britain: serde_json::Value =
            serde_json::from_str(&metadata(CountryCode::new(*b"gb").unwrap()).unwrap()).unwrap();
        let expected = serde_json::json!({"tld_cc": "uk", "iso_cc": "GB", "country": "United Kingdom"});
        assert_eq!(britain, expected);
        assert_eq!(every().filter(|&cc| gif(cc).is_some() && metadata(cc).is_some()).count(), 194);
    }
}
