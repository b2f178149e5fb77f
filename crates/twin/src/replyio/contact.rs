//! The people whom an account knows; who somebody is, is made up when it is asked for.

use fastrand::Rng;
use jiff::civil::Date;

use crate::dice::pick;
use crate::people::{COMPANY_HEADS, COMPANY_TAILS, FIRST_NAMES, FREE_MAIL, JOBS, LAST_NAMES, TOWNS, TRADES};

/// What is remembered of a contact.
pub(crate) struct Contact {
    pub(crate) id: u64,
    /// The day of the first enrolment.
    pub(crate) added: Date,
    pub(crate) opted_out: Option<Date>,
}

/// Who a contact is.
pub(crate) struct Identity {
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: String,
    /// Nothing where nobody knows.
    pub(crate) company: Option<String>,
    pub(crate) domain: String,
    pub(crate) town: &'static str,
    pub(crate) title: Option<&'static str>,
    pub(crate) phone: Option<String>,
    pub(crate) linkedin: Option<String>,
}

const FIRST_ID: u64 = 55_190_300;

/// So many in a row work for one company.
const COLLEAGUES: usize = 3;

impl Contact {
    pub(crate) fn new(number: usize, added: Date) -> Self {
        Self { id: FIRST_ID + number as u64 * 3, added, opted_out: None }
    }

    pub(crate) fn has_opted_out(&self, today: Date) -> bool {
        self.opted_out.is_some_and(|day| day <= today)
    }
}

/// Who the contact with this number is; no two have one address.
pub(crate) fn identity(number: usize, rng: &mut Rng) -> Identity {
    let (company, domain, town) = company(number / COLLEAGUES);
    let first_name = pick(rng, FIRST_NAMES);
    // Surnames apart from each other, so that no two colleagues share an address.
    let surname = number / COLLEAGUES * 7 + number % COLLEAGUES * 11;
    let last_name = LAST_NAMES[surname % LAST_NAMES.len()];
    let (first, last) = (first_name.to_lowercase(), last_name.to_lowercase());
    let is_private = rng.u8(..14) == 0;
    let email = match is_private {
        true => format!("{first}.{last}{number}@{}", pick(rng, FREE_MAIL)),
        false => format!("{first}.{last}@{domain}"),
    };
    let (has_title, has_phone, has_profile) = (rng.u8(..5) > 0, rng.u8(..3) > 0, rng.u8(..4) > 0);
    Identity {
        first_name,
        last_name,
        email,
        company: (!is_private).then_some(company),
        domain,
        town,
        title: has_title.then(|| pick(rng, JOBS)),
        phone: has_phone.then(|| format!("+44 20 7946 {:04}", number % 1000)),
        linkedin: has_profile.then(|| format!("https://www.linkedin.com/in/{first}-{last}-{number}")),
    }
}

/// Name, domain and town of a company, another for each number.
fn company(number: usize) -> (String, String, &'static str) {
    let all = COMPANY_HEADS.len() * COMPANY_TAILS.len() * TRADES.len() * TOWNS.len();
    // A prime far from the sizes of the lists: neighbours have nothing in common.
    let mut rest = number * 617_351 % all;
    let mut draw = |words: &'static [&'static str]| {
        let word = words[rest % words.len()];
        rest /= words.len();
        word
    };
    let (town, trade) = (draw(TOWNS), draw(TRADES));
    let (head, tail) = (draw(COMPANY_HEADS), draw(COMPANY_TAILS));
    let domain = format!("{trade}-{head}{tail}-{town}.test").to_lowercase();
    (format!("{trade} {head}{tail} {town}"), domain, town)
}
