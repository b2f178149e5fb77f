//! Phone numbers in the one form that all services can be held against: E.164, `+14155550123`.

/// The number, if it says enough to be told from all others: with a country's prefix, or as North America writes its own.
/// What stands behind it for a switchboard to dial is no part of it.
pub(crate) fn e164(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let number = lower.split("ext").next()?.split(['x', '#', ';', ',']).next()?.replace("(0)", "");
    let number = number.trim();
    let mut digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_odd = |c: char| !c.is_ascii_digit() && !"+-.()/ \u{a0}".contains(c);
    if number.strip_prefix("tel:").unwrap_or(number).contains(is_odd) {
        return None;
    }
    if let Some(rest) = digits.strip_prefix("00").filter(|_| !number.starts_with('+')) {
        digits = rest.to_owned();
    } else if !number.contains('+') {
        digits = north_american(&digits)?;
    }
    let is_whole = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    // The prefix 1 has numbers of one length.
    (is_whole && (!digits.starts_with('1') || digits.len() == 11)).then(|| format!("+{digits}"))
}

/// Ten digits of which neither the area nor the exchange begins with 0 or 1, with or without the 1 before them.
fn north_american(digits: &str) -> Option<String> {
    let own = if digits.len() == 11 { digits.strip_prefix('1')? } else { digits };
    let is_start =
        |place: usize| own.as_bytes().get(place).is_some_and(|digit| (b'2'..=b'9').contains(digit));
    (own.len() == 10 && is_start(0) && is_start(3)).then(|| format!("1{own}"))
}

#[cfg(test)]
mod tests {
    use super::e164;

    #[test]
    fn spellings_of_one_number_are_one_and_doubtful_ones_are_none() {
        for (text, expected) in [
            ("(415) 755-0123", Some("+14157550123")),
            ("1.415.755.0123", Some("+14157550123")),
            ("+1 415 755 0123 x22", Some("+14157550123")),
            ("415-755-0123 ext. 9", Some("+14157550123")),
            ("+44 (0)20 7946 0958", Some("+442079460958")),
            ("0049 30 901820", Some("+4930901820")),
            ("030 901820", None),
            ("06 12 34 56 78", None),
            ("+1 415", None),
            ("call me", None),
            ("", None),
        ] {
            assert_eq!(e164(text).as_deref(), expected, "{text}");
        }
    }
}
