//! RC4 eight bytes at a time, over one array or over two in step.
//!
//! What a byte costs is fixed by the cipher: three loads from the state, two stores to it, and a chain
//! from each byte to the next. What can be saved is all around that:
//!
//! * The state is of 64-bit words, each with one byte in it. A load needs no widening then, and a
//!   stored word is forwarded to the loads that follow without a merge of parts.
//! * Single steps lead to i ≡ 7 (mod 8). The next eight places then are `base` to `base + 7` with
//!   `base` a multiple of 8: one addition and one mask for eight bytes instead of one each for every
//!   byte, and the compiler sees that no index leaves the state. The loop has no check and no branch
//!   but its own.
//! * `j` is the lowest byte of a running sum. Cutting it down to a byte is not on the way from one
//!   step to the next, not on it.
//! * The eight bytes of key stream are folded in a register, by a rotation and an exclusive or for
//!   each, and meet the data in one exclusive or of eight bytes.
//!
//! What is left is ten micro-operations a byte, and three things bound it. A core that issues four a
//! cycle needs two and a half cycles for them, and five while a busy neighbour leaves it two. The
//! stores take two cycles where a core completes one in each. And in a single stream every step waits:
//! the load at the next `i` may be from where the last swap has just stored, so that a careful core
//! lets it wait until the place of that store is known. That is an addition, a cut, the making of an
//! address and a load, seven to eight cycles a byte, and a core that rather takes the risk pays for
//! each mistake with a restart.
//!
//! The last bound is why two streams in step take much less time than one after the other on a wide
//! core: while one waits, the other goes on. On a core that a neighbour keeps busy, operations are the
//! bound, and two streams have as many of them as two times one.
//!
//! A single stream could load the next place before it swaps, and choose the swapped value where that
//! place was hit: two to four operations more. On a wide idle core that is faster by a third, and on a
//! busy one, where every operation counts, slower by as much; so there is none of it here.

use super::{KeyLength, Rc4};

/// The cipher with its state in words.
#[derive(Clone)]
pub struct WordRc4 {
    state: Box<State>,
    i: u8,
    j: u8,
}

/// Each word is below 256.
type State = [u64; 256];

/// Bytes that one turn of the loop takes.
const AT_ONCE: usize = 8;

impl WordRc4 {
    /// Sets up the state from a key of 1 to 256 bytes.
    ///
    /// # Errors
    ///
    /// [`KeyLength`] for any other length.
    pub fn new(key: &[u8]) -> Result<Self, KeyLength> {
        Rc4::new(key).map(Self::from)
    }

    /// Encrypts or decrypts in place, and gives the bytes that [`Rc4::apply_keystream`] gives.
    pub fn apply_keystream(&mut self, data: &mut [u8]) {
        let (lead, rest) = data.split_at_mut(self.lead().min(data.len()));
        self.singly(lead);
        let (words, tail) = rest.as_chunks_mut::<AT_ONCE>();
        let (mut i, mut sum) = (self.i, u64::from(self.j));
        for word in words {
            let base = base_after(i);
            i = i.wrapping_add(AT_ONCE as u8);
            let mut stream = 0;
            for offset in 0..AT_ONCE {
                step(&mut self.state, base + offset, &mut sum, &mut stream);
            }
            mask(word, stream);
        }
        (self.i, self.j) = (i, sum as u8);
        self.singly(tail);
    }

    /// Encrypts or decrypts one array with each of two ciphers, as if one after the other. They go in
    /// step as far as they stand at the same place of their states and both arrays last.
    pub fn apply_keystreams(pair: [&mut Self; 2], data: [&mut [u8]; 2]) {
        let ([one, two], [of_one, of_two]) = (pair, data);
        let common = if one.i == two.i { of_one.len().min(of_two.len()) } else { 0 };
        let lead = one.lead().min(common);
        let steady = (common - lead) / AT_ONCE * AT_ONCE;
        let ([lead_one, steady_one, rest_one], [lead_two, steady_two, rest_two]) =
            (cut(of_one, lead, steady), cut(of_two, lead, steady));
        one.singly(lead_one);
        two.singly(lead_two);
        if steady > 0 {
            one.in_step(two, steady_one, steady_two);
        }
        one.apply_keystream(rest_one);
        two.apply_keystream(rest_two);
    }

    /// Both over as many whole turns. They stand at the same place, and end at the same one.
    fn in_step(&mut self, other: &mut Self, data: &mut [u8], of_other: &mut [u8]) {
        let (words, _) = data.as_chunks_mut::<AT_ONCE>();
        let (of_other, _) = of_other.as_chunks_mut::<AT_ONCE>();
        let (mut i, mut sum, mut other_sum) = (self.i, u64::from(self.j), u64::from(other.j));
        let (one, two) = (&mut *self.state, &mut *other.state);
        for (word, of_other) in words.iter_mut().zip(of_other) {
            let base = base_after(i);
            i = i.wrapping_add(AT_ONCE as u8);
            let (mut stream, mut other_stream) = (0, 0);
            for offset in 0..AT_ONCE {
                step(one, base + offset, &mut sum, &mut stream);
                step(two, base + offset, &mut other_sum, &mut other_stream);
            }
            mask(word, stream);
            mask(of_other, other_stream);
        }
        (self.i, self.j) = (i, sum as u8);
        (other.i, other.j) = (i, other_sum as u8);
    }

    /// Single steps to the place at which whole turns can begin.
    fn lead(&self) -> usize {
        usize::from(7_u8.wrapping_sub(self.i) % AT_ONCE as u8)
    }

    /// A byte at a time.
    fn singly(&mut self, data: &mut [u8]) {
        let mut sum = u64::from(self.j);
        for byte in data {
            self.i = self.i.wrapping_add(1);
            let mut stream = 0;
            step(&mut self.state, usize::from(self.i), &mut sum, &mut stream);
            *byte ^= (stream >> 56) as u8;
        }
        self.j = sum as u8;
    }
}

/// The place after `i`, which is a multiple of eight already. That it is masked nevertheless tells the
/// compiler so.
#[inline]
fn base_after(i: u8) -> usize {
    usize::from(i.wrapping_add(1) & 0xF8)
}

/// One step of the cipher at place `i`; its `j` is the lowest byte of `sum`. Its byte of key stream goes
/// into the top of `stream`, and what is there moves down: after eight steps the first is at the bottom.
#[inline]
fn step(state: &mut State, i: usize, sum: &mut u64, stream: &mut u64) {
    let x = state[i];
    *sum = sum.wrapping_add(x);
    let j = low(*sum);
    let y = state[j];
    state[i] = y;
    state[j] = x;
    *stream = (*stream ^ state[low(x.wrapping_add(y))]).rotate_right(8);
}

/// The lowest byte, as a place in the state.
#[inline]
fn low(sum: u64) -> usize {
    usize::from(sum as u8)
}

#[inline]
fn mask(word: &mut [u8; AT_ONCE], stream: u64) {
    *word = (u64::from_le_bytes(*word) ^ stream).to_le_bytes();
}

/// A slice in three parts, the first two of these lengths.
fn cut(data: &mut [u8], lead: usize, steady: usize) -> [&mut [u8]; 3] {
    let (lead, rest) = data.split_at_mut(lead);
    let (steady, rest) = rest.split_at_mut(steady);
    [lead, steady, rest]
}

impl From<Rc4> for WordRc4 {
    fn from(cipher: Rc4) -> Self {
        Self { state: Box::new(cipher.state.map(u64::from)), i: cipher.i, j: cipher.j }
    }
}

impl std::fmt::Debug for WordRc4 {
    /// The state is as good as the key, so that it is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordRc4").finish_non_exhaustive()
    }
}
