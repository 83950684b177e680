//! Units and axes: which numbers stand beside the lines.

use anyhow::{Result, bail};

/// How many parts an axis has at most.
const PARTS: f64 = 5.0;

/// The units that the dashboard uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Short,
    Seconds,
    Rate,
}

impl Unit {
    /// By Grafana's name of it.
    pub(crate) fn named(name: &str) -> Result<Self> {
        match name {
            "short" => Ok(Self::Short),
            "s" => Ok(Self::Seconds),
            "ops" => Ok(Self::Rate),
            other => bail!("the unit {other} cannot be drawn"),
        }
    }

    /// What stands at the axis of values up to this one, and what they are multiplied by.
    fn scaled(self, most: f64) -> (&'static str, f64) {
        match self {
            Self::Short => ("number", 1.0),
            Self::Rate => ("per second", 1.0),
            Self::Seconds if most < 1.0 => ("ms", 1e3),
            Self::Seconds if most < 180.0 => ("s", 1.0),
            Self::Seconds if most < 10_800.0 => ("min", 1.0 / 60.0),
            Self::Seconds => ("h", 1.0 / 3600.0),
        }
    }

    /// A single value with its unit.
    pub(crate) fn say(self, value: f64) -> String {
        if !value.is_finite() {
            return "no data".to_owned();
        }
        let (unit, factor) = self.scaled(value);
        match self {
            Self::Short => number(value),
            Self::Seconds => format!("{} {unit}", number(value * factor)),
            Self::Rate => format!("{}/s", number(value)),
        }
    }
}

/// The numbers beside the lines of a chart, from 0 up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) unit: &'static str,
    /// Each with what it says. The last one is the end of the axis, and above 0.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis for these values. Those that are no numbers have no say in it.
    pub(crate) fn of(unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (mut most, mut whole) = (0.0_f64, true);
        for value in finite {
            most = most.max(value);
            whole &= value.fract() == 0.0;
        }
        let (name, factor) = unit.scaled(most);
        let scaled = if most > 0.0 { most * factor } else { 1.0 };
        let step = nice(scaled / PARTS);
        // There is no half of a resource.
        let step = if unit == Unit::Short && whole { step.max(1.0) } else { step };
        let parts = (scaled / step).ceil().max(1.0) as u32;
        let tick = |part: u32| {
            let at = f64::from(part) * step;
            (at / factor, number(at))
        };
        Self { unit: name, ticks: (0..=parts).map(tick).collect() }
    }

    pub(crate) fn end(&self) -> f64 {
        self.ticks.last().map_or(1.0, |(end, _)| *end)
    }
}

/// The next of 1, 2 or 5 times a power of ten.
fn nice(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= least * 0.999_999).unwrap_or(10.0 * power)
}

/// Three digits that count, at most.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        large if large >= 99.95 => 0,
        large if large >= 9.995 => 1,
        small if small >= 0.095 || small == 0.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(unit: Unit, values: &[f64]) -> (&'static str, Vec<String>) {
        let axis = Axis::of(unit, values.iter().copied());
        (axis.unit, axis.ticks.into_iter().map(|(_, said)| said).collect())
    }

    #[test]
    fn an_axis_has_round_numbers_and_reaches_its_values() {
        assert_eq!(said(Unit::Short, &[3.0]).1, ["0", "1", "2", "3"]);
        assert_eq!(said(Unit::Short, &[17.0]).1, ["0", "5", "10", "15", "20"]);
        assert_eq!(said(Unit::Short, &[0.5]).1, ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(
            said(Unit::Rate, &[2.1]),
            ("per second", ["0", "0.5", "1", "1.5", "2", "2.5"].map(str::to_owned).into())
        );
        assert_eq!(
            said(Unit::Seconds, &[0.04]),
            ("ms", ["0", "10", "20", "30", "40"].map(str::to_owned).into())
        );
        assert_eq!(said(Unit::Seconds, &[600.0]).0, "min");
        for most in [1e-4, 0.3, 1.0, 7.0, 99.0, 12_345.0] {
            let axis = Axis::of(Unit::Seconds, [most]);
            assert!(axis.end() >= most * 0.999 && axis.ticks.len() <= 7, "{most}: {axis:?}");
        }
    }

    #[test]
    fn nothing_and_no_numbers_give_an_axis_too() {
        for values in [&[][..], &[0.0], &[f64::NAN, f64::INFINITY]] {
            assert_eq!(said(Unit::Short, values).1, ["0", "1"]);
            assert!(Axis::of(Unit::Seconds, values.iter().copied()).end() > 0.0);
        }
    }

    #[test]
    fn values_are_said_with_their_unit() {
        assert_eq!(Unit::Short.say(3.0), "3");
        assert_eq!(Unit::Seconds.say(97.33), "97.3 s");
        assert_eq!(Unit::Seconds.say(0.25), "250 ms");
        assert_eq!(Unit::Rate.say(1.5), "1.5/s");
        assert_eq!(Unit::Short.say(f64::NAN), "no data");
    }
}
