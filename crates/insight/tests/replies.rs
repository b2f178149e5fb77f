//! What is certain of replies, in many languages; and that a trained model is read back as it was.

use atlas_insight::replies::{BUCKETS, Intent, Model, Reply, Weights, certain, clean, sort};
use jiff::civil::{Date, date};

const CAME: Date = date(2026, 11, 2);

fn said(subject: &str, text: &str) -> Option<Intent> {
    let reply = Reply { text, subject: Some(subject), received_on: Some(CAME), ..Reply::default() };
    certain(&reply).map(|found| found.intent)
}

#[test]
fn threads_signatures_and_footers_are_left_away() {
    for (text, kept) in [
        ("Yes please.\n\nOn Mon, 2 Nov 2026 at 09:00, Kim <kim@x.test> wrote:\n> Hello", "Yes please."),
        ("Gerne.\n\nAm 02.11.2026 um 09:00 schrieb Kim Jansen <kim@x.test>:\n> Hallo", "Gerne."),
        ("Oui.\n\nLe lun. 2 nov. 2026 à 09:00, Kim <kim@x.test> a\nécrit :\n> Bonjour", "Oui."),
        ("Sí.\n\nEl lun, 2 nov 2026 a las 9:00, Kim (<kim@x.test>) escribió:", "Sí."),
        ("Va bene.\n\nIl giorno lun 2 nov 2026 Kim ha scritto:\nciao", "Va bene."),
        ("Ja.\n\nOp ma 2 nov 2026 om 09:00 schreef Kim <kim@x.test>:\n> Dag", "Ja."),
        ("No thanks\n\n-----Original Message-----\nFrom: Kim", "No thanks"),
        (
            "Nein danke\n\nVon: Kim <kim@x.test>\nGesendet: Montag\nAn: Tom\nBetreff: Plan\n\nHallo",
            "Nein danke",
        ),
        ("Nej tack\n\nFrån: Kim\nSkickat: måndag\nTill: Tom\nÄmne: Plan", "Nej tack"),
        ("好的\n\n发件人: Kim\n发送时间: 2026年11月2日\n收件人: Tom\n主题: 计划", "好的"),
        ("Call me.\n\nSent from my iPhone", "Call me."),
        ("Who are you?\n-- \nTom\nFirm Ltd", "Who are you?"),
        ("> old\nnew", "new"),
        ("> answered inside", "answered inside"),
        ("From what I see: yes, to the point: no", "From what I see: yes, to the point: no"),
    ] {
        assert_eq!(clean(text), kept, "{text}");
    }
}

#[test]
fn absences_in_many_languages() {
    for text in [
        "I am out of the office until 14 November with limited access to email.",
        "Ich bin derzeit nicht im Büro und ab 10.11. wieder erreichbar.",
        "Bonjour, je suis absent du bureau jusqu'au 12 novembre.",
        "Estoy fuera de la oficina hasta el 10 de noviembre.",
        "Sono fuori ufficio fino al 9 novembre.",
        "Ik ben niet op kantoor tot 9 november.",
        "Estou de férias até 20/11. Retornarei seu contato.",
        "Jag är på semester till den 16 november.",
        "Jeg er på ferie til 9. november.",
        "Olen lomalla 9.11. saakka.",
        "Jestem na urlopie do 12 listopada.",
        "Jsem mimo kancelář do 9. listopadu.",
        "Yıllık izinde olduğum için 9 Kasım'da döneceğim. Ofis dışındayım.",
        "Я в отпуске до 9 ноября.",
        "我正在休假，11月9日回来。",
    ] {
        assert_eq!(said("Re: plan", text), Some(Intent::OutOfOffice), "{text}");
    }
    for (subject, text) in [
        ("Automatic reply: plan", "Thanks for your mail."),
        ("Abwesenheitsnotiz: Plan", "Danke."),
        ("Réponse automatique : plan", "Merci."),
        ("自動返信: plan", "ありがとうございます。"),
    ] {
        assert_eq!(said(subject, text), Some(Intent::OutOfOffice), "{subject}");
    }
    let headers = [("Auto-Submitted".to_owned(), "auto-replied".to_owned())];
    let machine = Reply { text: "Received.", headers: &headers, ..Reply::default() };
    assert_eq!(certain(&machine).map(|found| found.intent), Some(Intent::OutOfOffice));
    let gone = Reply { text: "Tom is no longer with the company.", headers: &headers, ..Reply::default() };
    assert_eq!(certain(&gone).map(|found| found.intent), Some(Intent::Referral));
    // A person who will be away answers all the same.
    assert_eq!(
        said("Re: plan", "Sounds good, but I'm on annual leave next week. Could we talk on the 16th?"),
        None
    );
}

#[test]
fn when_somebody_is_back() {
    for (text, day) in [
        ("I am out of the office until 14 November.", date(2026, 11, 14)),
        ("I am out of the office until November 14th.", date(2026, 11, 14)),
        ("I am out of the office until Monday, 9 November 2026", date(2026, 11, 9)),
        ("Ich bin im Urlaub bis 20.11.2026.", date(2026, 11, 20)),
        ("I am on vacation until 2026-12-01", date(2026, 12, 1)),
        ("Estoy de vacaciones hasta el 10 de enero", date(2027, 1, 10)),
        ("Je suis absent jusqu'au 12 décembre", date(2026, 12, 12)),
    ] {
        let reply = Reply { text, received_on: Some(CAME), ..Reply::default() };
        assert_eq!(certain(&reply).and_then(|found| found.returns_on), Some(day), "{text}");
    }
}

#[test]
fn who_wants_no_more_mail_and_who_did_not_write() {
    for text in [
        "STOP",
        "Unsubscribe me please",
        "Take me off your list!",
        "Please remove me.",
        "Bitte aus dem Verteiler nehmen",
        "Merci de me désinscrire",
        "Denme de baja por favor",
        "Cancellami dalla lista",
        "Graag uitschrijven",
        "Favor remover meu email",
        "Ta bort mig från listan",
        "Afmeld venligst",
        "Poista minut listalta",
        "Proszę wypisać mnie",
        "Prosím odhlásit",
        "Отпишите меня",
        "请退订",
        "配信停止をお願いします",
        "Not interested, stop emailing me",
    ] {
        assert_eq!(said("Re: plan", text), Some(Intent::Unsubscribe), "{text}");
    }
    for text in [
        "What is your unsubscribe rate?",
        "Don't unsubscribe me, I am only busy.",
        "We do not need this.",
        "Yes",
        "Sure\n\nOn 2 Nov 2026 Kim wrote:\n> reply STOP to unsubscribe",
    ] {
        assert_eq!(said("Re: plan", text), None, "{text}");
    }
    assert_eq!(said("Undeliverable: plan", "550 no such user"), Some(Intent::Neutral));
    let headers = [("From".to_owned(), "MAILER-DAEMON@x.test".to_owned())];
    let bounce = Reply { text: "It failed.", headers: &headers, ..Reply::default() };
    assert_eq!(certain(&bounce).map(|found| found.intent), Some(Intent::Neutral));
}

#[test]
fn a_model_is_read_as_it_was_written() {
    let mut weights =
        Weights { weights: vec![[0.0; 9]; BUCKETS], biases: [0.0; 9], temperature: 0.5, threshold: 0.6 };
    weights.biases[1] = 2.0;
    weights.weights[7] = [-1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let file = weights.file();
    let model = Model::read(&file).unwrap();
    let (best, confidence) = model.best("", "");
    assert_eq!(best, Intent::MeetingRequest);
    assert!((confidence - 0.872).abs() < 0.001, "e⁴ / (e⁴ + 8): {confidence}");
    assert!((model.threshold() - 0.6).abs() < 1e-6);
    assert!(Model::read(&file[1..]).is_none() && Model::read(b"").is_none());
    let sorted = sort(&Reply { text: "Let us talk.", ..Reply::default() }, Some(&model));
    assert_eq!(
        (sorted.reply_category, sorted.is_positive, sorted.needs_review),
        ("meeting_request", true, false)
    );
    let nothing = sort(&Reply { text: " ", ..Reply::default() }, Some(&model));
    assert_eq!((nothing.reply_category, nothing.needs_review), ("neutral", true));
}
