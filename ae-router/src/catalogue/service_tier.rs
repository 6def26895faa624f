//! Classes of service.

ae_core::wire_enum! {
    /// The class of service of a call, which decides its rates.
    #[derive(PartialOrd, Ord, Default)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum ServiceTier {
        /// The ordinary one.
        #[default]
        Standard = "standard",
        /// Answers within a day, through a vendor's batch interface.
        Batch = "batch",
        /// Cheaper, slower and not always available.
        Flex = "flex",
        /// Faster and dearer.
        Priority = "priority",
    }
}
