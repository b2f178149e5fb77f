//! Whose a campaign is: by hand, else by a rule on its name, else the data source's client, else the service's own.
//!
//! What hand and rules come to stands beside the campaign, so that reports look it up by key. It is worked out again in
//! the transaction that changes a rule, an assignment or a campaign's name.

use std::collections::BTreeMap;

use atlas_model::SourceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::access_log::note;
use crate::db::{Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::people;
use crate::report::line::line;
use crate::serials::next;
use crate::sql::{batch, fence, to_batch};

/// Ids of clients that people name; no service has such.
const BY_PEOPLE: &str = "manual:";

/// Longer ones are no names.
const LONGEST_NAME: usize = 200;

/// How a rule reads a campaign's name. Case plays no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// The text stands in it.
    Contains,
    /// The whole name fits: `*` stands for any letters, `?` for one.
    Pattern,
}

/// A rule on the names of campaigns. Of those that fit, the one with the lowest number wins.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClientRule {
    /// Its number.
    pub id: i64,
    /// Whose campaigns are found by it.
    pub client: String,
    /// How it reads a name.
    pub kind: RuleKind,
    /// What it looks for.
    pub pattern: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

/// A rule that is to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClientRule {
    /// Whose campaigns are found by it.
    #[schema(min_length = 1, max_length = 200)]
    pub client: String,
    /// How it reads a name.
    pub kind: RuleKind,
    /// What it looks for.
    #[schema(min_length = 1, max_length = 200)]
    pub pattern: String,
}

/// A client, and what is known to be done for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClientLine {
    /// Its name.
    pub name: String,
    /// Its campaigns, sub-sequences among them.
    pub campaigns: i64,
    /// Data sources with campaigns of it, or used for it as a whole.
    pub sources: Vec<String>,
    /// Rules that name it.
    pub rules: i64,
    /// Campaigns given to it by hand.
    pub by_hand: i64,
}

/// Why a campaign is of its client. What stands first and is known decides.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClientReason {
    /// The source's number.
    pub source_id: i64,
    /// The source's name.
    pub source_name: String,
    /// The campaign's id at the service.
    pub campaign_id: String,
    /// Its name.
    pub campaign_name: Option<String>,
    /// Whose it is.
    pub client: Option<String>,
    /// `hand`, `rule`, `source` or `service`; none where nobody says.
    pub because: Option<String>,
    /// The same as a sentence.
    pub reason: String,
}

impl RuleKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Pattern => "pattern",
        }
    }

    fn fits(self, pattern: &str, name: &str) -> bool {
        let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
        match self {
            Self::Contains => name.contains(&pattern),
            Self::Pattern => {
                let (pattern, name): (Vec<char>, Vec<char>) =
                    (pattern.chars().collect(), name.chars().collect());
                is_like(&pattern, &name)
            }
        }
    }
}

/// Whether a whole name fits a pattern; what `*` took is tried longer only where the rest does not fit.
fn is_like(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(one) if *one == '?' || *one == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|one| *one == '*')
}

impl Store {
    /// Every client by name: those that sources, services or people tell.
    pub async fn client_lines(&self) -> Result<Vec<ClientLine>> {
        let mut lines: BTreeMap<String, ClientLine> = BTreeMap::new();
        let line =
            |name: String| ClientLine { name, campaigns: 0, sources: Vec::new(), rules: 0, by_hand: 0 };
        let names = "SELECT name FROM client_names ORDER BY name";
        for row in self.fetch(names, []).await? {
            let name = row.text("name")?;
            lines.entry(name.to_lowercase()).or_insert_with(|| line(name));
        }
        let used = "SELECT k.name, d.name AS source_name, COALESCE(r.campaigns, 0) AS campaigns, \
                    COALESCE(r.by_hand, 0) AS by_hand \
                    FROM (SELECT source_id, external_id, COALESCE(name, 'client ' || external_id) AS name FROM clients) AS k \
                    JOIN data_sources AS d ON d.id = k.source_id \
                    LEFT JOIN (SELECT g.source_id, g.client_id, COUNT(*) AS campaigns, \
                    COUNT(a.campaign_id) AS by_hand FROM report_campaigns AS g LEFT JOIN client_assignments AS a \
                    ON a.source_id = g.source_id AND a.campaign_id = g.campaign_id GROUP BY g.source_id, g.client_id) AS r \
                    ON r.source_id = k.source_id AND r.client_id = k.external_id ORDER BY k.name, k.source_id";
        for row in self.fetch(used, []).await? {
            let name = row.text("name")?;
            let line = lines.entry(name.to_lowercase()).or_insert_with(|| line(name));
            line.campaigns += row.integer("campaigns")?;
            line.by_hand += row.integer("by_hand")?;
            let source = row.text("source_name")?;
            if !line.sources.contains(&source) {
                line.sources.push(source);
            }
        }
        for rule in self.client_rules().await? {
            lines.entry(rule.client.to_lowercase()).or_insert_with(|| line(rule.client)).rules += 1;
        }
        Ok(lines.into_values().collect())
    }

    /// The client of that name as it is written, in whatever case it is asked for.
    pub async fn client_named(&self, name: &str) -> Result<Option<String>> {
        let lines = self.client_lines().await?;
        Ok(lines.into_iter().map(|line| line.name).find(|known| known.to_lowercase() == name.to_lowercase()))
    }

    /// Names a client, so that it can have targets and a link before anything is done for it. Whether it is new.
    pub async fn add_client(&self, name: &str, (who, now): (&str, Timestamp)) -> Result<bool> {
        let name = checked(name, "a client's name")?;
        if self.client_named(&name).await?.is_some() {
            return Ok(false);
        }
        let mut tx = self.begin().await?;
        keep_name(&mut tx, &name).await?;
        note(&mut tx, who, now, "client added", &name).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// All rules, in the order in which they are tried.
    pub async fn client_rules(&self) -> Result<Vec<ClientRule>> {
        let sql = "SELECT id, client, kind, pattern, created_by, created_at FROM client_rules ORDER BY id";
        let rule = |row| {
            Ok(
                line!(row => ClientRule { id, client, pattern, created_by, created_at; kind: kind(&row.text("kind")?) }),
            )
        };
        self.fetch(sql, []).await?.iter().map(rule).collect()
    }

    /// Makes a rule; the campaigns that it finds are its client's from now on.
    pub async fn add_client_rule(
        &self,
        new: &NewClientRule,
        (who, now): (&str, Timestamp),
    ) -> Result<ClientRule> {
        let (client, pattern) = (checked(&new.client, "a client's name")?, checked(&new.pattern, "a rule")?);
        let client = self.client_named(&client).await?.unwrap_or(client);
        let mut tx = self.begin().await?;
        let id = next(&mut tx, "client_rules").await?;
        let sql = "INSERT INTO client_rules (id, client, kind, pattern, created_by, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let words = [client.as_str(), new.kind.as_str(), pattern.as_str(), who];
        let [a, b, c, d] = words.map(Into::into);
        tx.execute(sql, [id.into(), a, b, c, d, now.into()]).await?;
        settle_all(&mut tx).await?;
        let subject = format!("{id} {client}: {} {pattern}", new.kind.as_str());
        note(&mut tx, who, now, "client rule added", &subject).await?;
        tx.commit().await?;
        Ok(ClientRule { id, client, kind: new.kind, pattern, created_by: who.to_owned(), created_at: now })
    }

    /// Takes a rule back; what it found is whose it would be without it.
    pub async fn remove_client_rule(&self, id: i64, (who, now): (&str, Timestamp)) -> Result<bool> {
        let mut tx = self.begin().await?;
        let removed = tx.execute("DELETE FROM client_rules WHERE id = $1", [id.into()]).await?;
        if removed > 0 {
            settle_all(&mut tx).await?;
            note(&mut tx, who, now, "client rule removed", &id.to_string()).await?;
        }
        tx.commit().await?;
        Ok(removed > 0)
    }

    /// Gives a campaign to a client by hand, or takes that back. Whether there is such a campaign.
    pub async fn assign_client(
        &self,
        (source_id, campaign_id): (SourceId, &str),
        client: Option<&str>,
        (who, now): (&str, Timestamp),
    ) -> Result<bool> {
        let client = client.map(|client| checked(client, "a client's name")).transpose()?;
        let client = match client {
            Some(client) => Some(self.client_named(&client).await?.unwrap_or(client)),
            None => None,
        };
        let mut tx = self.begin().await?;
        let key = || [source_id.into(), campaign_id.into()];
        let known = "SELECT name FROM campaigns WHERE source_id = $1 AND external_id = $2";
        let known = tx.fetch(known, key()).await?;
        let Some(campaign) = known.first() else { return Ok(false) };
        let campaign = campaign.maybe_text("name")?.unwrap_or_else(|| campaign_id.to_owned());
        tx.execute("DELETE FROM client_assignments WHERE source_id = $1 AND campaign_id = $2", key()).await?;
        let deed = match &client {
            Some(client) => {
                let sql = "INSERT INTO client_assignments (source_id, campaign_id, client, assigned_by, assigned_at) \
                           VALUES ($1, $2, $3, $4, $5)";
                let [a, b] = key();
                tx.execute(sql, [a, b, client.as_str().into(), who.into(), now.into()]).await?;
                format!("campaign given to {client}")
            }
            None => "campaign given to nobody by hand".to_owned(),
        };
        if settle(&mut tx, source_id).await? {
            people::settle(&mut tx, source_id).await?;
        }
        note(&mut tx, who, now, &deed, &campaign).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whose a campaign is, and why; none where there is no such campaign.
    pub async fn client_reason(
        &self,
        source_id: SourceId,
        campaign_id: &str,
    ) -> Result<Option<ClientReason>> {
        let sql = "SELECT r.source_id, r.source_name, r.campaign_id, r.campaign_name, r.client_name AS client, \
                   r.client_because AS because, c.assigned_by, c.parent_campaign_id, a.assigned_by AS by_whom, a.assigned_at \
                   FROM report_campaigns AS r JOIN campaigns AS c ON c.source_id = r.source_id \
                   AND c.external_id = r.campaign_id LEFT JOIN client_assignments AS a ON a.source_id = c.source_id \
                   AND a.campaign_id = c.external_id WHERE r.source_id = $1 AND r.campaign_id = $2";
        let rows = self.fetch(sql, [source_id.into(), campaign_id.into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let source_name = row.text("source_name")?;
        let because = row.maybe_text("because")?;
        let reason = match because.as_deref() {
            Some("hand") => match row.maybe_text("by_whom")?.zip(row.maybe_time("assigned_at")?) {
                Some((who, at)) => format!("given to it by hand, by {who} on {}", at.strftime("%Y-%m-%d")),
                None => "the campaign that it is a sub-sequence of was given to it by hand".to_owned(),
            },
            Some("rule") => {
                let id = row.maybe_text("assigned_by")?.and_then(|id| id.parse::<i64>().ok());
                let rules = self.client_rules().await?;
                match rules.into_iter().find(|rule| Some(rule.id) == id) {
                    Some(rule) if rule.kind == RuleKind::Contains => {
                        format!("rule {}: the name contains \u{201c}{}\u{201d}", rule.id, rule.pattern)
                    }
                    Some(rule) => format!("rule {}: the name fits \u{201c}{}\u{201d}", rule.id, rule.pattern),
                    None => "a rule that was just removed".to_owned(),
                }
            }
            Some("source") => format!("the data source {source_name} is used for it as a whole"),
            Some("service") => "the service says so".to_owned(),
            _ => "nobody says whose it is".to_owned(),
        };
        Ok(Some(line!(row => ClientReason {
            source_id, campaign_id, campaign_name, client; source_name: source_name, because: because, reason: reason,
        })))
    }
}

/// Works out whose the campaigns of all sources are, and who is whom then.
async fn settle_all(tx: &mut Tx) -> Result<()> {
    for row in tx.fetch("SELECT id FROM data_sources ORDER BY id", []).await? {
        let id = row.integer("id")?;
        if settle(tx, id).await? {
            people::settle(tx, id).await?;
        }
    }
    Ok(())
}

/// A campaign as rules see it.
struct Seen {
    name: String,
    parent: Option<String>,
    /// The client's id, and what said so: as it stands.
    stands: Option<(String, String)>,
}

/// Works out what hand and rules say of a source's campaigns. Whether any is somebody else's now.
pub(crate) async fn settle(tx: &mut Tx, id: SourceId) -> Result<bool> {
    let rules = tx.fetch("SELECT id, client, kind, pattern FROM client_rules ORDER BY id", []).await?;
    let mut by_hand = BTreeMap::new();
    let sql = "SELECT campaign_id, client FROM client_assignments WHERE source_id = $1";
    for row in tx.fetch(sql, [id.into()]).await? {
        by_hand.insert(row.text("campaign_id")?, row.text("client")?);
    }
    let which =
        if rules.is_empty() && by_hand.is_empty() { "AND assigned_client_id IS NOT NULL" } else { "" };
    let sql = format!(
        "SELECT external_id, name, parent_campaign_id, assigned_client_id, assigned_by FROM campaigns \
         WHERE source_id = $1 {which}"
    );
    let mut campaigns = BTreeMap::new();
    for row in tx.fetch(&sql, [id.into()]).await? {
        let seen = Seen {
            name: row.maybe_text("name")?.unwrap_or_default(),
            parent: row.maybe_text("parent_campaign_id")?,
            stands: row.maybe_text("assigned_client_id")?.zip(row.maybe_text("assigned_by")?),
        };
        campaigns.insert(row.text("external_id")?, seen);
    }
    let mut tried = Vec::with_capacity(rules.len());
    for row in &rules {
        let words = (row.text("client")?, kind(&row.text("kind")?), row.text("pattern")?);
        tried.push((row.integer("id")?, words));
    }
    let said = |campaign: &str, name: &str| -> Option<(String, String)> {
        if let Some(client) = by_hand.get(campaign) {
            return Some((client.clone(), "hand".to_owned()));
        }
        let found = tried.iter().find(|(_, (_, kind, pattern))| kind.fits(pattern, name));
        found.map(|(id, (client, ..))| (client.clone(), id.to_string()))
    };
    let (mut changes, mut clients) = (Vec::new(), BTreeMap::new());
    for (campaign, seen) in &campaigns {
        // A sub-sequence goes with its campaign unless it is spoken of itself.
        let of_parent = || {
            let parent = seen.parent.as_ref()?;
            said(parent, campaigns.get(parent).map_or("", |parent| &parent.name))
        };
        let now = said(campaign, &seen.name).or_else(of_parent);
        let now = now.map(|(client, by)| {
            let key = format!("{BY_PEOPLE}{}", client.to_lowercase());
            clients.insert(key.clone(), client);
            (key, by)
        });
        if now != seen.stands {
            let (client, by) = now.unzip();
            changes.push(json!({"campaign": campaign, "client": client, "by": by}));
        }
    }
    if changes.is_empty() {
        return Ok(false);
    }
    for (key, name) in &clients {
        let sql = "INSERT INTO clients (source_id, external_id, name, origin) VALUES ($1, $2, $3, 'manual') \
                   ON CONFLICT (source_id, external_id) DO UPDATE SET name = excluded.name";
        tx.execute(sql, [id.into(), key.as_str().into(), name.as_str().into()]).await?;
    }
    let sql = format!(
        "UPDATE campaigns AS t SET assigned_client_id = i.client, assigned_by = i.by_what \
         FROM (SELECT value ->> 'campaign' AS campaign, value ->> 'client' AS client, value ->> 'by' AS by_what \
         FROM {}{}) AS i WHERE t.source_id = $1 AND t.external_id = i.campaign",
        batch(tx.flavour(), "$2"),
        fence(tx.flavour()),
    );
    tx.execute(&sql, [id.into(), to_batch(&changes).into()]).await?;
    let unused = "DELETE FROM clients WHERE source_id = $1 AND origin = 'manual' AND external_id NOT IN \
                  (SELECT assigned_client_id FROM campaigns WHERE source_id = $1 AND assigned_client_id IS NOT NULL)";
    tx.execute(unused, [id.into()]).await?;
    people::count_write(tx, id).await?;
    Ok(true)
}

async fn keep_name(tx: &mut Tx, name: &str) -> Result<()> {
    let sql =
        "INSERT INTO client_names (client_key, name) VALUES ($1, $2) ON CONFLICT (client_key) DO NOTHING";
    tx.execute(sql, [name.to_lowercase().into(), name.into()]).await.map(drop)
}

fn kind(text: &str) -> RuleKind {
    if text == RuleKind::Pattern.as_str() { RuleKind::Pattern } else { RuleKind::Contains }
}

fn checked(text: &str, what: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME || text.contains(char::is_control) {
        let message = format!("{what} has 1 to {LONGEST_NAME} letters");
        return Err(Error::new(ErrorKind::Refused, message, ""));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::RuleKind::{Contains, Pattern};

    #[test]
    fn names_fit_rules_in_any_case() {
        for (kind, pattern, name, fits) in [
            (Contains, "acme", "Q4 ACME founders", true),
            (Contains, "acme*", "Q4 ACME founders", false),
            (Contains, "ÖL", "heizöl", true),
            (Pattern, "acme*", "Acme Q4", true),
            (Pattern, "acme*", "Q4 Acme", false),
            (Pattern, "*founders", "Q4 founders, then founders", true),
            (Pattern, "q? *", "Q4 founders", true),
            (Pattern, "q?", "Q", false),
            (Pattern, "a*b*c", "aXbXbc", true),
            (Pattern, "*", "", true),
        ] {
            assert_eq!(kind.fits(pattern, name), fits, "{kind:?} {pattern} {name}");
        }
    }
}
