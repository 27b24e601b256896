//! How a replay went over the time, in a bounded number of points however long it is.

/// Points that are kept; above, neighbours become one.
const MOST_POINTS: usize = 240;

/// The state at a tick; of several ticks the greatest of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Seconds since the trace began.
    pub at_s: f64,
    /// Agents, booting ones included.
    pub agents: f64,
    /// Agents at work.
    pub busy: f64,
    /// Jobs that wait.
    pub waiting: f64,
}

/// The states at all ticks, thinned out.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    points: Vec<Point>,
    /// Ticks that a point stands for.
    width: usize,
    /// Ticks in the last point.
    filled: usize,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            width: 1,
            filled: 1,
        }
    }
}

impl Course {
    /// The points in order of time.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    pub(super) fn add(&mut self, point: Point) {
        match self.points.last_mut() {
            Some(last) if self.filled < self.width => {
                *last = greatest(*last, point);
                self.filled += 1;
            }
            _ => {
                if self.points.len() == MOST_POINTS {
                    self.points = self.points.chunks(2).map(together).collect();
                    self.width *= 2;
                }
                self.points.push(point);
                self.filled = 1;
            }
        }
    }
}

fn together(points: &[Point]) -> Point {
    points[1..]
        .iter()
        .fold(points[0], |one, other| greatest(one, *other))
}

fn greatest(one: Point, other: Point) -> Point {
    Point {
        at_s: one.at_s,
        agents: one.agents.max(other.agents),
        busy: one.busy.max(other.busy),
        waiting: one.waiting.max(other.waiting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_course_keeps_its_peaks_in_few_points() {
        let mut course = Course::default();
        for tick in 0..10_000 {
            let peak = if tick == 4_567 { 50.0 } else { 3.0 };
            course.add(Point {
                at_s: f64::from(tick),
                agents: peak,
                busy: 1.0,
                waiting: 0.0,
            });
        }
        let points = course.points();
        assert!(points.len() <= MOST_POINTS, "{}", points.len());
        let high: Vec<&Point> = points.iter().filter(|point| point.agents > 3.0).collect();
        assert_eq!(high.len(), 1);
        assert!((high[0].at_s - 4_567.0).abs() <= course.width as f64);
        assert!(points.windows(2).all(|pair| pair[0].at_s < pair[1].at_s));
    }
}
