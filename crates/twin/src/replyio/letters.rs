//! The subjects and texts of sequences, and their names.

use fastrand::Rng;

use crate::dice::pick;

const SUBJECTS: &[&str] = &[
    "{{FirstName}}, one question on planning",
    "Night shifts at {{Company}}",
    "An idea for {{Company}}",
    "Less paper & fewer calls",
    "Who looks after {{Company}}'s fleet?",
    "Before the season starts",
];

const OPENERS: &[&str] = &[
    "I read that {{Company}} opens a second site this year.",
    "As {{Title}} you probably know what an hour of standstill costs.",
    "Three of your neighbours in {{City}} asked us the same thing last month.",
    "Most teams we meet still plan their week on a whiteboard &amp; by phone.",
];

const OFFERS: &[&str] = &[
    "We take over the planning for a month and charge nothing if it changes nothing.",
    "There is a page with numbers <a href=\"https://pages.example.test/numbers\">here</a>.",
    "It runs beside what you have &amp; needs no new hardware.",
];

const ASKS: &[&str] =
    &["Is Thursday a good day to talk?", "Shall I send you two examples?", "Worth a quarter of an hour?"];

const MESSAGES: &[&str] = &[
    "Hello {{FirstName}}, glad to be connected. May I ask who plans the shifts at your site?",
    "Hi {{FirstName}}, I wrote you a mail last week and did not want to lose sight of it.",
    "{{FirstName}}, we work with two companies in {{City}}; happy to introduce you.",
];

const AUDIENCES: &[&str] = &[
    "Plant planners",
    "Night logistics",
    "Hospital kitchens",
    "Regional carriers",
    "Cold storage",
    "Facility managers",
    "Print shops",
    "Bakery chains",
    "Tool makers",
    "Event caterers",
    "Machine rental",
    "Wholesale flowers",
];

const REGIONS: &[&str] = &["DACH", "Benelux", "Nordics", "UK", "France", "Iberia", "East Coast", "Midwest"];

const ANGLES: &[&str] =
    &["first touch", "after the fair", "win back", "webinar guests", "new heads", "Q3 list"];

/// A subject that begins a thread.
pub(crate) fn subject(rng: &mut Rng) -> &'static str {
    pick(rng, SUBJECTS)
}

/// The text of a mail.
pub(crate) fn mail(rng: &mut Rng) -> String {
    let (opener, offer, ask) = (pick(rng, OPENERS), pick(rng, OFFERS), pick(rng, ASKS));
    format!("<p>Hello {{{{FirstName}}}},</p><p>{opener}</p><p>{offer}<br>{ask}</p>")
}

/// A mail without its tags; a link's address stands before its text.
pub(crate) fn without_tags(mail: &str) -> String {
    let lines = mail.replace("</p><p>", "\n\n").replace("<br>", "\n").replace("&amp;", "&");
    let mut text = String::new();
    for part in lines.split('<') {
        let (tag, rest) = part.split_once('>').unwrap_or(("", part));
        if let Some(address) = tag.strip_prefix("a href=\"").and_then(|tag| tag.strip_suffix('"')) {
            text.push_str(&format!("{address} "));
        }
        text.push_str(rest);
    }
    text
}

/// The text of a message on LinkedIn.
pub(crate) fn message(rng: &mut Rng) -> String {
    pick(rng, MESSAGES).to_owned()
}

/// A sequence's name.
pub(crate) fn name(rng: &mut Rng, place: usize) -> String {
    let (audience, region, angle) = (pick(rng, AUDIENCES), pick(rng, REGIONS), pick(rng, ANGLES));
    match rng.u8(..3) {
        0 => format!("{audience} {region} #{}", place + 1),
        1 => format!("{region} | {audience} | {angle} {}", place + 1),
        _ => format!("{}. {audience} ({region}, {angle})", place + 1),
    }
}
