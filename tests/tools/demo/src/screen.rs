//! What is printed: steps one below the other, and under them the table, redrawn in place on a
//! terminal. Elsewhere a line for each new state of a resource. Nothing is wider than the terminal,
//! or than 80 columns where there is none.

use std::io::{IsTerminal, Write, stdout};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::colour;
use crate::recording::Recording;
use crate::table::{self, Row};
use crate::wrap::wrapped;

/// Where there is no terminal, and of text for people on any: longer lines are hard to read.
const WIDTH: usize = 80;
/// Of text on a wide terminal.
const WIDEST_TEXT: usize = 100;

/// Standard output.
#[derive(Default)]
pub(crate) struct Screen(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    rows: Vec<Row>,
    /// Lines that the table takes up now, below which the cursor stands.
    height: usize,
    /// Of all that is printed, where one is made; then there is no table.
    recording: Option<Recording>,
}

impl Screen {
    /// One that keeps all that it prints, as where there is no terminal.
    pub(crate) fn recorded() -> Self {
        let recording = Some(Recording::new(Instant::now()));
        Self(Mutex::new(Shown { recording, ..Shown::default() }))
    }

    /// What was recorded.
    pub(crate) fn recording(&self) -> Option<Recording> {
        self.lock().recording.clone()
    }

    /// What the demo does next, or why.
    pub(crate) fn step(&self, text: &str) {
        let shown = self.lock();
        let lines = wrapped(&format!("== {text}"), "", shown.text_width());
        let lines =
            if shown.has_colours() { colour::heading(lines.trim_end()) + "\n" } else { lines };
        drop(shown);
        self.above(&format!("\n{lines}"));
    }

    /// A command as one would type it.
    pub(crate) fn command(&self, command: &str) {
        self.above(&format!("   $ {command}\n"));
    }

    /// What a command or a resource says.
    pub(crate) fn output(&self, text: &str) {
        let width = self.lock().text_width();
        self.above(&wrapped(text, "     ", width));
    }

    /// Lets the table stand as it is: what is printed from now on comes below it.
    pub(crate) fn leave_table(&self) {
        self.lock().height = 0;
    }

    /// The table as it is now.
    pub(crate) fn show(&self, rows: Vec<Row>) {
        let mut shown = self.lock();
        if rows == shown.rows {
            return;
        }
        let mut text = String::new();
        match shown.terminal_width() {
            Some(width) => {
                erase(&mut shown, &mut text);
                shown.rows = rows;
                draw(&mut shown, &mut text, width);
            }
            None => {
                // A state is told once, however often it is written.
                let is_told =
                    |row: &&Row| shown.rows.iter().any(|before| row.plain() == before.plain());
                for row in rows.iter().filter(|row| !is_told(row)) {
                    text.push_str(&format!("   > {}\n", row.plain()));
                }
                shown.rows = rows;
            }
        }
        shown.print(&text);
    }

    /// Text where the table is, which moves below it.
    pub(crate) fn above(&self, text: &str) {
        let mut shown = self.lock();
        let mut all = String::new();
        let had_table = shown.height > 0;
        erase(&mut shown, &mut all);
        all.push_str(text);
        if let Some(width) = shown.terminal_width().filter(|_| had_table) {
            draw(&mut shown, &mut all, width);
        }
        shown.print(&all);
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves the cursor to where the table began, and clears all below.
fn erase(shown: &mut Shown, text: &mut String) {
    if shown.height > 0 {
        text.push_str(&format!("\x1b[{}A\x1b[J", shown.height));
        shown.height = 0;
    }
}

fn draw(shown: &mut Shown, text: &mut String, width: usize) {
    let lines = table::lines(&shown.rows, width, shown.has_colours());
    text.push('\n');
    for line in &lines {
        text.push_str(line);
        text.push('\n');
    }
    shown.height = lines.len() + 1;
}

impl Shown {
    /// Columns of the terminal that standard output is; `None` if it is none, or not used as one.
    fn terminal_width(&self) -> Option<usize> {
        let output = stdout();
        if self.recording.is_some() || !output.is_terminal() {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(&output).ok().filter(|size| size.ws_col > 0);
        Some(size.map_or(WIDTH, |size| usize::from(size.ws_col)))
    }

    fn text_width(&self) -> usize {
        self.terminal_width().map_or(WIDTH, |width| width.min(WIDEST_TEXT))
    }

    fn has_colours(&self) -> bool {
        colour::are_wanted(self.terminal_width().is_some(), |name| std::env::var_os(name))
    }

    /// In one write, against flicker.
    fn print(&mut self, text: &str) {
        if let Some(recording) = &mut self.recording {
            recording.add(Instant::now(), text);
        }
        let mut output = stdout().lock();
        let _nobody_reads = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    }
}
