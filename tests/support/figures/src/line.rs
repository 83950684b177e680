//! The straight line that fits measured points best, by least squares.

pub(crate) struct Line {
    at_zero: f64,
    slope: f64,
}

impl Line {
    /// None for fewer than two different places.
    pub(crate) fn through(points: &[(f64, f64)]) -> Option<Self> {
        let number = points.len() as f64;
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / number;
        let (x, y) = (mean(&|point| point.0), mean(&|point| point.1));
        let spread = mean(&|point| (point.0 - x).powi(2));
        if points.is_empty() || spread == 0.0 {
            return None;
        }
        let slope = mean(&|point| (point.0 - x) * (point.1 - y)) / spread;
        Some(Self { at_zero: y - slope * x, slope })
    }

    pub(crate) fn at(&self, x: f64) -> f64 {
        self.at_zero + self.slope * x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_that_line() {
        let line = Line::through(&[(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)]).expect("a line");
        assert!((line.at(10.0) - 23.0).abs() < 1e-9);
        assert!(Line::through(&[(1.0, 5.0), (1.0, 7.0)]).is_none());
        assert!(Line::through(&[]).is_none());
    }
}
