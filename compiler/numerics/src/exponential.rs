//! The matrix exponential, for the propagators of linear equations.
//!
//! Scaling and squaring of `e^A − 1`, which keeps what is small beside 1 (Higham, Functions of Matrices, 2008, chapter 10), with a Taylor
//! polynomial: only sums and products, so that what is zero by structure stays exactly zero. Single numbers go by the scalar functions of
//! the step program, which are the same on every machine.

use neuro_mathematics::{Elementary, Evaluate};

/// A square matrix, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    /// Rows and columns.
    pub(crate) size: usize,
    /// The entries.
    pub(crate) entries: Vec<f64>,
}

impl Matrix {
    /// All entries 0.
    pub(crate) fn zero(size: usize) -> Self {
        Self { size, entries: vec![0.0; size * size] }
    }

    /// The unit matrix.
    pub(crate) fn unit(size: usize) -> Self {
        let mut unit = Self::zero(size);
        (0..size).for_each(|at| unit.set(at, at, 1.0));
        unit
    }

    /// An entry.
    pub(crate) fn get(&self, row: usize, column: usize) -> f64 {
        self.entries[row * self.size + column]
    }

    /// Sets an entry.
    pub(crate) fn set(&mut self, row: usize, column: usize, value: f64) {
        self.entries[row * self.size + column] = value;
    }

    /// The greatest sum of absolute values of a row.
    pub(crate) fn norm(&self) -> f64 {
        self.entries.chunks(self.size.max(1)).map(|row| row.iter().map(|entry| entry.abs()).sum()).fold(0.0, f64::max)
    }

    /// About the least norm that it has in units of the states' own: that of `D⁻¹ A D`, D a diagonal of powers of two, which rounds nothing
    /// (Osborne, J. ACM 7, 1960). In SI units a current in amperes drives a voltage in volts by 1/farads, which says nothing of how fast they are.
    pub(crate) fn balanced_norm(&self) -> f64 {
        const SWEEPS: usize = 64;
        let mut scaled = self.clone();
        let fastest = (0..self.size).map(|at| self.get(at, at).abs()).fold(0.0, f64::max);
        let mut least = self.norm();
        for _ in 0..SWEEPS {
            let mut changed = false;
            for at in 0..self.size {
                let factor = scaled.factor(at, fastest);
                if factor != 1.0 {
                    scaled.grow(at, factor);
                    changed = true;
                }
            }
            least = least.min(scaled.norm());
            if !changed {
                break;
            }
        }
        least
    }

    /// By which power of two a state's unit should shrink: so that what drives it is as much as what it drives; if there is only one of the
    /// two, so that it is small beside the fastest rate.
    fn factor(&self, at: usize, fastest: f64) -> f64 {
        let others = || (0..self.size).filter(|other| *other != at);
        let driven: f64 = others().map(|other| self.get(at, other).abs()).sum();
        let drives: f64 = others().map(|other| self.get(other, at).abs()).sum();
        let small = fastest / 4.0;
        let wanted = match (driven > 0.0, drives > 0.0) {
            (true, true) => (driven / drives).sqrt(),
            (true, false) if small > 0.0 => (driven / small).max(1.0),
            (false, true) if small > 0.0 => (small / drives).min(1.0),
            _ => 1.0,
        };
        // Less than a factor of two is not worth a change; the nearest power else.
        if !wanted.is_finite() || wanted == 0.0 || (0.5..=2.0).contains(&wanted) {
            return 1.0;
        }
        let bits = wanted.to_bits() >> 52 << 52;
        f64::from_bits(bits)
    }

    /// A smaller unit of a state: its number grows, so what drives it does less, and it does more.
    fn grow(&mut self, at: usize, factor: f64) {
        for other in (0..self.size).filter(|other| *other != at) {
            self.set(at, other, self.get(at, other) / factor);
            self.set(other, at, self.get(other, at) * factor);
        }
    }

    /// Each entry times a number.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        Self { size: self.size, entries: self.entries.iter().map(|entry| entry * factor).collect() }
    }

    /// The sum of two.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let entries = self.entries.iter().zip(&other.entries).map(|(left, right)| left + right).collect();
        Self { size: self.size, entries }
    }

    /// The product of two. Terms with a zero on the left are left out.
    pub(crate) fn times(&self, other: &Self) -> Self {
        let size = self.size;
        let mut product = Self::zero(size);
        for (left_row, row) in self.entries.chunks(size.max(1)).zip(product.entries.chunks_mut(size.max(1))) {
            for (left, right_row) in left_row.iter().zip(other.entries.chunks(size.max(1))) {
                if *left != 0.0 {
                    row.iter_mut().zip(right_row).for_each(|(sum, right)| *sum += left * right);
                }
            }
        }
        product
    }
}

/// `e^A − 1`.
pub(crate) fn expm1(matrix: &Matrix) -> Matrix {
    // With a norm below 1/2 the term of order 18 is below 0.5^18/18! = 6e-22.
    const TERMS: u32 = 18;
    let norm = matrix.balanced_norm();
    if !norm.is_finite() {
        return matrix.scaled(f64::NAN);
    }
    let (mut squarings, mut scale) = (0, 1.0);
    while norm * scale > 0.5 {
        squarings += 1;
        scale *= 0.5;
    }
    let small = matrix.scaled(scale);
    // Horner: a(1 + a/2(1 + a/3(…)))
    let unit = Matrix::unit(matrix.size);
    let mut inner = unit.clone();
    for term in (2..=TERMS).rev() {
        inner = unit.plus(&small.times(&inner).scaled(1.0 / f64::from(term)));
    }
    let mut result = small.times(&inner);
    for _ in 0..squarings {
        result = result.scaled(2.0).plus(&result.times(&result));
        scale *= 2.0;
        restore_diagonal(matrix, &mut result, scale);
    }
    result
}

/// Where a state neither drives nor is driven by a loop, its own entry is the scalar exponential: no squaring error (Al-Mohy and Higham,
/// SIAM J. Matrix Anal. Appl. 31, 2009, do so for triangular matrices).
fn restore_diagonal(matrix: &Matrix, result: &mut Matrix, scale: f64) {
    if lower_triangular(matrix) || upper_triangular(matrix) {
        for at in 0..matrix.size {
            result.set(at, at, Evaluate::<f64>::new().expm1(matrix.get(at, at) * scale));
        }
    }
}

fn lower_triangular(matrix: &Matrix) -> bool {
    (0..matrix.size).all(|row| (row + 1..matrix.size).all(|column| matrix.get(row, column) == 0.0))
}

fn upper_triangular(matrix: &Matrix) -> bool {
    (0..matrix.size).all(|row| (0..row).all(|column| matrix.get(row, column) == 0.0))
}

/// Of `x' = A x + u` with u constant: `x⁺ = P x + Q u` after a time. P and Q.
pub(crate) fn propagator(matrix: &Matrix, time: f64) -> (Matrix, Matrix) {
    let size = matrix.size;
    if let [rate] = matrix.entries[..] {
        let mut arithmetic = Evaluate::<f64>::new();
        let one = |entry| Matrix { size: 1, entries: vec![entry] };
        return (one(arithmetic.exp(rate * time)), one(time * arithmetic.exprel(rate * time)));
    }
    let mut augmented = Matrix::zero(2 * size);
    for row in 0..size {
        for column in 0..size {
            augmented.set(row, column, matrix.get(row, column) * time);
        }
        augmented.set(row, size + row, time);
    }
    let whole = expm1(&augmented);
    let mut state = Matrix::unit(size);
    let mut input = Matrix::zero(size);
    for row in 0..size {
        for column in 0..size {
            state.set(row, column, state.get(row, column) + whole.get(row, column));
            input.set(row, column, whole.get(row, size + column));
        }
    }
    (state, input)
}

/// The greatest absolute value of an eigenvalue, by squaring: ρ = lim ‖M^k‖^(1/k) (Gelfand).
pub(crate) fn spectral_radius(matrix: &Matrix) -> f64 {
    const SQUARINGS: usize = 40;
    let mut arithmetic = Evaluate::<f64>::new();
    let (mut power, mut logarithm, mut share) = (matrix.clone(), 0.0, 1.0);
    for _ in 0..SQUARINGS {
        let norm = power.norm();
        if norm == 0.0 || !norm.is_finite() {
            return norm;
        }
        logarithm += share * arithmetic.log(norm);
        share *= 0.5;
        power = power.scaled(1.0 / norm);
        power = power.times(&power);
    }
    arithmetic.exp(logarithm)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]
mod tests {
    use super::*;

    fn matrix(size: usize, entries: &[f64]) -> Matrix {
        Matrix { size, entries: entries.to_vec() }
    }

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-14 * right.abs().max(1.0), "{left} is not {right}");
    }

    #[test]
    fn one_number() {
        let (state, input) = propagator(&matrix(1, &[-100.0]), 1e-4);
        close(state.get(0, 0), (-0.01_f64).exp());
        close(input.get(0, 0) / 1e-4, (-0.01_f64).exp_m1() / -0.01);
    }

    #[test]
    fn a_synapse_and_a_membrane() {
        // g' = -g/5, v' = (g - v)/20: v gets (e^{-t/20} - e^{-t/5})·5/15·… (Rotter and Diesmann, 1999).
        let (tau_g, tau_v, time) = (5.0, 20.0, 3.0);
        let (state, _) = propagator(&matrix(2, &[-1.0 / tau_g, 0.0, 1.0 / tau_v, -1.0 / tau_v]), time);
        let expected = tau_g / (tau_v - tau_g) * ((-time / tau_v).exp() - (-time / tau_g).exp());
        close(state.get(1, 0), expected);
        assert_eq!(state.get(0, 1), 0.0);
        close(state.get(1, 1), (-time / tau_v).exp());
    }

    #[test]
    fn equal_time_constants_are_the_alpha_function() {
        let (state, _) = propagator(&matrix(2, &[-0.2, 0.0, 1.0, -0.2]), 7.0);
        close(state.get(1, 0), 7.0 * (-1.4_f64).exp());
    }

    #[test]
    fn a_rotation() {
        let (state, input) = propagator(&matrix(2, &[0.0, 2.0, -2.0, 0.0]), 3.0);
        close(state.get(0, 0), 6.0_f64.cos());
        close(state.get(0, 1), 6.0_f64.sin());
        close(input.get(0, 0), 6.0_f64.sin() / 2.0);
    }

    #[test]
    fn stiff_and_slow_together() {
        let (state, input) = propagator(&matrix(2, &[-1e6, 0.0, 0.0, -1e-3]), 1e-1);
        assert!(state.get(0, 0).abs() < 1e-300);
        close(state.get(1, 1), (-1e-4_f64).exp());
        close(input.get(0, 0) * 1e6, 1.0);
    }

    #[test]
    fn units_do_not_make_a_system_fast() {
        // A current of the form of an alpha function into a membrane of 250 pF: x in A/s, i in A, v in V.
        let chain = matrix(3, &[-500.0, 0.0, 0.0, 1.0, -500.0, 0.0, 0.0, 4e9, -100.0]);
        assert!(chain.norm() > 1e9 && chain.balanced_norm() < 1000.0, "{}", chain.balanced_norm());
        // A rotation with a capacitance: 2 pi 100 Hz.
        let coil = matrix(2, &[0.0, 4e9, -1e-4, 0.0]);
        assert!(coil.balanced_norm() < 1500.0, "{}", coil.balanced_norm());
        // What has natural units keeps its norm.
        let plain = matrix(2, &[-200.0, 0.0, 50.0, -50.0]);
        assert!(plain.balanced_norm() <= plain.norm() && plain.balanced_norm() >= 200.0);
        let (state, _) = propagator(&chain, 4e-3);
        let b = 500.0_f64 - 100.0;
        let expected = 4e9 * ((-0.4_f64).exp() - (-2.0_f64).exp() * (1.0 + b * 4e-3)) / (b * b);
        assert!((state.get(2, 0) / expected - 1.0).abs() < 1e-13, "{} is not {expected}", state.get(2, 0));
    }

    #[test]
    fn radius_of_complex_eigenvalues() {
        assert!((spectral_radius(&matrix(2, &[0.6, -0.8, 0.8, 0.6])) - 1.0).abs() < 1e-9);
        assert!((spectral_radius(&matrix(2, &[0.5, 100.0, 0.0, 0.25])) - 0.5).abs() < 1e-9);
    }
}
