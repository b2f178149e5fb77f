//! What is certain of replies, in many languages; and that a trained model is read back as it was.

use atlas_insight::replies::{BUCKETS, Certain, Intent, Model, Reply, Text, Weights, clean, sort};
use jiff::civil::{Date, date};

const CAME: Date = date(2026, 11, 2);

fn certain(reply: &Reply<'_>) -> Option<Certain> {
    atlas_insight::replies::certain(reply, &Text::read(reply.text))
}

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
        ("No.\n\nBest regards,\nTom\nHead of Things\n+44 1632 960 001", "No."),
        ("Danke, nein.\n\nMit freundlichen Grüßen\nPetra Zielke\nZielke GmbH", "Danke, nein."),
        ("Oui.\nBien cordialement, Kim Roy", "Oui."),
        ("Dziękuję, nie.\nPozdrawiam\nOla", "Dziękuję, nie."),
        ("Hi Tom,\nCheers but no thanks", "Hi Tom,\nCheers but no thanks"),
        ("Hi,\nCheers, take me off please", "Hi,\nCheers, take me off please"),
        ("Nee dank je.\nMet vriendelijke groeten\nJoost", "Nee dank je."),
        ("Salutations are not an answer to this", "Salutations are not an answer to this"),
        ("да\n\nпн, 2 нояб. 2026 г. в 09:00, Kim <kim@x.test>:\n> Привет", "да"),
        ("はい\n\n2026年11月2日(月) 9:00 Kim <kim@x.test>:\n> こんにちは", "はい"),
        ("Tak\n\npon., 2 lis 2026 o 09:00 Kim <kim@x.test> napisał(a):\n> Hej", "Tak"),
        ("Evet\n\nKim <kim@x.test>, 2 Kas 2026 Pzt, 09:00 tarihinde şunu yazdı:\n\n> Selam", "Evet"),
        ("Igen\n\nKim <kim@x.test> ezt írta (időpont: 2026. nov. 2., H, 9:00):\n> Szia", "Igen"),
        ("Joo\n\nma 2. marrask. 2026 klo 9.00 Kim (kim@x.test) kirjoitti:\n> Hei", "Joo"),
        ("Sim\n\nKim <kim@x.test> escreveu (segunda, 2/11/2026 à(s) 09:00):\n> Olá", "Sim"),
        ("Nej\n\n2 nov. 2026 kl. 09:00 skrev Kim <kim@x.test>:\n\n> Hej", "Nej"),
        ("Nem\n\nFeladó: Kim\nElküldve: hétfő\nCímzett: Tom\nTárgy: Terv", "Nem"),
        ("Sí\n\nObtener Outlook para iOS\n________________________________\nDe: Kim", "Sí"),
        ("Voyez.\n\nDébut du message transféré :\n\nDe: Kim", "Voyez."),
        ("Ja\n\n-------- Weitergeleitete Nachricht --------\nVon: Kim", "Ja"),
        ("Nee\n\nDeze e-mail is uitsluitend bestemd voor Tom", "Nee"),
        ("Nee\nDeze e-mail hoort bij Tom", "Nee\nDeze e-mail hoort bij Tom"),
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
        "Hi, on PTO through Friday. For anything urgent ask Dale.",
        "Jestem na zwolnieniu lekarskim, zastępuje mnie Ola. Odpowiem po powrocie.",
        "Saya sedang cuti dan kembali Senin.",
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
        ("OOO", "Back soon."),
        ("[EXT] Absence", "Merci."),
    ] {
        assert_eq!(said(subject, text), Some(Intent::OutOfOffice), "{subject}");
    }
    let headers = [("Auto-Submitted".to_owned(), "auto-replied".to_owned())];
    let machine = Reply { text: "Received.", headers: &headers, ..Reply::default() };
    assert_eq!(certain(&machine).map(|found| found.intent), Some(Intent::OutOfOffice));
    let gone = Reply { text: "Tom is no longer with the company.", headers: &headers, ..Reply::default() };
    assert_eq!(certain(&gone).map(|found| found.intent), Some(Intent::Referral));
    assert_eq!(said("Re: Auto: fleet insurance", "Thanks."), None);
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
        ("I'm on vacation until 11/9.", date(2026, 11, 9)),
        ("Ich bin im Urlaub vom 9. bis einschließlich 20. November.", date(2026, 11, 20)),
        ("En vacances du 9 au 22 novembre, de retour ensuite.", date(2026, 11, 22)),
        ("Ik ben op vakantie t/m 3 januari", date(2027, 1, 3)),
        ("Olen lomalla 16. marraskuuta asti", date(2026, 11, 16)),
        ("Szabadságon vagyok november 16-ig.", date(2026, 11, 16)),
        ("Jsem na dovolené do 5. července", date(2027, 7, 5)),
        ("Sunt în concediu până pe 20 noiembrie", date(2026, 11, 20)),
        ("11月9日まで休暇をいただいております。", date(2026, 11, 9)),
        ("11月9日(月)まで休暇をいただいております。", date(2026, 11, 9)),
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
        "Strike us from your list, would you",
        "Löschen Sie bitte sofort meine Daten",
        "Zechcą Państwo usunąć moje dane z bazy",
        "Mail listenizden beni silin",
        "Nem kérek több levelet",
    ] {
        assert_eq!(said("Re: plan", text), Some(Intent::Unsubscribe), "{text}");
    }
    for text in [
        "What is your unsubscribe rate?",
        "Don't unsubscribe me, I am only busy.",
        "Please stop by on Thursday.",
        "Delete the second line of the quote, then it is fine.",
        "We do not need this.",
        "Yes",
        "Sure\n\nOn 2 Nov 2026 Kim wrote:\n> reply STOP to unsubscribe",
    ] {
        assert_eq!(said("Re: plan", text), None, "{text}");
    }
    assert_eq!(said("unsubscribe", ""), Some(Intent::Unsubscribe), "a mail program's button");
    assert_eq!(said("Undeliverable: plan", "550 no such user"), Some(Intent::Neutral));
    let headers = [("From".to_owned(), "MAILER-DAEMON@x.test".to_owned())];
    let bounce = Reply { text: "It failed.", headers: &headers, ..Reply::default() };
    assert_eq!(certain(&bounce).map(|found| found.intent), Some(Intent::Neutral));
}

#[test]
fn who_wants_more_mail_is_not_taken_for_who_wants_none() {
    for text in [
        "Can you email me again in January?",
        "Please send the mail again, the attachment was missing.",
        "Pouvez-vous m'envoyer plus de détails par mail ?",
        "Proszę o więcej informacji mailem.",
        "Potete inviarmi ulteriori informazioni via mail?",
        "Bitte künftig per E-Mail an Herrn Weber.",
        "資料をメールで送ってください。今後ともよろしくお願いします。",
        "Take us through your list of features on Tuesday?",
    ] {
        assert_ne!(said("Re: plan", text), Some(Intent::Unsubscribe), "{text}");
    }
}

/// Below what was reached, by as much as a training that is told other lines may differ.
#[test]
fn voices_that_no_model_heard_are_understood() {
    let model = Some(Model::embedded().unwrap());
    let (mut opt_outs, mut found, mut told_away, mut away) = (0, 0, 0, 0);
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/unheard")).unwrap() {
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines().skip(1) {
            let [_, _, class, subject, text] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let text = text.replace("\\n", "\n");
            let reply = Reply { text: &text, subject: Some(subject), ..Reply::default() };
            let sorted = sort(&reply, model.as_ref()).reply_category;
            opt_outs += i32::from(class == "unsubscribe");
            found += i32::from(class == "unsubscribe" && sorted == class);
            told_away += i32::from(sorted == "out_of_office");
            away += i32::from(class == "out_of_office" && sorted == class);
        }
    }
    assert!(found * 100 >= opt_outs * 97, "{found} of {opt_outs} opt-outs");
    assert!(away * 100 >= told_away * 97, "{away} of {told_away} absences");
}

#[test]
fn a_model_is_read_as_it_was_written() {
    let mut weights =
        Weights { weights: vec![[0.0; 9]; BUCKETS], biases: [0.0; 9], temperature: 0.5, threshold: 0.6 };
    weights.biases[1] = 2.0;
    weights.weights[7] = [-1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let file = weights.file();
    let model = Model::read(&file).unwrap();
    let sure = model.chances(&Text::read(""))[Intent::MeetingRequest as usize];
    assert!((sure - 0.872).abs() < 0.001, "e⁴ / (e⁴ + 8): {sure}");
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

#[test]
fn a_lost_opt_out_costs_more_than_a_lost_answer() {
    let sorted = |text: &str, model: &Model| {
        let sorted = sort(&Reply { text, ..Reply::default() }, Some(model));
        (sorted.reply_category, sorted.needs_review)
    };
    // Weights that know nothing but how likely each class is: one by `chance`, all others alike.
    let prejudiced = |class: Intent, chance: f32| {
        let mut weights =
            Weights { weights: vec![[0.0; 9]; BUCKETS], biases: [0.0; 9], temperature: 1.0, threshold: 0.6 };
        weights.biases[class as usize] = (8.0 * chance / (1.0 - chance)).ln();
        weights.biases[Intent::Question as usize] += 0.1;
        Model::read(&weights.file()).unwrap()
    };
    let doubtful = prejudiced(Intent::Unsubscribe, 0.25);
    assert_eq!(
        sorted("Hm.", &doubtful),
        ("unsubscribe", true),
        "a small chance is enough, and a person looks"
    );
    let away = prejudiced(Intent::OutOfOffice, 0.95);
    assert_eq!(sorted("Hm.", &away).0, "question", "nothing in it is what a machine says");
    assert_eq!(sorted("The shop is closed.", &away), ("out_of_office", false));
    assert_eq!(sorted("We are closed, can you call me?", &away).0, "question", "a machine does not ask");
}

#[test]
fn whatever_comes_is_sorted() {
    let classes = [
        ("interested", "positive"),
        ("meeting_request", "positive"),
        ("referral", "neutral"),
        ("question", "neutral"),
        ("not_now", "neutral"),
        ("not_interested", "negative"),
        ("unsubscribe", "negative"),
        ("out_of_office", "neutral"),
        ("neutral", "neutral"),
    ];
    assert_eq!(Intent::ALL.map(|intent| (intent.name(), intent.sentiment())), classes);
    let pieces = [
        "on ",
        "1",
        "32",
        "99999999999999999999",
        "11/9",
        "/",
        ".",
        "-",
        "--",
        "> ",
        "|",
        "\n",
        "\r\n",
        "\t",
        ":",
        "：",
        "<",
        "@",
        "until ",
        "bis ",
        "stop",
        "mail",
        "İ",
        "ß",
        "ﬃ",
        "é",
        "月",
        "日",
        "2月",
        "월",
        "🙂",
        "\u{200d}",
        "\u{307}",
        "\u{feff}",
        "\0",
        "a\u{301}",
        "wrote:",
        "from: ",
        "to: ",
        "subject: ",
        "best regards",
        "out of office ",
        "?",
        "？",
        "-ig ",
        "kadar ",
        "________",
        "العربية ",
        "עברית ",
        "नमस्ते ",
    ];
    let model = Some(Model::embedded().unwrap());
    let mut rng = fastrand::Rng::with_seed(7);
    let mut any = |most: usize| -> String {
        let mut piece = || match rng.u8(..) {
            0..16 => rng.char(..).to_string(),
            _ => pieces[rng.usize(..pieces.len())].to_owned(),
        };
        (0..most).map(|_| piece()).collect()
    };
    for length in 0..4000 {
        let (text, subject) = (any(length % 40), any(length % 7));
        let headers = [(any(2), any(3)), ("Auto-Submitted".to_owned(), any(length % 2))];
        let reply =
            Reply { text: &text, subject: Some(&subject), headers: &headers, received_on: Some(CAME) };
        let sorted = sort(&reply, model.as_ref());
        assert!(classes.contains(&(sorted.reply_category, sorted.sentiment)), "{sorted:?}");
        assert_eq!(sorted.is_positive, sorted.sentiment == "positive");
        assert!((0.0..=1.0).contains(&sorted.confidence), "{sorted:?}");
    }
    let long = "Ünter ".repeat(100_000);
    assert!(
        Intent::named(sort(&Reply { text: &long, ..Reply::default() }, model.as_ref()).reply_category)
            .is_some()
    );
}
