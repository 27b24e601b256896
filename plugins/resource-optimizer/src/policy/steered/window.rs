//! The past, and what it would have cost with another number of agents.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::policy::Done;
use crate::simulate::Moment;

/// Jobs that are kept, the newest.
const MOST_JOBS: usize = 20_000;

/// Services that count for the mean, and stand in for those that are not known yet.
const SERVICES: usize = 500;

/// Seconds that a job takes before any has ended.
const FIRST_GUESS_S: f64 = 1.0;

/// A stride through the services that visits all of them, whatever their number: a prime.
const STRIDE: usize = 7919;

/// Late jobs that are counted at the most.
const MOST_LATE: f64 = 1e9;

/// A job of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Job {
    /// When it came, in seconds.
    pub arrival_s: f64,
    /// Seconds it took; while it has not ended, those that another took.
    pub service_s: f64,
}

/// How the past is to be replayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The moment of the question, in seconds.
    pub now_s: f64,
    /// Seconds of the past.
    pub span_s: f64,
    /// Jobs that wait longer are late, in seconds.
    pub wait_s: f64,
    /// What a late job costs, in seconds of one agent.
    pub price_s: f64,
    /// By how much the rate to come is that of the past.
    pub ratio: f64,
}

/// The jobs of the past.
#[derive(Debug, Clone, Default)]
pub struct Window {
    jobs: VecDeque<Job>,
    /// Jobs that were ever added.
    added: usize,
    /// Whether jobs were let go for their number.
    is_cut: bool,
    services: VecDeque<f64>,
    sum: f64,
    mean_s: Option<f64>,
    /// The jobs at the rate to come.
    scaled: VecDeque<Job>,
}

impl Window {
    /// Takes in what ended jobs say of services.
    pub fn end(&mut self, done: &[Done]) {
        for job in done {
            self.services.push_back(job.service_s);
            self.sum += job.service_s;
            if self.services.len() > SERVICES {
                self.sum -= self.services.pop_front().unwrap_or(0.0);
            }
        }
        if !self.services.is_empty() {
            // A sum that is kept up to date may end a hair below 0.
            self.mean_s = Some(self.sum.max(0.0) / self.services.len() as f64);
        }
    }

    /// Adds jobs that came, with a stand-in for what they will take.
    pub fn add(&mut self, arrivals: &[f64]) {
        for &arrival_s in arrivals {
            self.added += 1;
            let known = self.services.len();
            let service_s = match known {
                0 => self.mean_s(),
                _ => self.services[self.added.wrapping_mul(STRIDE) % known],
            };
            self.jobs.push_back(Job {
                arrival_s,
                service_s,
            });
        }
        while self.jobs.len() > MOST_JOBS {
            self.jobs.pop_front();
            self.is_cut = true;
        }
    }

    /// Lets go what came before a moment.
    pub fn forget(&mut self, before_s: f64) {
        while self
            .jobs
            .front()
            .is_some_and(|job| job.arrival_s < before_s)
        {
            self.jobs.pop_front();
            self.is_cut = false;
        }
    }

    /// Puts in what jobs really took.
    pub fn know(&mut self, done: &[Done]) {
        let first = self.added - self.jobs.len();
        for ended in done {
            let place = ended.number.checked_sub(first);
            if let Some(job) = place.and_then(|place| self.jobs.get_mut(place)) {
                job.service_s = ended.service_s;
            }
        }
    }

    /// Seconds that a job takes in the mean.
    pub fn mean_s(&self) -> f64 {
        self.mean_s.unwrap_or(FIRST_GUESS_S)
    }

    /// How far back it reaches, where that is less than it should for the number of jobs.
    pub fn reaches(&self, now_s: f64) -> Option<f64> {
        let first = self.jobs.front().filter(|_| self.is_cut)?;
        Some(now_s - first.arrival_s)
    }

    /// The number of agents with which the past would have cost least, searched from one that
    /// was so before; 1 where there is no job.
    pub fn cheapest(&mut self, question: &Question, from: usize) -> usize {
        if self.jobs.is_empty() {
            return 1;
        }
        if question.ratio != 1.0 {
            let at_the_rate_to_come = |job: &Job| Job {
                arrival_s: question.now_s + (job.arrival_s - question.now_s) / question.ratio,
                ..*job
            };
            self.scaled.clear();
            self.scaled
                .extend(self.jobs.iter().map(at_the_rate_to_come));
        }
        let jobs = match question.ratio == 1.0 {
            true => &self.jobs,
            false => &self.scaled,
        };
        cheapest(jobs, question, from)
    }
}

/// The number of agents with which jobs, by their arrival, would have cost least, searched from
/// one near it or above.
pub fn cheapest(jobs: &VecDeque<Job>, question: &Question, from: usize) -> usize {
    search(
        |agents, best| cost(jobs, question, agents, best),
        from.max(1),
    )
}

/// How long each of the jobs, by their arrival, would have waited with so many agents, at least
/// one. Jobs are begun in their order.
pub fn waits(jobs: &VecDeque<Job>, agents: usize) -> impl Iterator<Item = f64> {
    let agents = agents.max(1);
    let mut free: BinaryHeap<Reverse<Moment>> =
        BinaryHeap::with_capacity(agents.min(jobs.len()) + 1);
    jobs.iter().map(move |job| {
        let begun = match free.len() < agents {
            true => job.arrival_s,
            false => {
                let end = free.pop().map_or(0.0, |Reverse(end)| end.0);
                end.max(job.arrival_s)
            }
        };
        free.push(Reverse(Moment(begun + job.service_s)));
        begun - job.arrival_s
    })
}

/// How many jobs would have waited longer than `wait_s` with so many agents, or one more than
/// `most` where it is more.
pub fn late(jobs: &VecDeque<Job>, agents: usize, wait_s: f64, most: usize) -> usize {
    if agents == 0 {
        return jobs.len();
    }
    let late = waits(jobs, agents).filter(|wait| *wait > wait_s);
    late.take(most.saturating_add(1)).count()
}

/// Agent-seconds and the price of late jobs; no more exact than that it is over `best`.
fn cost(jobs: &VecDeque<Job>, question: &Question, agents: usize, best: f64) -> f64 {
    let standing = agents as f64 * (question.span_s / question.ratio);
    if standing >= best {
        return standing;
    }
    let most = ((best - standing) / question.price_s).min(MOST_LATE) as usize;
    standing + question.price_s * late(jobs, agents, question.wait_s, most) as f64
}

/// The least of a function that falls and then rises, but for small bumps: up while it gets
/// better, else down while it gets no worse, in steps that halve.
fn search(cost: impl Fn(usize, f64) -> f64, from: usize) -> usize {
    let mut agents = from;
    let mut best = cost(agents, 1e18);
    let mut step = (agents / 8).max(1);
    loop {
        let up = cost(agents + step, best);
        if up < best {
            (agents, best) = (agents + step, up);
            continue;
        }
        if agents > step {
            let down = cost(agents - step, best);
            if down <= best {
                (agents, best) = (agents - step, down);
                continue;
            }
        }
        if step == 1 {
            return agents;
        }
        step /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_second(jobs: usize, service_s: f64) -> VecDeque<Job> {
        let job = |second| Job {
            arrival_s: second as f64,
            service_s,
        };
        (0..jobs).map(job).collect()
    }

    #[test]
    fn late_jobs_are_those_of_a_queue_of_so_many_agents() {
        let jobs = every_second(10, 2.0);
        // One agent ends job n at 2 (n + 1), so it waits n seconds.
        assert_eq!(late(&jobs, 1, 3.0, usize::MAX), 6);
        assert_eq!(late(&jobs, 1, 3.0, 2), 3);
        assert_eq!(late(&jobs, 2, 0.0, usize::MAX), 0);
        assert_eq!(late(&jobs, 0, 3.0, usize::MAX), 10);
    }

    #[test]
    fn the_cheapest_is_found_from_near_and_from_above() {
        let mut window = Window {
            jobs: every_second(1000, 7.5),
            ..Window::default()
        };
        let question = Question {
            now_s: 1000.0,
            span_s: 1000.0,
            wait_s: 5.0,
            price_s: 100.0,
            ratio: 1.0,
        };
        for from in [7, 8, 9, 20, 400] {
            assert_eq!(window.cheapest(&question, from), 8, "from {from}");
        }
        // At twice the rate it is twice the agents.
        let doubled = Question {
            ratio: 2.0,
            ..question
        };
        assert_eq!(window.cheapest(&doubled, 16), 15);
    }

    #[test]
    fn a_job_counts_with_its_own_work_once_it_has_ended() {
        let mut window = Window::default();
        window.add(&[0.0, 1.0]);
        let works =
            |window: &Window| -> Vec<f64> { window.jobs.iter().map(|job| job.service_s).collect() };
        assert_eq!(works(&window), [1.0, 1.0]);
        let done = [Done {
            number: 1,
            wait_s: 0.0,
            service_s: 9.0,
        }];
        window.end(&done);
        window.know(&done);
        window.add(&[2.0]);
        assert_eq!(works(&window), [1.0, 9.0, 9.0]);
        window.forget(1.0);
        window.know(&[Done {
            number: 0,
            wait_s: 0.0,
            service_s: 4.0,
        }]);
        assert_eq!(works(&window), [9.0, 9.0]);
    }

    #[test]
    fn of_very_many_jobs_the_newest_are_kept() {
        let mut window = Window::default();
        let arrivals: Vec<f64> = (0..MOST_JOBS + 5).map(|second| second as f64).collect();
        assert_eq!(window.reaches(30_000.0), None);
        window.add(&arrivals);
        assert_eq!(window.jobs.len(), MOST_JOBS);
        assert_eq!(window.reaches(30_000.0), Some(30_000.0 - 5.0));
        window.forget(100.0);
        assert_eq!(window.reaches(30_000.0), None);
    }
}
