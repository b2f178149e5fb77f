//! The subjects and texts of campaign mails.

use fastrand::Rng;

use crate::dice::pick;

const SUBJECTS: &[&str] = &[
    "A thought for {{company_name}}",
    "{{first_name}}, who looks after this?",
    "Costs & lead times at {{company_name}}",
    "Two ideas from {{location}}",
    "Seen on your site",
    "Is next quarter planned, {{first_name}}?",
    "{{company_name}} + us",
    "Short on staff in {{location}}?",
];

const GREETINGS: &[&str] = &["Hi {{first_name}},", "Good morning {{first_name}},", "{{first_name}},"];

const OPENERS: &[&str] = &[
    "I came across {{company_name}} while mapping suppliers around {{location}}.",
    "Most teams of your size lose a day a week to paperwork &amp; phone calls.",
    "You are hiring, so I assume the order book is&nbsp;full.",
    "A firm two streets from you cut its idle hours by a&nbsp;third.",
    "As {{job_title}} you probably see the invoices before anyone else does.",
];

const OFFERS: &[&str] = &[
    "<ul><li>one price for the year</li><li>no setup &amp; no minimum</li><li>out again within a month</li></ul>",
    "<p>There is a two-page summary <a href=\"https://brief.example.test/summary\">here</a>.</p>",
    "<p>We would start with a single site and measure before &amp; after.</p>",
    "<p>For {{company_name}} this comes to about forty hours a month.</p>",
];

const NUDGES: &[&str] = &[
    "Did my note from last week reach you, {{first_name}}?",
    "One number I left out: customers stay with us for six years on&nbsp;average.",
    "Would somebody else at {{company_name}} be the better person to ask?",
    "I will close the file on {{company_name}} on Friday unless you tell me otherwise.",
];

const ASKS: &[&str] = &[
    "Do ten minutes on Wednesday suit you?",
    "Shall I send the figures over?",
    "Is this worth a look, yes or&nbsp;no?",
];

/// A subject that begins a thread.
pub(crate) fn subject(rng: &mut Rng) -> &'static str {
    pick(rng, SUBJECTS)
}

/// The text of a first mail.
pub(crate) fn opening(rng: &mut Rng) -> String {
    let (greeting, opener) = (pick(rng, GREETINGS), pick(rng, OPENERS));
    let (offer, ask) = (pick(rng, OFFERS), pick(rng, ASKS));
    format!("<div><p>{greeting}</p><p>{opener}</p>{offer}<p>{ask}</p><p>{{{{sender_name}}}}</p></div>")
}

/// The text of a later mail in the same thread.
pub(crate) fn follow_up(rng: &mut Rng) -> String {
    let (greeting, nudge, ask) = (pick(rng, GREETINGS), pick(rng, NUDGES), pick(rng, ASKS));
    format!("<div>{greeting}<br><br>{nudge}<br>{ask}</div>")
}
