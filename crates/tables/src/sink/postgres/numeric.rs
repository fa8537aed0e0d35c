//! Decimal numbers in Postgres' binary format: digits to the base of 10,000.

/// Writes `value / 10^scale` as Postgres takes it.
pub(super) fn encode(value: i128, scale: u8, out: &mut Vec<u8>) {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let whole = whole.trim_start_matches('0');
    // Groups of four digits, counted from the point in both directions.
    let mut groups: Vec<u16> = Vec::new();
    let first = whole.len() % 4;
    if first > 0 {
        groups.push(number(&whole[..first]));
    }
    groups.extend(whole.as_bytes()[first..].chunks(4).map(group));
    let mut weight = groups.len() as i16 - 1;
    groups.extend(fraction.as_bytes().chunks(4).map(group));
    while groups.first() == Some(&0) {
        groups.remove(0);
        weight -= 1;
    }
    while groups.last() == Some(&0) {
        groups.pop();
    }
    if groups.is_empty() {
        weight = 0;
    }
    let sign: u16 = if value < 0 { 0x4000 } else { 0 };
    out.extend_from_slice(&(groups.len() as u16).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&(scale as u16).to_be_bytes());
    for group in groups {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

fn number(digits: &str) -> u16 {
    digits.parse().unwrap_or_default()
}

/// Up to four digits; what lacks behind them is zeros.
fn group(digits: &[u8]) -> u16 {
    let value = digits.iter().fold(0, |value, digit| value * 10 + u16::from(digit - b'0'));
    value * 10_u16.pow(4 - digits.len() as u32)
}

/// Reads a number as `value / 10^scale`; none for what does not fit: NaN, infinity, more digits.
pub(super) fn decode(bytes: &[u8], scale: u8) -> Option<i128> {
    let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let (count, weight, sign) = (word(0)?, word(2)?.cast_signed(), word(4)?);
    if sign & 0x8000 != 0 {
        return None;
    }
    let mut value: i128 = 0;
    for i in 0..count {
        let group = i128::from(word(8 + 2 * usize::from(i))?);
        // The power of ten that this group stands for, counted from the last digit that is kept.
        let power = (i32::from(weight) - i32::from(i)) * 4 + i32::from(scale);
        value = value.checked_add(match u32::try_from(power) {
            Ok(power) => group.checked_mul(10_i128.checked_pow(power)?)?,
            Err(_) => group / 10_i128.checked_pow(power.unsigned_abs())?,
        })?;
    }
    Some(if sign == 0x4000 { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_postgres_writes_them() {
        let check = |value: i128, scale: u8, groups: &[u16], weight: i16, sign: u16| {
            let mut out = Vec::new();
            encode(value, scale, &mut out);
            let words: Vec<u16> = out.chunks(2).map(|word| u16::from_be_bytes([word[0], word[1]])).collect();
            let mut expected = vec![groups.len() as u16, weight.cast_unsigned(), sign, u16::from(scale)];
            expected.extend_from_slice(groups);
            assert_eq!(words, expected, "{value} / 10^{scale}");
        };
        check(0, 2, &[], 0, 0);
        check(1, 0, &[1], 0, 0);
        check(123_456_789, 0, &[1, 2345, 6789], 2, 0);
        check(-31_270, 2, &[312, 7000], 0, 0x4000);
        check(5, 3, &[50], -1, 0);
        check(5, 6, &[500], -2, 0);
        check(10_000, 0, &[1], 1, 0);
        check(12_345, 4, &[1, 2345], 0, 0);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for value in [0, 1, -1, 9999, 10_000, -31_270, 123_456_789, i128::from(i64::MAX), 10_i128.pow(38) - 1]
        {
            for scale in [0, 1, 2, 4, 7, 30] {
                let mut out = Vec::new();
                encode(value, scale, &mut out);
                assert_eq!(decode(&out, scale), Some(value), "{value} / 10^{scale}");
            }
        }
        assert_eq!(decode(&[0, 0, 0, 0, 0xc0, 0, 0, 0], 2), None);
        assert_eq!(decode(&[0, 1], 2), None);
    }
}
