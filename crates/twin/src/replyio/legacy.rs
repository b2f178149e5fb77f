//! The first two generations, which still answer; only the first tells figures of a sequence's whole life.

use axum::http::StatusCode;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::account::{Book, USERS};
use super::figures::{PersonState, Status};
use super::live::{spelled, status_in_sequence};
use super::mailbox::Mailbox;
use super::person::End;
use super::sequence::Sequence;
use super::step::{Step, Variant};
use super::{Answered, find, page, refusal};
use crate::answer::Answer;
use crate::question::Question;

/// Answers the first generation; the route is the one below `/v1`.
pub(super) fn answer_v1(book: &Book, question: &Question, route: (&str, &[&str])) -> Answered {
    match route {
        ("GET", ["campaigns"]) => Ok(campaigns(book, question)),
        ("GET", ["campaigns", id, "people"]) => {
            let people = find(book, id)?.enrolled(book.today);
            page::old_people(question, people.len(), |index| {
                let person = &people[people.len() - 1 - index];
                person_row(book, person.contact, person.enrolled, Some(person.state(book.today)))
            })
        }
        ("GET", ["people"]) => {
            let known = book.known();
            page::old_people(question, known.len(), |index| {
                person_row(book, known[index], book.contacts[known[index]].added, None)
            })
        }
        ("GET", ["emailAccounts"]) => Ok(Answer::data(&mailboxes(book))),
        ("GET", ["Stats" | "stats", "CampaignStep"]) => step_figures(book, question),
        (method, _) => Err(refusal::no_route(method, &question.path)),
    }
}

/// All sequences; of one by its id or name, an object, or nothing at all.
fn campaigns(book: &Book, question: &Question) -> Answer {
    let (id, name) = (question.parameter("id"), question.parameter("name"));
    if id.is_none() && name.is_none() {
        return Answer::data(&book.sequences.iter().map(|one| campaign(book, one)).collect());
    }
    let is_meant = |one: &&Sequence| {
        id.is_none_or(|id| one.id.to_string() == id) && name.is_none_or(|name| one.name == name)
    };
    let found = book.sequences.iter().find(is_meant);
    found.map_or_else(|| Answer::empty(StatusCode::OK), |one| Answer::data(&campaign(book, one)))
}

fn campaign(book: &Book, sequence: &Sequence) -> Value {
    let today = book.today;
    let figures = sequence.figures(today);
    let states = sequence.states(today);
    let status = match sequence.status(today) {
        // What 7 means, nobody tells.
        _ if sequence.is_archived() => 7,
        Status::Draft => 0,
        Status::Active => 2,
        Status::Paused | Status::Stopped => 4,
        Status::Finished => 7,
    };
    let addresses: Vec<_> = sequence.mailboxes.iter().map(|place| &book.mailboxes[*place].address).collect();
    let form = if sequence.id.is_multiple_of(5) { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S%.7f+00:00" };
    json!({
        "id": sequence.id,
        "name": sequence.name,
        "created": sequence.created.strftime(form).to_string(),
        "status": status,
        "emailAccounts": addresses,
        "ownerEmail": USERS[sequence.owner].address,
        "deliveriesCount": figures.delivered,
        "opensCount": figures.opened,
        "repliesCount": figures.replied,
        "bouncesCount": figures.bounced,
        "optOutsCount": figures.opted_out,
        "outOfOfficeCount": figures.out_of_office,
        "peopleCount": states.total,
        "peopleActive": states.active,
        "peopleFinished": states.finished,
        "peoplePaused": states.paused,
    })
}

/// A contact, in a sequence or out of all.
fn person_row(book: &Book, place: usize, added: Date, state: Option<PersonState>) -> Value {
    let contact = &book.contacts[place];
    let who = book.identity(place);
    let mut row = json!({
        "id": contact.id,
        "email": spelled(contact.id, who.email),
        "firstName": who.first_name,
        "lastName": who.last_name,
        "company": who.company,
        "title": who.title,
        "phone": who.phone,
        "linkedInProfile": who.linkedin,
        "city": who.town,
        "addingDate": format!("{added}T07:02:11"),
        "customFields": [{"key": "Batch", "value": (contact.id % 9).to_string()}],
    });
    if let Some(state) = state {
        row["status"] = json!(status_in_sequence(state));
    }
    row
}

fn mailboxes(book: &Book) -> Value {
    let row = |mailbox: &Mailbox| {
        json!({
            "id": mailbox.id,
            "senderName": mailbox.name,
            "emailAddress": mailbox.address,
            "signature": format!("<p>{}</p>", mailbox.name),
        })
    };
    book.mailboxes.iter().map(row).collect()
}

/// A step's figures. Its mails are those that bounced too.
fn step_figures(book: &Book, question: &Question) -> Answered {
    let gone = || refusal::invalid("/stepId", "The step does not exist.");
    let id = |name: &str| question.parameter(name).and_then(|id| id.parse::<u64>().ok()).ok_or_else(gone);
    let (campaign, step) = (id("campaignId")?, id("stepId")?);
    let sequence = book.find(campaign).filter(|sequence| !sequence.is_archived()).ok_or_else(gone)?;
    let at = sequence.steps.iter().position(|found| found.id == step).ok_or_else(gone)?;
    let (mut sent, mut opened, mut replied, mut bounced) = (0, 0, 0, 0);
    for person in sequence.enrolled(book.today) {
        let visits = person.visited(book.today);
        let end = person.ended(book.today);
        let last_mail = visits.iter().rfind(|visit| visit.mail.is_some()).map(|visit| visit.step);
        for visit in visits.iter().filter(|visit| visit.step == at && visit.mail.is_some()) {
            sent += 1;
            opened += u64::from(visit.is_opened);
            let is_last = last_mail == Some(at);
            replied += u64::from(is_last && matches!(end, Some(End::Replied(_))));
            bounced += u64::from(is_last && end == Some(End::Bounced));
        }
    }
    Ok(Answer::data(&json!({
        "campaignId": campaign,
        "stepId": step,
        "sentEmails": sent,
        "contactedPeople": sent,
        "openedEmails": opened,
        "repliedEmails": replied,
        "bouncedEmails": bounced,
    })))
}

/// The steps of the second generation: mails alone.
pub(super) fn steps(book: &Book, id: &str) -> Answered {
    let sequence = find(book, id)?;
    if sequence.hides_steps() {
        return Err(refusal::not_found("campaign"));
    }
    let row = |(index, step): (usize, &Step)| {
        let template = |variant: &Variant| {
            json!({
                "id": variant.id,
                "subject": variant.subject,
                "body": variant.body,
                "attachmentsIds": [],
                "ccList": null,
                "emailTemplateId": null,
                "emailTemplateName": "",
            })
        };
        json!({
            "id": step.id,
            "number": index + 1,
            "inMinutesCount": step.delay_minutes,
            "templates": step.variants.iter().map(template).collect::<Value>(),
        })
    };
    let mails = sequence.steps.iter().enumerate().filter(|(_, step)| step.is_mail());
    Ok(Answer::data(&mails.map(row).collect()))
}
