//! A Temporal server of the suite's own.
#![allow(clippy::disallowed_methods, reason = "the test starts a server, which the environment may name")]
#![allow(clippy::print_stderr, reason = "a test that skips says so")]

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use ae_langflow::{
    Answer, Cancel,
    temporal::{ConnectOptions, TemporalClient, TemporalError, TemporalWorker, WorkerHandle},
};

/// Killed when the last test that uses it ends.
#[derive(Debug)]
pub struct Server {
    process: Mutex<Child>,
    port: u16,
}

#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    /// In memory.
    Memory,
    /// In this file.
    File(&'a Path),
    /// In memory, and time passes at once while nothing runs.
    Skipping,
}

impl Server {
    /// None where there is no such program, which is said; with `AE_REQUIRE_SERVICES=1` that is a failure.
    pub async fn start(kind: Kind<'_>, port: Option<u16>) -> Option<Arc<Self>> {
        let (variable, name) = match kind {
            Kind::Skipping => ("TEMPORAL_TEST_SERVER_BIN", "temporal-test-server"),
            _ => ("TEMPORAL_BIN", "temporal"),
        };
        let Some(program) = program(variable, name) else {
            let required = std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
            assert!(!required, "{variable} is unset and {name} is not on the PATH");
            eprintln!("skipped: {variable} is unset and {name} is not on the PATH");
            return None;
        };
        let port = port.unwrap_or_else(free_port);
        let mut command = Command::new(program);
        match kind {
            Kind::Skipping => drop(command.arg(port.to_string())),
            Kind::Memory | Kind::File(_) => {
                command.args(["server", "start-dev", "--headless", "--log-level", "error"]);
                command.args(["--ip", "127.0.0.1", "--port", &port.to_string()]);
                command.args(["--http-port", &free_port().to_string()]);
                command.args(["--metrics-port", &free_port().to_string()]);
            }
        }
        if let Kind::File(file) = kind {
            command.arg("--db-filename").arg(file).args(["--sqlite-pragma", "journal_mode=WAL"]);
        }
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Arc::new(Self { process: Mutex::new(process.unwrap()), port });
        server.ready().await;
        Some(server)
    }

    /// The one that tests share while any of them runs.
    pub async fn shared() -> Option<Arc<Self>> {
        static SHARED: tokio::sync::Mutex<Weak<Server>> = tokio::sync::Mutex::const_new(Weak::new());
        let mut shared = SHARED.lock().await;
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Self::start(Kind::Memory, None).await?;
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub async fn client(&self, queue: &str) -> TemporalClient {
        connect(self.port, queue).await
    }

    /// Lets a skipping server skip: it does not until someone asks.
    pub async fn let_time_pass(&self) {
        use temporalio_client::{Connection, ConnectionOptions, Url, tonic::IntoRequest as _};
        use temporalio_common::protos::temporal::api::testservice::v1::UnlockTimeSkippingRequest;
        let url = Url::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        let connection = Connection::connect(ConnectionOptions::new(url).build()).await.unwrap();
        let mut service = connection.test_service();
        service.unlock_time_skipping(UnlockTimeSkippingRequest {}.into_request()).await.unwrap();
    }

    /// Sends a signal as a sender does that knows nothing of answers: with these JSON texts as its arguments.
    pub async fn signal(&self, thread: &str, name: &str, arguments: &[&str]) {
        use temporalio_client::{
            Client, ClientOptions, Connection, ConnectionOptions, UntypedSignal, UntypedWorkflow, Url,
            WorkflowSignalOptions,
        };
        use temporalio_common::{data_converters::RawValue, protos::temporal::api::common::v1::Payload};
        let url = Url::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        let connection = Connection::connect(ConnectionOptions::new(url).identity("test").build()).await;
        let client = Client::new(connection.unwrap(), ClientOptions::new("default").build()).unwrap();
        let payload = |text: &&str| Payload {
            metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
            data: text.as_bytes().to_vec(),
            ..Payload::default()
        };
        let arguments = RawValue::new(arguments.iter().map(payload).collect());
        let handle = client.get_workflow_handle::<UntypedWorkflow>(thread);
        let signal = UntypedSignal::new(name);
        handle.signal(signal, arguments, WorkflowSignalOptions::default()).await.unwrap();
    }

    /// Lets the server forget a run, as it does some time after its end.
    pub async fn forget(&self, thread: &str) {
        use temporalio_client::{Connection, ConnectionOptions, Url, tonic::IntoRequest as _};
        use temporalio_common::protos::temporal::api::{
            common::v1::WorkflowExecution, workflowservice::v1::DeleteWorkflowExecutionRequest,
        };
        let url = Url::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        let connection = Connection::connect(ConnectionOptions::new(url).build()).await.unwrap();
        let run = WorkflowExecution { workflow_id: thread.to_owned(), run_id: String::new() };
        let request =
            DeleteWorkflowExecutionRequest { namespace: "default".to_owned(), workflow_execution: Some(run) };
        let mut service = connection.workflow_service();
        service.delete_workflow_execution(request.into_request()).await.unwrap();
        let client = self.client("forget").await;
        until("the run is forgotten", || async {
            match client.result::<crate::support::Log>(thread).await {
                Err(TemporalError::ThreadNotFound { .. }) => Some(()),
                _ => None,
            }
        })
        .await;
    }

    pub fn kill(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        // SIGKILL; it may have ended on its own.
        let _ = process.kill();
        process.wait().unwrap();
    }

    async fn ready(&self) {
        let client = self.client("ready").await;
        let probe = || Answer::from_value("probe", serde_json::Value::Null);
        until("the server answers", || async {
            match client.signal_answer("nobody", probe()).await {
                Err(TemporalError::ThreadNotFound { .. }) => Some(()),
                _ => None,
            }
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub async fn connect(port: u16, queue: &str) -> TemporalClient {
    until("a server on the port", || async {
        let options = ConnectOptions::new(format!("http://127.0.0.1:{port}")).with_identity("test");
        TemporalClient::connect(options, queue).await.ok()
    })
    .await
}

/// Looks until there is something, a bounded number of times.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    for _ in 0..1200 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

/// A worker that runs until the guard is asked to stop.
pub struct Working {
    stop: Cancel,
    handle: WorkerHandle,
}

pub fn work(worker: TemporalWorker) -> Working {
    let stop = Cancel::new();
    Working { handle: worker.with_grace(Duration::from_millis(1)).spawn(stop.clone()).unwrap(), stop }
}

impl Working {
    pub async fn stop(self) {
        self.stop.cancel();
        self.handle.join().await.unwrap();
    }
}

/// The events of the history of `thread`, by type.
pub async fn events(client: &TemporalClient, thread: &str) -> Vec<String> {
    let history = client.history(thread).await.unwrap();
    let history: serde_json::Value = serde_json::from_slice(&history).unwrap();
    let events = history["events"].as_array().unwrap();
    events.iter().map(|event| event["event_type"].to_string()).collect()
}

fn program(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
