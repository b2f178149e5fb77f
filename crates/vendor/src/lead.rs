//! Whom an event is about, as rows: what a delivery tells of a person completes what is known, and never replaces it.

use atlas_model::tables::{CAMPAIGNS, COMPANIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Mode, Row, Settings};

use crate::categories::{meaning, set_meaning};
use crate::company::company;
use crate::event::{is_short, put};

/// What an event tells of a person.
#[derive(Debug, Default)]
pub(crate) struct Lead {
    pub(crate) id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) full_name: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) linkedin_url: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) website: Option<String>,
}

impl Lead {
    /// The person's row, and the company's where something is told of it. None without an id: then the store looks for the
    /// contact with the address.
    pub(crate) fn rows(self) -> Vec<Row> {
        let Some(id) = self.id else { return Vec::new() };
        let mut rows = Vec::new();
        let mut contact = Row::new(&CONTACTS, Mode::Once).with("external_lead_id", id);
        if self.company.is_some() || self.website.is_some() {
            let [website, email, name] =
                [&self.website, &self.email, &self.company].map(|text| text.as_deref().unwrap_or_default());
            if let Some(company) = company(website, email, name).filter(|company| is_short(&company.id)) {
                contact = contact.with("company_id", company.id.as_str());
                let mut row = Row::new(&COMPANIES, Mode::Once).with("external_id", company.id);
                put(&mut row, "domain", company.domain);
                put(&mut row, "name", self.company);
                put(&mut row, "website", self.website);
                rows.push(row);
            }
        }
        // Of a name of two words the first is the first name; longer ones are anybody's guess.
        let words: Vec<&str> = self.full_name.as_deref().unwrap_or_default().split_whitespace().collect();
        let (first, last) = match words[..] {
            [first, last] => (Some(first.to_owned()), Some(last.to_owned())),
            _ => (None, None),
        };
        put(&mut contact, "email", self.email);
        put(&mut contact, "first_name", self.first_name.or(first));
        put(&mut contact, "last_name", self.last_name.or(last));
        put(&mut contact, "title", self.title);
        put(&mut contact, "phone", self.phone);
        put(&mut contact, "linkedin_url", self.linkedin_url);
        rows.push(contact);
        rows
    }
}

/// The campaign's row, so that what belongs to it has a place also before the first sync.
pub(crate) fn campaign(id: &str, name: Option<String>) -> Row {
    let mut row = Row::new(&CAMPAIGNS, Mode::Once).with("external_id", id);
    put(&mut row, "name", name);
    row
}

/// The lead in the campaign.
pub(crate) fn enrollment(campaign: &str, lead: &str, map_id: Option<String>) -> Row {
    let mut row =
        Row::new(&ENROLLMENTS, Mode::Once).with("campaign_id", campaign).with("external_lead_id", lead);
    put(&mut row, "map_id", map_id);
    row
}

/// What a category says about a reply. What a person set stands over all, then the account's own sentiment over what the
/// name seems to say.
pub(crate) fn put_category(row: &mut Row, name: &str, sentiment: Option<&str>, settings: &Settings) {
    let sentiment = sentiment.filter(|_| set_meaning(name, settings).is_none());
    let meant = meaning(name, sentiment, settings);
    put(row, "category", Some(name));
    put(row, "reply_category", meant.reply_category);
    let sentiment = match sentiment {
        Some("positive") => Some("positive"),
        Some("negative") => Some("negative"),
        _ => meant.sentiment,
    };
    put(row, "sentiment", sentiment);
    // A category that says nothing about a reply (a mailbox that failed) is neither.
    let is_positive =
        sentiment.map(|sentiment| sentiment == "positive").or(meant.is_positive().then_some(true));
    put(row, "is_positive", is_positive);
    put(row, "classified_by", Some("service"));
}
