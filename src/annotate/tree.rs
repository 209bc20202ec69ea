//! Maximum spanning trees with exactly one root (Chu and Liu, 1965; Edmonds, 1967).

/// Heads of the best tree: `None` for the root.
///
/// `score(dependent, head)` is a log probability; `head` is `None` for the root. Ties go to the lower index,
/// so the same scores give the same tree on every machine.
pub(super) fn best_tree(n: usize, score: impl Fn(usize, Option<usize>) -> f32) -> Vec<Option<usize>> {
    if n == 0 {
        return Vec::new();
    }
    if let Some(heads) = best_heads(n, &score) {
        return heads;
    }
    // Node 0 is the artificial root. A root arc costs more than any tree could gain by a second one, which
    // makes the best tree use just one.
    let mut matrix = vec![f64::NEG_INFINITY; (n + 1) * (n + 1)];
    for dep in 0..n {
        let row = (dep + 1) * (n + 1);
        matrix[row] = sane(score(dep, None)) - ROOT_COST;
        for head in 0..n {
            if head != dep {
                matrix[row + head + 1] = sane(score(dep, Some(head)));
            }
        }
    }
    let heads = arborescence(n + 1, &matrix);
    heads[1..].iter().map(|&h| h.checked_sub(1)).collect()
}

/// The best head of every node, if that happens to be a tree with one root: then no tree is better.
fn best_heads(n: usize, score: &impl Fn(usize, Option<usize>) -> f32) -> Option<Vec<Option<usize>>> {
    let mut nodes = vec![0; n + 1];
    let mut n_roots = 0;
    for dep in 0..n {
        let mut top = sane(score(dep, None));
        for head in (0..n).filter(|&head| head != dep) {
            let s = sane(score(dep, Some(head)));
            if s > top {
                top = s;
                nodes[dep + 1] = head + 1;
            }
        }
        n_roots += usize::from(nodes[dep + 1] == 0);
    }
    let is_tree = n_roots == 1 && find_cycle(&nodes).is_none();
    is_tree.then(|| nodes[1..].iter().map(|&head| head.checked_sub(1)).collect())
}

/// Log probabilities are clipped here, so that a tree's sum over any real sentence stays below the cost.
const FLOOR: f64 = -60.0;
const ROOT_COST: f64 = 1e5;

fn sane(score: f32) -> f64 {
    if score.is_nan() { FLOOR } else { f64::from(score).clamp(FLOOR, 0.0) }
}

/// Best head of every node but node 0 in a dense graph: `matrix[dep * n + head]`.
///
/// Cycles of the greedy choice are contracted one after another and opened again in reverse order.
fn arborescence(n: usize, matrix: &[f64]) -> Vec<usize> {
    let mut heads = vec![0; n];
    for dep in 1..n {
        heads[dep] = best(&matrix[dep * n..(dep + 1) * n], dep);
    }
    let Some(cycle) = find_cycle(&heads) else { return heads };
    let mut in_cycle = vec![false; n];
    for &v in &cycle {
        in_cycle[v] = true;
    }
    // Nodes outside the cycle keep their order; the contracted cycle comes last.
    let outside: Vec<usize> = (0..n).filter(|&v| !in_cycle[v]).collect();
    let m = outside.len() + 1;
    let contracted = m - 1;
    let mut smaller = vec![f64::NEG_INFINITY; m * m];
    // Which cycle node a contracted arc leaves from (by dependent) or enters (by head).
    let mut leaves = vec![0; m];
    let mut enters = vec![0; m];
    for (i, &v) in outside.iter().enumerate() {
        for (j, &u) in outside.iter().enumerate() {
            if i != j {
                smaller[i * m + j] = matrix[v * n + u];
            }
        }
        let mut top = f64::NEG_INFINITY;
        for &c in &cycle {
            if matrix[v * n + c] > top || leaves[i] == 0 {
                top = matrix[v * n + c];
                leaves[i] = c;
            }
        }
        smaller[i * m + contracted] = top;
        let mut top = f64::NEG_INFINITY;
        for &c in &cycle {
            let gain = matrix[c * n + v] - matrix[c * n + heads[c]];
            if gain > top || enters[i] == 0 {
                top = gain;
                enters[i] = c;
            }
        }
        smaller[contracted * m + i] = top;
    }
    let solved = arborescence(m, &smaller);
    for (i, &v) in outside.iter().enumerate().skip(1) {
        heads[v] = if solved[i] == contracted { leaves[i] } else { outside[solved[i]] };
    }
    let from = solved[contracted];
    heads[enters[from]] = outside[from];
    heads
}

fn best(row: &[f64], dep: usize) -> usize {
    let mut top = usize::from(dep == 0);
    for (head, &s) in row.iter().enumerate() {
        if head != dep && s > row[top] {
            top = head;
        }
    }
    top
}

/// A cycle among `heads`, ignoring node 0, in the order it is walked.
fn find_cycle(heads: &[usize]) -> Option<Vec<usize>> {
    let mut seen = vec![0; heads.len()];
    for start in 1..heads.len() {
        let mut v = start;
        while v != 0 && seen[v] == 0 {
            seen[v] = start;
            v = heads[v];
        }
        if v != 0 && seen[v] == start {
            let mut cycle = vec![v];
            let mut u = heads[v];
            while u != v {
                cycle.push(u);
                u = heads[u];
            }
            return Some(cycle);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_tree(heads: &[Option<usize>]) -> bool {
        heads.iter().filter(|h| h.is_none()).count() == 1
            && (0..heads.len()).all(|start| {
                let mut v = start;
                for _ in 0..=heads.len() {
                    match heads[v] {
                        None => return true,
                        Some(h) => v = h,
                    }
                }
                false
            })
    }

    fn total(heads: &[Option<usize>], scores: &[f32]) -> f32 {
        let n = heads.len();
        heads.iter().enumerate().map(|(d, h)| scores[d * (n + 1) + h.map_or(0, |h| h + 1)]).sum()
    }

    /// Best total over all single-rooted trees by trying every assignment.
    fn exhaustive(n: usize, scores: &[f32]) -> f32 {
        let mut top = f32::NEG_INFINITY;
        for mut code in 0..(n + 1).pow(n as u32) {
            let heads: Vec<Option<usize>> = (0..n)
                .map(|_| {
                    let h = code % (n + 1);
                    code /= n + 1;
                    h.checked_sub(1)
                })
                .collect();
            if heads.iter().enumerate().all(|(d, h)| *h != Some(d)) && is_tree(&heads) {
                top = top.max(total(&heads, scores));
            }
        }
        top
    }

    proptest! {
        #[test]
        fn no_single_rooted_tree_is_better(n in 1_usize..=4, scores in proptest::collection::vec(-9.0_f32..0.0, 20)) {
            let heads = best_tree(n, |d, h| scores[d * (n + 1) + h.map_or(0, |h| h + 1)]);
            prop_assert!(is_tree(&heads));
            prop_assert!((total(&heads, &scores) - exhaustive(n, &scores)).abs() < 1e-2);
        }

        #[test]
        fn any_scores_give_a_tree(n in 1_usize..=40, seed in any::<u64>()) {
            let mut state = seed | 1;
            let scores: Vec<f32> = (0..n * (n + 1))
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    match state % 23 {
                        0 => f32::NAN,
                        1 => f32::NEG_INFINITY,
                        _ => -((state % 1000) as f32) / 50.0,
                    }
                })
                .collect();
            prop_assert!(is_tree(&best_tree(n, |d, h| scores[d * (n + 1) + h.map_or(0, |h| h + 1)])));
        }
    }

    #[test]
    fn nothing_has_no_tree() {
        assert!(best_tree(0, |_, _| 0.0).is_empty());
    }
}
