//! Gradient-boosted regression trees over binned features: squared error, grown leaf by leaf.

use super::{fixed, rows::Samples};
use crate::{
    learn::random::Draws,
    score::{FEATURES, MILLION, Node, Tree},
};

/// Bins of a feature at most.
const BINS: usize = 64;

/// The share of the rows, and of the features, that one tree sees, in hundredths.
const ROWS_SEEN: usize = 60;
const FEATURES_SEEN: usize = 30;

/// Rows without a gain that each leaf is given: they pull its value to zero.
const CALM: f64 = 10.0;

/// How trees grow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub(super) trees: usize,
    pub(super) leaves: usize,
    pub(super) leaf_rows: usize,
    pub(super) step: f64,
    pub(super) seed: u64,
}

/// The features of all rows as bin numbers.
#[derive(Debug)]
pub(super) struct Bins {
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    /// The largest value of each bin but the last.
    cuts: Vec<i32>,
    codes: Vec<u8>,
}

impl Bins {
    pub(super) fn of(samples: &Samples) -> Self {
        let column = |feature| Column::of(&samples.column(feature));
        Self { columns: (0..FEATURES).map(column).collect() }
    }
}

impl Column {
    fn of(values: &[i32]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let last = sorted.last().copied().unwrap_or(0);
        let at = |part: usize| sorted.get(part * sorted.len() / BINS).copied();
        let mut distinct = sorted.clone();
        distinct.dedup();
        let mut cuts: Vec<i32> =
            if distinct.len() <= BINS { distinct } else { (1..BINS).filter_map(at).collect() };
        cuts.dedup();
        cuts.retain(|cut| *cut < last);
        let code = |value: &i32| u8::try_from(cuts.partition_point(|cut| cut < value)).unwrap_or(u8::MAX);
        let codes = values.iter().map(code).collect();
        Self { cuts, codes }
    }

    fn code(&self, row: usize) -> u8 {
        self.codes.get(row).copied().unwrap_or(0)
    }
}

/// Sums over the rows of a leaf or a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    weight: f64,
    rows: usize,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.weight += other.weight;
        self.rows += other.rows;
    }

    fn less(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            weight: self.weight - other.weight,
            rows: self.rows - other.rows,
        }
    }

    fn value(self) -> f64 {
        self.gradient / (self.weight + CALM)
    }

    /// The squared error that the leaf's value removes.
    fn worth(self) -> f64 {
        self.gradient * self.gradient / (self.weight + CALM)
    }
}

#[derive(Debug, Clone, Copy)]
struct Split {
    feature: usize,
    code: u8,
    gain: f64,
}

/// A leaf that may be split; `slot` is the child that points to it.
#[derive(Debug)]
struct Leaf {
    rows: Vec<usize>,
    sums: Sums,
    best: Option<Split>,
    slot: Option<(usize, bool)>,
}

/// Grows the trees for targets less `mean`.
pub(super) fn grow(samples: &Samples, bins: &Bins, mean: f64, growth: &Growth) -> Vec<Tree> {
    let mut draws = Draws::new(growth.seed);
    let mut rest: Vec<f64> = samples.rows.iter().map(|row| row.target - mean).collect();
    let mut trees = Vec::with_capacity(growth.trees);
    for _ in 0..growth.trees {
        let rows: Vec<usize> = (0..samples.len()).filter(|_| draws.below(100) < ROWS_SEEN).collect();
        let features: Vec<usize> = (0..FEATURES).filter(|_| draws.below(100) < FEATURES_SEEN).collect();
        let state = State { samples, bins, rest: &rest, features: &features, growth };
        let (nodes, values) = state.grow(rows);
        for (row, rest) in rest.iter_mut().enumerate() {
            *rest -= growth.step * find(&nodes, &values, bins, row);
        }
        let unit = growth.step * f64::from(MILLION);
        let leaves = values.iter().map(|value| fixed(value * unit)).collect();
        trees.push(Tree { nodes: nodes.iter().map(|node| node.of(bins)).collect(), leaves });
    }
    trees
}

/// A node by bin number.
#[derive(Debug, Clone, Copy)]
struct CodedNode {
    feature: usize,
    code: u8,
    left: i16,
    right: i16,
}

impl CodedNode {
    fn of(self, bins: &Bins) -> Node {
        let cuts = bins.columns.get(self.feature).map(|column| &column.cuts);
        let threshold = cuts.and_then(|cuts| cuts.get(usize::from(self.code))).copied().unwrap_or(i32::MAX);
        let feature = u8::try_from(self.feature).unwrap_or(0);
        Node { threshold, feature, left: self.left, right: self.right }
    }
}

/// The value of the leaf where `row` falls.
fn find(nodes: &[CodedNode], values: &[f64], bins: &Bins, row: usize) -> f64 {
    let mut child = if nodes.is_empty() { -1 } else { 0 };
    while let Some(node) = usize::try_from(child).ok().and_then(|at| nodes.get(at)) {
        let code = bins.columns.get(node.feature).map_or(0, |column| column.code(row));
        child = if code <= node.code { node.left } else { node.right };
    }
    usize::try_from(-1 - i32::from(child)).ok().and_then(|leaf| values.get(leaf)).copied().unwrap_or(0.0)
}

/// The rows and bins that a tree grows from.
#[derive(Debug)]
struct State<'a> {
    samples: &'a Samples,
    bins: &'a Bins,
    rest: &'a [f64],
    features: &'a [usize],
    growth: &'a Growth,
}

impl State<'_> {
    fn grow(&self, rows: Vec<usize>) -> (Vec<CodedNode>, Vec<f64>) {
        let mut nodes: Vec<CodedNode> = Vec::new();
        let mut leaves = vec![self.leaf(rows, None)];
        while leaves.len() < self.growth.leaves {
            let gain = |leaf: &Leaf| leaf.best.map_or(0.0, |best| best.gain);
            let Some((at, split)) = leaves
                .iter()
                .enumerate()
                .max_by(|(_, a), (_, b)| gain(a).total_cmp(&gain(b)))
                .and_then(|(at, leaf)| leaf.best.map(|best| (at, best)))
            else {
                break;
            };
            let new = leaves.len();
            let node = nodes.len();
            nodes.push(CodedNode {
                feature: split.feature,
                code: split.code,
                left: leaf_child(at),
                right: leaf_child(new),
            });
            let Some(leaf) = leaves.get_mut(at) else { break };
            if let Some((parent, right)) = leaf.slot {
                let child = i16::try_from(node).unwrap_or(0);
                if let Some(parent) = nodes.get_mut(parent) {
                    *(if right { &mut parent.right } else { &mut parent.left }) = child;
                }
            }
            let (left, right) = self.part(std::mem::take(&mut leaf.rows), split);
            *leaf = self.leaf(left, Some((node, false)));
            leaves.push(self.leaf(right, Some((node, true))));
        }
        (nodes, leaves.iter().map(|leaf| leaf.sums.value()).collect())
    }

    fn part(&self, rows: Vec<usize>, split: Split) -> (Vec<usize>, Vec<usize>) {
        let column = self.bins.columns.get(split.feature);
        rows.into_iter().partition(|row| column.is_some_and(|column| column.code(*row) <= split.code))
    }

    fn leaf(&self, rows: Vec<usize>, slot: Option<(usize, bool)>) -> Leaf {
        let mut sums = Sums::default();
        rows.iter().for_each(|row| sums.add(self.one(*row)));
        let best = (rows.len() >= 2 * self.growth.leaf_rows).then(|| self.best(&rows, sums)).flatten();
        Leaf { rows, sums, best, slot }
    }

    fn one(&self, row: usize) -> Sums {
        let weight = self.samples.rows.get(row).map_or(0.0, |row| row.weight);
        let rest = self.rest.get(row).copied().unwrap_or(0.0);
        Sums { gradient: weight * rest, weight, rows: 1 }
    }

    fn best(&self, rows: &[usize], all: Sums) -> Option<Split> {
        let mut best: Option<Split> = None;
        for &feature in self.features {
            let Some(column) = self.bins.columns.get(feature) else { continue };
            let mut histogram = [Sums::default(); BINS];
            for &row in rows {
                if let Some(bin) = histogram.get_mut(usize::from(column.code(row))) {
                    bin.add(self.one(row));
                }
            }
            let mut left = Sums::default();
            for (code, bin) in (0_u8..).zip(histogram).take(column.cuts.len()) {
                left.add(bin);
                let right = all.less(left);
                if left.rows.min(right.rows) < self.growth.leaf_rows.max(1) {
                    continue;
                }
                let gain = left.worth() + right.worth() - all.worth();
                if gain > best.map_or(1e-9, |best| best.gain) {
                    best = Some(Split { feature, code, gain });
                }
            }
        }
        best
    }
}

/// The child that stands for a leaf.
fn leaf_child(leaf: usize) -> i16 {
    i16::try_from(leaf).map_or(i16::MIN, |leaf| -1 - leaf)
}
