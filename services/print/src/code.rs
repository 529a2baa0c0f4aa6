//! QR codes as squares.

use crate::PrintError;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of a code that are dark, as runs: line, first column, how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Squares {
    /// Modules of a side, without the quiet zone.
    pub(crate) side: usize,
    pub(crate) runs: Vec<(usize, usize, usize)>,
}

impl Squares {
    /// The code of a text, readable with a seventh of it damaged (level M of ISO/IEC 18004).
    pub(crate) fn of(payload: &str) -> Result<Squares, PrintError> {
        let code = QrCode::with_error_correction_level(payload.as_bytes(), EcLevel::M)
            .map_err(|_| PrintError::CodeTooLong)?;
        let side = code.width();
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (at, _) in code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark) {
            let (line, column) = (at / side, at % side);
            match runs.last_mut() {
                Some((last, first, length)) if *last == line && *first + *length == column => *length += 1,
                _ => runs.push((line, column, 1)),
            }
        }
        Ok(Squares { side, runs })
    }
}
