//! Philox4x32-10, exactly as published, for one counter and for many at once.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// How many counters [`philox4x32_wide`] takes at once.
pub const WIDTH: usize = 8;

/// 128 random bits from a counter and a key.
#[inline]
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut words = counter;
    let mut key = key;
    for _ in 0..ROUNDS {
        words = round(words, key);
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    words
}

/// The blocks of [`WIDTH`] counters that follow each other in their first word, word by word: `result[word][counter]`.
#[inline(always)]
pub fn philox4x32_wide(first: [u32; 4], key: [u32; 2]) -> [[u32; WIDTH]; 4] {
    let mut words = first.map(|word| [word; WIDTH]);
    for (index, word) in words[0].iter_mut().enumerate() {
        *word = word.wrapping_add(index as u32);
    }
    let mut key = key;
    for _ in 0..ROUNDS {
        for index in 0..WIDTH {
            let block = round([words[0][index], words[1][index], words[2][index], words[3][index]], key);
            for (row, word) in words.iter_mut().zip(block) {
                row[index] = word;
            }
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    words
}

#[inline(always)]
fn round(words: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let first = u64::from(MULTIPLIERS[0]) * u64::from(words[0]);
    let second = u64::from(MULTIPLIERS[1]) * u64::from(words[2]);
    [(second >> 32) as u32 ^ words[1] ^ key[0], second as u32, (first >> 32) as u32 ^ words[3] ^ key[1], first as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that come with the authors' Random123 library.
    #[test]
    fn known_answers() {
        assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox4x32([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        assert_eq!(philox4x32(pi, [0xa409_3822, 0x299f_31d0]), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn wide_is_the_same() {
        let (first, key) = ([u32::MAX - 3, 5, 6, 7], [8, 9]);
        let wide = philox4x32_wide(first, key);
        for index in 0..WIDTH {
            let one = philox4x32([first[0].wrapping_add(index as u32), 5, 6, 7], key);
            assert_eq!(one, wide.map(|row| row[index]));
        }
    }
}
