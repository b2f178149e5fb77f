//! Chance, which always comes from one seed.

use fastrand::Rng;

/// Dice for a numbered thing of one sort, always the same for the same one.
pub(crate) fn of(seed: u64, sort: u64, number: u64) -> Rng {
    let thing = (sort << 48 | number).wrapping_mul(0xd1b5_4a32_d192_ed03);
    // Spread, since neighbouring seeds give neighbouring first draws.
    Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ thing).fork()
}

/// One of several.
pub(crate) fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}
