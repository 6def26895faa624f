//! Random histories, with restarts, against a model that knows no running totals: it sums up the holds every time.
//! The numbers I1–I11 are those of the budget invariants.

use std::collections::BTreeMap;

use ae_core::{BackendError, Currency, ErrorKind, ProjectId};
use ae_safety::{
    AccountSpec, BudgetLedger, Hold, HoldState, MemoryLedger, Refund, Reserve, Scope, SqliteLedger,
};
use proptest::prelude::*;

use crate::support::{TempFile, block_on, cents, digest, key, run};

#[derive(Debug, Clone)]
enum Op {
    Reserve(u32, usize, i64),
    Settle(u32, i64),
    Void(u32),
    Refund(u32, u32, i64),
    SetLimit(usize, i64),
    Open(usize, i64),
    Restart,
}

fn ops(length: usize) -> impl Strategy<Value = Vec<Op>> {
    let key = || 0..12_u32;
    let account = || 0..5_usize;
    let op = prop_oneof![
        5 => (key(), account(), 0..60_i64).prop_map(|(k, a, c)| Op::Reserve(k, a, c)),
        4 => (key(), 0..70_i64).prop_map(|(k, c)| Op::Settle(k, c)),
        2 => key().prop_map(Op::Void),
        2 => (100..106_u32, key(), 0..40_i64).prop_map(|(r, k, c)| Op::Refund(r, k, c)),
        1 => (account(), 0..200_i64).prop_map(|(a, c)| Op::SetLimit(a, c)),
        1 => (account(), 0..3_i64).prop_map(|(a, c)| Op::Open(a, c)),
        1 => Just(Op::Restart),
    ];
    proptest::collection::vec(op, 1..length)
}

/// Portfolio, project, two runs in it, a task in the first.
const PARENTS: [Option<usize>; 5] = [None, Some(0), Some(1), Some(1), Some(2)];
const LIMITS: [i64; 5] = [200, 150, 100, 100, 50];

fn scope(account: usize) -> Scope {
    match account {
        0 => Scope::Portfolio(Currency::USD),
        1 => Scope::Project(ProjectId::from_digest(&digest("project"))),
        2 => Scope::Run(run("a")),
        3 => Scope::Run(run("b")),
        _ => Scope::Task(run("a"), "T-1".parse().unwrap()),
    }
}

fn spec(account: usize, limit: i64) -> AccountSpec {
    match PARENTS[account] {
        None => AccountSpec::portfolio(Currency::USD).with_limit(cents(limit)),
        Some(parent) => AccountSpec::new(scope(account), scope(parent), cents(limit)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Open,
    Settled(i64),
    Voided,
}

#[derive(Debug, Clone, Copy)]
struct ModelHold {
    account: usize,
    amount: i64,
    end: End,
    refunded: i64,
}

#[derive(Debug, Default)]
struct Model {
    limits: Vec<i64>,
    frozen: Vec<bool>,
    holds: BTreeMap<u32, ModelHold>,
    refunds: BTreeMap<u32, (u32, i64)>,
}

impl Model {
    fn chain(account: usize) -> Vec<usize> {
        std::iter::successors(Some(account), |at| PARENTS[*at]).collect()
    }

    /// The sums that are set aside and spent in an account and all within it.
    fn sums(&self, account: usize) -> (i64, i64) {
        let within = self.holds.values().filter(|hold| Self::chain(hold.account).contains(&account));
        within.fold((0, 0), |(reserved, settled), hold| match hold.end {
            End::Open => (reserved + hold.amount, settled),
            End::Settled(actual) => (reserved, settled + actual - hold.refunded),
            End::Voided => (reserved, settled),
        })
    }

    fn used(&self, account: usize) -> i64 {
        let (reserved, settled) = self.sums(account);
        reserved + settled
    }

    fn reserve(&mut self, key: u32, account: usize, amount: i64) -> Result<ModelHold, ErrorKind> {
        if let Some(hold) = self.holds.get(&key) {
            let same = hold.account == account && hold.amount == amount;
            return if same { Ok(*hold) } else { Err(ErrorKind::Conflict) };
        }
        let fits =
            |at: &usize| amount == 0 || !self.frozen[*at] && self.used(*at) + amount <= self.limits[*at];
        if !Self::chain(account).iter().all(fits) {
            return Err(ErrorKind::QuotaExceeded);
        }
        let hold = ModelHold { account, amount, end: End::Open, refunded: 0 };
        self.holds.insert(key, hold);
        Ok(hold)
    }

    fn settle(&mut self, key: u32, actual: i64) -> Result<ModelHold, ErrorKind> {
        let hold = self.holds.get_mut(&key).ok_or(ErrorKind::NotFound)?;
        match hold.end {
            End::Settled(before) if before == actual => return Ok(*hold),
            End::Settled(_) | End::Voided => return Err(ErrorKind::Conflict),
            End::Open => hold.end = End::Settled(actual),
        }
        let hold = *hold;
        if actual > hold.amount {
            for at in Self::chain(hold.account) {
                self.frozen[at] |= at == hold.account || self.used(at) > self.limits[at];
            }
        }
        Ok(hold)
    }

    fn void(&mut self, key: u32) -> Result<ModelHold, ErrorKind> {
        let hold = self.holds.get_mut(&key).ok_or(ErrorKind::NotFound)?;
        match hold.end {
            End::Settled(_) => return Err(ErrorKind::Conflict),
            End::Open | End::Voided => hold.end = End::Voided,
        }
        Ok(*hold)
    }

    fn refund(&mut self, refund: u32, key: u32, amount: i64) -> Result<ModelHold, ErrorKind> {
        if let Some(before) = self.refunds.get(&refund) {
            return if *before == (key, amount) { Ok(self.holds[&key]) } else { Err(ErrorKind::Conflict) };
        }
        let hold = self.holds.get_mut(&key).ok_or(ErrorKind::NotFound)?;
        let End::Settled(actual) = hold.end else { return Err(ErrorKind::Conflict) };
        if amount == 0 || hold.refunded + amount > actual {
            return Err(ErrorKind::InvalidInput);
        }
        hold.refunded += amount;
        let hold = *hold;
        self.refunds.insert(refund, (key, amount));
        Ok(hold)
    }

    fn set_limit(&mut self, account: usize, limit: i64) {
        self.limits[account] = limit;
        self.frozen[account] &= self.used(account) > limit;
    }
}

/// I4, I9: the same answer as the model's, for values and for refusals.
fn same(op: &Op, real: &Result<Hold, BackendError>, model: &Result<ModelHold, ErrorKind>) {
    match (real, model) {
        (Ok(hold), Ok(expected)) => {
            let end = match hold.state {
                HoldState::Open => End::Open,
                HoldState::Settled { actual } => End::Settled(actual.to_minor(2).unwrap()),
                HoldState::Voided => End::Voided,
            };
            assert_eq!((end, &hold.scope), (expected.end, &scope(expected.account)), "{op:?}");
            assert_eq!(hold.refunded, cents(expected.refunded), "{op:?}");
        }
        (Err(error), Err(kind)) => assert_eq!(error.kind(), *kind, "{op:?}: {error:?}"),
        _ => panic!("{op:?}: {real:?}, the model says {model:?}"),
    }
}

async fn invariants(ledger: &dyn BudgetLedger, model: &Model, lowered: bool) {
    for account in 0..5 {
        let status = ledger.status(&scope(account)).await.unwrap();
        let (reserved, settled) = model.sums(account);
        // I2, I8, I11: every account is the sum of the holds in it and within it.
        assert_eq!((status.reserved, status.settled), (cents(reserved), cents(settled)), "{status:?}");
        assert_eq!(
            (status.limit, status.frozen),
            (Some(cents(model.limits[account])), model.frozen[account])
        );
        // I7: nothing negative.
        assert!(!status.reserved.is_negative() && !status.settled.is_negative());
        assert!(!status.remaining().unwrap().is_negative());
        // I1, I10: within the limit, but for overruns, which freeze, and limits lowered since.
        assert!(reserved + settled <= model.limits[account] || status.frozen || lowered, "{status:?}");
        // I3, I5, I6: each hold is where the model says; what was settled above its reservation froze the account.
        for hold in ledger.holds(&scope(account)).await.unwrap() {
            if let HoldState::Settled { actual } = hold.state {
                assert!(!hold.refunded.exceeds(actual).unwrap());
                assert!(!actual.exceeds(hold.amount).unwrap() || status.frozen || lowered);
            }
        }
    }
}

fn check(ops: &[Op], open: &dyn Fn() -> Box<dyn BudgetLedger>) {
    block_on(async {
        let mut ledger = open();
        let mut model = Model { limits: LIMITS.to_vec(), frozen: vec![false; 5], ..Model::default() };
        // A limit that a person changed explains what would break I1 and I5 otherwise.
        let mut changed = false;
        for (account, limit) in LIMITS.iter().enumerate() {
            ledger.open(&spec(account, *limit)).await.unwrap();
        }
        for op in ops {
            match *op {
                Op::Reserve(k, account, c) => {
                    let reserve = Reserve::new(scope(account), cents(c));
                    same(op, &ledger.reserve(&key(k), &reserve).await, &model.reserve(k, account, c));
                }
                Op::Settle(k, c) => same(op, &ledger.settle(&key(k), cents(c)).await, &model.settle(k, c)),
                Op::Void(k) => same(op, &ledger.void(&key(k)).await, &model.void(k)),
                Op::Refund(r, k, c) => {
                    let refund = Refund::new(key(k), cents(c));
                    same(op, &ledger.refund(&key(r), &refund).await, &model.refund(r, k, c));
                }
                Op::SetLimit(account, c) => {
                    ledger.set_limit(&scope(account), Some(cents(c))).await.unwrap();
                    model.set_limit(account, c);
                    changed = true;
                }
                Op::Open(account, delta) => {
                    let again = ledger.open(&spec(account, model.limits[account] + delta)).await;
                    assert_eq!(
                        again.map(drop).map_err(|e| e.kind()),
                        match delta {
                            0 => Ok(()),
                            _ => Err(ErrorKind::Conflict),
                        }
                    );
                }
                Op::Restart => {
                    drop(ledger);
                    ledger = open();
                }
            }
            invariants(&ledger, &model, changed).await;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_in_memory_is_the_model(ops in ops(60)) {
        let ledger = MemoryLedger::new();
        check(&ops, &|| Box::new(ledger.clone()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_in_sqlite_is_the_model(ops in ops(30)) {
        let file = TempFile::new();
        check(&ops, &|| Box::new(SqliteLedger::open(file.path()).unwrap()));
        block_on(SqliteLedger::open(file.path()).unwrap().verify()).unwrap();
    }
}
