//! Many comparisons at once: which of them to believe.

/// The Benjamini–Hochberg q-value of each p-value: the share of false finds among all that are as sure or surer.
pub fn q_values(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut q_values = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, place) in order.iter().enumerate().rev() {
        #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 comparisons")]
        let q = p_values[*place] * p_values.len() as f64 / (rank + 1) as f64;
        least = least.min(q);
        q_values[*place] = least;
    }
    q_values
}
