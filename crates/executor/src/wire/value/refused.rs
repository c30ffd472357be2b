//! What is an error, and says why: values that would arrive as others, and messages that are none.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::zoo::{Op, is_zero, sent};
use super::*;

/// What one half of a type writes and the other does not read.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Halves {
    #[serde(skip_deserializing)]
    lost: u8,
    kept: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Renamed {
    #[serde(rename(serialize = "one"), default)]
    other: u8,
}

/// The same where serde does not ask for the field.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct FlatHalves {
    #[serde(flatten)]
    halves: Halves,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct WrongDefault {
    #[serde(skip_serializing_if = "is_zero", default = "seven")]
    number: u32,
}

fn seven() -> u32 {
    7
}

#[test]
fn what_one_half_of_a_type_loses_is_an_error() {
    let unread = |field: &str| {
        Err(format!("\"{field}\" is written by the type's Serialize and not read by its Deserialize"))
    };
    assert_eq!(sent(&Halves { lost: 5, kept: 1 }), unread("lost"));
    assert_eq!(sent(&Renamed { other: 5 }), unread("one"));
    let differs = "it does not come back as it went";
    assert!(sent(&FlatHalves { halves: Halves { lost: 5, kept: 1 } }).unwrap_err().starts_with(differs));
    assert!(sent(&WrongDefault { number: 0 }).unwrap_err().starts_with(differs));
    assert_eq!(sent(&WrongDefault { number: 5 }), Ok(()));
    assert_eq!(sent(&Op::Hidden), Err("the enum variant Op::Hidden cannot be serialized".to_string()),);
}

/// What serde's own copy of a value cannot hold is an error, not another value.
#[test]
fn what_serde_cannot_guess_is_an_error() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Wide { number: u128 },
        Address { address: IpAddr },
    }
    let error = sent(&Tagged::Wide { number: 5 }).unwrap_err();
    assert!(error.contains("u128"), "{error}");
    let error = sent(&Tagged::Address { address: [127, 0, 0, 1].into() }).unwrap_err();
    assert!(error.contains("expected IP address"), "{error}");
}

/// A length that the message does not have is not believed.
#[test]
fn nothing_is_allocated_for_a_length_alone() {
    let huge = u32::MAX.to_le_bytes();
    for tag in [tag::SEQ, tag::MAP] {
        let bytes = [&[tag][..], &huge, &[tag::U8; 100]].concat();
        let error = decode::<Value>(&bytes).unwrap_err().to_string();
        assert_eq!(error, "the message ends within a value");
        decode::<Vec<[u64; 4]>>(&bytes).unwrap_err();
    }
    for tag in [tag::STR, tag::BYTES, tag::VARIANT] {
        decode::<String>(&[&[tag][..], &[0xff; 8], &[1]].concat()).unwrap_err();
        decode::<String>(&[&[tag][..], &[0xff; 12]].concat()).unwrap_err();
    }
}
