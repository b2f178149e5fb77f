//! Which company a lead works for, from what is known of the lead.

/// A company as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Company {
    /// Its domain, else `name:` and its normalised name.
    pub(crate) id: String,
    /// Its domain, if one is known.
    pub(crate) domain: Option<String>,
}

/// Mail providers where anyone can have an address: such a domain is no company's.
const FREE_MAIL: [&str; 22] = [
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "ymail.com",
    "hotmail.com",
    "outlook.com",
    "live.com",
    "msn.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "t-online.de",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "proton.me",
    "protonmail.com",
    "zoho.com",
];

/// By the website's domain, else the e-mail's unless it is a free-mail domain, else the name.
pub(crate) fn company(website: &str, email: &str, name: &str) -> Option<Company> {
    let by_mail =
        || email.rsplit_once('@').and_then(|(_, domain)| domain_of(domain)).filter(|d| !is_free_mail(d));
    if let Some(domain) = domain_of(website).filter(|domain| !is_free_mail(domain)).or_else(by_mail) {
        return Some(Company { id: domain.clone(), domain: Some(domain) });
    }
    let name = name.to_lowercase();
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| Company { id: format!("name:{}", words.join(" ")), domain: None })
}

fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.contains(&domain)
}

/// `https://www.Example.com/about` → `example.com`; what is no domain is none.
fn domain_of(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let is_domain = host.contains('.') && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    is_domain.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::company;

    #[test]
    fn known_by_domain_or_name() {
        for (website, email, name, id) in [
            ("https://www.Quillmark.test/about?x=1", "a@other.test", "Quillmark", Some("quillmark.test")),
            ("", "Ivo@Harborline.TEST", "Harborline Freight", Some("harborline.test")),
            ("n/a", "ivo@gmail.com", "Harborline  Freight, Inc.", Some("name:harborline freight inc")),
            ("", "ivo@gmail.com", " - ", None),
            ("", "", "", None),
        ] {
            assert_eq!(
                company(website, email, name).map(|company| company.id).as_deref(),
                id,
                "{website} {email} {name}"
            );
        }
    }
}
