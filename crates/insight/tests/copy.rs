//! Features of templates as people write them.

use atlas_insight::copy::{Features, Template, features};

fn read(subject: &str, body: &str) -> Features {
    features(&Template {
        subject: Some(subject.to_owned()),
        plain: Some(body.to_owned()),
        step_number: Some(1),
        ..Template::default()
    })
}

#[test]
fn tags_spintax_signature_and_quotes_are_no_text() {
    let found = read(
        "{{first_name}}, {quick|short} question about {{company}}?",
        "{Hi|Hello} {{first_name|there}},\n\nI saw that {{company}} is hiring two {great|good} planners in \
         Antwerp. We help firms like yours fill such posts within three weeks.\n\nWould it be worth a look?\n\n\
         Best regards,\nKim Jansen\nPlanning Ltd, 1 Long Road\n\nPS: no cost at all.\n> an older mail with many words",
    );
    assert_eq!(found.subject_words, Some(3), "quick question about");
    assert_eq!(found.subject_is_question, Some(true));
    assert_eq!((found.tokens, found.tokens_distinct), (Some(4), Some(2)));
    assert_eq!(found.personalization_depth, Some("company"));
    assert_eq!(found.opening_type, Some("observation"));
    assert_eq!((found.cta_type, found.asks), (Some("interest_question"), Some(1)));
    assert_eq!(found.has_postscript, Some(true));
    assert_eq!(found.spam_words, Some(1), "no cost");
    assert_eq!(found.language, Some("en"));
    // Hello / I saw … / We help … / Would it … / PS …; the greeting is no sentence.
    assert_eq!((found.body_words, found.body_sentences), (Some(33), Some(4)));
    assert_eq!(found.you_ratio, Some(1.0 / 3.0), "yours, against I and we");
}

#[test]
fn what_a_mail_asks_for() {
    for (body, kind, asks) in [
        ("Grab a slot: https://calendly.com/kim. Or does Tuesday work?", "calendar_link", 2),
        ("Does Tuesday at 3 work for a call?", "specific_time", 1),
        ("Shall I send you the case study?", "resource", 1),
        ("Is this on your list at all?", "interest_question", 1),
        ("We build bridges. They stand.", "none", 0),
        ("Passt es Ihnen am Donnerstag um 10 Uhr?", "specific_time", 1),
        ("Voulez-vous que je vous envoie notre étude de cas ?", "resource", 1),
        ("Let me know.", "interest_question", 1),
    ] {
        let found = read("x", body);
        assert_eq!((found.cta_type, found.asks), (Some(kind), Some(asks)), "{body}");
    }
    for (body, opening) in [
        ("Hi Tom,\nJust following up on my note.", "follow_up"),
        ("I hope this finds you well.", "pleasantry"),
        ("Mein Name ist Kim, ich bin bei Planung.", "introduction"),
        ("Congratulations on the new plant.", "compliment"),
        ("Most teams lose a day a week to this.", "problem"),
        ("Who plans your shifts today?", "question"),
        ("The bridge at Antwerp opens in May.", "other"),
    ] {
        assert_eq!(read("x", body).opening_type, Some(opening), "{body}");
    }
}

#[test]
fn subjects_and_shapes() {
    for (subject, case, fake) in [
        ("re: your plan", "lower", true),
        ("RE: Your Plan", "title", true),
        ("Re-planning the shifts", "sentence", false),
        ("LAST CHANCE", "upper", false),
        ("42", "none", false),
        ("Aw: Termin", "sentence", true),
    ] {
        let found = read(subject, "x");
        assert_eq!((found.subject_case, found.subject_is_fake_reply), (Some(case), Some(fake)), "{subject}");
    }
    let in_thread = Template {
        subject: Some("Re: plan".to_owned()),
        is_same_thread: Some(true),
        html: Some("<p>See <a href=\"https://x.test\">this</a></p><img src=x>".to_owned()),
        plain: Some("See this\n\n- one\n- two\n\n3) three!".to_owned()),
        ..Template::default()
    };
    let found = features(&in_thread);
    assert_eq!(found.subject_is_fake_reply, Some(false), "it is an answer in its thread");
    assert_eq!((found.links, found.images, found.bullets), (Some(1), Some(1), Some(3)));
    assert_eq!((found.body_paragraphs, found.reading_grade), (Some(3), None), "too short for a grade");
    let nothing = features(&Template::default());
    assert_eq!((nothing.body_words, nothing.subject_words, nothing.tokens), (None, None, None));
}
