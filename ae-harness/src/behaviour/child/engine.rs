//! One call in a fresh engine.

use std::{cell::Cell, rc::Rc, time::Duration};

use ae_core::{Clock as _, SystemClock};
use rquickjs::{Context, Ctx, Error, Function, Module, Object, Runtime, Value, promise::PromiseState};

use super::{
    loader::{START, Shelf},
    plain::{Refusal, Taken, Walk},
    thrown,
};
use crate::behaviour::{
    Verdict, show,
    wire::{Answer, Call, Order},
};

/// The sources and the limits of a call.
#[derive(Debug)]
pub(super) struct Engine {
    shelf: Shelf,
    limits: Limits,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    time: Duration,
    memory: usize,
    stack: usize,
    values: usize,
    bytes: usize,
}

/// The reason why a call has no value: (verdict, text).
type Failure = (Verdict, String);

impl Engine {
    pub(super) fn new(order: &Order<'_>) -> Self {
        let limits = Limits {
            time: Duration::from_millis(order.call_millis),
            memory: order.memory_bytes,
            stack: order.stack_bytes,
            values: order.values,
            bytes: order.answer_bytes,
        };
        Self { shelf: Shelf::new(order.modules.clone().into_owned()), limits }
    }

    /// The JSON text of the answer to a call, as [`Answer`] reads it.
    pub(super) fn call(&self, call: &Call<'_>) -> Vec<u8> {
        let (verdict, detail) = match self.run(call) {
            Ok(text) => return text,
            Err(failure) => failure,
        };
        serde_json::to_vec(&Answer::Failed { verdict, detail })
            .expect("a verdict and a text can be written as JSON")
    }

    fn run(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        if !self.shelf.holds(&call.module) {
            let path = show::line(&call.module, 200);
            return Err((Verdict::NoSuchExport, format!("there is no module {path}")));
        }
        let unable = |error: Error| (Verdict::Died, format!("the engine does not start: {error}"));
        let runtime = Runtime::new().map_err(unable)?;
        runtime.set_memory_limit(self.limits.memory);
        runtime.set_max_stack_size(self.limits.stack);
        runtime.set_loader(self.shelf.clone(), self.shelf.clone());
        let late = Rc::new(Cell::new(false));
        let (seen, end) = (Rc::clone(&late), SystemClock.monotonic().saturating_add(self.limits.time));
        runtime.set_interrupt_handler(Some(Box::new(move || {
            seen.set(seen.get() || SystemClock.monotonic() >= end);
            seen.get()
        })));
        let context = Context::full(&runtime).map_err(unable)?;
        context.with(|ctx| {
            let prelude: Object<'_> = ctx.eval(include_str!("prelude.js")).map_err(unable)?;
            let taken = Taken::new(&prelude).map_err(unable)?;
            let room = Room { ctx, taken, late: &late, end, limits: self.limits };
            room.run(call)
        })
    }
}

/// The context of one call.
struct Room<'a, 'js> {
    ctx: Ctx<'js>,
    taken: Taken<'js>,
    late: &'a Cell<bool>,
    end: Duration,
    limits: Limits,
}

impl<'js> Room<'_, 'js> {
    fn run(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let function = self.function(call)?;
        let given = serde_json::to_string(&call.given).map_err(|error| {
            (Verdict::Unusable, format!("the argument can't be written as JSON: {error}"))
        })?;
        let given = self.done(self.ctx.json_parse(given))?;
        let returned: Value<'js> = self.done(function.call((given,)))?;
        let value = match returned.as_promise() {
            Some(promise) if !returned.is_proxy() => self.settled(promise, "its promise never settles")?,
            _ => returned,
        };
        let mut text = br#"{"data":"#.to_vec();
        text = match Walk::new(&self.taken, self.limits.values, self.limits.bytes, text).text(&value) {
            Ok(text) => text,
            Err(Refusal::Engine(error)) => return self.done(Err(error)),
            Err(Refusal::NotData(place, what)) => {
                let place = if place.is_empty() { "the result".to_owned() } else { show::line(&place, 120) };
                return Err((
                    Verdict::NotData,
                    format!("{place} is not JSON data: {}", show::line(&what, 120)),
                ));
            }
        };
        if self.is_late() {
            return Err(self.too_late());
        }
        text.push(b'}');
        Ok(text)
    }

    /// Loads the module and takes the function out of it.
    fn function(&self, call: &Call<'_>) -> Result<Function<'js>, Failure> {
        let missing = || {
            let (module, export) = (show::line(&call.module, 200), show::line(&call.export, 80));
            (Verdict::NoSuchExport, format!("{module} does not export a function {export}"))
        };
        // The path has no characters that a string literal would have to escape.
        let start = format!("export * as product from \"{}\";", call.module);
        let load = |failure: Failure| match failure {
            (Verdict::Threw, text) => (Verdict::Threw, format!("the module does not load: {text}")),
            other => other,
        };
        let module = self.done(Module::declare(self.ctx.clone(), START, start)).map_err(load)?;
        let (module, evaluated) = self.done(module.eval()).map_err(load)?;
        self.settled(&evaluated, "a top-level await never settles").map_err(load)?;
        let product: Object<'js> = self.done(module.get("product")).map_err(load)?;
        // An export that is not initialised yet throws, one that does not exist is undefined.
        let export: Value<'js> = self.done(product.get(call.export.as_ref())).map_err(load)?;
        if export.is_proxy() {
            return Err((Verdict::NoSuchExport, format!("{} is a proxy", missing().1)));
        }
        export.into_function().ok_or_else(missing)
    }

    /// Runs the jobs that are pending until `promise` is settled. Each job is short, so the time is looked at between them.
    fn settled(&self, promise: &rquickjs::Promise<'js>, never: &str) -> Result<Value<'js>, Failure> {
        while promise.state() == PromiseState::Pending {
            if self.is_late() {
                return Err(self.too_late());
            }
            // A job that was interrupted ends its chain: then nothing is pending because the time is up.
            if !self.ctx.execute_pending_job() && !self.is_late() {
                return Err((Verdict::Threw, never.to_owned()));
            }
        }
        match promise.result() {
            Some(result) => self.done(result),
            None => Err((Verdict::Threw, never.to_owned())),
        }
    }

    fn is_late(&self) -> bool {
        self.late.get() || SystemClock.monotonic() >= self.end
    }

    fn too_late(&self) -> Failure {
        (Verdict::TimedOut, format!("not finished after {} ms", self.limits.time.as_millis()))
    }

    /// Says why the engine failed.
    fn done<T>(&self, result: rquickjs::Result<T>) -> Result<T, Failure> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let thrown = if error.is_exception() { Some(self.ctx.catch()) } else { None };
        if self.is_late() {
            return Err(self.too_late());
        }
        let out_of_memory = |text: &str| {
            let limit = self.limits.memory;
            Err((Verdict::OutOfMemory, format!("more than its {limit} bytes of memory: {text}")))
        };
        let Some(thrown) = thrown else {
            return Err((Verdict::Threw, show::line(&error.to_string(), 300)));
        };
        // Without memory for an error the engine throws `null`. A module that does the same gains nothing: neither passes.
        if thrown.is_null() {
            return out_of_memory("threw null");
        }
        match thrown::text(&self.taken, &thrown) {
            Ok(text) if text.contains("out of memory") => out_of_memory(&text),
            Ok(text) => Err((Verdict::Threw, text)),
            // No code of the module has run for it, so only memory can be missing.
            Err(_) => out_of_memory("the error can't be read"),
        }
    }
}
