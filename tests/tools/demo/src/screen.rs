//! What is printed: steps one below the other, and under them the table, redrawn in place on a
//! terminal. Elsewhere the table's changed lines alone.

use std::io::{IsTerminal, Write, stdout};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::table::{self, Row};

/// Standard output.
#[derive(Default)]
pub(crate) struct Screen(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    rows: Vec<Row>,
    /// Lines that the table takes up now, below which the cursor stands.
    height: usize,
}

impl Screen {
    /// What the demo does next, or why.
    pub(crate) fn step(&self, text: &str) {
        self.above(&format!("\n== {text}\n"));
    }

    /// A command as one would type it.
    pub(crate) fn command(&self, command: &str) {
        self.above(&format!("   $ {command}\n"));
    }

    /// What a command or a resource says.
    pub(crate) fn output(&self, text: &str) {
        let lines: String = text.trim_end().lines().map(|line| format!("     {line}\n")).collect();
        self.above(&lines);
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
        match terminal_width() {
            Some(width) => {
                erase(&mut shown, &mut text);
                shown.rows = rows;
                draw(&mut shown, &mut text, width);
            }
            None => {
                let is_told =
                    |row: &&Row| shown.rows.iter().any(|before| row.differs_by_posts_alone(before));
                for row in rows.iter().filter(|row| !is_told(row)) {
                    text.push_str(&format!("   > {}\n", row.plain()));
                }
                shown.rows = rows;
            }
        }
        print(&text);
    }

    /// Text where the table is, which moves below it.
    pub(crate) fn above(&self, text: &str) {
        let mut shown = self.lock();
        let mut all = String::new();
        let had_table = shown.height > 0;
        erase(&mut shown, &mut all);
        all.push_str(text);
        if let Some(width) = terminal_width().filter(|_| had_table) {
            draw(&mut shown, &mut all, width);
        }
        print(&all);
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
    let lines = table::lines(&shown.rows, width);
    text.push('\n');
    for line in &lines {
        text.push_str(line);
        text.push('\n');
    }
    shown.height = lines.len() + 1;
}

/// Columns of the terminal that standard output is; `None` if it is none.
fn terminal_width() -> Option<usize> {
    let output = stdout();
    if !output.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&output).ok().filter(|size| size.ws_col > 0);
    Some(size.map_or(80, |size| usize::from(size.ws_col)))
}

/// In one write, against flicker.
fn print(text: &str) {
    let mut output = stdout().lock();
    let _nobody_reads = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}
