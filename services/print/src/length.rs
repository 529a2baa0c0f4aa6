//! Lengths in whole hundredths of a point (1/7200 inch), so that a page comes out the same everywhere.

use std::ops::{Add, AddAssign, Mul, Sub};

/// A length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Length(pub(crate) i32);

impl Length {
    pub(crate) const ZERO: Length = Length(0);

    /// Tenths of a point.
    pub(crate) const fn tenths(tenths: i32) -> Length {
        Length(tenths * 10)
    }

    /// Millimetres, rounded down to a hundredth of a point.
    pub(crate) const fn mm(mm: i32) -> Length {
        Length(mm * 720_000 / 2_540)
    }

    /// Half of it.
    pub(crate) fn half(self) -> Length {
        Length(self.0 / 2)
    }

    /// So many thousandths of it: a glyph's advance at this size.
    pub(crate) fn thousandths(self, parts: i32) -> Length {
        let product = i64::from(self.0) * i64::from(parts) / 1_000;
        Length(i32::try_from(product).unwrap_or(i32::MAX))
    }

    /// The share of it that one has among all.
    pub(crate) fn share(self, one: u32, all: u32) -> Length {
        let product = i64::from(self.0) * i64::from(one) / i64::from(all.max(1));
        Length(i32::try_from(product).unwrap_or(i32::MAX))
    }

    /// In points, as PDF counts.
    #[expect(clippy::float_arithmetic, reason = "PDF counts in points with a fraction")]
    pub(crate) fn points(self) -> f32 {
        self.0 as f32 / 100.0
    }
}

impl Add for Length {
    type Output = Length;

    fn add(self, other: Length) -> Length {
        Length(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Length) {
        *self = *self + other;
    }
}

impl Sub for Length {
    type Output = Length;

    fn sub(self, other: Length) -> Length {
        Length(self.0.saturating_sub(other.0))
    }
}

impl Mul<usize> for Length {
    type Output = Length;

    fn mul(self, times: usize) -> Length {
        Length(self.0.saturating_mul(i32::try_from(times).unwrap_or(i32::MAX)))
    }
}
