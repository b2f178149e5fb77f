//! SHA-256, and bytes as text.

use sha2::{Digest, Sha256};

/// Bytes as lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    let mut text = Vec::with_capacity(bytes.len() * 2);
    text.extend(digits);
    String::from_utf8(text).unwrap_or_default()
}

/// The SHA-256 of bytes, as text.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
