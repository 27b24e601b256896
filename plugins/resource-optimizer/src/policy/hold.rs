//! The greatest of the last values: goes up at once, and down when nothing recent wants more.

use std::collections::VecDeque;

/// The greatest value of some seconds.
#[derive(Debug, Clone)]
pub struct Hold {
    seconds: f64,
    /// Values that may still become the greatest, falling, with their moments.
    values: VecDeque<(f64, u32)>,
}

impl Hold {
    /// Of so many seconds.
    pub fn new(seconds: f64) -> Self {
        Self {
            seconds,
            values: VecDeque::new(),
        }
    }

    /// Takes a value in, and gives the greatest one.
    pub fn push(&mut self, now_s: f64, value: u32) -> u32 {
        while self.values.back().is_some_and(|last| last.1 <= value) {
            self.values.pop_back();
        }
        self.values.push_back((now_s, value));
        let oldest = now_s - self.seconds;
        while self.values.front().is_some_and(|first| first.0 < oldest) {
            self.values.pop_front();
        }
        self.values.front().map_or(value, |first| first.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_up_at_once_and_down_after_its_time() {
        let mut hold = Hold::new(60.0);
        let told: Vec<u32> = [
            (0.0, 3),
            (15.0, 5),
            (30.0, 2),
            (75.0, 4),
            (76.0, 1),
            (136.0, 1),
        ]
        .map(|(now, value)| hold.push(now, value))
        .into();
        assert_eq!(told, [3, 5, 5, 5, 4, 1]);
    }
}
