//! What a relation's confidence means.
//!
//! The product of a rule's belief, the way to both ends and the tagger's and linker's scores orders relations, but is no
//! probability: nearly all of those with 0.8 are right. So it is mapped to the share of right ones among relations of the same
//! product that people have read: 378 of `tests/facts`, 346 of other articles and, of 8,500 relations from 24,000 sentences of
//! world news, 136 drawn from all ranges. Between the knots the map is linear, as in isotonic regression (Zadrozny and Elkan,
//! "Transforming classifier scores into accurate multiclass probability estimates", 2002); it never falls, so that the order
//! stays.

/// Product, and the share of relations with it that are right.
const KNOTS: [(f32, f32); 9] = [
    (0.0, 0.2),
    (0.35, 0.5),
    (0.45, 0.62),
    (0.55, 0.75),
    (0.65, 0.9),
    (0.75, 0.95),
    (0.85, 0.965),
    (0.9, 0.98),
    (1.0, 0.99),
];

/// The share of right relations among those with this product of beliefs.
pub(super) fn calibrated(product: f32) -> f32 {
    let product = product.clamp(0.0, 1.0);
    KNOTS
        .windows(2)
        .find_map(|pair| match *pair {
            [(x0, y0), (x1, y1)] if product <= x1 => Some(y0 + (y1 - y0) * (product - x0) / (x1 - x0)),
            _ => None,
        })
        .unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn knots_are_met() {
        for (product, share) in KNOTS {
            assert!((calibrated(product) - share).abs() < 1e-6);
        }
        assert!(calibrated(-1.0) >= 0.0 && calibrated(2.0) <= 1.0);
    }

    proptest! {
        #[test]
        fn the_order_stays(a in 0.0_f32..1.0, b in 0.0_f32..1.0) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(calibrated(low) <= calibrated(high));
        }
    }
}
