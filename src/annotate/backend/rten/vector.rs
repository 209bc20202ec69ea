//! The encoder's work between the matrix products, vectorized for the machine at hand.
//!
//! The loops are plain Rust over arrays of [`LANES`] values; [`pulp`] compiles each function once for every instruction
//! set (AVX-512, AVX2, NEON, none) and picks one at run time. All of them give the same bits: sums run in lanes of the
//! same width everywhere, and rounding does not differ between them.

#![allow(clippy::inline_always, reason = "only what is inlined into a call is compiled for its instruction set")]

use pulp::{Arch, NullaryFnOnce};

use super::weights::{LANES, Norm, Quantized};

/// Queries that attend at once, so that a key is loaded once for all of them.
const QUERIES: usize = 4;

/// Added to a small float, it moves its integer part into the lowest bits (1.5 x 2^23).
const MAGIC: f32 = 12_582_912.0;

/// Declares functions whose bodies are compiled for every instruction set.
macro_rules! vectorized {
    ($($(#[$doc:meta])* fn $name:ident<'a>($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block)+) => {$(
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "a kernel is handed all that it reads and writes")]
        pub(super) fn $name<'a>($($arg: $type),*) $(-> $out)? {
            struct Call<'a> { $($arg: $type),* }
            impl<'a> NullaryFnOnce for Call<'a> {
                type Output = vectorized!(@out $($out)?);

                // Only what is inlined here is compiled for the instruction set.
                #[inline(always)]
                #[allow(clippy::unused_unit)]
                fn call(self) -> Self::Output {
                    let Self { $($arg),* } = self;
                    $body
                }
            }
            Arch::new().dispatch(Call { $($arg),* })
        }
    )+};
    (@out) => { () };
    (@out $out:ty) => { $out };
}

/// Rows of bytes (`quantize`) times a layer's weights, as whole numbers.
#[derive(Clone, Copy)]
pub(super) struct Products<'a> {
    /// Rows x the layer's columns.
    pub(super) sums: &'a [i32],
    /// Scale and zero point of every row.
    pub(super) scales: &'a [f32],
    pub(super) zeros: &'a [u8],
}

impl<'a> Products<'a> {
    /// The values: `scale of the row * (sum - zero point * sum of the weights) * scale of the column + bias`.
    #[inline(always)]
    fn rows(self, layer: &'a Quantized) -> impl Iterator<Item = impl Iterator<Item = f32> + 'a> + 'a {
        let rows = self.sums.chunks_exact(layer.scales.len()).zip(self.scales).zip(self.zeros);
        rows.map(move |((sums, row_scale), zero)| {
            let row_shift = row_scale * f32::from(*zero);
            let columns = sums.iter().zip(&layer.scales).zip(&layer.shifts).zip(&layer.bias);
            columns.map(move |(((sum, scale), shift), bias)| {
                (*sum as f32).mul_add(row_scale * scale, shift.mul_add(row_shift, *bias))
            })
        })
    }
}

type Lanes = [f32; LANES];

/// The greater value. `f32::max` would spend three instructions on being symmetric in NaN.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn within(x: f32, low: f32, high: f32) -> f32 {
    lesser(greater(x, low), high)
}

#[inline(always)]
fn lanes(values: &[f32], at: usize) -> Lanes {
    let mut out = [0.0; LANES];
    out.copy_from_slice(&values[at..at + LANES]);
    out
}

/// All lanes into one, halves onto halves.
#[inline(always)]
fn reduce(mut lanes: Lanes, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            lanes[l] = join(lanes[l], lanes[l + half]);
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn sum(lanes: Lanes) -> f32 {
    reduce(lanes, |a, b| a + b)
}

/// Mean 0, variance 1, then the learned scale and shift (Ba et al., 2016).
#[inline(always)]
fn normalized(row: &mut [f32], norm: &Norm) {
    let n = row.len() as f32;
    let mut total = [0.0; LANES];
    for chunk in row.chunks_exact(LANES) {
        for l in 0..LANES {
            total[l] += chunk[l];
        }
    }
    let mean = sum(total) / n;
    let mut total = [0.0; LANES];
    for chunk in row.chunks_exact(LANES) {
        for l in 0..LANES {
            let d = chunk[l] - mean;
            total[l] = d.mul_add(d, total[l]);
        }
    }
    let inverse = 1.0 / (sum(total) / n + norm.epsilon).sqrt();
    for ((x, w), b) in row.iter_mut().zip(&norm.weight).zip(&norm.bias) {
        *x = ((*x - mean) * inverse).mul_add(*w, *b);
    }
}

/// `e^x` for `x <= 0`, to 2 units in the last place: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes, Moshier).
#[inline(always)]
fn exp(x: f32) -> f32 {
    const COEFFICIENTS: [f32; 6] = [1.987_569_2e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1];
    let x = greater(x, -87.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    let mut p = COEFFICIENTS[0];
    for c in &COEFFICIENTS[1..] {
        p = p.mul_add(r, *c);
    }
    let p = (p * r).mul_add(r, r + 1.0);
    f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// `x` times the normal distribution function of `x` (Hendrycks and Gimpel, 2016), with the error function as a
/// quotient of polynomials (the one of Eigen and XLA).
#[inline(always)]
fn gelu(x: f32) -> f32 {
    const ABOVE: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_6e-5,
        -7.349_906_4e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const BELOW: [f32; 5] = [-1.456_607_2e-5, -2.133_740_5e-4, -1.682_827e-3, -7.373_329_3e-3, -1.426_474e-2];
    let z = within(x * std::f32::consts::FRAC_1_SQRT_2, -4.0, 4.0);
    let z2 = z * z;
    let mut above = ABOVE[0];
    for c in &ABOVE[1..] {
        above = above.mul_add(z2, *c);
    }
    let mut below = BELOW[0];
    for c in &BELOW[1..] {
        below = below.mul_add(z2, *c);
    }
    let half = 0.5 * x;
    half.mul_add(z * above / below, half)
}

vectorized! {
    /// Rows of `values` (rows x columns) to bytes, each row with a scale and a zero point of its own, so that a row's
    /// bytes do not depend on its neighbours: `value * factor = scale * (byte - zero point)`.
    fn quantize<'a>(
        values: &'a [f32],
        factors: Option<&'a [f32]>,
        n_columns: usize,
        bytes: &'a mut [u8],
        scales: &'a mut [f32],
        zeros: &'a mut [u8],
    ) {
        let rows = values.chunks_exact(n_columns).zip(bytes.chunks_exact_mut(n_columns));
        for ((row, bytes), (scale, zero)) in rows.zip(scales.iter_mut().zip(zeros)) {
            let (mut low, mut high) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            for at in (0..n_columns).step_by(LANES) {
                let mut values = lanes(row, at);
                if let Some(factors) = factors {
                    let factors = lanes(factors, at);
                    for l in 0..LANES {
                        values[l] *= factors[l];
                    }
                }
                // Apart: one loop over both is compiled to shuffles.
                for l in 0..LANES {
                    low[l] = lesser(low[l], values[l]);
                }
                for l in 0..LANES {
                    high[l] = greater(high[l], values[l]);
                }
            }
            let (low, high) = (reduce(low, lesser), reduce(high, greater));
            *scale = ((high - low) / 255.0).max(f32::MIN_POSITIVE);
            let inverse = 1.0 / *scale;
            let shift = (-low * inverse).round_ties_even();
            *zero = shift as u8;
            match factors {
                Some(factors) => {
                    for ((byte, x), f) in bytes.iter_mut().zip(row).zip(factors) {
                        let moved = within((*x * *f).mul_add(inverse, shift), 0.0, 255.0) + MAGIC;
                        *byte = moved.to_bits() as u8;
                    }
                }
                None => {
                    for (byte, x) in bytes.iter_mut().zip(row) {
                        *byte = (within(x.mul_add(inverse, shift), 0.0, 255.0) + MAGIC).to_bits() as u8;
                    }
                }
            }
        }
    }

    /// Products of bytes back to floats.
    fn dequantize<'a>(
        products: Products<'a>,
        layer: &'a Quantized,
        out: &'a mut [f32],
    ) {
        for (row, out) in products.rows(layer).zip(out.chunks_exact_mut(layer.scales.len())) {
            for (out, value) in out.iter_mut().zip(row) {
                *out = value;
            }
        }
    }

    /// As [`dequantize`], then GELU.
    fn dequantize_gelu<'a>(
        products: Products<'a>,
        layer: &'a Quantized,
        out: &'a mut [f32],
    ) {
        for (row, out) in products.rows(layer).zip(out.chunks_exact_mut(layer.scales.len())) {
            for (out, value) in out.iter_mut().zip(row) {
                *out = gelu(value);
            }
        }
    }

    /// As [`dequantize`], added to what is in `rows`, then normalized.
    fn dequantize_add_norm<'a>(
        products: Products<'a>,
        layer: &'a Quantized,
        norm: &'a Norm,
        rows: &'a mut [f32],
    ) {
        for (row, out) in products.rows(layer).zip(rows.chunks_exact_mut(layer.scales.len())) {
            for (out, value) in out.iter_mut().zip(row) {
                *out += value;
            }
            normalized(out, norm);
        }
    }

    /// One input row: the word piece's vector (bytes), the position's and the shape's, normalized.
    fn embed<'a>(
        piece: &'a [u8],
        scale: f32,
        zero: f32,
        position: &'a [f32],
        shape: &'a [f32],
        norm: &'a Norm,
        out: &'a mut [f32],
    ) {
        for (((out, byte), position), shape) in out.iter_mut().zip(piece).zip(position).zip(shape) {
            *out = (f32::from(*byte) - zero) * scale + position + shape;
        }
        normalized(out, norm);
    }

    /// One head of scaled dot product attention (Vaswani et al., 2017) over one sequence.
    ///
    /// `qkv` holds a row of `3 * width` for every piece: queries (scaled already), keys, values; the head's part of each
    /// begins at `head`. The answers for `queries` go to their `head` columns of `out`, a row of `width` for each.
    /// `keys` and `scores` are room to work in.
    fn attend<'a>(
        qkv: &'a [f32],
        width: usize,
        head: usize,
        head_width: usize,
        queries: &'a [usize],
        keys: &'a mut Vec<f32>,
        scores: &'a mut Vec<f32>,
        out: &'a mut [f32],
    ) {
        let n = qkv.len() / (3 * width);
        let padded = n.next_multiple_of(LANES);
        let block_size = head_width * LANES;
        keys.resize(padded * head_width, 0.0);
        scores.resize(QUERIES * padded, 0.0);
        let (keys, scores) = (&mut keys[..], &mut scores[..]);
        // Blocks of keys, each turned: dimensions x keys. Those beyond the end are never asked for their values.
        for (block, rows) in keys.chunks_exact_mut(block_size).zip(qkv.chunks(3 * width * LANES)) {
            for (l, row) in rows.chunks_exact(3 * width).enumerate() {
                let key = &row[width + head..][..head_width];
                for (turned, k) in block.chunks_exact_mut(LANES).zip(key) {
                    turned[l] = *k;
                }
            }
        }
        for (asking, out) in queries.chunks(QUERIES).zip(out.chunks_mut(QUERIES * width)) {
            let query = |q: usize| &qkv[asking[q.min(asking.len() - 1)] * 3 * width + head..][..head_width];
            let asked = [query(0), query(1), query(2), query(3)];
            for (b, block) in keys.chunks_exact(block_size).enumerate() {
                let mut sums = [[0.0_f32; LANES]; QUERIES];
                let asked = asked[0].iter().zip(asked[1]).zip(asked[2]).zip(asked[3]);
                for (keys, (((q0, q1), q2), q3)) in block.chunks_exact(LANES).zip(asked) {
                    let keys = lanes(keys, 0);
                    for (sums, asked) in sums.iter_mut().zip([q0, q1, q2, q3]) {
                        for l in 0..LANES {
                            sums[l] = asked.mul_add(keys[l], sums[l]);
                        }
                    }
                }
                for (q, sums) in sums.iter().enumerate() {
                    scores[q * padded + b * LANES..][..LANES].copy_from_slice(sums);
                }
            }
            let mut inverse = [0.0_f32; QUERIES];
            for (scores, inverse) in scores.chunks_exact_mut(padded).zip(&mut inverse) {
                scores[n..].fill(f32::NEG_INFINITY);
                let mut top = [f32::NEG_INFINITY; LANES];
                for chunk in scores.chunks_exact(LANES) {
                    for l in 0..LANES {
                        top[l] = greater(top[l], chunk[l]);
                    }
                }
                let top = reduce(top, greater);
                let mut total = [0.0; LANES];
                for chunk in scores.chunks_exact_mut(LANES) {
                    for l in 0..LANES {
                        chunk[l] = exp(chunk[l] - top);
                        total[l] += chunk[l];
                    }
                }
                *inverse = 1.0 / sum(total);
            }
            let (first, rest) = scores.split_at(padded);
            let (second, rest) = rest.split_at(padded);
            let (third, fourth) = rest.split_at(padded);
            for at in (0..head_width).step_by(LANES) {
                let mut sums = [[0.0_f32; LANES]; QUERIES];
                let weights = first.iter().zip(second).zip(third).zip(fourth);
                for (row, (((w0, w1), w2), w3)) in qkv.chunks_exact(3 * width).zip(weights) {
                    let values = lanes(row, 2 * width + head + at);
                    for (sums, weight) in sums.iter_mut().zip([w0, w1, w2, w3]) {
                        for l in 0..LANES {
                            sums[l] = weight.mul_add(values[l], sums[l]);
                        }
                    }
                }
                for ((row, sums), inverse) in out.chunks_exact_mut(width).zip(&sums).zip(inverse) {
                    let row = &mut row[head + at..][..LANES];
                    for l in 0..LANES {
                        row[l] = sums[l] * inverse;
                    }
                }
            }
        }
    }

    /// What a bilinear layer says of arcs: for every label the dependent's products (labels x width) times the governor,
    /// onto `out` (arcs x labels).
    fn bilinear<'a>(
        products: Products<'a>,
        layer: &'a Quantized,
        governors: &'a [f32],
        width: usize,
        out: &'a mut [f32],
    ) {
        let n_columns = layer.scales.len();
        let arcs = products.sums.chunks_exact(n_columns).zip(products.scales).zip(products.zeros);
        let ends = governors.chunks_exact(width).zip(out.chunks_exact_mut(n_columns / width));
        for (((sums, scale), zero), (governor, out)) in arcs.zip(ends) {
            let zero = f32::from(*zero);
            for (label, out) in out.iter_mut().enumerate() {
                let mut total = [0.0_f32; LANES];
                for at in (0..width).step_by(LANES) {
                    let column = label * width + at;
                    let (scales, shifts) = (lanes(&layer.scales, column), lanes(&layer.shifts, column));
                    let (sums, governor) = (&sums[column..column + LANES], lanes(governor, at));
                    for l in 0..LANES {
                        let product = (sums[l] as f32).mul_add(scales[l], zero * shifts[l]);
                        total[l] = product.mul_add(governor[l], total[l]);
                    }
                }
                *out += sum(total) * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error function by its series (Abramowitz and Stegun, 7.1.6).
    fn erf(x: f64) -> f64 {
        let mut term = x;
        let mut total = x;
        for n in 1..200 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            total += term;
        }
        total * std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp()
    }

    #[test]
    fn exp_and_gelu_are_close_to_their_definitions() {
        for i in 0..=8700 {
            let x = -f64::from(i) / 100.0;
            let (found, expect) = (f64::from(exp(x as f32)), f64::from(x as f32).exp());
            assert!((found / expect - 1.0).abs() < 3e-7, "{x}: {found} {expect}");
        }
        assert!((exp(0.0) - 1.0).abs() < f32::EPSILON);
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        for i in -1000..=1000 {
            let x = f64::from(i) / 100.0;
            let expect = 0.5 * x * (1.0 + erf(x.clamp(-40.0, 40.0) / 2.0_f64.sqrt()));
            let expect = if x.abs() > 6.0 { x.max(0.0) } else { expect };
            assert!((f64::from(gelu(x as f32)) - expect).abs() < 2e-6 * x.abs().max(1.0), "{x}");
        }
    }

    #[test]
    fn bytes_are_within_half_a_step_of_the_values() {
        let values: Vec<f32> = (0..64).map(|i| ((i * 37 % 64) as f32 - 20.0) / 7.0).collect();
        let factors = [0.5; 32];
        for factors in [None, Some(&factors[..])] {
            let (mut bytes, mut scales, mut zeros) = (vec![0; 64], vec![0.0; 2], vec![0; 2]);
            quantize(&values, factors, 32, &mut bytes, &mut scales, &mut zeros);
            for (i, v) in values.iter().enumerate() {
                let back = scales[i / 32] * (f32::from(bytes[i]) - f32::from(zeros[i / 32]));
                assert!((back - v * factors.map_or(1.0, |f| f[i % 32])).abs() <= 0.501 * scales[i / 32]);
            }
        }
        let (mut bytes, mut scales, mut zeros) = (vec![7; 16], vec![0.0; 1], vec![7; 1]);
        quantize(&[0.0; 16], None, 16, &mut bytes, &mut scales, &mut zeros);
        assert_eq!((bytes, zeros), (vec![0; 16], vec![0]));
        quantize(&[f32::NAN; 16], None, 16, &mut [0; 16], &mut scales, &mut [0]);
    }

    #[test]
    fn attention_is_what_its_definition_says() {
        let (width, head_width) = (64, 32);
        for n in [1, 3, 16, 37] {
            let value = |i: usize| ((i * 7919 % 2001) as f32 - 1000.0) / 700.0;
            let qkv: Vec<f32> = (0..n * 3 * width).map(value).collect();
            let queries: Vec<usize> = (0..n).filter(|q| q % 5 != 3).collect();
            let mut out = vec![f32::NAN; queries.len() * width];
            let (mut keys, mut scores) = (vec![f32::NAN; 9], vec![f32::NAN; 9]);
            for head in [0, 32] {
                attend(&qkv, width, head, head_width, &queries, &mut keys, &mut scores, &mut out);
            }
            for (row, &query) in queries.iter().enumerate() {
                for head in [0, 32] {
                    let part = |i: usize, which: usize| &qkv[(3 * i + which) * width + head..][..head_width];
                    let weight = |j: usize| {
                        let product: f32 = part(query, 0).iter().zip(part(j, 1)).map(|(q, k)| q * k).sum();
                        f64::from(product).exp()
                    };
                    let total: f64 = (0..n).map(weight).sum();
                    for d in 0..head_width {
                        let expect: f64 = (0..n).map(|j| weight(j) / total * f64::from(part(j, 2)[d])).sum();
                        let found = f64::from(out[row * width + head + d]);
                        assert!((found - expect).abs() < 1e-4, "{n} {query} {head} {d}: {found} {expect}");
                    }
                }
            }
        }
    }
}
