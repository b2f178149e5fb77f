//! E-mails as their senders laid them out, cleaned: nothing that runs, loads or leads anywhere, in a document of its own that
//! browsers lock up once more.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use ammonia::Builder;
use atlas_store::{ThreadMessage, VariantDetail};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

use crate::html::escaped;

/// What is cleaned has nothing that this forbids; and our pages alone may frame it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
);

/// What has colours of its own stands on paper, by night too: they were chosen for it.
const STYLE: &str = ":root{color-scheme:light dark}body{margin:0;padding:2px;color:#24292f;font:14px/1.5 system-ui,sans-serif;\
overflow-wrap:anywhere}article{border:1px solid #e3e6ea;border-radius:8px;padding:10px 12px;margin:0 0 10px}.theirs{margin-left:24px;\
background:#f6f7f9}.marked{border-left:3px solid #57606a}h2{font-size:14px;margin:2px 0 6px}.head{color:#57606a;font-size:12px;margin:0}\
.body{margin:4px 0 0}.text{white-space:pre-wrap}.body>:first-child{margin-top:0}.body>:last-child{margin-bottom:0}a{text-decoration:underline}\
img,table{max-width:100%}@media(prefers-color-scheme:dark){body{background:#1b1e24;color:#e3e6eb}article{border-color:#333842}\
.theirs{background:#14161a}.head{color:#a6adb8}}.paper{background:#fff;color:#24292f;border-radius:4px;padding:8px}";

/// What a style may say: nothing that loads something, and nothing that leaves its place.
const STYLES: &[&str] = &[
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "line-height",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "vertical-align",
    "white-space",
    "width",
];

/// Pictures that are in the letter itself; a drawing of vectors may have more in it.
const PICTURES: &[&str] = &["data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .rm_tags(["area", "map"])
        .add_generic_attributes(["style"])
        .filter_style_properties(STYLES.iter().copied().collect())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["alt", "height", "src", "width"])),
            ("ol", HashSet::from(["start"])),
            ("table", HashSet::from(["align", "width"])),
            ("td", HashSet::from(["align", "colspan", "rowspan", "width"])),
            ("th", HashSet::from(["align", "colspan", "rowspan", "width"])),
        ]))
        .url_schemes(HashSet::from(["data", "http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(None)
        .attribute_filter(|element, attribute, value| {
            let stays = match (element, attribute) {
                // Where it leads is all that a link keeps.
                ("a", "href") => !value.starts_with("data:"),
                ("a", _) => false,
                ("img", "src") => PICTURES.iter().any(|kind| value.starts_with(kind)),
                _ => true,
            };
            stays.then_some(Cow::Borrowed(value))
        });
    cleaner
});

/// What is left of an e-mail's HTML: links tell where they lead, and lead nowhere.
fn cleaned(html: &str) -> String {
    // Quotes in texts and values are written otherwise, so nothing else reads like this.
    CLEANER.clean(html).to_string().replace("<a href=\"", "<a title=\"")
}

/// The messages of a thread; `marked` is the reply that one came for.
pub(crate) fn thread(messages: &[ThreadMessage], marked: &str) -> Response {
    let mut letters = String::new();
    for message in messages {
        let is_ours = message.event == "sent";
        let who = if is_ours { &message.from_email } else { &message.lead_email };
        let class = if is_ours { "ours" } else { "theirs" };
        let mark = if message.event_key == marked { " marked" } else { "" };
        let at = message.occurred_at.strftime("%-d %b %Y, %H:%M UTC");
        let _ = write!(
            letters,
            "<article class=\"{class}{mark}\"><p class=\"head\">{} \u{b7} {at}</p>{}{}</article>",
            escaped(who.as_deref().unwrap_or("\u{2013}")),
            heading(message.subject.as_deref()),
            body(message.body_html.as_deref(), message.body_plain.as_deref()),
        );
    }
    page(&letters)
}

/// A template.
pub(crate) fn template(one: &VariantDetail) -> Response {
    let body = body(one.body_html.as_deref(), one.body_plain.as_deref());
    page(&format!("<article>{}{body}</article>", heading(one.variant.subject_line.as_deref())))
}

fn heading(subject: Option<&str>) -> String {
    subject.map(|subject| format!("<h2>{}</h2>", escaped(subject))).unwrap_or_default()
}

fn body(html: Option<&str>, plain: Option<&str>) -> String {
    match (html, plain) {
        (Some(html), _) => {
            let html = cleaned(html);
            let paper = if html.contains("color:") { " paper" } else { "" };
            format!("<div class=\"body{paper}\">{html}</div>")
        }
        (None, Some(plain)) => format!("<p class=\"body text\">{}</p>", escaped(plain)),
        (None, None) => "<p class=\"head\">Its text is not kept.</p>".to_owned(),
    }
}

fn page(letters: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>E-mail</title><style>{STYLE}</style>\
         <main>{letters}</main></html>"
    );
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn nothing_runs_loads_or_leads_anywhere() {
        for html in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)><img src=https://x.test/o.gif srcset='https://x.test/o.gif 2x'>",
            "<img src=cid:logo><img src=//x.test/o.gif><img src='data:image/svg+xml,<svg onload=alert(1)>'>",
            "<form action=https://x.test><input name=a><button>go</button></form>",
            "<meta http-equiv=refresh content='0;url=https://x.test'><base href=https://x.test><link rel=stylesheet href=//x.test>",
            "<style>@import url(https://x.test/a.css); body{background:url(https://x.test/b)}</style>",
            "<p style='background-image:url(https://x.test/a);list-style:url(https://x.test/b);position:fixed'></p>",
            "<svg><script>alert(1)</script><image href=https://x.test/a /></svg><math><mtext></math>",
            "<iframe src=https://x.test></iframe><object data=https://x.test></object><embed src=https://x.test>",
            "<video src=https://x.test poster=https://x.test></video><audio src=https://x.test></audio>",
            "<a href='javascript:alert(1)'></a><a href='data:text/html,<script>'></a><a href='vbscript:a'></a>",
            "<table background=https://x.test><td background=https://x.test></table><body background=https://x.test>",
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        ] {
            let left = cleaned(html);
            for hook in
                ["script", "x.test", "onerror", "onload", "alert", "src=", "href", "url(", "fixed", "<form"]
            {
                assert!(!left.contains(hook), "{hook} is left of {html}: {left}");
            }
        }
    }

    #[test]
    fn what_a_letter_looks_like_stays() {
        for (html, left) in [
            ("<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"),
            ("<p style=\"color: red; position: fixed\">a</p>", "<p style=\"color:red\">a</p>"),
            (
                "<a class=\"b\" href=\"https://x.test/?a=1\" target=_blank>there</a>",
                "<a title=\"https://x.test/?a=1\">there</a>",
            ),
            ("<img alt=\"Logo\" src=\"https://x.test/a.png\">", "<img alt=\"Logo\">"),
            ("<img src=\"data:image/png;base64,AA==\">", "<img src=\"data:image/png;base64,AA==\">"),
        ] {
            assert_eq!(cleaned(html), left);
        }
    }
}
