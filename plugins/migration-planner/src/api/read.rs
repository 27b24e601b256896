//! Reading a crate: its root, and every file and macro call that this leads to.

use std::borrow::Cow;
use std::collections::HashMap;
use std::thread;

use guildhall_source::rust;

use super::attributes::Attributes;
use super::impls::attach;
use super::items::{Collector, Place};
use super::{Api, ModuleIndex, Package, Unread};

/// Files and macro calls that are read at the most. The largest published crates, which are
/// generated, have about ten thousand files.
const MOST_TEXTS: usize = 200_000;

/// How often one file is read as different modules. A crate that names its own files by `path`
/// in a ring would never end.
const MOST_OFTEN: u32 = 16;

/// Bytes that are read at the most.
const MOST_BYTES: usize = 256 << 20;

/// How many files and macro calls may lead to one another.
const DEEPEST: u32 = 60;

/// The files of a package.
pub trait Sources: Sync {
    /// The text of a file, whose path has `/` and begins where the package's own paths do;
    /// `None` where there is none.
    fn text(&self, path: &str) -> Option<Cow<'_, str>>;
}

/// What is still to be read.
#[derive(Debug)]
pub(super) enum Work {
    /// A module, whose text is in the first of these files that is there.
    Module {
        /// Each with the folder of the modules within.
        files: Vec<(String, String)>,
        place: Place,
    },
    /// The arguments of a macro call.
    Arguments { text: String, place: Place },
}

/// Reads the API of a package from its files.
///
/// What cannot be read is listed in [`Api::unread`], and nothing of it is in the API. The same
/// files give the same API. A thread of its own parses, with the stack that this needs.
///
/// ```
/// use std::borrow::Cow;
/// use migration_planner::api::{self, Package, Sources};
///
/// struct One(&'static str);
///
/// impl Sources for One {
///     fn text(&self, path: &str) -> Option<Cow<'_, str>> {
///         (path == "src/lib.rs").then(|| Cow::Borrowed(self.0))
///     }
/// }
///
/// let package = Package {
///     name: "a".to_owned(),
///     version: semver::Version::new(1, 0, 0),
///     library: "a".to_owned(),
///     root: "src/lib.rs".to_owned(),
///     is_2015: false,
///     features: Default::default(),
///     rust_version: None,
///     dependencies: Default::default(),
/// };
/// let api = api::read(&One("pub fn f() {} mod b;"), package);
/// assert_eq!(api.items[0].name, "f");
/// assert_eq!(api.unread[0].file, "src/b.rs");
/// ```
pub fn read(files: &dyn Sources, package: Package) -> Api {
    let collect = || collect(files, &package.root);
    let collected = thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(rust::WORKER_STACK);
        let thread = builder
            .spawn_scoped(scope, collect)
            .map_err(|error| error.to_string())?;
        thread
            .join()
            .map_err(|_| "the reader broke down; please report this".to_owned())
    });
    let (collector, unread) = collected.unwrap_or_else(|reason| {
        let file = package.root.clone();
        (Collector::new(), vec![Unread { file, reason }])
    });
    let api = Api {
        package,
        modules: collector.modules,
        items: collector.items,
        opaque: collector.opaque,
        unread,
    };
    attach(api, collector.blocks)
}

fn collect(files: &dyn Sources, root: &str) -> (Collector, Vec<Unread>) {
    let mut reader = Reader {
        files,
        collector: Collector::new(),
        unread: Vec::new(),
        times: HashMap::new(),
        texts: 0,
        bytes: 0,
    };
    reader.root(root);
    while let Some(work) = reader.collector.work.pop_front() {
        if reader.is_exhausted() {
            break;
        }
        match work {
            Work::Module { files, place } => reader.module(&files, place),
            Work::Arguments { text, place } => reader.arguments(&text, &place),
        }
    }
    reader.unread.sort_by(|a, b| a.file.cmp(&b.file));
    (reader.collector, reader.unread)
}

struct Reader<'a> {
    files: &'a dyn Sources,
    collector: Collector,
    unread: Vec<Unread>,
    /// How often each file was read.
    times: HashMap<String, u32>,
    texts: usize,
    bytes: usize,
}

impl Reader<'_> {
    fn root(&mut self, file: &str) {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let place = Place {
            module: ModuleIndex(0),
            file: file.to_owned(),
            folder: folder.to_owned(),
            is_inline: false,
            depth: 0,
        };
        self.module(&[(file.to_owned(), folder.to_owned())], place);
    }

    fn module(&mut self, files: &[(String, String)], place: Place) {
        if place.depth > DEEPEST {
            return self.miss(&place.file, "modules lead too deep from here");
        }
        let all = self.files;
        let texts = files
            .iter()
            .map(|(file, folder)| (file, folder, all.text(file)));
        let mut found = texts.filter_map(|(file, folder, text)| Some((file, folder, text?)));
        let Some((file, folder, text)) = found.next() else {
            let file = files.first().map_or("", |(file, _)| file);
            return self.miss(file, "there is no such file");
        };
        let times = self.times.entry(file.clone()).or_default();
        *times += 1;
        if *times > MOST_OFTEN {
            return self.miss(file, "it is a module in too many places");
        }
        let place = Place {
            file: file.clone(),
            folder: folder.clone(),
            ..place
        };
        if let Err(reason) = self.parse(&text, &place) {
            self.miss(file, &reason);
        }
    }

    /// Reads arguments as items, or keeps their words.
    fn arguments(&mut self, text: &str, place: &Place) {
        if place.depth > DEEPEST || self.parse(text, place).is_err() {
            self.collector.keep_words(text);
        }
    }

    fn parse(&mut self, text: &str, place: &Place) -> Result<(), String> {
        self.texts += 1;
        self.bytes += text.len();
        let outline = rust::outline(text, |_comment| {});
        let collector = &mut self.collector;
        let parsed = rust::parse(text, &outline, |file| {
            if !Attributes::read(&file.attrs).is_for_tests {
                collector.items(&file.items, place);
            }
        });
        parsed.map_err(|failure| failure.skipped("").reason)
    }

    fn is_exhausted(&mut self) -> bool {
        let is_exhausted = self.texts >= MOST_TEXTS || self.bytes >= MOST_BYTES;
        if is_exhausted {
            self.miss("", "the crate is too large to be read to its end");
        }
        is_exhausted
    }

    fn miss(&mut self, file: &str, reason: &str) {
        self.unread.push(Unread {
            file: file.to_owned(),
            reason: reason.to_owned(),
        });
    }
}
