//! The file form of a scorer: little-endian, with a checksum, read with a limit on every length.

use super::{
    features::FEATURES,
    model::{Frame, Model, Node, Tree},
    ngrams::PLACES,
    scorer::ScorerError,
};

const MAGIC: &[u8; 8] = b"aescore2";

/// The longest file that is read.
const FILE_MAX: usize = 8 * 1_024 * 1_024;

pub(super) fn write(model: &Model) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    put(&mut out, &[0; 8]);
    put_length(&mut out, FEATURES);
    for frame in [&model.free, &model.choice] {
        put(&mut out, &frame.base.to_le_bytes());
        put(&mut out, &[frame.trees]);
        put(&mut out, &frame.scale.to_le_bytes());
    }
    put(&mut out, &model.usual_linear.to_le_bytes());
    for value in model.cuts.iter().chain(&model.usual) {
        put(&mut out, &value.to_le_bytes());
    }
    for frame in [&model.free, &model.choice] {
        put_length(&mut out, frame.weights.len());
        out.extend(frame.weights.iter().flat_map(|weight| weight.to_le_bytes()));
    }
    put_length(&mut out, model.trees.len());
    for tree in &model.trees {
        put_length(&mut out, tree.nodes.len());
        for node in &tree.nodes {
            put(&mut out, &node.threshold.to_le_bytes());
            put(&mut out, &[node.feature]);
            put(&mut out, &node.left.to_le_bytes());
            put(&mut out, &node.right.to_le_bytes());
        }
        put_length(&mut out, tree.leaves.len());
        for leaf in &tree.leaves {
            put(&mut out, &leaf.to_le_bytes());
        }
    }
    let (head, body) = out.split_at_mut(16);
    let sum = checksum(body).to_le_bytes();
    head.iter_mut().skip(8).zip(sum).for_each(|(slot, byte)| *slot = byte);
    out
}

pub(super) fn read(bytes: &[u8]) -> Result<Model, ScorerError> {
    if bytes.len() > FILE_MAX {
        return Err(ScorerError::Damaged("it is longer than 8 MiB"));
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or(ScorerError::NotAScorer)?;
    let (sum, body) = rest.split_first_chunk::<8>().ok_or(TRUNCATED)?;
    if u64::from_le_bytes(*sum) != checksum(body) {
        return Err(ScorerError::Damaged("the checksum differs"));
    }
    let mut reader = Reader(body);
    if reader.length(usize::from(u8::MAX))? != FEATURES {
        return Err(ScorerError::OtherFeatures);
    }
    let mut model = Model {
        free: reader.frame()?,
        choice: reader.frame()?,
        usual_linear: reader.i32()?,
        trees: Vec::new(),
        cuts: [0; 9],
        usual: [0; FEATURES],
    };
    for slot in model.cuts.iter_mut().chain(&mut model.usual) {
        *slot = reader.i32()?;
    }
    for frame in [&mut model.free, &mut model.choice] {
        let weights = reader.length(PLACES)?;
        frame.weights =
            (0..weights).map(|_| reader.take().map(i8::from_le_bytes)).collect::<Result<_, _>>()?;
    }
    let trees = reader.length(10_000)?;
    model.trees = (0..trees).map(|_| reader.tree()).collect::<Result<_, _>>()?;
    if !reader.0.is_empty() {
        return Err(ScorerError::Damaged("bytes follow the end"));
    }
    model.check().map_err(ScorerError::Damaged)?;
    Ok(model)
}

const TRUNCATED: ScorerError = ScorerError::Damaged("it ends early");

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    put(out, &u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

/// FNV-1a with 64 bits: against damage, not against a forger, whose file the checks of the model hold harmless.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ScorerError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn i32(&mut self) -> Result<i32, ScorerError> {
        self.take().map(i32::from_le_bytes)
    }

    fn i16(&mut self) -> Result<i16, ScorerError> {
        self.take().map(i16::from_le_bytes)
    }

    fn frame(&mut self) -> Result<Frame, ScorerError> {
        let base = self.i32()?;
        let [trees] = self.take()?;
        let scale = u32::from_le_bytes(self.take()?);
        Ok(Frame { base, trees, scale, weights: Vec::new() })
    }

    fn length(&mut self, max: usize) -> Result<usize, ScorerError> {
        let length = u32::from_le_bytes(self.take()?);
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= max)
            .ok_or(ScorerError::Damaged("a length is out of range"))
    }

    fn tree(&mut self) -> Result<Tree, ScorerError> {
        let nodes = self.length(4_096)?;
        let nodes = (0..nodes)
            .map(|_| {
                let threshold = self.i32()?;
                let [feature] = self.take()?;
                Ok(Node { threshold, feature, left: self.i16()?, right: self.i16()? })
            })
            .collect::<Result<_, _>>()?;
        let leaves = self.length(4_097)?;
        let leaves = (0..leaves).map(|_| self.i32()).collect::<Result<_, _>>()?;
        Ok(Tree { nodes, leaves })
    }
}
