"""XXH3 with 64 bits, of more than 240 bytes, after the specification of xxHash: the digest by which
speedup's records tell ciphertexts apart. In Python it takes as long as the cipher, so that it is computed
once a batch and outside all timing."""

import struct

MASK = (1 << 64) - 1
P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
P64 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)

# The secret that the specification gives for hashes without one.
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)

STRIPE = 64
STRIPES = (len(SECRET) - STRIPE) // 8
BLOCK = STRIPES * STRIPE


def words(data, at, count):
    return struct.unpack_from(f"<{count}Q", data, at)


def accumulate(acc, data, at, secret):
    for lane, (value, key) in enumerate(zip(words(data, at, 8), secret)):
        mixed = value ^ key
        acc[lane ^ 1] = (acc[lane ^ 1] + value) & MASK
        acc[lane] = (acc[lane] + (mixed & 0xFFFFFFFF) * (mixed >> 32)) & MASK


def xxh3_64(data):
    """The hash, as sixteen digits."""
    length = len(data)
    if length <= 240:
        raise ValueError("the short forms of the hash are not needed here, and not written")
    acc = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]
    secrets = [words(SECRET, 8 * stripe, 8) for stripe in range(STRIPES)]
    last = words(SECRET, len(SECRET) - STRIPE, 8)
    blocks = (length - 1) // BLOCK
    for block in range(blocks):
        for stripe in range(STRIPES):
            accumulate(acc, data, block * BLOCK + stripe * STRIPE, secrets[stripe])
        for lane in range(8):
            value = acc[lane]
            acc[lane] = (value ^ (value >> 47) ^ last[lane]) * P32[0] & MASK
    for stripe in range((length - 1 - blocks * BLOCK) // STRIPE):
        accumulate(acc, data, blocks * BLOCK + stripe * STRIPE, secrets[stripe])
    accumulate(acc, data, length - STRIPE, words(SECRET, len(SECRET) - STRIPE - 7, 8))

    result = length * P64[0] & MASK
    keys = words(SECRET, 11, 8)
    for lane in range(0, 8, 2):
        product = (acc[lane] ^ keys[lane]) * (acc[lane + 1] ^ keys[lane + 1])
        result += (product & MASK) ^ (product >> 64)
    result &= MASK
    result ^= result >> 37
    result = result * 0x165667919E3779F9 & MASK
    return f"{result ^ (result >> 32):016x}"
