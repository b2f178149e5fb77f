//! The six endpoints at the addresses and with the flat names that are documented for a reader of the account.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::account::{Book, TEAM_ID, USERS};
use super::figures::{Figures, PersonState, Status};
use super::mailbox::Mailbox;
use super::person::{End, Person};
use super::sequence::Sequence;
use super::step::{Kind, LABELS, Step, Variant};
use super::{Answered, days, find, letters, page, refusal, reports, whoami};
use crate::answer::Answer;
use crate::question::Question;

pub(super) fn answer(book: &Book, question: &Question, route: (&str, &[&str])) -> Answered {
    match route {
        ("GET", ["v3", "whoami"]) => Ok(whoami()),
        ("GET", ["v3", "sequences"]) => {
            let newest = book.sequences.len();
            page::items(question, newest, |index| sequence(&book.sequences[newest - 1 - index], book.today))
        }
        ("GET", ["v3", "sequences", id, "steps"]) => Ok(steps(find(book, id)?, step)),
        ("GET", ["v3", "sequences", id, "emails"]) => Ok(steps(find(book, id)?, mail)),
        ("GET", ["v3", "sequences", id, "statistics"]) => Ok(statistics(book, find(book, id)?)),
        ("GET", ["v3", "emailAccounts"]) => Ok(mailboxes(book)),
        ("POST", ["v3", "reporting", "emails"]) => reports::mails(book, question),
        ("GET", ["v3", "statistics"]) => Ok(all_statistics(book)),
        ("GET", ["v3", "people"]) => {
            let id = question.parameter("sequenceId");
            let id = id.ok_or_else(|| refusal::invalid("/sequenceId", "A sequence is required."))?;
            let people = find(book, id)?.enrolled(book.today);
            page::items(question, people.len(), |index| person(book, &people[people.len() - 1 - index]))
        }
        (method, _) => Err(refusal::no_route(method, &question.path)),
    }
}

/// What is archived says so in one way or the other.
fn sequence(sequence: &Sequence, today: Date) -> Value {
    let status = match sequence.status(today) {
        _ if sequence.is_archived() && sequence.id.is_multiple_of(2) => "Archived",
        Status::Draft if sequence.id.is_multiple_of(2) => "New",
        Status::Draft => "Draft",
        Status::Active => "Active",
        Status::Paused => "Paused",
        Status::Stopped => "Stopped",
        Status::Finished => "Finished",
    };
    json!({
        "id": sequence.id,
        "name": sequence.name,
        "status": status,
        "ownerId": USERS[sequence.owner].id,
        "teamId": TEAM_ID,
        "isArchived": sequence.is_archived(),
        "stepsCount": sequence.steps.len(),
    })
}

/// A mail as it is told: its number, the minutes after the step before, a variant and its label.
struct Mail<'steps> {
    number: usize,
    delay_minutes: u64,
    variant: &'steps Variant,
    label: Option<&'static str>,
}

/// A row for each variant of each mail. Other steps make none, but they count.
fn steps(sequence: &Sequence, row: fn(&Mail<'_>) -> Value) -> Answer {
    let steps = &sequence.steps;
    let rows = |(index, step): (usize, &Step)| {
        // What a condition waits for, the mail after it has waited for too.
        let before = step.parent.map(|parent| &steps[parent]).filter(|step| step.kind == Kind::Condition);
        let delay_minutes = step.delay_minutes + before.map_or(0, |condition| condition.delay_minutes);
        let has_several = step.variants.len() > 1;
        let row = |(place, variant)| {
            let label = has_several.then_some(LABELS[place]);
            row(&Mail { number: index + 1, delay_minutes, variant, label })
        };
        step.variants.iter().enumerate().map(row).collect::<Vec<_>>()
    };
    let mails = steps.iter().enumerate().filter(|(_, step)| step.is_mail());
    Answer::data(&mails.flat_map(rows).collect())
}

fn step(mail: &Mail<'_>) -> Value {
    json!({
        "id": mail.variant.id,
        "order": mail.number,
        "subject": mail.variant.subject,
        "body": mail.variant.body,
        "textBody": letters::without_tags(&mail.variant.body),
        "waitDays": days(mail.delay_minutes),
        "variant": mail.label,
    })
}

/// The same under other names.
fn mail(mail: &Mail<'_>) -> Value {
    json!({
        "id": mail.variant.id,
        "number": mail.number,
        "subject": mail.variant.subject,
        "htmlBody": mail.variant.body,
        "textBody": letters::without_tags(&mail.variant.body),
        "delayDays": days(mail.delay_minutes),
        "variant": mail.label,
    })
}

fn statistics(book: &Book, sequence: &Sequence) -> Answer {
    let figures = sequence.figures(book.today);
    Answer::data(&json!({
        "sent": figures.sent,
        "opened": figures.opened,
        "replied": figures.replied,
        "bounced": figures.bounced,
        "interested": figures.interested,
        "notInterested": figures.not_interested,
    }))
}

fn all_statistics(book: &Book) -> Answer {
    let (mut figures, mut people, mut active_people, mut active) = (Figures::default(), 0, 0, 0);
    for sequence in &book.sequences {
        sequence.events(book.today).for_each(|(_, event)| figures.note(event));
        let states = sequence.states(book.today);
        people += states.total;
        active_people += states.active;
        active += u64::from(sequence.status(book.today) == Status::Active);
    }
    Answer::data(&json!({
        "sequencesCount": book.sequences.len(),
        "peopleCount": people,
        "activeSequencesCount": active,
        "activeContactsCount": active_people,
        "deliveriesCount": figures.delivered,
        "opensCount": figures.opened,
        "repliesCount": figures.replied,
        "bouncesCount": figures.bounced,
        "interestedCount": figures.interested,
        "notInterestedCount": figures.not_interested,
        "optOutsCount": figures.opted_out,
    }))
}

fn mailboxes(book: &Book) -> Answer {
    let sent = book.sent_today();
    let rows = book.mailboxes.iter().zip(sent).enumerate();
    let row = |(index, (mailbox, sent)): (usize, (&Mailbox, u64))| {
        let mut row = json!({
            "smtpHost": format!("smtp.{}", mailbox.domain),
            "smtpPort": 587,
            "isSmtpConnected": mailbox.smtp_failure.is_none(),
            "imapHost": format!("imap.{}", mailbox.domain),
            "imapPort": 993,
            "isImapConnected": mailbox.imap_failure.is_none(),
            "warmupEnabled": mailbox.ramps_up,
            "warmupStatus": if mailbox.ramps_up { "active" } else { "off" },
            "isActive": mailbox.is_connected(),
        });
        // Six fields have two names each.
        let names: [&str; 6] = match index % 2 {
            0 => ["id", "email", "name", "dailyLimit", "sentToday", "type"],
            _ => ["emailAccountId", "fromEmail", "fromName", "maxEmailsPerDay", "dailySentCount", "provider"],
        };
        let values = [
            json!(mailbox.id),
            json!(mailbox.address),
            json!(mailbox.name),
            json!(mailbox.daily_limit),
            json!(sent),
            json!(mailbox.kind),
        ];
        for (name, value) in names.into_iter().zip(values) {
            row[name] = value;
        }
        row
    };
    Answer::data(&rows.map(row).collect())
}

fn person(book: &Book, person: &Person) -> Value {
    let contact = &book.contacts[person.contact];
    let who = book.identity(person.contact);
    let status = match person.state(book.today) {
        PersonState::New => "New",
        PersonState::Active => "Active",
        PersonState::OutOfOffice => "OutOfOffice",
        PersonState::Paused => "Paused",
        PersonState::Finished => "Finished",
        PersonState::Replied => "Replied",
        PersonState::Bounced => "Bounced",
        PersonState::OptedOut => "OptedOut",
    };
    let is_interested = match person.ended(book.today) {
        Some(End::Replied(category)) => category.and_then(|category| category.is_good),
        _ => None,
    };
    json!({
        "id": contact.id,
        "email": who.email,
        "firstName": who.first_name,
        "lastName": who.last_name,
        "company": who.company,
        "title": who.title,
        "phone": who.phone,
        "linkedInUrl": who.linkedin,
        "status": status,
        "isInterested": is_interested,
        "addedAt": format!("{}T07:02:11Z", person.enrolled),
    })
}
