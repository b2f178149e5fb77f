//! Words by which certain things are known, in the languages that replies come in: a phrase a line, lower case.

/// What words stand for in whatever language; `= name`, then its terms, parted by commas.
pub(super) const CONCEPTS: &str = include_str!("phrases/concepts.txt");

/// Verbs of the line above a quoted mail.
pub(super) const WROTE: &str = include_str!("phrases/wrote.txt");

/// Names of the lines above a quoted mail.
pub(super) const HEADER_NAMES: &str = include_str!("phrases/header_names.txt");

/// What a program puts below a reply.
pub(super) const FOOTERS: &str = include_str!("phrases/footers.txt");

/// The line above a forwarded mail.
pub(super) const FORWARDED: &str = include_str!("phrases/forwarded.txt");

/// Lines that close a letter; the signature follows.
pub(super) const CLOSINGS: &str = include_str!("phrases/closings.txt");

/// What a company puts below a reply.
pub(super) const DISCLAIMERS: &str = include_str!("phrases/disclaimers.txt");

/// Subjects of mails that no person wrote: they could not be delivered.
pub(super) const BOUNCE_SUBJECTS: &str = include_str!("phrases/bounce_subjects.txt");

/// Subjects of mails that no person wrote: somebody is away, or a machine says that the mail came.
pub(super) const AWAY_SUBJECTS: &str = include_str!("phrases/away_subjects.txt");

/// The same where it is a word of everyday: alone, or before a colon, and not answered to.
pub(super) const AWAY_SUBJECTS_SHORT: &str = include_str!("phrases/away_subjects_short.txt");

/// What a machine says of a mailbox whose owner has left.
pub(super) const LEFT: &str = include_str!("phrases/left.txt");

/// A text that is nothing but this wants no more mail.
pub(super) const OPT_OUT_ALONE: &str = include_str!("phrases/opt_out_alone.txt");

/// Who says so does not want it, or speaks of something else.
pub(super) const NOT_OPT_OUT: &str = include_str!("phrases/not_opt_out.txt");

/// The phrases of a list.
pub(super) fn of(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}
