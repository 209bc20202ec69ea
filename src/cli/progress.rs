//! What people see while a run goes on, and at its end: all of it on standard error.

use std::time::Duration;

use anstyle::AnsiColor;
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tidings::pipeline::Summary;

use super::{chain, say};

/// How much to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// A bar, if standard error is a terminal, and the summary.
    Bar,
    /// The summary.
    Summary,
    /// Neither; skipped records are named all the same.
    Nothing,
}

/// The bar and the lines around it.
pub(super) struct Progress {
    bar: ProgressBar,
    show: Show,
}

impl Progress {
    /// Begin to show. `bytes` of input are to be read, where that is known.
    pub(super) fn new(show: Show, bytes: Option<u64>) -> Self {
        // On anything but a terminal the bar hides itself.
        let target = if show == Show::Bar { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(bytes, target);
        let template = match bytes {
            Some(_) => "{bar:30} {percent:>3}%  {msg}  {eta} left",
            None => "{spinner} {elapsed}  {msg}",
        };
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, show }
    }

    /// `position` bytes of the input are done.
    pub(super) fn update(&self, so_far: &Summary, position: u64) {
        let per_second = |n: u64| HumanCount(rate(n, so_far.elapsed));
        let skipped =
            if so_far.skipped > 0 { format!(", {} skipped", HumanCount(so_far.skipped)) } else { String::new() };
        self.bar.set_message(format!(
            "{}{skipped}, {} articles/s, {} words/s",
            count(so_far.articles, "article"),
            per_second(so_far.articles),
            per_second(so_far.words),
        ));
        self.bar.set_position(position);
    }

    /// What is being done, where no bytes can be counted.
    pub(super) fn doing(&self, message: String) {
        self.bar.set_message(message);
    }

    /// A record has no result.
    pub(super) fn skipped(&self, why: &(dyn std::error::Error + 'static)) {
        self.line("skipped", AnsiColor::Yellow, &chain(why, ": "));
    }

    /// Something to know that costs no record.
    pub(super) fn note(&self, message: &str) {
        self.line("note", AnsiColor::Cyan, message);
    }

    /// The end; `known` are sentences that were asked for and those known from before.
    pub(super) fn finish(&self, summary: &Summary, known: (u64, u64)) {
        self.bar.finish_and_clear();
        if self.show != Show::Nothing {
            self.line("done", AnsiColor::Green, &(in_words(summary) + &repeated(known)));
        }
    }

    fn line(&self, label: &str, colour: AnsiColor, message: &str) {
        self.bar.suspend(|| say(label, colour, &message));
    }
}

impl Drop for Progress {
    /// An error message must not stand behind half a bar.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn rate(n: u64, elapsed: Duration) -> u64 {
    let seconds = elapsed.as_secs_f64();
    if seconds > 0.0 { (n as f64 / seconds).round() as u64 } else { 0 }
}

/// A number and what it counts, in the plural where it has to be.
pub(super) fn count(n: u64, what: &str) -> String {
    let what = match what.strip_suffix('y') {
        Some(stem) if n != 1 => format!("{stem}ies"),
        None if n != 1 => format!("{what}s"),
        _ => what.to_owned(),
    };
    format!("{} {what}", HumanCount(n))
}

/// How much the memory of sentences spared, if it did.
fn repeated((asked, known): (u64, u64)) -> String {
    if known == 0 {
        return String::new();
    }
    let percent = known as f64 * 100.0 / asked as f64;
    format!(", {} ({percent:.1} %) seen before and not computed again", count(known, "sentence"))
}

fn in_words(summary: &Summary) -> String {
    let time = if summary.elapsed < Duration::from_mins(1) {
        format!("{:.1} s", summary.elapsed.as_secs_f64())
    } else {
        HumanDuration(summary.elapsed).to_string()
    };
    format!(
        "{}, {}, {}, {}, {}, {} skipped in {time} ({} articles/s, {} words/s)",
        count(summary.articles, "article"),
        count(summary.sentences, "sentence"),
        count(summary.words, "word"),
        count(summary.entities, "entity"),
        count(summary.relations, "relation"),
        HumanCount(summary.skipped),
        HumanCount(rate(summary.articles, summary.elapsed)),
        HumanCount(rate(summary.words, summary.elapsed)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_read_well() {
        let summary = Summary {
            articles: 1,
            words: 12_345,
            sentences: 600,
            entities: 1,
            relations: 0,
            skipped: 2,
            elapsed: Duration::from_millis(2500),
        };
        assert_eq!(
            in_words(&summary),
            "1 article, 600 sentences, 12,345 words, 1 entity, 0 relations, 2 skipped in 2.5 s (0 articles/s, 4,938 \
             words/s)"
        );
        assert_eq!(repeated((600, 0)), "");
        assert_eq!(repeated((600, 3)), ", 3 sentences (0.5 %) seen before and not computed again");
        assert_eq!(rate(5, Duration::ZERO), 0);
        assert_eq!(count(2, "entity"), "2 entities");
    }
}
