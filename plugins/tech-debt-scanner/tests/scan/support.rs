//! A folder for one test, and short ways to scan it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use guildhall_core::path_text;
use guildhall_report::{Finding, Location, Report, ScanRequest};
use tech_debt_scanner::{Hooks, ScanError, scan};

/// Hooks that look on.
pub(crate) struct Quiet;

impl Hooks for Quiet {
    fn progress(&self, _: u64, _: u64, _: &Path) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A folder that goes away with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tech debt {}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn request(&self) -> ScanRequest {
        request(&self.0)
    }

    pub(crate) fn scan(&self) -> Report {
        scan(&self.request(), &Quiet).unwrap()
    }

    pub(crate) fn scan_with(&self, settings: serde_json::Value) -> Result<Report, ScanError> {
        let mut request = self.request();
        request.settings = settings.as_object().unwrap().clone();
        scan(&request, &Quiet)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn request(root: &Path) -> ScanRequest {
    ScanRequest {
        root: path_text::encode(root),
        ..ScanRequest::default()
    }
}

/// The value of a figure.
pub(crate) fn figure(report: &Report, id: &str) -> f64 {
    let figure = report.figures.iter().find(|figure| figure.id == id);
    figure.unwrap().value
}

/// Where a finding is.
pub(crate) fn place(finding: &Finding) -> &Location {
    finding.location.as_ref().unwrap()
}

/// Path and code of all that was skipped.
pub(crate) fn skipped(report: &Report) -> Vec<(&str, &str)> {
    let skipped = report.skipped.iter();
    skipped
        .map(|skipped| (skipped.path.as_str(), skipped.code.as_str()))
        .collect()
}

/// A body that has so many independent branches.
pub(crate) fn branches(count: usize) -> String {
    "    if a() {}\n".repeat(count)
}
