//! The names of properties and values, sorted by what they can do to text.

use super::value::Part;

/// The name without the prefix of a browser.
pub(super) fn plain(name: &str) -> &str {
    let prefixes = ["-webkit-", "-moz-", "-ms-", "-o-"];
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Whether the value is one that every property takes.
pub(super) fn is_wide(value: &[Part]) -> bool {
    matches!(value, [Part::Word(word)] if WIDE.contains(&word.as_str()))
}

/// Whether a property can't hide text, whatever its value; the name is plain.
pub(super) fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name) || HARMLESS_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Values that every property takes.
const WIDE: [&str; 5] = ["inherit", "initial", "revert", "revert-layer", "unset"];

/// Ways to display that let text be seen.
pub(super) const DISPLAYS: [&str; 29] = [
    "-moz-box",
    "-ms-flexbox",
    "-ms-grid",
    "-webkit-box",
    "-webkit-flex",
    "-webkit-inline-box",
    "-webkit-inline-flex",
    "block",
    "contents",
    "flex",
    "flow",
    "flow-root",
    "grid",
    "inline",
    "inline-block",
    "inline-flex",
    "inline-grid",
    "inline-table",
    "list-item",
    "math",
    "ruby",
    "ruby-base",
    "ruby-text",
    "table",
    "table-caption",
    "table-cell",
    "table-header-group",
    "table-row",
    "table-row-group",
];
/// Named sizes of text.
pub(super) const SIZES: [&str; 11] = [
    "large",
    "larger",
    "math",
    "medium",
    "small",
    "smaller",
    "x-large",
    "x-small",
    "xx-large",
    "xx-small",
    "xxx-large",
];
/// Widths and heights that follow from the content or its surroundings.
pub(super) const EXTENTS: [&str; 9] = [
    "auto",
    "available",
    "content",
    "fill-available",
    "fit-content",
    "max-content",
    "min-content",
    "none",
    "stretch",
];

/// Properties that can't hide text, whatever their value.
const HARMLESS: [&str; 51] = [
    "accent-color",
    "animation-delay",
    "animation-direction",
    "animation-duration",
    "animation-fill-mode",
    "animation-iteration-count",
    "animation-play-state",
    "animation-timing-function",
    "appearance",
    "aspect-ratio",
    "backdrop-filter",
    "backface-visibility",
    "caption-side",
    "clear",
    "color-scheme",
    "container-name",
    "cursor",
    "direction",
    "empty-cells",
    "float",
    "forced-color-adjust",
    "gap",
    "hanging-punctuation",
    "interpolate-size",
    "isolation",
    "line-break",
    "order",
    "orphans",
    "osx-font-smoothing",
    "pointer-events",
    "print-color-adjust",
    "quotes",
    "resize",
    "row-gap",
    "tab-size",
    "table-layout",
    "tap-highlight-color",
    "text-anchor",
    "text-justify",
    "text-orientation",
    "text-overflow",
    "text-rendering",
    "text-shadow",
    "text-transform",
    "touch-action",
    "touch-callout",
    "user-select",
    "widows",
    "will-change",
    "word-break",
    "word-wrap",
];
/// Families of such properties, but for those that are judged by name.
const HARMLESS_FAMILIES: [&str; 37] = [
    "align-",
    "background",
    "border",
    "box-",
    "break-",
    "caret",
    "column",
    "counter-",
    "fill",
    "flex",
    "font-",
    "grid",
    "hyphen",
    "image-",
    "justify-",
    "list-style",
    "min-",
    "object-",
    "outline",
    "overflow",
    "overscroll-",
    "page-break-",
    "perspective",
    "place-",
    "ruby-",
    "scroll",
    "stroke",
    "text-align",
    "text-decoration",
    "text-emphasis",
    "text-underline",
    "text-wrap",
    "transform-",
    "transition",
    "view-transition",
    "white-space",
    "writing-mode",
];
