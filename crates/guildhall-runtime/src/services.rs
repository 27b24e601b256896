//! What the host keeps and does for agents beside calls: durable streams, programs under a
//! supervisor, scratch workspaces, what is recorded of runs, and how much of them is
//! done at once.
//!
//! They are offered to single calls, and answer only agents whose manifest declares a
//! permission of the service's name: to all others they are not there. Nothing is opened
//! before the first request, so a call that asks for nothing pays nothing.
//!
//! ```no_run
//! use guildhall_host::core::CapabilityRequest;
//! use guildhall_host::{CallRequest, Host};
//! use guildhall_runtime::services::{ServiceSettings, Services};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::builder().folder("plugins").build()?;
//! let settings = ServiceSettings { state_folder: Some("state".into()), ..Default::default() };
//! let services = Services::new(&host, settings);
//! let wanted: CapabilityRequest = "acme.build".parse()?;
//! let (request, of_call) = services.offer(CallRequest::new(wanted, &())?);
//! let called = host.call(request).await;
//! of_call.close().await;
//! println!("{:?}", called?.outcome);
//! # Ok(())
//! # }
//! ```

mod control;
mod gate;
mod programs;
mod records;
mod runs_store;
mod streams;
mod workspaces;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use guildhall_core::control as of_control;
use guildhall_core::records as of_records;
use guildhall_core::{AgentError, AgentId, programs as of_programs, streams as of_streams};
use guildhall_core::{Permission, workspaces as of_workspaces};
use guildhall_host::{CallRequest, Host, Service};
use tokio::sync::OnceCell;

use self::control::ControlOfRuns;
use self::gate::Gate;
use self::programs::ProgramsOfCall;
use self::records::RecordsOfRuns;
use self::streams::StreamsOfAgents;
use self::workspaces::WorkspacesOfCall;
use crate::process::{Redactor, own_temporary_folder, workspaces_of};
use crate::store::Streams;
use crate::workspace;

pub use self::control::ControlBounds;

/// The services, by the names under which they are asked for and declared.
const NAMES: [&str; 5] = [
    of_control::SERVICE,
    of_streams::SERVICE,
    of_programs::SERVICE,
    of_records::SERVICE,
    of_workspaces::SERVICE,
];

/// What the embedding program says about the services.
#[derive(Debug, Clone, Default)]
pub struct ServiceSettings {
    /// Where streams and workspaces are kept: the state folder of runs. Without it there
    /// are no streams, unless [`Services::with_streams`] gives some, and workspaces lie among the
    /// system's temporary files.
    pub state_folder: Option<PathBuf>,
    /// A program that calls [`crate::process::launch::run_if_launcher`] first thing in
    /// `main`; this very program where absent.
    pub launcher: Option<PathBuf>,
    /// The environment of which programs are given a part; this process's own where absent.
    pub environment: Option<BTreeMap<OsString, OsString>>,
    /// How far agents may change the limits of runs.
    pub control: ControlBounds,
    /// Takes secrets out of what programs write, beside those of their environment.
    pub redactor: Redactor,
}

/// The services of a host's agents. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    shared: Arc<Shared>,
}

/// What all calls share.
struct Shared {
    /// Who could do what, and how much of it at once.
    host: Host,
    settings: ServiceSettings,
    /// Which agents declare which of the services.
    declared: BTreeMap<&'static str, BTreeSet<AgentId>>,
    /// Opened at the first request.
    streams: OnceCell<Arc<dyn Streams>>,
    /// What killed hosts have left is swept once.
    swept: OnceCell<()>,
}

/// What a call was offered. Whoever makes the call closes it afterwards.
#[must_use = "what the call has opened is closed by `close`"]
pub struct OfCall {
    workspaces: Arc<WorkspacesOfCall>,
}

impl Services {
    /// Services for the agents that `host` has.
    pub fn new(host: &Host, settings: ServiceSettings) -> Self {
        let agents = host.agents();
        let declared = NAMES.map(|name| {
            let declares = |permission: &Permission| permission.kind == name;
            let agents = agents.iter().map(|agent| &agent.manifest);
            let agents = agents.filter(|manifest| manifest.permissions.iter().any(declares));
            (name, agents.map(|manifest| manifest.id.clone()).collect())
        });
        Self {
            shared: Arc::new(Shared {
                host: host.clone(),
                settings,
                declared: declared.into(),
                streams: OnceCell::new(),
                swept: OnceCell::new(),
            }),
        }
    }

    /// Keeps streams there instead of in a store of the state folder.
    #[must_use]
    pub fn with_streams(self, streams: Arc<dyn Streams>) -> Self {
        // Where one is open already, it stays: nothing was asked of it yet.
        let _ = self.shared.streams.set(streams);
        self
    }

    /// Sweeps once what killed hosts have left in the state folder, where there is one.
    pub(crate) async fn sweep(&self) {
        if let Some(folder) = &self.shared.settings.state_folder {
            self.shared.sweep_folder(&workspaces_of(folder)).await;
        }
    }

    /// Offers the services to a call.
    pub fn offer(&self, request: CallRequest) -> (CallRequest, OfCall) {
        let workspaces = Arc::new(WorkspacesOfCall::new(Arc::clone(&self.shared)));
        let streams = StreamsOfAgents::new(Arc::clone(&self.shared));
        let programs = ProgramsOfCall::new(Arc::clone(&self.shared), Arc::clone(&workspaces));
        let records = RecordsOfRuns::new(Arc::clone(&self.shared));
        let control = ControlOfRuns::new(Arc::clone(&self.shared));
        let offered: [(&'static str, Arc<dyn Service>); 5] = [
            (of_control::SERVICE, Arc::new(control)),
            (of_streams::SERVICE, Arc::new(streams)),
            (of_programs::SERVICE, Arc::new(programs)),
            (of_records::SERVICE, Arc::new(records)),
            (
                of_workspaces::SERVICE,
                Arc::<WorkspacesOfCall>::clone(&workspaces),
            ),
        ];
        let request = offered.into_iter().fold(request, |request, (name, inner)| {
            let gate = Gate::new(Arc::clone(&self.shared), name, inner);
            request.offer(name, Arc::new(gate))
        });
        (request, OfCall { workspaces })
    }
}

impl OfCall {
    /// Closes what the call has left open.
    ///
    /// # Cancel safety
    /// Dropping the future leaves workspaces, which the next host sweeps that works on a run
    /// or whose agents ask for a workspace or give a program its input.
    pub async fn close(self) {
        self.workspaces.close_all().await;
    }
}

impl Shared {
    fn declares(&self, agent: &AgentId, service: &'static str) -> bool {
        let declared = self.declared.get(service);
        declared.is_some_and(|agents| agents.contains(agent))
    }

    /// The folder in which private folders lie.
    fn workspaces(&self) -> Result<PathBuf, AgentError> {
        match &self.settings.state_folder {
            Some(folder) => Ok(workspaces_of(folder)),
            None => Ok(workspaces_of(&own_temporary_folder()?)),
        }
    }

    /// Sweeps once what killed hosts have left there.
    async fn sweep(&self) -> Result<(), AgentError> {
        let folder = self.workspaces()?;
        self.sweep_folder(&folder).await;
        Ok(())
    }

    async fn sweep_folder(&self, folder: &Path) {
        let sweep = || workspace::sweep_and_tell(folder);
        self.swept.get_or_init(sweep).await;
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services")
            .field("state_folder", &self.shared.settings.state_folder)
            .finish_non_exhaustive()
    }
}
