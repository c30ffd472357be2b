//! Every attribute of serde, there and back: the same value, or an error in a sentence.

#![allow(clippy::option_option, clippy::trivially_copy_pass_by_ref)] // serde has both

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::net::IpAddr;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;
use crate::ipc::buffer::Buffer;

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    let mut buffer = Buffer::private(1 << 20).unwrap();
    encode(value, &mut buffer).unwrap();
    buffer.to_vec().unwrap()
}

/// What arrives of a value, which must be the value if it is one.
pub(super) fn sent<T: Serialize + DeserializeOwned + PartialEq + Debug + 'static>(
    value: &T,
) -> Result<(), String> {
    let mut buffer = Buffer::private(1 << 20).unwrap();
    encode(value, &mut buffer).map_err(|error| error.to_string())?;
    let bytes = &*buffer.to_vec().unwrap();
    let arrived = decode::<T>(bytes).map_err(|error| error.to_string())?;
    assert_eq!(&arrived, value);
    // Nothing less and nothing more is the value.
    for length in 0..bytes.len() {
        assert!(decode::<T>(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
    let longer = [bytes, &[0]].concat();
    assert_eq!(decode::<T>(&longer).unwrap_err().to_string(), "1 bytes are left over");
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Op {
    Add(u32),
    #[serde(skip)]
    #[allow(dead_code)]
    Hidden,
    Sub(u32),
    #[serde(rename = "times", alias = "mul")]
    Mul(u32, u64),
    Neg,
    Set {
        to: i64,
    },
    Empty(),
    Bare {},
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        any::<u32>().prop_map(Op::Add),
        any::<u32>().prop_map(Op::Sub),
        any::<(u32, u64)>().prop_map(|(a, b)| Op::Mul(a, b)),
        Just(Op::Neg),
        any::<i64>().prop_map(|to| Op::Set { to }),
        Just(Op::Empty()),
        Just(Op::Bare {}),
    ]
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(default, skip_serializing_if = "is_zero")]
    line_offset: u32,
    #[serde(rename = "bytes", alias = "data")]
    data: Vec<u8>,
    #[serde(skip)]
    cache: Option<u8>,
    #[serde(with = "text")]
    number: u64,
    #[serde(with = "Foreign")]
    foreign: (u8, bool),
    label: Cow<'static, str>,
}

pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A number as a text.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Stands for a type that is not ours.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Pair")]
struct Foreign {
    #[serde(getter = "first")]
    first: u8,
    #[serde(getter = "second")]
    second: bool,
}

type Pair = (u8, bool);

fn first(pair: &Pair) -> u8 {
    pair.0
}

fn second(pair: &Pair) -> bool {
    pair.1
}

impl From<Foreign> for Pair {
    fn from(pair: Foreign) -> Self {
        (pair.first, pair.second)
    }
}

fn chunks() -> impl Strategy<Value = Chunk> {
    any::<(Option<u32>, u32, Vec<u8>, u64, (u8, bool), String)>().prop_map(
        |(limit, line_offset, data, number, foreign, label)| {
            let line_offset = line_offset % 3;
            Chunk { limit, line_offset, data, cache: None, number, foreign, label: label.into() }
        },
    )
}

/// A float as it is in memory: what is not a number is not equal to itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Float(f32, f64);

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        (self.0.to_bits(), self.1.to_bits()) == (other.0.to_bits(), other.1.to_bits())
    }
}

fn floats() -> impl Strategy<Value = Float> {
    any::<(u32, u64)>().prop_map(|(a, b)| Float(f32::from_bits(a), f64::from_bits(b)))
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Key {
    x: i16,
    inner: Option<Option<bool>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped<T>(T);

fn keys() -> impl Strategy<Value = Key> {
    any::<(i16, Option<Option<bool>>)>().prop_map(|(x, inner)| Key { x, inner })
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u32,
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    more: Option<More>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f32,
    y: Option<Option<i8>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct More {
    more: char,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Chunk(Chunk),
    #[serde(rename = "p")]
    Point {
        x: i64,
        op: Op,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of")]
enum Adjacent {
    Unit,
    New(u128),
    Tuple(Op, i8),
    Struct { set: HashSet<u64> },
}

/// Variants of which serde takes the first that fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Nothing,
    Small(u8),
    Big(u64),
    Signed(i32),
    Text(String),
    Op(Op),
    Optional(Option<Option<u16>>),
    List(Vec<u8>),
    Wide(u128),
    Address(IpAddr),
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{0,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        Just(Untagged::Nothing),
        any::<u8>().prop_map(Untagged::Small),
        prop_oneof![0..300_u64, any::<u64>()].prop_map(Untagged::Big),
        any::<i32>().prop_map(Untagged::Signed),
        any::<String>().prop_map(Untagged::Text),
        ops().prop_map(Untagged::Op),
        any::<Option<Option<u16>>>().prop_map(Untagged::Optional),
        any::<Vec<u8>>().prop_map(Untagged::List),
        any::<u128>().prop_map(Untagged::Wide),
        any::<IpAddr>().prop_map(Untagged::Address),
    ]
}

proptest! {
    #[test]
    fn fields_and_variants_go_by_name(op in ops(), chunk in chunks()) {
        prop_assert_eq!(sent(&op), Ok(()));
        prop_assert_eq!(sent(&chunk), Ok(()));
        prop_assert_eq!(sent(&Some((chunk, vec![op]))), Ok(()));
    }

    #[test]
    fn plain_values_keep_every_bit(
        float in floats(), wide: (u128, i128, char, bool), small: (i8, i16, i32, i64, u16),
        options: Vec<Option<Option<Option<()>>>>, address: IpAddr, path: std::path::PathBuf,
    ) {
        prop_assert_eq!(sent(&float), Ok(()));
        prop_assert_eq!(sent(&(wide, small)), Ok(()));
        prop_assert_eq!(sent(&options), Ok(()));
        prop_assert_eq!(sent(&(Unit, vec![Unit; options.len()], [(); 3], Wrapped(Some(Unit)))), Ok(()));
        prop_assert_eq!(sent(&address), Ok(()));
        prop_assert_eq!(sent(&path), Ok(()));
    }

    #[test]
    fn maps_have_any_keys(map in prop::collection::hash_map(keys(), ops(), 0..5), set: HashSet<(u8, char)>) {
        prop_assert_eq!(sent(&map), Ok(()));
        prop_assert_eq!(sent(&set), Ok(()));
        prop_assert_eq!(sent(&map.into_iter().map(|(key, op)| (Some(key), op)).collect::<BTreeMap<_, _>>()), Ok(()));
    }

    #[test]
    fn what_serde_has_to_guess_is_itself(
        id: u32, x in -1e9_f32..1e9, y: Option<Option<i8>>, more: Option<char>,
        rest in prop::collection::hash_map("[A-Z]{1,4}", json(), 0..5), value in json(),
    ) {
        let flat = Flat { id, point: Point { x, y }, more: more.map(|more| More { more }), rest };
        prop_assert_eq!(sent(&flat), Ok(()));
        prop_assert_eq!(sent(&value), Ok(()));
        prop_assert_eq!(sent(&Some(Wrapped(value))), Ok(()));
    }

    #[test]
    fn tagged_enums(chunk in chunks(), x: i64, op in ops(), wide: u128, set: HashSet<u64>, small: i8) {
        for internal in [Internal::Unit, Internal::Chunk(chunk), Internal::Point { x, op: op.clone() }] {
            prop_assert_eq!(sent(&internal), Ok(()));
        }
        let (new, tuple, of) = (Adjacent::New(wide), Adjacent::Tuple(op, small), Adjacent::Struct { set });
        for adjacent in [Adjacent::Unit, new, tuple, of] {
            prop_assert_eq!(sent(&adjacent), Ok(()));
        }
    }

    /// Where the first variant that fits is not the one that was sent, that is said.
    #[test]
    fn what_serde_guesses_wrong_is_an_error(value in untagged()) {
        let told = sent(&value);
        match &value {
            Untagged::Nothing | Untagged::Small(_) | Untagged::Signed(i32::MIN..0) | Untagged::Text(_) => {
                prop_assert_eq!(told, Ok(()));
            }
            Untagged::Big(0..256) | Untagged::Op(Op::Neg) => {
                prop_assert!(told.is_err_and(|told| told.starts_with("it does not come back as it went")));
            }
            Untagged::Op(_) => prop_assert_eq!(told, Ok(())),
            _ => {}
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes: Vec<u8>) {
        let _ = decode::<Chunk>(&bytes);
        let _ = decode::<Value>(&bytes);
        let _ = decode::<Untagged>(&bytes);
        let _ = decode::<HashMap<Key, Op>>(&bytes);
    }

    #[test]
    fn no_damage_makes_a_reader_panic(chunk in chunks(), at: prop::sample::Index, byte: u8) {
        let mut bytes = encoded(&chunk);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode::<Chunk>(&bytes);
        let _ = decode::<Value>(&bytes);
    }
}
