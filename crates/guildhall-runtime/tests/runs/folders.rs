//! The folder that a run works on may have any name that the system allows.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use guildhall_coordination::{Plan, PlanFormat, TaskStatus};
use guildhall_host::Host;
use guildhall_runtime::{Runtime, WorkOptions};
use tempfile::TempDir;

use crate::support::{Coordinator, Worker, status};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_name_is_no_text_is_worked_on_as_any_other() {
    let folder = TempDir::new().unwrap();
    let named = |name: &[u8]| {
        let path = folder.path().join(OsStr::from_bytes(name));
        std::fs::create_dir(&path).unwrap();
        path
    };
    let (work, state) = (named(b"work \xff"), named(b"state \xff"));
    let host = Host::builder()
        .agent(Coordinator::new())
        .agent(Worker::new("worker", 1));
    let builder = Runtime::builder(host.build().unwrap());
    let runtime = builder.state_folder(state).open().await.unwrap();
    let plan = r#"
        version = 1
        name = "anywhere"
        [[task]]
        id = "a"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let plan = Plan::parse(plan, PlanFormat::Toml, "plan.toml").unwrap();
    let run = runtime.create(plan.compile(), &work).await.unwrap();
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert_eq!(status(&ledger, "a"), TaskStatus::Completed);
}
