//! How good a share is at the least, by what was counted.

/// Halvings of the interval: 40 leave less than a billionth.
const HALVINGS: usize = 40;

/// Terms of the continued fraction at the most; it ends long before where it converges.
const MOST_TERMS: u32 = 400;

/// The value that the share of successes is above with probability `1 - q`, by Jeffreys: the
/// quantile of Beta(`right` + 1/2, `all` - `right` + 1/2).
///
/// ```
/// use guildhall_verdict::lower_bound;
///
/// assert!(lower_bound(58.8, 60.0, 0.05) > 0.93);
/// assert!(lower_bound(9.0, 10.0, 0.05) < 0.7);
/// ```
pub fn lower_bound(right: f64, all: f64, q: f64) -> f64 {
    let (a, b) = (right + 0.5, (all - right).max(0.0) + 0.5);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if incomplete_beta(a, b, middle) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The regularised incomplete beta function.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    // The fraction converges fast on this side alone.
    if x < (a + 1.0) / (a + b + 2.0) {
        log.exp() * fraction(a, b, x) / a
    } else {
        1.0 - log.exp() * fraction(b, a, 1.0 - x) / b
    }
}

/// Lentz's way of evaluating the continued fraction.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-30;
    let turned = |d: f64| 1.0 / if d.abs() > TINY { d } else { TINY };
    let mut c = 1.0;
    let mut d = turned(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for term in 1..MOST_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = turned(1.0 + even * d);
        c = 1.0 + even / c;
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = turned(1.0 + odd * d);
        c = 1.0 + odd / c;
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-10 {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function for positive arguments, by Lanczos.
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let mut sum = 0.999_999_999_999_809_9;
    for (at, term) in (1_u32..).zip(TERMS) {
        sum += term / (x + f64::from(at));
    }
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_that_of_tables() {
        // Beta(1, 1) is uniform, and Beta(1/2, 1/2) the arcsine law.
        assert!((incomplete_beta(1.0, 1.0, 0.3) - 0.3).abs() < 1e-9);
        let arcsine = 2.0 / std::f64::consts::PI * 0.2_f64.sqrt().asin();
        assert!((incomplete_beta(0.5, 0.5, 0.2) - arcsine).abs() < 1e-9);
        // Whole parameters are a sum over the binomial law.
        assert!((incomplete_beta(2.0, 3.0, 0.4) - 0.5248).abs() < 1e-9);
        assert!((ln_gamma(5.0) - 24.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn more_that_was_right_never_lowers_the_bound() {
        for all in [1.0, 7.0, 100.0, 5_000.0] {
            let mut last = 0.0;
            for step in 0..=10 {
                let bound = lower_bound(all * f64::from(step) / 10.0, all, 0.025);
                assert!(bound >= last, "{all} {step}");
                last = bound;
            }
            assert!(last < 1.0);
            assert!(lower_bound(all + 1.0, all + 1.0, 0.025) > last);
        }
    }
}
