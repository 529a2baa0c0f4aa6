//! Durations of ISO 8601 as xAPI takes them (xAPI 1.0.3, Data 4.6): `PT1H30M`, `P1DT2H`, `P2W`.

/// Whole minutes of a duration: seconds are cut off, so that nothing is credited that was not learnt. None where it is no
/// duration, has years or months (which have no length), or is longer than `u32` minutes.
pub(crate) fn minutes(text: &str) -> Option<u32> {
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (text.strip_prefix('P')?, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let units = [('W', 7 * 86_400_000), ('D', 86_400_000)];
    let day_part = milliseconds(days, &units)?;
    if days.contains('W') && (days.contains('D') || !time.is_empty()) {
        return None;
    }
    let time_part = milliseconds(time, &[('H', 3_600_000), ('M', 60_000), ('S', 1_000)])?;
    u32::try_from(day_part.checked_add(time_part)? / 60_000).ok()
}

/// Numbers with units, each unit at most once and in this order; only the last number may have a fraction.
fn milliseconds(mut text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut sum: u64 = 0;
    for (unit, worth) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 9 || (fraction != "0" && !rest.is_empty())
        {
            return None;
        }
        let tenths = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let part = worth.checked_mul(fraction.parse().ok()?)? / tenths;
        sum = sum.checked_add(whole.parse::<u64>().ok()?.checked_mul(*worth)?)?.checked_add(part)?;
        text = rest;
    }
    text.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn durations_are_whole_minutes() {
        let cases = [
            ("PT1H30M", 90),
            ("PT90M", 90),
            ("PT5400S", 90),
            ("PT1.5H", 90),
            ("PT59.99S", 0),
            ("PT1M59S", 1),
            ("P1DT2H", 1_560),
            ("P2W", 20_160),
            ("PT0S", 0),
        ];
        for (text, wanted) in cases {
            assert_eq!(minutes(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_has_no_length_is_none() {
        for text in [
            "",
            "P",
            "PT",
            "P1Y",
            "P1M",
            "1H",
            "PT1H30",
            "PT30M1H",
            "PT1.5H30M",
            "P1WT1H",
            "P1W2D",
            "PT-1H",
            "PT1H ",
            "PT９M",
            "PT99999999999999999999H",
            "PT1.0000000001H",
            "pt1h",
        ] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }
}
