//! How work ended.

crate::wire_enum! {
    /// How a run or a build ended.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum Outcome {
        /// The acceptance checks, sealed before the work began, ran and passed.
        Verified = "verified",
        /// The same failure three times.
        Stalled = "stalled",
        /// A limit other than money was reached.
        Exhausted = "exhausted",
        /// The budget stopped it before the next call.
        BudgetStop = "budget_stop",
        /// A person or a gate refused, or a part that it needs is missing.
        Blocked = "blocked",
        /// It broke.
        Failed = "failed",
        /// A person cancelled it.
        Cancelled = "cancelled",
    }
}
