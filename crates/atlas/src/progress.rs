//! What is shown while a command works: bars on a terminal, a line now and then in a pipe.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use atlas_model::{Clock, Platform};
use atlas_store::{Absent, Failure, Source};
use atlas_sync::{Event, Why};
use atlas_vendor::service;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::printer::{Printer, span};

/// In a pipe, so long between two lines about the same endpoint.
const LINE_EVERY: SignedDuration = SignedDuration::from_secs(10);
/// Before so many calls are done, nobody knows how fast it goes.
const KNOWN_FROM: u64 = 2;
/// A wait longer than this is said; shorter ones are the usual pace.
const LONG_WAIT: SignedDuration = SignedDuration::from_secs(2);

const WORKING: &str = "{prefix:<34} {bar:24.cyan/dim} {pos:>5} of {len:<5} {pace:>16}  {wide_msg:.dim}";
const DONE: &str = "{prefix:<34} {bar:24.green/dim} {pos:>5} of {len:<5} {wide_msg}";

/// The progress of one source.
pub(crate) struct Progress {
    source: String,
    platform: Platform,
    printer: Printer,
    clock: Clock,
    bars: Option<MultiProgress>,
    endpoints: Mutex<BTreeMap<String, Endpoint>>,
}

struct Endpoint {
    title: &'static str,
    total: u64,
    done: u64,
    given_up: u64,
    changed: u64,
    /// When its first call left; what was waited for before says nothing about its rate.
    began: Option<Timestamp>,
    said: Timestamp,
    bar: Option<ProgressBar>,
}

impl Endpoint {
    fn outcome(&self) -> String {
        let given_up =
            if self.given_up > 0 { format!(", {} given up", self.given_up) } else { String::new() };
        format!("{} rows changed{given_up}", self.changed)
    }
}

impl Progress {
    pub(crate) fn new(source: &Source, printer: Printer, clock: Clock, bars: Option<MultiProgress>) -> Self {
        Self {
            source: source.name.clone(),
            platform: source.platform,
            printer,
            clock,
            bars,
            endpoints: Mutex::default(),
        }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Began(calls) => {
                for call in *calls {
                    self.add(&mut endpoints, &call.endpoint);
                }
            }
            Event::Waiting(until, why) => self.waiting(&endpoints, *until, why),
            Event::Answered(_) => {}
            Event::Calling(call) => {
                let Some(endpoint) = endpoints.get_mut(&call.endpoint) else { return };
                let is_first = endpoint.began.is_none();
                endpoint.began.get_or_insert_with(|| self.clock.now());
                if let Some(bar) = &endpoint.bar {
                    if is_first {
                        bar.reset_elapsed();
                        bar.reset_eta();
                    }
                    bar.set_message(call.params.to_string());
                }
            }
            Event::Saved(call, saved) => {
                for planted in &saved.planted {
                    self.add(&mut endpoints, &planted.endpoint);
                }
                self.step(&mut endpoints, &call.endpoint, saved.changed);
            }
            Event::Failed(call, failure, planted) => {
                for planted in *planted {
                    self.add(&mut endpoints, &planted.endpoint);
                }
                let title = endpoints.get(&call.endpoint).map_or("", |endpoint| endpoint.title);
                match failure {
                    Failure::Again { .. } => {}
                    Failure::GivenUp { reason, .. } => {
                        self.say(format!("{title} {}", call.params).trim_end().to_owned() + ": " + reason);
                        if let Some(endpoint) = endpoints.get_mut(&call.endpoint) {
                            endpoint.given_up += 1;
                        }
                        self.step(&mut endpoints, &call.endpoint, 0);
                    }
                    Failure::Gone { reason, .. } => {
                        self.say(format!("{title} {}", call.params).trim_end().to_owned() + ": " + reason);
                        self.step(&mut endpoints, &call.endpoint, 0);
                    }
                    Failure::Absent(Absent { reason, .. }) | Failure::Locked(Absent { reason, .. }) => {
                        self.say(format!("{title}: {reason}; going on without it"));
                        // With the route, all that were still to be asked are gone.
                        if let Some(endpoint) = endpoints.get_mut(&call.endpoint) {
                            endpoint.total = endpoint.done + 1;
                        }
                        self.step(&mut endpoints, &call.endpoint, 0);
                    }
                }
            }
        }
    }

    /// How far it is when another process does it.
    pub(crate) fn show(&self, rows: &[atlas_store::Progress]) {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = |number: i64| u64::try_from(number).unwrap_or_default();
        for row in rows {
            let name = row.endpoint.as_str();
            let known = endpoints.get(name).map_or(0, |endpoint| endpoint.total);
            (known..whole(row.total)).for_each(|_| self.add(&mut endpoints, name));
            let Some(endpoint) = endpoints.get_mut(name) else { continue };
            endpoint.began.get_or_insert_with(|| self.clock.now());
            endpoint.given_up = whole(row.failed);
            let steps = (whole(row.done) + whole(row.failed)).saturating_sub(endpoint.done);
            let mut changed = whole(row.rows_changed).saturating_sub(endpoint.changed);
            for _ in 0..steps {
                self.step(&mut endpoints, name, std::mem::take(&mut changed));
            }
        }
    }

    /// Leaves the bars as they stand.
    pub(crate) fn end(&self) {
        let endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        for bar in endpoints.values().filter_map(|endpoint| endpoint.bar.as_ref()) {
            bar.abandon();
        }
    }

    fn add(&self, endpoints: &mut BTreeMap<String, Endpoint>, name: &str) {
        let now = self.clock.now();
        let endpoint = endpoints.entry(name.to_owned()).or_insert_with(|| {
            let known = service(self.platform).endpoint(name);
            let title = known.map_or("", atlas_vendor::Endpoint::short_title);
            let bar = self.bars.as_ref().map(|bars| bars.add(self.bar(title)));
            Endpoint { title, total: 0, done: 0, given_up: 0, changed: 0, began: None, said: now, bar }
        });
        endpoint.total += 1;
        if let Some(bar) = &endpoint.bar {
            bar.set_length(endpoint.total);
        }
    }

    fn bar(&self, title: &str) -> ProgressBar {
        let prefix = format!("{} · {title}", self.source);
        ProgressBar::new(0).with_style(style(WORKING)).with_prefix(prefix)
    }

    fn step(&self, endpoints: &mut BTreeMap<String, Endpoint>, name: &str, changed: u64) {
        let now = self.clock.now();
        let Some(endpoint) = endpoints.get_mut(name) else { return };
        endpoint.done += 1;
        endpoint.changed += changed;
        let is_done = endpoint.done >= endpoint.total;
        if let Some(bar) = &endpoint.bar {
            bar.set_position(endpoint.done);
            if is_done {
                bar.set_style(style(DONE));
                bar.abandon_with_message(endpoint.outcome());
            }
        } else if is_done {
            let answered = endpoint.done - endpoint.given_up;
            let (title, total) = (endpoint.title, endpoint.total);
            self.say(format!("{title}: {answered} of {total} calls done, {}", endpoint.outcome()));
        } else if now.duration_since(endpoint.said) >= LINE_EVERY {
            endpoint.said = now;
            let pace = pace(endpoint, now).unwrap_or_default();
            self.say(format!("{}: {} of {} calls{pace}", endpoint.title, endpoint.done, endpoint.total));
        }
    }

    fn waiting(&self, endpoints: &BTreeMap<String, Endpoint>, until: Timestamp, why: &Why) {
        let left = until.duration_since(self.clock.now());
        let service = self.platform.title();
        let reason = match why {
            Why::Pace => format!("{service}'s pace"),
            Why::Limit => format!("{service}'s limit"),
            Why::Retry { attempt, reason } => format!("{reason}; attempt {attempt} follows"),
        };
        let text = format!("waiting {}: {reason}", span(left));
        let current = endpoints.values().find(|endpoint| endpoint.done < endpoint.total);
        match current.and_then(|endpoint| endpoint.bar.as_ref()) {
            Some(bar) => bar.set_message(text),
            None if left >= LONG_WAIT => self.say(text),
            None => {}
        }
    }

    fn say(&self, text: impl AsRef<str>) {
        let line = format!("{}: {}", self.source, text.as_ref());
        match &self.bars {
            // Above the bars, so that they are not torn. A terminal that is gone is no error.
            Some(bars) => bars.println(line).unwrap_or_default(),
            None => self.printer.note(line),
        }
    }
}

/// The progress of one long piece of work that is no sync.
pub(crate) struct Work {
    what: &'static str,
    printer: Printer,
    clock: Clock,
    said: Mutex<Timestamp>,
    bar: Option<ProgressBar>,
}

impl Work {
    pub(crate) fn new(what: &'static str, printer: Printer, clock: Clock) -> Self {
        let bar = || ProgressBar::new(0).with_style(style(WORKING)).with_prefix(what);
        Self { what, printer, clock, said: Mutex::new(clock.now()), bar: printer.is_fancy().then(bar) }
    }

    pub(crate) fn tell(&self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            return;
        }
        let now = self.clock.now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(*said) >= LINE_EVERY {
            *said = now;
            self.printer.note(format!("{}: {done} of {total}", self.what));
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How fast an endpoint is and how long it still takes; nothing until that is known.
fn pace(endpoint: &Endpoint, now: Timestamp) -> Option<String> {
    let seconds = now.duration_since(endpoint.began?).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "numbers of calls are small")]
    let (done, left) = (endpoint.done as f64, (endpoint.total - endpoint.done) as f64);
    if endpoint.done < KNOWN_FROM || seconds <= 0.0 {
        return None;
    }
    let left = SignedDuration::try_from_secs_f64(left * seconds / done).ok()?;
    Some(format!(", {:.1}/s, {} left", done / seconds, span(left)))
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("pace", |state: &ProgressState, out: &mut dyn Write| {
        if state.pos() >= KNOWN_FROM && state.per_sec() > 0.0 {
            let left = SignedDuration::try_from(state.eta()).unwrap_or_default();
            // A bar that cannot be drawn is no reason to stop.
            let _ = write!(out, "{:.1}/s, {} left", state.per_sec(), span(left));
        }
    })
}
