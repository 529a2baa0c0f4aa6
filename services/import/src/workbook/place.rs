//! Places of cells, as `C5`.

/// A row and a column, the row from 1 as shown, the column from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) column: usize,
}

impl Place {
    /// Parses a place of a sheet; it may be as far as XFD1048576, or farther.
    pub(super) fn parse(text: &str) -> Option<Place> {
        let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
        let (letters, digits) = text.split_at_checked(letters)?;
        let is_place = (1..=3).contains(&letters.len())
            && (1..=7).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let column = letters.bytes().fold(0, |column, letter| column * 26 + usize::from(letter - b'A') + 1);
        let row = digits.parse().ok().filter(|row| *row > 0)?;
        is_place.then_some(Place { row, column: column.checked_sub(1)? })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut letters = Vec::new();
        let mut rest = self.column + 1;
        while rest > 0 {
            rest -= 1;
            letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
            rest /= 26;
        }
        let letters: String = letters.iter().rev().collect();
        write!(f, "{letters}{}", self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for (text, row, column) in
            [("A1", 1, 0), ("Z9", 9, 25), ("AA10", 10, 26), ("XFD1048576", 1_048_576, 16_383)]
        {
            let place = Place::parse(text).unwrap();
            assert_eq!((place.row, place.column, place.to_string().as_str()), (row, column, text));
        }
        for text in ["", "A", "1", "A0", "a1", "A1B", "AAAA1", "A12345678", "A-1", "é1"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
