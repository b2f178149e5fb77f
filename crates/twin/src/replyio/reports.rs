//! The current generation's reports: figures of a window of one month at most.

use serde_json::{Value, json};

use super::account::Book;
use super::figures::Figures;
use super::page;
use super::person::End;
use super::sequence::Tally;
use super::window::Filters;
use super::{Answered, refusal};
use crate::answer::Answer;
use crate::question::Question;

/// Every sequence's figures within a window.
pub(super) fn sequences(book: &Book, question: &Question) -> Answered {
    let filters = Filters::of(&question.body, book.today)?;
    let meant = book.sequences.iter().rev().filter(|sequence| filters.has(sequence.id));
    let row = |sequence: &super::Sequence| {
        let tally = sequence.tally(filters.window, book.today);
        json!({
            "sequenceId": sequence.id,
            "name": sequence.name,
            "status": if sequence.is_archived() { "archived" } else { "active" },
            "emailOverview": overview_of(&tally),
            "linkedInOverview": linkedin_of(&tally),
        })
    };
    Ok(Answer::data(&meant.map(row).collect()))
}

/// The sums of some sequences within a window.
pub(super) fn overview(book: &Book, question: &Question) -> Answered {
    let filters = Filters::of(&question.body, book.today)?;
    if let Some(ids) = &filters.sequences
        && ids.iter().any(|id| book.find(*id).is_none())
    {
        return Err(refusal::not_found("sequence"));
    }
    let mut total = Tally::default();
    for sequence in book.sequences.iter().filter(|sequence| filters.has(sequence.id)) {
        total += sequence.tally(filters.window, book.today);
    }
    Ok(Answer::data(&overview_of(&total)))
}

fn overview_of(tally: &Tally) -> Value {
    let Tally { figures, contacted, .. } = *tally;
    let Figures {
        delivered, opened, replied, bounced, interested, opted_out, out_of_office, meetings, ..
    } = figures;
    let of_delivered = |part: u64| percentage(part, delivered);
    json!({
        "contacted": contacted,
        "delivered": delivered,
        "opened": opened,
        "replied": replied,
        "interested": interested,
        "notReached": bounced,
        "optedOut": opted_out,
        "outOfOffice": out_of_office,
        "bounced": bounced,
        "autoReplied": out_of_office,
        "meetingsBooked": meetings,
        "deliveredPercentage": percentage(delivered, figures.sent),
        "openedPercentage": of_delivered(opened),
        "repliedPercentage": of_delivered(replied),
        "interestedPercentage": of_delivered(interested),
        "notReachedPercentage": percentage(bounced, figures.sent),
        "optedOutPercentage": of_delivered(opted_out),
        "outOfOfficePercentage": of_delivered(out_of_office),
        "bouncedPercentage": percentage(bounced, figures.sent),
        "autoRepliedPercentage": of_delivered(out_of_office),
        "meetingsBookedPercentage": of_delivered(meetings),
    })
}

fn linkedin_of(tally: &Tally) -> Value {
    let Tally { connections, messages, .. } = *tally;
    let accepted = connections / 3;
    json!({
        "connectionsSent": connections,
        "connectionsAccepted": accepted,
        "connectionsAcceptedPercentage": percentage(accepted, connections),
        "messagesSent": messages,
        "replied": 0,
        "repliedPercentage": 0,
        "regularMessagesSent": messages,
        "regularMessagesReplied": 0,
        "profileViews": 0,
    })
}

/// Of 100, with one place after the point.
fn percentage(part: u64, of: u64) -> f64 {
    (part * 1000).checked_div(of).unwrap_or_default() as f64 / 10.0
}

/// Every mail of a window that arrived, newest first. What is not true is left out.
pub(super) fn mails(book: &Book, question: &Question) -> Answered {
    let Filters { window, .. } = Filters::of(&question.body, book.today)?;
    let mut mails = Vec::new();
    for sequence in &book.sequences {
        for person in sequence.enrolled(book.today) {
            let visits = person.visited(book.today);
            let last = visits.iter().rposition(|visit| visit.mail.is_some());
            for (index, visit) in visits.iter().enumerate() {
                if visit.mail.is_some() && window.has(visit.date) {
                    // Somebody replies to the last mail, and it is the first that bounces.
                    let end = person.ended(book.today).filter(|_| Some(index) == last);
                    mails.push((visit.date, sequence, person, end));
                }
            }
        }
    }
    mails.sort_by_key(|(date, sequence, person, _)| std::cmp::Reverse((*date, sequence.id, person.contact)));
    page::items(question, mails.len(), |index| {
        let (date, sequence, person, end) = mails[index];
        let who = book.identity(person.contact);
        let mut row = json!({
            "contactId": book.contacts[person.contact].id,
            "company": who.company,
            "email": who.email,
            "sequenceName": sequence.name,
            "deliveryDate": format!("{date}T08:30:00Z"),
        });
        if end != Some(End::Bounced) {
            row["isDelivered"] = json!(true);
        }
        if matches!(end, Some(End::Replied(_))) {
            row["isReplied"] = json!(true);
        }
        row
    })
}
