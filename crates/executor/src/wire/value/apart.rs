//! Long bytes that stand apart: the same value, or an error in a sentence.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_bytes::ByteBuf;

use super::*;
use crate::error::Error;
use crate::ipc::arena::{Arena, Extents};
use crate::table::Registered;
use crate::wire::{Encoder, Parts, read_task};

const TASK: Registered = Registered { number: 0, name: "task" };

fn bytes(length: usize) -> ByteBuf {
    ByteBuf::from((0..length).map(|index| (index * 31 + length) as u8).collect::<Vec<u8>>())
}

fn text(length: usize) -> String {
    "añ".chars().cycle().take(length).collect()
}

/// An argument with what of it stands apart, and the views of a worker that has it.
struct Sent {
    argument: Vec<u8>,
    views: Option<Views>,
    _extents: Extents,
}

impl Sent {
    fn of<T: Serialize>(value: &T) -> Self {
        let arena: Arc<Arena> = Arc::default();
        let mut encoder = Encoder::new(Some(&arena));
        encoder.add(TASK, |tasks| encode(value, tasks).map_err(|_| Error::Dropped)).unwrap();
        let piece = encoder.finish();
        let part = Parts::of(piece.bytes()).unwrap().next().unwrap();
        let argument = read_task(part.content).unwrap().1.to_vec();
        let extents = piece.into_extents();
        let views = extents.ground().map(|ground| {
            use std::os::fd::AsFd;
            Views::new(ground.as_fd().try_clone_to_owned().unwrap()).unwrap()
        });
        Self { argument, views, _extents: extents }
    }

    fn read<T: Serialize + DeserializeOwned + 'static>(&self, argument: &[u8]) -> Result<T, CodecError> {
        decode_with(argument, self.views.as_ref().map_or(Apart::Nowhere, Apart::InArena))
    }
}

/// What arrives of a value, which must be the value if it is one.
fn sent<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug + 'static>(value: &T) -> Result<(), String> {
    let sent = Sent::of(value);
    let arrived = sent.read::<T>(&sent.argument).map_err(|error| error.to_string())?;
    assert_eq!(&arrived, value);
    for length in 0..sent.argument.len().min(300) {
        assert!(sent.read::<T>(&sent.argument[..length]).is_err(), "{length} of {}", sent.argument.len());
    }
    let longer = [&*sent.argument, &[0]].concat();
    assert_eq!(sent.read::<T>(&longer).unwrap_err().to_string(), "1 bytes are left over");
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    One(ByteBuf),
    Two(ByteBuf, String),
    Named { text: Option<ByteBuf>, number: u8 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    number: u32,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: HashMap<String, ByteBuf>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    bytes: ByteBuf,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Inner(Inner),
    Other { text: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Guessed {
    Number(u8),
    Text(String),
    List(Vec<Inner>),
}

/// Lengths at which something else is done.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![0..40_usize, LONG - 2..LONG + 3, 2 * LONG - 1..2 * LONG + 2, Just(70_000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn short_or_long_they_arrive_as_they_were(a in lengths(), b in lengths(), c in lengths()) {
        let (one, two, words) = (bytes(a), bytes(b), text(c));
        prop_assert_eq!(sent(&one), Ok(()));
        prop_assert_eq!(sent(&words), Ok(()));
        prop_assert_eq!(sent(&(one.clone(), Some(words.clone()), two.clone())), Ok(()));
        prop_assert_eq!(sent(&BTreeMap::from([(words.clone(), one.clone()), ("b".into(), two.clone())])), Ok(()));
        for kind in [
            Kind::One(one.clone()),
            Kind::Two(one.clone(), words.clone()),
            Kind::Named { text: Some(two.clone()), number: 7 },
        ] {
            prop_assert_eq!(sent(&Some(vec![kind])), Ok(()));
        }
        let inner = Inner { bytes: two.clone(), text: words.clone() };
        prop_assert_eq!(sent(&Tagged::Inner(inner.clone())), Ok(()));
        prop_assert_eq!(sent(&Tagged::Other { text: words.clone() }), Ok(()));
        prop_assert_eq!(sent(&Guessed::Text(words)), Ok(()));
        let rest = HashMap::from([("x".to_string(), one.clone()), ("y".to_string(), two)]);
        prop_assert_eq!(sent(&Flat { number: 3, inner, rest }), Ok(()));
    }

    /// Nor does it make one take more than there is.
    #[test]
    fn no_damage_makes_a_reader_panic(at: prop::sample::Index, byte: u8) {
        let sent = Sent::of(&Kind::Two(bytes(LONG), text(LONG)));
        let mut argument = sent.argument.clone();
        let at = at.index(argument.len());
        argument[at] = byte;
        let _ = sent.read::<Kind>(&argument);
        let _ = sent.read::<Guessed>(&argument);
    }
}

#[test]
fn long_bytes_are_moved_to_where_they_belong() {
    /// Takes a `Vec`, and no slice.
    #[derive(Debug, PartialEq)]
    struct Moved(Vec<u8>);

    impl Serialize for Moved {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }

    impl<'de> Deserialize<'de> for Moved {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;

            impl de::Visitor<'_> for Visitor {
                type Value = Moved;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a vector")
                }

                fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Moved, E> {
                    Ok(Moved(bytes))
                }
            }

            deserializer.deserialize_byte_buf(Visitor)
        }
    }

    assert_eq!(sent(&Some((Moved(bytes(LONG).into_vec()), 7))), Ok(()));
    assert!(sent(&Moved(vec![0; 10])).unwrap_err().contains("expected a vector"));
}

#[test]
fn only_what_is_long_stands_apart() {
    for length in [0, 1, LONG - 1, LONG, LONG + 1, 1 << 20] {
        let sent = Sent::of(&bytes(length));
        assert_eq!(sent.views.is_some(), length >= LONG, "{length}");
        let is_short = !(18..LONG).contains(&length);
        assert_eq!(sent.argument.len() < 20, is_short, "{length}");
    }
    let [argument, other] = [(); 2].map(|()| Sent::of(&bytes(LONG)).argument);
    assert_eq!((argument[0], argument.len()), (tag::BYTES_APART, 1 + 16));
    assert_eq!(argument, other);
    // One after the other stands there where only one was.
    assert_eq!(Sent::of(&(bytes(LONG), bytes(LONG))).argument.len(), 5 + 2 * 17);
}

#[test]
fn a_wrong_place_is_an_error() {
    let sent = Sent::of(&bytes(LONG));
    let with = |offset: u64, length: u64| {
        let argument = [&[tag::BYTES_APART][..], &offset.to_le_bytes(), &length.to_le_bytes()].concat();
        sent.read::<ByteBuf>(&argument).map(|bytes| bytes.len()).map_err(|error| error.to_string())
    };
    assert_eq!(with(0, LONG as u64), Ok(LONG));
    for (offset, length) in [(0, 0), (0, u64::MAX), (1 << 50, 1), (0, 1 << 40), (u64::MAX, u64::MAX)] {
        let error = with(offset, length).unwrap_err();
        assert!(error.starts_with("its long bytes cannot be read: "), "{error}");
    }
    let elsewhere = decode::<ByteBuf>(&sent.argument).unwrap_err().to_string();
    assert_eq!(elsewhere, "its long bytes stand in memory that this process does not have (see ulimit -n)");
    let no_text = [&[tag::STR_APART], &sent.argument[1..]].concat();
    assert_eq!(sent.read::<String>(&no_text).unwrap_err().to_string(), "a text is not UTF-8");
}

#[test]
fn long_bytes_that_are_not_read_are_an_error() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Halves {
        #[serde(skip_deserializing, default = "none")]
        lost: Option<ByteBuf>,
        kept: u8,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct FlatHalves {
        #[serde(flatten)]
        halves: Halves,
    }

    fn none() -> Option<ByteBuf> {
        None
    }

    let error = sent(&Halves { lost: Some(bytes(LONG)), kept: 1 }).unwrap_err();
    assert_eq!(error, "\"lost\" is written by the type's Serialize and not read by its Deserialize");
    // Where serde does not ask for it, it is found out by what is written again.
    let halves = FlatHalves { halves: Halves { lost: Some(bytes(LONG)), kept: 1 } };
    assert!(sent(&halves).unwrap_err().starts_with("it does not come back as it went"));
    assert!(Sent::of(&(bytes(LONG), 1)).read::<(ByteBuf,)>(&Sent::of(&(bytes(LONG), 1)).argument).is_err());
}

#[test]
fn what_serde_guesses_wrong_is_an_error_too() {
    /// Takes a part of what there is.
    #[derive(Debug, PartialEq, Serialize)]
    struct Cut(ByteBuf);

    impl<'de> Deserialize<'de> for Cut {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let mut bytes = ByteBuf::deserialize(deserializer)?;
            bytes.pop();
            Ok(Self(bytes))
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Cut { cut: Cut },
    }

    let error = sent(&Tagged::Cut { cut: Cut(bytes(2 * LONG)) }).unwrap_err();
    assert!(error.starts_with("it does not come back as it went"), "{error}");
}

#[test]
fn types_with_long_bytes_are_sampled_like_others() {
    /// Becomes another on the way, and tells serde all along what it needs.
    #[derive(Debug, PartialEq, Serialize)]
    struct Grows(u8);

    impl<'de> Deserialize<'de> for Grows {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            u8::deserialize(deserializer).map(|number| Self(number + 1))
        }
    }

    for length in [1, LONG] {
        let sent = Sent::of(&(bytes(length), Grows(1)));
        let error = sent.read::<(ByteBuf, Grows)>(&sent.argument).unwrap_err().to_string();
        assert!(error.starts_with("it does not come back as it went"), "{error}");
    }
}

#[test]
fn of_a_task_that_cannot_be_encoded_nothing_stays_apart() {
    #[derive(Serialize)]
    struct Fails(ByteBuf, #[serde(serialize_with = "fail")] Vec<u8>);

    fn fail<S: Serializer>(_: &[u8], _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("failed on purpose"))
    }

    let arena: Arc<Arena> = Arc::default();
    let mut encoder = Encoder::new(Some(&arena));
    let mut add = |value: &dyn Fn(&mut crate::wire::Tasks<'_>) -> Result<(), CodecError>| {
        encoder.add(TASK, |tasks| value(tasks).map_err(|_| Error::Dropped))
    };
    add(&|tasks| encode(&bytes(LONG), tasks)).unwrap();
    add(&|tasks| encode(&Fails(bytes(LONG), Vec::new()), tasks)).unwrap_err();
    add(&|tasks| encode(&bytes(LONG), tasks)).unwrap();
    let piece = encoder.finish();
    let places: Vec<_> = Parts::of(piece.bytes())
        .unwrap()
        .map(|part| u64::from_le_bytes(*read_task(part.content).unwrap().1[1..].first_chunk().unwrap()))
        .collect();
    // The third has the extent of the second, which it gave back.
    assert_eq!(places, [0, LONG as u64]);
}
