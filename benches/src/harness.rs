//! Answers of a model through the metering proxy, and straight from the vendor.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use ae_core::{Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret};
use ae_harness::{BudgetMeter, MeterProxy, ModelPrice, ProxyOptions, ProxySession, SessionPlan, wire::Api};

use crate::ratio::{median, time};

const BEGIN: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\
                     \"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":20,\"output_tokens\":1}}}\n\n";
const DELTA: &str = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\
                     \"text\":\" and then the next few words\"}}\n\n";
const END: &str = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":\
                   {\"output_tokens\":9}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// A vendor on loopback, a proxy before it, and a connection to each.
#[derive(Debug)]
pub struct Stand {
    /// The connection to the vendor itself.
    pub straight: Way,
    /// The connection to the proxy.
    pub metered: Way,
    session: ProxySession,
    runtime: tokio::runtime::Runtime,
}

/// A connection that is kept open, and the request that goes over it.
#[derive(Debug)]
pub struct Way {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Stand {
    /// Answers of about `answer_bytes`, to prompts of `prompt_bytes`.
    ///
    /// # Panics
    ///
    /// When this machine gives no loopback port.
    pub fn new(prompt_bytes: usize, answer_bytes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let vendor = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            let answer = Arc::new(answer(answer_bytes));
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve(stream, &answer));
            }
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let usd = |text| Money::parse(text, Currency::USD).expect("an amount");
        let price = ModelPrice::per_million(usd("3"), usd("15"));
        let meter = Arc::new(BudgetMeter::new(usd("1000000")).with_price("m", price));
        let url = format!("http://127.0.0.1:{vendor}");
        let plan = SessionPlan::new(meter, [Api::AnthropicMessages], url, Secret::new("real".to_owned()));
        let key = IdempotencyKey::derive(
            RunId::from_digest(&Digest::of_bytes("bench", b"run")),
            "bench",
            "agent",
            0,
        );
        let (proxy, session) = runtime.block_on(async {
            let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.expect("a proxy");
            let session = proxy.open(&key, &plan).expect("a session");
            (proxy, session)
        });
        let prompt = "word ".repeat(prompt_bytes / 5);
        let base = session.base_url();
        let prefix = base.split_once("/r/").map_or("", |(_, id)| id);
        let through = Way::new(
            proxy.address().port(),
            &format!("/r/{prefix}/v1/messages"),
            session.key().expose(),
            &prompt,
        );
        // The proxy lives as long as its session is used: one clone stays with the runtime.
        runtime.spawn(async move {
            let _proxy = proxy;
            std::future::pending::<()>().await;
        });
        Self {
            straight: Way::new(vendor, "/v1/messages", "real", &prompt),
            metered: through,
            session,
            runtime,
        }
    }

    /// The calls that were booked, once none is under way.
    pub fn booked(&self) -> u64 {
        let spend = self.runtime.block_on(self.session.close());
        assert_eq!((spend.unknown, spend.failed, spend.refused), (0, 0, 0), "every call is booked exactly");
        spend.calls
    }
}

impl Way {
    fn new(port: u16, path: &str, key: &str, prompt: &str) -> Self {
        let body = format!(
            "{{\"model\":\"m\",\"max_tokens\":1000,\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"{prompt}\"}}]}}"
        );
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        stream.set_nodelay(true).expect("a socket option");
        Self { stream: BufReader::with_capacity(1 << 16, stream), request: request.into_bytes() }
    }

    /// The median time from the request to the first byte of the answer's body.
    pub fn first_byte(&mut self, count: u32) -> Duration {
        let mut times = Vec::new();
        for _ in 0..count {
            times.push(time(&mut || {
                self.ask();
                self.head();
                self.stream.fill_buf().expect("the first byte");
            }));
            self.rest();
        }
        median(times)
    }

    /// Reads a whole answer, and returns its size.
    pub fn whole(&mut self) -> usize {
        self.ask();
        self.head();
        self.rest()
    }

    fn ask(&mut self) {
        self.stream.get_mut().write_all(&self.request).expect("the request is sent");
    }

    fn head(&mut self) {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a status");
        assert!(line.contains(" 200 "), "{line}");
        while line != "\r\n" {
            line.clear();
            self.stream.read_line(&mut line).expect("a header");
        }
    }

    /// Reads the chunks of a body.
    fn rest(&mut self) -> usize {
        let (mut size, mut line, mut chunk) = (0, String::new(), Vec::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("the size of a chunk");
            let next = usize::from_str_radix(line.trim_end(), 16).expect("a size");
            chunk.resize(next + 2, 0);
            self.stream.read_exact(&mut chunk).expect("a chunk");
            if next == 0 {
                return size;
            }
            size += next;
        }
    }
}

/// The chunks of an answer: the beginning by itself, then pieces of 16 kB.
fn answer(bytes: usize) -> Vec<Vec<u8>> {
    let text = DELTA.repeat(bytes / DELTA.len()) + END;
    let pieces = std::iter::once(BEGIN.as_bytes()).chain(text.as_bytes().chunks(16_384));
    pieces.map(|piece| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()).collect()
}

/// Answers every request on a connection.
fn serve(stream: TcpStream, answer: &[Vec<u8>]) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::with_capacity(1 << 16, stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(stated) = line.strip_prefix("content-length: ") {
                length = stated.trim_end().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).is_err() {
            return;
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let out = stream.get_mut();
        let begun = out.write_all(head.as_bytes());
        let sent = answer.iter().try_for_each(|chunk| out.write_all(chunk));
        if begun.and(sent).and_then(|()| out.write_all(b"0\r\n\r\n")).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_same_answer() {
        let mut stand = Stand::new(100, 100_000);
        assert!(
            stand.straight.first_byte(2) > Duration::ZERO && stand.metered.first_byte(2) > Duration::ZERO
        );
        assert_eq!(stand.straight.whole(), stand.metered.whole());
        assert_eq!(stand.booked(), 3);
    }
}
