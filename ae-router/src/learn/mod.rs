//! Learning from one's own outcomes: the log, how good scores are on it, a scorer fitted to it, and other policies replayed.

mod error;
mod eval;
mod fit;
mod log;
mod random;
mod replay;
mod sides;
mod threshold;
mod train;

pub use error::LearnError;
pub use eval::{CurvePoint, Evaluation, ScoredPair};
pub use fit::{FitOptions, FitReport, Fitted, fit};
pub use log::{LoggedPrompt, ModelOutcome, OutcomeLog, RejectedLine};
pub use replay::{Policy, Replay, Replayed};
pub use threshold::Target;
pub use train::{TrainError, TrainOptions, TrainingRow, out_of_fold, train};
