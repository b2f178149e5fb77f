//! What opens an account: a key, or a grant with what renews it. It is stored as one sealed text.

use std::collections::BTreeMap;

use atlas_model::Secret;
use atlas_vendor::Grant;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A grant that ends within so long is renewed before it is used.
const EARLY: SignedDuration = SignedDuration::from_hours(24);

/// What opens an account.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The key that calls are sent with; empty before the first sign-in.
    pub key: Secret,
    /// What renews it, where it is a grant.
    pub renewal: Option<Renewal>,
    /// In which of the service's forms it is accepted, by generation, where that is not the first one.
    pub forms: Forms,
}

/// Generation → the form's place in the service's list.
pub type Forms = BTreeMap<String, usize>;

/// What renews a grant.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// Our name at the service.
    pub client_id: String,
    /// What goes with it.
    pub client_secret: Secret,
    /// The service gives a new key for it; none before the first sign-in.
    pub refresh: Option<Secret>,
    /// Until when the key is accepted, if it is known.
    pub expires_at: Option<Timestamp>,
    /// Which of the service's routes worked last.
    pub route: usize,
}

impl Credential {
    /// Reads what [`Credential::to_secret`] wrote; any other text is a key.
    pub fn from_secret(secret: &Secret) -> Self {
        let stored = Some(secret.expose()).filter(|text| text.starts_with('{'));
        let Some(Value::Object(stored)) = stored.and_then(|text| serde_json::from_str(text).ok()) else {
            return Self { key: secret.clone(), renewal: None, forms: Forms::new() };
        };
        let form =
            |(name, place): (&String, &Value)| Some((name.clone(), usize::try_from(place.as_u64()?).ok()?));
        let forms = stored.get("forms").and_then(Value::as_object);
        let forms = forms.map(|forms| forms.iter().filter_map(form).collect()).unwrap_or_default();
        let text = |name: &str| stored.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = stored.get("route").and_then(Value::as_u64);
        let is_grant = stored.contains_key("client_id");
        Self {
            key: Secret::new(text("key")),
            forms,
            renewal: is_grant.then(|| Renewal {
                client_id: text("client_id").to_owned(),
                client_secret: Secret::new(text("client_secret")),
                refresh: Some(Secret::new(text("refresh"))).filter(|secret| !secret.is_empty()),
                expires_at: text("expires_at").parse().ok(),
                route: number.and_then(|route| usize::try_from(route).ok()).unwrap_or(0),
            }),
        }
    }

    /// As one text that is to be sealed.
    pub fn to_secret(&self) -> Secret {
        let Some(renewal) = &self.renewal else {
            if self.forms.is_empty() {
                return self.key.clone();
            }
            let stored = json!({"key": self.key.expose(), "forms": self.forms});
            return Secret::new(&stored.to_string());
        };
        let stored = json!({
            "key": self.key.expose(),
            "client_id": renewal.client_id,
            "client_secret": renewal.client_secret.expose(),
            "refresh": renewal.refresh.as_ref().map(Secret::expose),
            "expires_at": renewal.expires_at,
            "route": renewal.route,
        });
        Secret::new(&stored.to_string())
    }

    /// The same with what the service gave; what renews it stays where the service gives nothing new.
    #[must_use]
    pub fn renewed(self, grant: Grant) -> Self {
        let renewal = self.renewal.map(|renewal| Renewal {
            refresh: grant.refresh.or(renewal.refresh),
            expires_at: grant.expires_at,
            ..renewal
        });
        Self { key: grant.access, renewal, forms: self.forms }
    }

    /// Whether there is something to renew it with.
    pub fn is_renewable(&self) -> bool {
        self.renewal.as_ref().is_some_and(|renewal| renewal.refresh.is_some())
    }

    /// Whether it should be renewed before it is used.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let expires_at = self.renewal.as_ref().and_then(|renewal| renewal.expires_at);
        let is_ending = expires_at.is_some_and(|at| at.duration_since(now) < EARLY);
        self.is_renewable() && (is_ending || self.key.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use atlas_model::Secret;

    use super::{Credential, Renewal};

    #[test]
    fn a_key_stays_a_key_and_a_grant_comes_back() {
        let mut key = Credential::from_secret(&Secret::new("pb-key"));
        assert!(key.renewal.is_none() && key.to_secret().expose() == "pb-key");
        key.forms.insert("v3".to_owned(), 2);
        let key = Credential::from_secret(&key.to_secret());
        assert!(key.renewal.is_none() && key.key.expose() == "pb-key" && key.forms["v3"] == 2);
        let expires_at: jiff::Timestamp = "2026-11-09T09:00:00Z".parse().unwrap();
        let renewal = Renewal {
            client_id: "id".to_owned(),
            client_secret: Secret::new("s"),
            refresh: Some(Secret::new("r")),
            expires_at: Some(expires_at),
            route: 1,
        };
        let grant = Credential { key: Secret::new("a"), renewal: Some(renewal), forms: key.forms };
        let back = Credential::from_secret(&grant.to_secret());
        let renewal = back.renewal.as_ref().unwrap();
        assert_eq!((back.key.expose(), renewal.client_id.as_str(), renewal.route), ("a", "id", 1));
        let due = |at: &str| back.is_due(at.parse().unwrap());
        assert_eq!((due("2026-11-07T09:00:00Z"), due("2026-11-08T10:00:00Z")), (false, true));
    }
}
