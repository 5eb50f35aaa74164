//! A terminal's whole screen, drawn over again and again, until a key or an interrupt ends it.

use crate::error::CliError;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{poll, read, Event, KeyCode, KeyEvent, KeyModifiers};
use crossterm::terminal::{
    disable_raw_mode, enable_raw_mode, is_raw_mode_enabled, Clear, ClearType, EnterAlternateScreen,
    LeaveAlternateScreen,
};
use crossterm::{execute, queue};
use std::io::{stdout, Write};
use std::time::{Duration, Instant};

/// As long as it lives the terminal is this program's; then it is as before.
pub struct Screen;

impl Screen {
    /// # Errors
    /// [`CliError::Output`].
    pub fn new() -> Result<Self, CliError> {
        enable_raw_mode().map_err(CliError::Output)?;
        // From here on dropping it puts the terminal back.
        let screen = Screen;
        execute!(stdout(), EnterAlternateScreen, Hide).map_err(CliError::Output)?;
        Ok(screen)
    }

    /// Draws text over what was there.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn draw(&mut self, text: &str) -> Result<(), CliError> {
        let mut out = stdout().lock();
        let drawn = queue!(out, MoveTo(0, 0), Clear(ClearType::All))
            .and_then(|()| out.write_all(text.replace('\n', "\r\n").as_bytes()))
            .and_then(|()| out.flush());
        drawn.map_err(CliError::Output)
    }

    /// Whether somebody wants it to end, within that time.
    ///
    /// # Errors
    /// [`CliError::Output`].
    pub fn is_left(&mut self, within: Duration) -> Result<bool, CliError> {
        let until = Instant::now() + within;
        while poll(until.saturating_duration_since(Instant::now())).map_err(CliError::Output)? {
            if let Event::Key(key) = read().map_err(CliError::Output)? {
                if ends(&key) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        put_back();
    }
}

/// Gives the terminal back as it was, where a [`Screen`] has it; for a process that is told to end.
pub fn put_back() {
    if is_raw_mode_enabled().unwrap_or(false) {
        // A terminal that is gone needs nothing put back.
        let _ = execute!(stdout(), Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

fn ends(key: &KeyEvent) -> bool {
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
}
