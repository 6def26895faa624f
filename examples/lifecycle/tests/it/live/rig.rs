//! Simulators of Stripe and Vercel, and the command with keys for them.

use std::process::{Command, Stdio};

use doubles::{stripe::StripeDouble, vercel::Vercel};

use crate::ae::{Ae, Finished, finish};

/// A data directory, and the vendors that its runs go live at.
pub struct Rig {
    pub ae: Ae,
    pub stripe: StripeDouble,
    pub vercel: Vercel,
}

/// The options of a run that goes live.
pub const GO_LIVE: [&str; 4] = ["--deploy", "vercel", "--pay", "stripe"];
pub const TEST_KEY: &str = "sk_test_simulated000000000000";

impl Rig {
    pub fn new() -> Self {
        let vercel = Vercel::start(0).unwrap();
        vercel.set_plan("pro");
        vercel.set_building(0);
        Self { ae: Ae::new(), stripe: StripeDouble::start().unwrap(), vercel }
    }

    /// The environment of a command.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("STRIPE_API_KEY", TEST_KEY.to_owned()),
            ("AE_STRIPE_KEY", "rk_test_simulated000000000000".to_owned()),
            ("AE_STRIPE_API_BASE", self.stripe.url()),
            ("VERCEL_TOKEN", Vercel::TOKEN.to_owned()),
            ("VERCEL_TEAM_ID", Vercel::TEAM.to_owned()),
            ("AE_VERCEL_API_BASE", self.vercel.url()),
        ]
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.ae.command(args);
        command.envs(self.env());
        command
    }

    pub fn ae(&self, args: &[&str]) -> Finished {
        finish(self.command(args).spawn().unwrap())
    }

    /// The command with other values of some variables; an empty one is not set.
    pub fn ae_with(&self, changed: &[(&str, &str)], args: &[&str]) -> Finished {
        let mut command = self.command(args);
        for (name, value) in changed {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        finish(command.spawn().unwrap())
    }

    /// The main job, live, with more options.
    pub fn run<'a>(&self, options: &[&'a str]) -> Vec<&'a str> {
        let mut args = vec!["run", crate::ae::INTENT, "--signals", "sample", "--json"];
        args.extend(GO_LIVE);
        args.extend(options);
        args
    }

    /// A run that waits for the approval of its launch.
    pub fn at_launch(&self) -> String {
        let parked = self.ae(&self.run(&[])).expect(6).json();
        let run = parked["run_id"].as_str().unwrap().to_owned();
        let launch = self.ae(&["approve", &run, "--stage", "spec", "--json"]).expect(6).json();
        assert!(launch["waiting"]["title"].as_str().unwrap().starts_with("launch"), "{launch}");
        run
    }

    /// How many requests that change something each vendor got.
    pub fn changes(&self) -> [usize; 2] {
        let changing =
            |seen: Vec<doubles::server::Seen>| seen.iter().filter(|one| one.method != "GET").count();
        [changing(self.stripe.seen()), changing(self.vercel.seen())]
    }

    /// How many objects of a kind Stripe has, and how many of them can be bought.
    pub fn objects(&self, kind: &str) -> [usize; 2] {
        let all = self.stripe.objects(kind);
        [all.len(), all.iter().filter(|one| one["active"] == true).count()]
    }
}

/// The command of this suite's own program.
pub fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
