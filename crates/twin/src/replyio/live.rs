//! The current generation, as observed.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::account::{Book, USERS};
use super::category::{self, Category};
use super::figures::{PersonState, Status};
use super::mailbox::Mailbox;
use super::person::{End, Person};
use super::sequence::Sequence;
use super::step::{Kind, Step, Variant};
use super::{Answered, find, page, refusal, whoami};
use crate::answer::Answer;
use crate::question::Question;

/// Answers what only reads; the route is the one below `/v3`.
pub(super) fn answer(book: &Book, question: &Question, route: &[&str]) -> Answered {
    match route {
        ["whoami"] => Ok(whoami()),
        ["sequences"] => sequences(book, question),
        ["sequences", id] => detail(book, id),
        ["sequences", id, "steps"] => steps(find(book, id)?),
        ["sequences", id, "email-accounts"] => {
            let mailboxes = find(book, id)?.mailboxes.iter().map(|place| mailbox(&book.mailboxes[*place]));
            Ok(Answer::data(&mailboxes.collect()))
        }
        ["sequences", id, "contacts"] => people(book, question, id, person),
        ["sequences", id, "contacts", "state"] => people(book, question, id, person_state),
        ["email-accounts"] => {
            page::items(question, book.mailboxes.len(), |index| mailbox(&book.mailboxes[index]))
        }
        ["email-accounts", id] => mailbox_detail(book, id),
        ["contacts"] => contacts(book, question),
        ["inbox", "threads"] => threads(book, question),
        ["inbox", "threads", id, "messages"] => messages(book, id),
        ["inbox", "threads", "categories"] => {
            Ok(Answer::data(&category::ALL.iter().map(category_row).collect()))
        }
        _ => Err(refusal::no_route("GET", &question.path)),
    }
}

/// Newest first.
fn sequences(book: &Book, question: &Question) -> Answered {
    let is_meant = |sequence: &&Sequence| {
        let is = |name: &str, value: &str| question.parameter(name).is_none_or(|asked| asked == value);
        is("isArchived", if sequence.is_archived() { "true" } else { "false" })
            && is("status", status(sequence, book.today))
            && is("ownerUserId", &USERS[sequence.owner].id.to_string())
            && question.parameter("name").is_none_or(|name| sequence.name.contains(name))
    };
    let meant: Vec<&Sequence> = book.sequences.iter().rev().filter(is_meant).collect();
    page::items(question, meant.len(), |index| sequence(meant[index], book.today))
}

fn sequence(sequence: &Sequence, today: Date) -> Value {
    json!({
        "id": sequence.id,
        "ownerUserId": USERS[sequence.owner].id,
        "name": sequence.name,
        "status": status(sequence, today),
        "created": sequence.created.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        "isArchived": sequence.is_archived(),
        "health": health(sequence),
    })
}

/// A draft has two names.
fn status(sequence: &Sequence, today: Date) -> &'static str {
    match sequence.status(today) {
        Status::Draft if sequence.id.is_multiple_of(2) => "new",
        Status::Draft => "draft",
        Status::Active => "active",
        Status::Paused => "paused",
        Status::Stopped => "stopped",
        Status::Finished => "finished",
    }
}

fn health(sequence: &Sequence) -> &'static str {
    ["healthy", "healthy", "stalled", "degraded"][sequence.id as usize % 4]
}

/// A sequence with all that belongs to it.
fn detail(book: &Book, id: &str) -> Answered {
    let found = find(book, id)?;
    let mut told = sequence(found, book.today);
    let boxes = found.mailboxes.iter().map(|place| &book.mailboxes[*place]);
    let boxes: Value = boxes.map(|one| json!({"id": one.id, "email": one.address})).collect();
    let owner = &USERS[found.owner];
    let steps: Value = if found.hides_steps() { json!([]) } else { step_rows(&found.steps) };
    let issues = match health(found) {
        "healthy" => json!([]),
        _ => json!([{"type": "emailAccountSendingBlocked"}]),
    };
    let more = json!({
        "scheduleId": 70 + found.id % 5,
        "emailAccounts": boxes,
        "linkedInAccounts": [{"id": 600 + found.owner, "name": owner.name, "status": "enabled"}],
        "settings": {
            "emailsCountPerDay": 80, "daysToFinishProspect": 21, "emailSendingDelaySeconds": 55,
            "dailyThrottling": 160, "disableOpensTracking": !found.tracks_opens,
            "repliesHandlingType": "markAsFinished", "enableLinksTracking": false,
        },
        "steps": steps,
        "issues": issues,
    });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    Ok(Answer::data(&told))
}

fn steps(sequence: &Sequence) -> Answered {
    match sequence.hides_steps() {
        true => Err(refusal::not_found("sequence")),
        false => Ok(Answer::data(&step_rows(&sequence.steps))),
    }
}

fn step_rows(steps: &[Step]) -> Value {
    steps.iter().map(|step| step_row(steps, step)).collect()
}

fn step_row(steps: &[Step], step: &Step) -> Value {
    let parent = step.parent.map(|place| steps[place].id);
    let variants: Value = step.variants.iter().map(variant).collect();
    let mut told = json!({
        "id": step.id,
        "parentId": parent,
        "ifConditionPositive": step.branch,
        "variants": variants,
    });
    let (kind, action) = match step.kind {
        Kind::Email => ("email", None),
        Kind::LinkedInConnect => ("linkedIn", Some("connect")),
        Kind::LinkedInMessage => ("linkedIn", Some("message")),
        Kind::Call => ("call", None),
        Kind::Condition => ("condition", None),
    };
    told["type"] = json!(kind);
    if let Some(action) = action {
        told["actionType"] = json!(action);
    }
    if step.kind == Kind::Condition {
        told["waitInMinutes"] = json!(step.delay_minutes);
    } else {
        told["delayInMinutes"] = json!(step.delay_minutes);
        told["executionMode"] = json!(if step.is_mail() { "automatic" } else { "manual" });
    }
    told
}

fn variant(variant: &Variant) -> Value {
    match variant.subject {
        Some(subject) => json!({
            "id": variant.id, "subject": subject, "message": variant.body, "hasAttachments": false,
        }),
        None => json!({"id": variant.id, "message": variant.body, "isEnabled": true}),
    }
}

/// A page of a sequence's people, newest first, so that pages drift while people come.
fn people(
    book: &Book,
    question: &Question,
    id: &str,
    row: fn(&Book, &Sequence, &Person) -> Value,
) -> Answered {
    let sequence = find(book, id)?;
    let people = sequence.enrolled(book.today);
    page::items(question, people.len(), |index| row(book, sequence, &people[people.len() - 1 - index]))
}

fn person(book: &Book, sequence: &Sequence, person: &Person) -> Value {
    let contact = &book.contacts[person.contact];
    let who = book.identity(person.contact);
    let end = person.ended(book.today);
    let visits = person.visited(book.today);
    let was_written = visits.iter().any(|visit| visit.mail.is_some());
    let is_replied = matches!(end, Some(End::Replied(_)));
    let disposition = json!({"isReplied": is_replied, "isBounced": end == Some(End::Bounced)});
    let step = visits.last().map(|visit| {
        let number = (visit.step + 1).to_string();
        let name = if end.is_some() { "Finished".to_owned() } else { number };
        json!({"stepId": sequence.steps[visit.step].id, "displayName": name})
    });
    json!({
        "contactId": contact.id,
        "sequenceId": sequence.id,
        "email": spelled(contact.id, who.email),
        "firstName": who.first_name,
        "lastName": who.last_name,
        "company": who.company,
        "title": who.title,
        "statusInSequence": status_in_sequence(person.state(book.today)),
        "isOptedOut": contact.has_opted_out(book.today),
        "callStatus": "none",
        "meetingStatus": "none",
        "emailDisposition": was_written.then_some(disposition),
        "currentStep": step,
        "addingDate": format!("{}T07:02:11+00:00", person.enrolled),
        "emailAccountId": book.mailboxes[Book::mailbox_of(sequence, person)].id,
        "linkedInAccountId": null,
    })
}

/// The same with more of what has happened; its times have no zone.
fn person_state(book: &Book, sequence: &Sequence, person: &Person) -> Value {
    let contact = &book.contacts[person.contact];
    let who = book.identity(person.contact);
    let end = person.ended(book.today);
    let visits = person.visited(book.today);
    let number = visits.last().map(|visit| visit.step + 1);
    json!({
        "contactId": contact.id,
        "email": spelled(contact.id, who.email),
        "firstName": who.first_name,
        "lastName": who.last_name,
        "title": who.title,
        "addedAt": format!("{}T07:02:11", person.enrolled),
        "currentStep": {
            "stepId": visits.last().map(|visit| sequence.steps[visit.step].id),
            "displayStepNumber": number.map(|number| number.to_string()),
            "stepNumber": number,
        },
        "status": {
            "status": status_in_sequence(person.state(book.today)),
            "replied": matches!(end, Some(End::Replied(_))),
            "delivered": end != Some(End::Bounced) && visits.iter().any(|visit| visit.mail.is_some()),
            "bounced": end == Some(End::Bounced),
            "opened": visits.iter().any(|visit| visit.is_opened),
            "clicked": false,
        },
    })
}

pub(super) fn status_in_sequence(state: PersonState) -> &'static str {
    match state {
        PersonState::New | PersonState::Active => "active",
        PersonState::OutOfOffice => "outOfOffice",
        PersonState::Paused => "paused",
        PersonState::Finished | PersonState::Replied | PersonState::Bounced | PersonState::OptedOut => {
            "finished"
        }
    }
}

/// An address as somebody typed it.
pub(super) fn spelled(id: u64, address: String) -> String {
    if !id.is_multiple_of(10) {
        return address;
    }
    let mut letters = address.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn mailbox(mailbox: &Mailbox) -> Value {
    json!({
        "id": mailbox.id,
        "ownerUserId": USERS[mailbox.owner].id,
        "email": mailbox.address,
        "senderName": mailbox.name,
        "emailAccountType": mailbox.kind,
        "isDefault": mailbox.id.is_multiple_of(9),
        "dailyLimit": mailbox.daily_limit,
        "connectionStatus": if mailbox.is_connected() { "connected" } else { "disconnected" },
        "tags": [mailbox.domain],
    })
}

/// One mailbox; some still have the flat form, in which passwords are told.
fn mailbox_detail(book: &Book, id: &str) -> Answered {
    let found = book.mailboxes.iter().find(|mailbox| mailbox.id.to_string() == id);
    let mailbox = found.ok_or_else(|| refusal::not_found("emailAccount"))?;
    let host = |service: &str| format!("{service}.{}", mailbox.domain);
    if mailbox.id.is_multiple_of(4) {
        return Ok(Answer::data(&json!({
            "id": mailbox.id, "senderName": mailbox.name, "emailAddress": mailbox.address,
            "signature": mailbox.name, "dailyGoal": mailbox.daily_limit, "folder": "INBOX",
            "smtpHost": host("smtp"), "smtpPort": 587,
            "smtpPassword": format!("mailbox-secret-{:016x}", mailbox.secret),
            "imapHost": host("imap"), "imapPort": 993,
            "imapPassword": format!("mailbox-secret-{:016x}", !mailbox.secret),
        })));
    }
    Ok(Answer::data(&json!({
        "id": mailbox.id,
        "ownerUserId": USERS[mailbox.owner].id,
        "emailAccountType": mailbox.kind,
        "isDefault": false,
        "isInUse": true,
        "connectionStatus": if mailbox.is_connected() { "connected" } else { "disconnected" },
        "sendingConnectivityError": mailbox.smtp_failure,
        "receivingConnectivityError": mailbox.imap_failure,
        "sendingLockedByProvider": false,
        "updatedAt": format!("{}T06:40:00Z", mailbox.created),
        "connection": {
            "email": mailbox.address, "senderName": mailbox.name,
            "smtpHost": host("smtp"), "smtpPort": 587, "smtpSsl": true,
            "imapHost": host("imap"), "imapPort": 993, "imapSsl": true,
        },
        "safety": {
            "dailyLimit": mailbox.daily_limit, "isEmailsThrottlingEnabled": true, "emailsPerInterval": 3,
            "emailsThrottlingSecondsInterval": 240, "isSendingDelayEnabled": true,
            "maxSendingDelaySeconds": 95, "minSendingDelaySeconds": 40,
        },
        "signature": {"signature": mailbox.name},
        "optOut": {"message": "Stop", "emailFooter": "", "isOptOutLinkEnabled": false, "optOutTextBlock": ""},
        "rampUp": {"enabled": mailbox.ramps_up, "startValue": 15, "incrementValue": 3},
        "tags": [mailbox.domain],
    })))
}

/// Everybody whom the account knows, newest first.
fn contacts(book: &Book, question: &Question) -> Answered {
    let known = book.known();
    page::items(question, known.len(), |index| {
        let (contact, who) = (&book.contacts[known[index]], book.identity(known[index]));
        json!({
            "id": contact.id,
            "email": spelled(contact.id, who.email),
            "firstName": who.first_name,
            "lastName": who.last_name,
            "title": who.title,
            "company": who.company,
            "companySize": "Empty",
            "industry": "",
            "domain": who.domain,
            "phone": who.phone,
            "linkedInUrl": who.linkedin,
            "city": who.town,
            "state": "",
            "country": "",
            "timeZoneId": "W. Europe Standard Time",
            "isOptedOut": contact.has_opted_out(book.today),
            "addingDate": format!("{}T07:02:11+00:00", contact.added),
            "customFields": [{"key": "Batch", "value": (contact.id % 9).to_string()}],
        })
    })
}

/// What came in, newest first: replies, and notes of absence.
fn threads(book: &Book, question: &Question) -> Answered {
    let mut threads: Vec<(Date, &Sequence, &Person, Option<&'static Category>)> = Vec::new();
    for sequence in &book.sequences {
        for person in sequence.enrolled(book.today) {
            if let Some((date, End::Replied(category))) = person.end.filter(|(date, _)| *date <= book.today) {
                threads.push((date, sequence, person, category));
            } else if let Some((date, _)) = person.absence.filter(|(date, _)| *date <= book.today) {
                threads.push((date, sequence, person, Some(category::OF_ABSENCE)));
            }
        }
    }
    threads
        .sort_by_key(|(date, sequence, person, _)| std::cmp::Reverse((*date, sequence.id, person.contact)));
    page::items(question, threads.len(), |index| {
        let (date, sequence, person, category) = threads[index];
        let (contact, who) = (&book.contacts[person.contact], book.identity(person.contact));
        json!({
            "id": sequence.id * 1_000_000 + person.contact as u64,
            "channel": "email",
            "isRead": category.is_some(),
            "subject": "Re: your mail",
            "bodyPreview": "Thank you for writing.",
            "lastActivityDate": format!("{date}T11:24:05Z"),
            "contact": {
                "id": contact.id, "email": who.email, "firstName": who.first_name, "lastName": who.last_name,
            },
            "sequence": {"id": sequence.id, "name": sequence.name},
            "category": category.map(|category| json!({"id": category.id, "name": category.name})),
            "hasMeetingIntent": category.is_some_and(|category| category.is_meeting),
            "status": {"state": "open"},
        })
    })
}

/// What was written in a conversation.
fn messages(book: &Book, id: &str) -> Answered {
    let id: u64 = id.parse().map_err(|_| refusal::invalid("/id", "Must be a number."))?;
    let sequence = book.find(id / 1_000_000).ok_or_else(|| refusal::not_found("thread"))?;
    let mut people = sequence.enrolled(book.today).iter();
    let person = people.rfind(|person| person.contact as u64 == id % 1_000_000);
    let person = person.ok_or_else(|| refusal::not_found("thread"))?;
    let (who, owner) = (book.identity(person.contact), &USERS[sequence.owner]);
    let mails = person.visited(book.today).iter().filter(|visit| visit.mail.is_some());
    let mut messages: Vec<Value> = mails
        .map(|visit| {
            json!({"date": format!("{}T08:30:00Z", visit.date), "body": "<p>Hello</p>", "fromName": owner.name,
                   "isOutbound": true, "channel": "email"})
        })
        .collect();
    let name = format!("{} {}", who.first_name, who.last_name);
    let mut came = |date: Date, body: &str| {
        messages.push(json!({"date": format!("{date}T11:24:05Z"), "body": body, "fromName": name,
                             "isOutbound": false, "channel": "email"}));
    };
    if let Some((date, End::Replied(_))) = person.end.filter(|(date, _)| *date <= book.today) {
        came(date, "<p>Thank you for writing.<br>Call me.</p>");
    } else if let Some((date, _)) = person.absence.filter(|(date, _)| *date <= book.today) {
        came(date, "<p>I am away.</p>");
    }
    Ok(Answer::data(&json!(messages)))
}

fn category_row(category: &Category) -> Value {
    json!({
        "id": category.id,
        "name": category.name,
        "color": "#3b82f6",
        "isReserved": category.id < 100,
        "unreadThreadsCount": 0,
    })
}
