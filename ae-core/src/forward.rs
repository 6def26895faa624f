//! Ports behind pointers.

/// Implements a port for `Arc` and `Box` of it: the signatures of its methods, the plain ones first.
///
/// A method that is missing in the list is an error, also one with a default body, so that a pointer never answers
/// for the backend. The crate that uses it depends on `async-trait`.
///
/// ```
/// use std::sync::Arc;
///
/// #[async_trait::async_trait]
/// trait Greeter: Send + Sync {
///     fn name(&self) -> &str;
///     async fn greet(&self, whom: &str) -> String;
/// }
///
/// ae_core::forward! { Greeter {
///     fn name(&self) -> &str;
///     async fn greet(&self, whom: &str) -> String;
/// } }
///
/// struct Polite;
///
/// #[async_trait::async_trait]
/// impl Greeter for Polite {
///     fn name(&self) -> &str {
///         "polite"
///     }
///
///     async fn greet(&self, whom: &str) -> String {
///         format!("Good day, {whom}")
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let greeter: Arc<dyn Greeter> = Arc::new(Polite);
/// assert_eq!(Box::new(greeter).greet("Ada").await, "Good day, Ada");
/// # }
/// ```
#[macro_export]
macro_rules! forward {
    ($port:ident { $($methods:tt)* }) => {
        $crate::forward! { @for (std::sync::Arc) $port { $($methods)* } }
        $crate::forward! { @for (std::boxed::Box) $port { $($methods)* } }
    };
    (@for ($($pointer:ident)::+) $port:ident {
        $(fn $plain:ident(&$this:ident $(, $input:ident: $Input:ty)* $(,)?) $(-> $Output:ty)?;)*
        $(async fn $waits:ident(&$that:ident $(, $given:ident: $Given:ty)* $(,)?) $(-> $Answer:ty)?;)*
    }) => {
        #[::async_trait::async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: $port + ?Sized> $port for ::$($pointer)::+<T> {
            $(fn $plain(&$this $(, $input: $Input)*) $(-> $Output)? {
                (**$this).$plain($($input),*)
            })*

            $(async fn $waits(&$that $(, $given: $Given)*) $(-> $Answer)? {
                (**$that).$waits($($given),*).await
            })*
        }
    };
}
