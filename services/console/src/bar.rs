//! Bars beside figures: the chart stands in the table that it draws.

use maud::{Markup, html};

/// A bar as long as its value among the largest; the figure itself stands in the cell beside it.
pub(crate) fn bar(value: u64, largest: u64) -> Markup {
    let length = value.saturating_mul(1_000).checked_div(largest).unwrap_or(0).min(1_000);
    html! {
        svg.bar viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.track x="0" y="0" width="1000" height="20" {}
            rect.value x="0" y="0" width=(length) height="20" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_as_long_as_its_value_and_never_longer_than_its_track() {
        for (value, largest, width) in [(5, 10, 500), (0, 10, 0), (10, 10, 1_000), (11, 10, 1_000), (3, 0, 0)]
        {
            assert!(bar(value, largest).into_string().contains(&format!("width=\"{width}\" height=\"20\"")));
        }
    }
}
