//! What can be read off the text of an e-mail, whichever service it comes from.

use serde_json::Value;

/// Wide enough that no line of a mail is broken.
const WIDTH: usize = 10_000;
/// What has more was written by no person, and is kept as it is: nested tags take the square of their number.
const MOST_TAGS: usize = 3_000;
const PREVIEW_CHARACTERS: usize = 200;

/// HTML as a person reads it: paragraphs and lists as lines, entities as characters, links by their text.
pub(crate) fn plain_text(html: &str) -> String {
    let config = html2text::config::with_decorator(html2text::render::TrivialDecorator::new());
    // What cannot be read as HTML is text already.
    let text = config.string_from_read(html.as_bytes(), WIDTH).unwrap_or_else(|_| html.to_owned());
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// A text that may be HTML, as a person reads it.
pub(crate) fn text_of(text: &str) -> String {
    if is_html(text) { plain_text(text) } else { text.to_owned() }
}

/// The same as its sender laid it out, where it is HTML.
pub(crate) fn html_of(text: &str) -> Option<String> {
    is_html(text).then(|| text.to_owned())
}

/// A field that is such a text.
pub(crate) fn plain(value: &Value) -> Option<Value> {
    value.as_str().map(|text| text_of(text).into())
}

/// The layout of a field that has one.
pub(crate) fn html(value: &Value) -> Option<Value> {
    value.as_str().and_then(html_of).map(Value::from)
}

fn is_html(text: &str) -> bool {
    has_tag(text) && text.matches('<').count() <= MOST_TAGS
}

/// Whether something in it is a tag. An address in angle brackets, as mail programs put it above what they quote, is none,
/// and read as HTML the text would lose its lines.
fn has_tag(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        let name = rest.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let is_named = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name[end..].starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
        (is_named || rest.starts_with('!')) && rest.contains('>')
    })
}

/// The beginning of a text, cut between characters.
pub(crate) fn preview(plain: &str) -> String {
    plain.chars().take(PREVIEW_CHARACTERS).collect()
}

/// The names in `{{…}}`, each once, in the order in which they come.
pub(crate) fn personalization_vars(subject: &str, body: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in [subject, body] {
        for part in text.split("{{").skip(1) {
            let Some((name, _)) = part.split_once("}}") else { continue };
            let name = name.trim();
            if !name.is_empty() && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{personalization_vars, plain_text, preview, text_of};

    #[test]
    fn what_is_text_already_keeps_its_lines() {
        for text in [
            "Yes.\n\nOn Monday Kim <kim@x.test> wrote:\n> Hello\n> there",
            "See <https://x.test/a>\nor a < b and c > d",
            "I <3 you\nall >",
        ] {
            assert_eq!(text_of(text), text);
        }
        for html in ["<p>One</p>two", "One<br>two", "One<br/>two", "<!-- a -->One<div class=\"b\">two</div>"]
        {
            assert!(!text_of(html).contains('<'), "{html}");
        }
    }

    #[test]
    fn mail_as_text() {
        for (html, text) in [
            ("<div>Hello {{first_name}},<br>two lines</div>", "Hello {{first_name}},\ntwo lines"),
            ("<p>Fish &amp; chips&nbsp;now</p>", "Fish & chips\u{a0}now"),
            ("plain already", "plain already"),
            ("", ""),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
        let link = plain_text(
            "<p>See <a href=\"https://x.test/a\">our page</a></p><ul><li>one</li><li>two</li></ul>",
        );
        assert!(link.contains("See our page") && link.contains("one") && link.contains("two"), "{link}");
        assert!(!link.contains('<'), "{link}");
        assert_eq!(preview(&"é".repeat(300)).chars().count(), 200);
        assert_eq!(
            personalization_vars("{{first_name}}, hi", "{{ company }} and {{first_name}} {{}} {{open"),
            ["first_name", "company"]
        );
    }
}
