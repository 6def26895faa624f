//! A cache in memory.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use ae_core::{BackendError, Digest};
use async_trait::async_trait;

use super::AnswerCache;
use crate::Completion;

/// A cache in the memory of one process, which drops the oldest answer when it is full.
#[derive(Debug)]
pub struct MemoryCache {
    answers_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Digest, Completion>,
    /// The oldest first.
    order: VecDeque<Digest>,
}

impl MemoryCache {
    /// A cache of at most `answers_max` answers.
    pub fn new(answers_max: usize) -> Self {
        Self { answers_max, kept: Mutex::default() }
    }
}

#[async_trait]
impl AnswerCache for MemoryCache {
    async fn get(&self, request: &Digest) -> Result<Option<Completion>, BackendError> {
        Ok(self.kept.lock().unwrap_or_else(PoisonError::into_inner).answers.get(request).cloned())
    }

    async fn put(&self, request: &Digest, answer: &Completion) -> Result<(), BackendError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.answers.insert(*request, answer.clone()).is_none() {
            kept.order.push_back(*request);
        }
        while kept.order.len() > self.answers_max {
            if let Some(oldest) = kept.order.pop_front() {
                kept.answers.remove(&oldest);
            }
        }
        Ok(())
    }
}
