//! What a call across the boundary costs, as a ratio to a direct `async_trait` call
//! of the same agent in the same process: `cargo xtask bench boundary`.
//!
//! All variants of a size are measured in turn, many rounds of each, and the median
//! of the rounds' ratios is printed, so that a machine that changes its speed on the
//! way changes little.
#![expect(
    unsafe_code,
    reason = "the library is loaded by hand, so that nothing else is measured"
)]

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Instant;

use echo_plugin::{Asking, Echo, Echoed};
use guildhall_abi::guest::Operation;
use guildhall_abi::host::{Begun, CallServices, HostServices, Instance, LoadedEntry, ServiceCall};
use guildhall_abi::{ENTRY_SYMBOL, Reply, codec};
use guildhall_core::{
    Agent, AgentCall, AgentError, Attachment, Context, LogLevel, LogLine, Outcome, Progress,
    ServiceRequest, Services, Task,
};
use guildhall_host::{CallRequest, Caller, Host, Service, async_trait, inspect};

type Error = Box<dyn std::error::Error>;

const ROUNDS: usize = 41;

fn main() -> Result<(), Error> {
    let plugin = std::env::var_os("GUILDHALL_ECHO_PLUGIN").map(PathBuf::from);
    let plugin = plugin.ok_or("run this by `cargo xtask bench boundary`")?;
    let library = Loaded::new(&plugin)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let host = Host::builder()
        .plugin(&plugin)
        .service("bench", Arc::new(Answers))
        .build()?;
    let mut table = Table::default();
    for (size, iterations) in [(200, 2000), (64 << 10, 60), (1 << 20, 4)] {
        json(&mut table, size, iterations, &library, &runtime, &host)?;
    }
    attachments(&mut table, &library)?;
    services(&mut table, &runtime, &host)?;
    manifests(&mut table, &plugin)?;
    table.print()?;
    Ok(())
}

/// A text of `size` bytes, as JSON, through each of the ways.
fn json(
    table: &mut Table,
    size: usize,
    iterations: usize,
    library: &Loaded,
    runtime: &tokio::runtime::Runtime,
    host: &Host,
) -> Result<(), Error> {
    let echo = Echo;
    let direct: Arc<dyn DirectEcho> = Arc::new(Echo);
    let text = "x".repeat(size);
    let task = Task::new(
        "bench.echo".parse()?,
        "1.0.0".parse()?,
        &Echoed { text: text.clone() },
    )?;
    let services: Arc<dyn Services> = Arc::new(NoServices);
    let ways: [(&str, &dyn Fn()); 4] = [
        ("direct", &|| {
            let input = Echoed { text: text.clone() };
            black_box(ready(direct.echo(black_box(input))));
        }),
        ("codec", &|| {
            let head = codec::encode_task(&task).expect("a task");
            let task = codec::decode_task(&head, Vec::new()).expect("a task");
            let ctx = Context::new(task.id, None, Arc::clone(&services));
            let outcome = ready(echo.execute(task, &ctx)).expect("an outcome");
            let message = codec::encode_outcome(outcome).expect("an outcome");
            black_box(codec::decode_outcome(message).expect("an outcome"));
        }),
        ("boundary", &|| {
            black_box(library.call(&task).expect("an outcome"));
        }),
        ("host", &|| {
            let request =
                CallRequest::from_raw("bench.echo".parse().expect("a name"), task.input.clone());
            black_box(runtime.block_on(host.call(request)).expect("an outcome"));
        }),
    ];
    let medians = measure(&ways, iterations);
    let name = bytes(size);
    let direct = medians["direct"];
    table.add(
        &format!("{name} as JSON, direct async_trait call"),
        "1.0".into(),
        format!("{direct:.0} ns"),
        None,
    );
    let codec = medians["codec"] / direct;
    table.add(
        &format!("{name} as JSON, codec in process"),
        ratio(codec),
        "x direct".into(),
        None,
    );
    let boundary = medians["boundary"] / direct;
    let limit = (size == 200).then_some(18.0);
    table.check(
        &format!("{name} as JSON, across the boundary"),
        boundary,
        "x direct",
        limit,
    );
    let limit = match size {
        200 => Some(1.15),
        65536 => Some(1.05),
        _ => None,
    };
    table.check(
        &format!("{name} as JSON, boundary over codec"),
        medians["boundary"] / medians["codec"],
        "x codec",
        limit,
    );
    table.add(
        &format!("{name} as JSON, through the whole host"),
        ratio(medians["host"] / direct),
        "x direct".into(),
        None,
    );
    Ok(())
}

/// An attachment beside a small head.
fn attachments(table: &mut Table, library: &Loaded) -> Result<(), Error> {
    let direct: Arc<dyn DirectEcho> = Arc::new(Echo);
    let task = |size: usize| -> Result<Task, Error> {
        let mut task = Task::new("bench.attachments".parse()?, "1.0.0".parse()?, &())?;
        task.attach(Attachment::new(
            "blob",
            "application/octet-stream",
            vec![7; size],
        ));
        Ok(task)
    };
    let (small, large) = (task(64 << 10)?, task(1 << 20)?);
    let text = "x".repeat(200);
    let ways: [(&str, &dyn Fn()); 3] = [
        ("direct", &|| {
            let input = Echoed { text: text.clone() };
            black_box(ready(direct.echo(black_box(input))));
        }),
        ("small", &|| {
            black_box(library.call(&small).expect("an outcome"));
        }),
        ("large", &|| {
            black_box(library.call(&large).expect("an outcome"));
        }),
    ];
    let medians = measure(&ways, 1000);
    table.check(
        "1 MiB attachment, across the boundary",
        medians["large"] / medians["direct"],
        "x direct 200 B",
        Some(20.0),
    );
    table.check(
        "1 MiB attachment over a 64 KiB one",
        medians["large"] / medians["small"],
        "x 64 KiB",
        Some(2.5),
    );
    Ok(())
}

/// A service of the host that answers at once, or after it has waited.
struct Answers;

#[async_trait]
impl Service for Answers {
    async fn request(&self, _: &Caller, request: ServiceRequest) -> Result<Outcome, AgentError> {
        if request.method == "wait" {
            tokio::task::yield_now().await;
        }
        Ok(Outcome::from_raw(request.input))
    }
}

/// Requests of a plugin to a service of the host, from its `.await` to the answer.
fn services(
    table: &mut Table,
    runtime: &tokio::runtime::Runtime,
    host: &Host,
) -> Result<(), Error> {
    for (method, what, limit) in [
        ("answer", "that answers at once", Some(15.0)),
        ("wait", "that waits", None),
    ] {
        let mut times = Vec::new();
        for _ in 0..=ROUNDS {
            let asking = Asking {
                method: method.to_owned(),
                text: "x".repeat(200),
                times: 500,
            };
            let request = CallRequest::new("bench.ask".parse()?, &asking)?;
            let called = runtime.block_on(host.call(request))?;
            let took: u64 = called.outcome.output()?;
            times.push(took as f64 / f64::from(asking.times) / 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let what = format!("200 B to a service {what}");
        table.check(&what, times[times.len() / 2], "us", limit);
    }
    Ok(())
}

/// Reading manifests without loading, and the size of a library.
fn manifests(table: &mut Table, plugin: &Path) -> Result<(), Error> {
    let started = Instant::now();
    for _ in 0..100 {
        black_box(inspect(plugin).map_err(|refusal| refusal.to_string())?);
    }
    let took = started.elapsed().as_secs_f64() * 1000.0;
    table.check(
        "100 manifests read without loading",
        took,
        "ms",
        Some(100.0),
    );
    let size = std::fs::metadata(plugin)?.len() as f64 / 1000.0;
    table.check(
        "library of the echo plugin, as built",
        size,
        "kB",
        Some(700.0),
    );
    Ok(())
}

/// Nanoseconds an iteration of each way: the median over rounds in which all ways
/// take their turn.
fn measure(ways: &[(&'static str, &dyn Fn())], iterations: usize) -> BTreeMap<&'static str, f64> {
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for round in 0..=ROUNDS {
        for (name, run) in ways {
            let started = Instant::now();
            for _ in 0..iterations {
                run();
            }
            let each = started.elapsed().as_secs_f64() * 1e9 / iterations as f64;
            // The first round warms up.
            if round > 0 {
                times.entry(name).or_default().push(each);
            }
        }
    }
    times
        .into_iter()
        .map(|(name, mut times)| {
            times.sort_by(f64::total_cmp);
            (name, times[times.len() / 2])
        })
        .collect()
}

/// What everything is compared with: a call behind `dyn`, without any codec.
#[async_trait]
trait DirectEcho: Send + Sync {
    async fn echo(&self, input: Echoed) -> Echoed;
}

#[async_trait]
impl DirectEcho for Echo {
    async fn echo(&self, input: Echoed) -> Echoed {
        input
    }
}

/// The output of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut TaskContext::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the echo agent never waits"),
    }
}

/// The plugin's library, called on this thread without any host around it.
struct Loaded {
    instance: Arc<Instance>,
    services: Arc<Quiet>,
}

impl Loaded {
    fn new(path: &Path) -> Result<Self, Error> {
        // SAFETY: the library is this workspace's own echo plugin.
        let library = unsafe { libloading::Library::new(path) }?;
        // SAFETY: only the address of the symbol is taken.
        let address = unsafe {
            library
                .get::<*const c_void>(ENTRY_SYMBOL.as_bytes())?
                .try_as_raw_ptr()
        };
        let address = address.ok_or("the library has no entry")?;
        // SAFETY: the address is that of the entry; the library is kept alive.
        let entry = unsafe { LoadedEntry::read(address.cast_const(), Arc::new(library)) }?;
        let services = Arc::new(Quiet);
        let instance = entry.create(Arc::clone(&services) as _, b"null")?;
        Ok(Self { instance, services })
    }

    fn call(&self, task: &Task) -> Result<Outcome, AgentError> {
        let head = codec::encode_task(task)?;
        let services = Arc::clone(&self.services);
        let begun = self
            .instance
            .begin(Operation::Execute, services, &head, &task.attachments)?;
        let reply = match begun {
            Begun::Done(reply) => reply,
            Begun::Future(mut future) => {
                let mut context = TaskContext::from_waker(Waker::noop());
                match Pin::new(&mut future).poll(&mut context) {
                    Poll::Ready(reply) => reply,
                    Poll::Pending => unreachable!("the echo agent never waits"),
                }
            }
        };
        match reply {
            Reply::Ok(message) => codec::decode_outcome(message),
            Reply::Error(record) | Reply::Panicked(record) => {
                Err(guildhall_abi::decode_error(&record))
            }
        }
    }
}

/// Services that nobody uses here.
struct Quiet;

impl HostServices for Quiet {
    fn log(&self, _: LogLine) {}

    fn log_enabled(&self, _: LogLevel) -> bool {
        false
    }
}

impl CallServices for Quiet {
    fn is_cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: Progress) {}

    fn log(&self, _: LogLine) {}

    fn call(&self, _: AgentCall) -> ServiceCall {
        let error = AgentError::failed("nobody to call");
        ServiceCall {
            future: Box::pin(std::future::ready(Err(error))),
            cancel: Box::new(|| ()),
        }
    }
}

struct NoServices;

#[async_trait]
impl Services for NoServices {
    fn progress(&self, _: Progress) {}

    fn log(&self, _: LogLine) {}

    fn is_cancelled(&self) -> bool {
        false
    }

    async fn cancelled(&self) {}

    async fn call(&self, _: AgentCall) -> Result<Outcome, AgentError> {
        Err(AgentError::failed("nobody to call"))
    }

    fn spawn(&self, _: Pin<Box<dyn Future<Output = ()> + Send>>) {}
}

/// The result, a row a figure.
#[derive(Default)]
struct Table {
    rows: Vec<(String, String, String, String)>,
}

impl Table {
    fn add(&mut self, what: &str, value: String, unit: String, verdict: Option<String>) {
        self.rows
            .push((what.to_owned(), value, unit, verdict.unwrap_or_default()));
    }

    /// A figure with the number that it has to hold, where there is one.
    fn check(&mut self, what: &str, value: f64, unit: &str, limit: Option<f64>) {
        let verdict = limit.map(|limit| {
            let word = if value <= limit { "holds" } else { "MISSES" };
            format!("{word} <= {limit}")
        });
        self.add(what, ratio(value), unit.to_owned(), verdict);
    }

    fn print(&self) -> std::io::Result<()> {
        // Descriptor 1 was moved away when the host loaded the plugin.
        let mut out = guildhall_host::stdout::claim()?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        writeln!(out, "medians of {ROUNDS} rounds, {threads} processors")?;
        for (what, value, unit, verdict) in &self.rows {
            writeln!(out, "{what:48} {value:>9} {unit:15} {verdict}")?;
        }
        Ok(())
    }
}

fn ratio(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

fn bytes(size: usize) -> String {
    match size {
        size if size >= 1 << 20 => format!("{} MiB", size >> 20),
        size if size >= 1 << 10 => format!("{} KiB", size >> 10),
        size => format!("{size} B"),
    }
}
