//! Negotiation: who is granted which resources, and until when.
//!
//! Resources are things that are counted (memory, devices) or that come back with time (tokens
//! per minute). A request names all that it wants, and is granted as a whole or waits: nobody
//! holds a part of what it wants while it waits for the rest, so nobody waits for another in a
//! circle (Coffman, Elphick and Shoshani, "System Deadlocks", 1971). A holder that asks again
//! is refused until it has given back what it has.
//!
//! Requests are granted by importance and then by age, and wait for who is before them only
//! where they want some of the same: what is kept for the first in the queue is given to nobody
//! behind it. A minute of waiting outweighs a class of importance, so everybody comes to the
//! front in the end. A grant is a lease: it ends when it is given back, or when it was not
//! renewed in time, and its number is greater than that of every one before it, so that who
//! was thought dead can be told from who has come after.
//!
//! ```
//! use guildhall_coordination::resources::{Asked, Capacity, Negotiator, Request, Told};
//! use guildhall_coordination::Priority;
//!
//! let mut negotiator = Negotiator::new([("gpu".to_owned(), Capacity::Count(1))]);
//! let request = |holder: &str| Asked::Request(Request {
//!     holder: holder.to_owned(),
//!     wants: [("gpu".to_owned(), 1)].into(),
//!     hold_ms: 30_000,
//!     priority: Priority::Normal,
//! });
//! let told = negotiator.step(0, request("ada"));
//! assert!(matches!(&told[..], [Told::Granted { holder, .. }] if holder == "ada"));
//! assert!(negotiator.step(0, request("bob")).is_empty(), "the device is taken");
//! // Nobody hears of ada any more: her lease ends, and the device goes to who waits for it.
//! let told = negotiator.step(30_000, Asked::Tick);
//! assert!(matches!(&told[..], [Told::Expired { .. }, Told::Granted { holder, .. }] if holder == "bob"));
//! ```

mod pool;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use serde::{Deserialize, Serialize};

use crate::task::Priority;

pub use pool::Capacity;
use pool::Pool;

/// Milliseconds of waiting that outweigh a class of importance.
pub const AGEING_MS: u64 = 60_000;

/// What somebody wants, by the names of resources.
pub type Wants = BTreeMap<String, u64>;

/// Somebody wants resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who; each holder has one lease or one request at a time.
    pub holder: String,
    /// What, all of it.
    pub wants: Wants,
    /// How long the lease holds where it is not renewed, in milliseconds.
    pub hold_ms: u64,
    /// How important it is.
    pub priority: Priority,
}

/// What a negotiator is asked, or told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Somebody wants resources.
    Request(Request),
    /// A lease is to hold for another of its terms from now on.
    Renew {
        /// Its number.
        lease: u64,
    },
    /// A lease is given back.
    Release {
        /// Its number.
        lease: u64,
    },
    /// A holder does not want any more what it waits for.
    Withdraw {
        /// Who.
        holder: String,
    },
    /// Time has passed.
    Tick,
}

/// What a negotiator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// All that was wanted is granted.
    Granted {
        /// Whom.
        holder: String,
        /// The number of the lease: greater than every one before it, so that it fences off who
        /// had a lease before.
        lease: u64,
        /// When it ends where it is not renewed, in milliseconds of the caller's clock.
        until_ms: u64,
    },
    /// A request is never granted.
    Refused {
        /// Whose.
        holder: String,
        /// Why.
        why: NeverGranted,
    },
    /// A lease ended because nobody renewed it.
    Expired {
        /// Who had it.
        holder: String,
        /// Its number.
        lease: u64,
    },
    /// There is no such lease any more: what it stood for may be somebody else's.
    NoSuchLease {
        /// Its number.
        lease: u64,
    },
}

/// Why a request is never granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NeverGranted {
    /// There is no such resource.
    #[error("there is no resource {0:?}: add it to `limits.resources`")]
    NoSuchResource(String),
    /// There is not as much, even where nobody has any.
    #[error(
        "{wants} of {resource:?} were asked for, and there are never more than {capacity}: ask for less, or raise `limits.resources`"
    )]
    NeverFits {
        /// The resource.
        resource: String,
        /// How much was asked for.
        wants: u64,
        /// How much there is.
        capacity: u64,
    },
    /// The holder has a lease, or waits for one.
    #[error("{0:?} has or awaits a lease already: give that back, and ask for all at once")]
    HoldsAlready(String),
}

/// Grants resources. Pure: time comes with each step.
#[derive(Debug, Default)]
pub struct Negotiator {
    pools: BTreeMap<String, Pool>,
    /// By what they want: of those that want the same, only the first can be next.
    queues: BTreeMap<Wants, BTreeMap<Place, Request>>,
    places: HashMap<String, (Wants, Place)>,
    leases: HashMap<u64, Lease>,
    holders: HashMap<String, u64>,
    /// When leases end, by number.
    ends: BTreeSet<(u64, u64)>,
    /// Of leases and of requests.
    last: u64,
    now_ms: u64,
}

/// By rank, then in the order in which they came.
type Place = (i128, u64);

#[derive(Debug)]
struct Lease {
    holder: String,
    wants: Wants,
    hold_ms: u64,
    until_ms: u64,
}

impl Negotiator {
    /// A negotiator of these resources, all of them free.
    pub fn new(capacities: impl IntoIterator<Item = (String, Capacity)>) -> Self {
        let pools = capacities.into_iter();
        Self {
            pools: pools.map(|(name, it)| (name, Pool::new(it))).collect(),
            ..Self::default()
        }
    }

    /// Takes in what is asked and what time it is, and says what follows, in order. A clock
    /// that goes back is taken to stand still.
    pub fn step(&mut self, now_ms: u64, asked: Asked) -> Vec<Told> {
        self.now_ms = self.now_ms.max(now_ms);
        let mut told = Vec::new();
        self.expire(&mut told);
        match asked {
            Asked::Request(request) => match self.never(&request) {
                Some(why) => {
                    let holder = request.holder;
                    told.push(Told::Refused { holder, why });
                }
                None => self.queue(request),
            },
            Asked::Renew { lease } => self.renew(lease, &mut told),
            Asked::Release { lease } => match self.leases.remove(&lease) {
                Some(held) => self.take_back(lease, held),
                None => told.push(Told::NoSuchLease { lease }),
            },
            Asked::Withdraw { holder } => drop(self.leave_queue(&holder)),
            Asked::Tick => {}
        }
        self.grant(&mut told);
        told
    }

    /// When to step again though nobody asks, in milliseconds: where a lease ends, or what
    /// comes back with time is enough for the first who wants it.
    pub fn next_ms(&self) -> Option<u64> {
        let end = self.ends.first().map(|(until_ms, _)| *until_ms);
        let refills = self.queues.keys().filter_map(|wants| {
            let refill = wants.iter().filter_map(|(name, units)| {
                self.pools.get(name)?.enough_at_ms(self.now_ms, *units)
            });
            refill.max()
        });
        end.into_iter().chain(refills).min()
    }

    /// How much of a resource is free now; `None` where there is no such resource.
    pub fn free(&self, resource: &str) -> Option<u64> {
        self.pools.get(resource).map(|pool| pool.free(self.now_ms))
    }

    /// The lease that a holder has.
    pub fn lease_of(&self, holder: &str) -> Option<u64> {
        self.holders.get(holder).copied()
    }

    /// How many requests wait.
    pub fn waiting(&self) -> usize {
        self.places.len()
    }

    fn never(&self, request: &Request) -> Option<NeverGranted> {
        let holder = &request.holder;
        if self.holders.contains_key(holder) || self.places.contains_key(holder) {
            return Some(NeverGranted::HoldsAlready(holder.clone()));
        }
        request.wants.iter().find_map(|(name, wants)| {
            let Some(pool) = self.pools.get(name) else {
                return Some(NeverGranted::NoSuchResource(name.clone()));
            };
            (*wants > pool.capacity()).then(|| NeverGranted::NeverFits {
                resource: name.clone(),
                wants: *wants,
                capacity: pool.capacity(),
            })
        })
    }

    fn queue(&mut self, request: Request) {
        self.last += 1;
        let place = (rank(request.priority, self.now_ms), self.last);
        let whose = (request.wants.clone(), place);
        self.places.insert(request.holder.clone(), whose);
        let queue = self.queues.entry(request.wants.clone()).or_default();
        queue.insert(place, request);
    }

    fn renew(&mut self, number: u64, told: &mut Vec<Told>) {
        let Some(lease) = self.leases.get_mut(&number) else {
            told.push(Told::NoSuchLease { lease: number });
            return;
        };
        self.ends.remove(&(lease.until_ms, number));
        lease.until_ms = self.now_ms.saturating_add(lease.hold_ms);
        self.ends.insert((lease.until_ms, number));
    }

    fn expire(&mut self, told: &mut Vec<Told>) {
        while let Some((until_ms, number)) = self.ends.first().copied()
            && until_ms <= self.now_ms
        {
            self.ends.remove(&(until_ms, number));
            if let Some(lease) = self.leases.remove(&number) {
                let holder = lease.holder.clone();
                self.take_back(number, lease);
                told.push(Told::Expired {
                    holder,
                    lease: number,
                });
            }
        }
    }

    fn take_back(&mut self, number: u64, lease: Lease) {
        self.ends.remove(&(lease.until_ms, number));
        self.holders.remove(&lease.holder);
        for (name, units) in &lease.wants {
            if let Some(pool) = self.pools.get_mut(name) {
                pool.give_back(*units);
            }
        }
    }

    /// Grants what can be granted, the first in the queue first. What one in the queue lacks is
    /// kept for it: nobody behind it is given any of that.
    fn grant(&mut self, told: &mut Vec<Told>) {
        let heads = self.queues.values().filter_map(|queue| {
            let (place, request) = queue.first_key_value()?;
            Some(Reverse((*place, request.holder.clone())))
        });
        let mut heads: BinaryHeap<Reverse<(Place, String)>> = heads.collect();
        let mut kept: BTreeSet<String> = BTreeSet::new();
        while let Some(Reverse((_, holder))) = heads.pop() {
            let Some((wants, _)) = self.places.get(&holder).cloned() else {
                continue;
            };
            if wants
                .iter()
                .all(|(name, units)| !kept.contains(name) && self.has(name, *units))
            {
                told.extend(self.lease(&holder));
                let next = self.queues.get(&wants).and_then(BTreeMap::first_key_value);
                heads.extend(next.map(|(place, next)| Reverse((*place, next.holder.clone()))));
            } else {
                kept.extend(wants.into_keys());
            }
        }
    }

    fn has(&self, resource: &str, units: u64) -> bool {
        self.free(resource).is_some_and(|free| free >= units)
    }

    fn leave_queue(&mut self, holder: &str) -> Option<Request> {
        let (wants, place) = self.places.remove(holder)?;
        let queue = self.queues.get_mut(&wants)?;
        let request = queue.remove(&place);
        if queue.is_empty() {
            self.queues.remove(&wants);
        }
        request
    }

    fn lease(&mut self, holder: &str) -> Option<Told> {
        let request = self.leave_queue(holder)?;
        for (name, units) in &request.wants {
            if let Some(pool) = self.pools.get_mut(name) {
                pool.take(self.now_ms, *units);
            }
        }
        self.last += 1;
        let lease = self.last;
        let until_ms = self.now_ms.saturating_add(request.hold_ms);
        self.ends.insert((until_ms, lease));
        self.holders.insert(request.holder.clone(), lease);
        let told = Told::Granted {
            holder: request.holder.clone(),
            lease,
            until_ms,
        };
        self.leases.insert(
            lease,
            Lease {
                holder: request.holder,
                wants: request.wants,
                hold_ms: request.hold_ms,
                until_ms,
            },
        );
        Some(told)
    }
}

/// Who has the smallest is first. All ranks age alike, so their order does not depend on when
/// one looks.
fn rank(priority: Priority, now_ms: u64) -> i128 {
    i128::from(now_ms) - i128::from(priority.class()) * i128::from(AGEING_MS)
}
