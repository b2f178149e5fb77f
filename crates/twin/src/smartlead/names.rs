//! The words from which an agency's campaigns and clients are made.

use fastrand::Rng;

use crate::dice::pick;

/// A client of the agency.
pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) company: &'static str,
    pub(crate) email: &'static str,
}

const fn client(id: u64, name: &'static str, company: &'static str, email: &'static str) -> Client {
    Client { id, name, company, email }
}

pub(crate) const CLIENTS: &[Client] = &[
    client(6913, "Brightwell", "Brightwell Labs Inc", "growth@brightwell-labs.test"),
    client(6950, "Cobalt Harbor", "Cobalt Harbor LLC", "ops@cobaltharbor.test"),
    client(7102, "Fernhill", "Fernhill Partners LLP", "sales@fernhill.test"),
    client(7139, "Gantry Nine", "Gantry Nine GmbH", "vertrieb@gantry9.test"),
    client(7288, "Juniper & Roe", "Juniper & Roe Ltd", "hello@juniperroe.test"),
    client(7304, "Kestrel", "Kestrel Dynamics SAS", "bonjour@kestrel.test"),
    client(7377, "Lumenfield", "Lumenfield AB", "team@lumenfield.test"),
    client(7415, "Marrow Street", "Marrow Street Studio", "studio@marrowstreet.test"),
    client(7502, "Oakspan", "Oakspan Realty Group", "leads@oakspan.test"),
    client(7561, "Pinnacle Drift", "Pinnacle Drift Pty Ltd", "desk@pinnacledrift.test"),
    client(7640, "Saltmarsh", "Saltmarsh Digital Oy", "posti@saltmarsh.test"),
    client(7733, "Tessellate", "Tessellate Software BV", "inbound@tessellate.test"),
];

const AUDIENCES: &[&str] = &[
    "Freight forwarders",
    "Dental groups",
    "Solar installers",
    "Boutique hotels",
    "Credit unions",
    "MedTech buyers",
    "HVAC contractors",
    "Private schools",
    "Craft breweries",
    "Property managers",
    "Law firms 20-100",
    "Shopify brands 1-10M",
    "Plant managers",
    "Recruiting agencies",
    "Nonprofit directors",
    "Fleet operators",
    "Game studios",
    "Food wholesalers",
    "Architects",
    "Series A CTOs",
    "Clinic owners",
    "Packaging buyers",
];

const REGIONS: &[&str] = &[
    "DACH",
    "Nordics",
    "UK & IE",
    "US East",
    "US West",
    "Texas",
    "Iberia",
    "ANZ",
    "Canada",
    "France",
    "GCC",
    "Poland",
    "Singapore",
    "Midwest",
];

const ANGLES: &[&str] = &[
    "cost audit",
    "case study",
    "hiring signal",
    "new regulation",
    "trade fair follow-up",
    "lookalike list",
    "teardown video",
    "winback",
    "referral ask",
    "intent data",
];

const REPLIES: &[&str] =
    &["Interested", "Out of office, again later", "Asked for pricing", "No answer after call"];

/// A campaign's name, in one of the ways in which people name them.
pub(crate) fn campaign(rng: &mut Rng, client: Option<&Client>) -> String {
    let audience = pick(rng, AUDIENCES);
    let region = pick(rng, REGIONS);
    let angle = pick(rng, ANGLES);
    let version = rng.u8(1..=5);
    let owner = client.map_or("House", |client| client.name);
    match rng.u8(..4) {
        0 => format!("{owner} | {audience} | {region} v{version}"),
        1 => format!("{audience} {region} v{version}"),
        2 => format!("[{owner}] {region} - {audience} - {angle}"),
        _ => format!("{audience} - {angle} ({region}) v{version}"),
    }
}

/// The name of a sub-sequence of a campaign.
pub(crate) fn sub_sequence(rng: &mut Rng, parent: &str) -> String {
    format!("{parent} - sub: {}", pick(rng, REPLIES))
}
