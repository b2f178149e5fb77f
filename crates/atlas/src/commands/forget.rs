//! `atlas forget`: removes a person everywhere.

use crate::exit::{Exit, Failure};
use crate::printer::count;
use crate::workspace::Workspace;

pub(crate) async fn run(
    email: &str,
    is_dry_run: bool,
    is_json: bool,
    workspace: &Workspace,
) -> Result<Exit, Failure> {
    let done = workspace.store.forget(email, is_dry_run, workspace.by()).await?;
    if is_json {
        workspace.printer.json(&done);
        return Ok(Exit::Done);
    }
    let rows = [
        ("Leads without name now", done.leads),
        ("Enrolments", done.enrollments),
        ("Events of e-mails", done.events),
        ("Calls", done.calls),
        ("Meetings and deals", done.outcomes),
        ("Answers and deliveries emptied", done.journal),
    ];
    let row = |(title, number): &(&str, u64)| vec![(*title).to_owned(), count(i64::try_from(*number).ok())];
    let (heading, note) = match is_dry_run {
        true => ("Would be forgotten", "nothing has changed; without --dry-run they are forgotten for good"),
        false => (
            "Forgotten",
            "the services still have them: remove them there too. What they tell later is not kept",
        ),
    };
    workspace.printer.table(&[heading, ""], &[1], rows.iter().map(row).collect());
    workspace.printer.note(note);
    Ok(Exit::Done)
}
