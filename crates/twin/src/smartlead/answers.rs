//! What people answer to planted mails, as their programs send it.

use jiff::Timestamp;

/// What people write: what they want, in which language, the text.
pub(super) fn answers() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("answers.tsv").lines().filter_map(|line| {
        let (intent, rest) = line.split_once('\t')?;
        let (language, text) = rest.split_once('\t')?;
        Some((intent, language, text))
    })
}

/// What mail programs and people put around a text in a language.
struct Words {
    language: &'static str,
    /// The line above a quote, `{day}` in it.
    wrote: &'static str,
    phone: &'static str,
    /// The names of a mail's sender, day, receiver and subject.
    head: [&'static str; 4],
    hello: &'static str,
    bye: &'static str,
    small_print: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    wrote: "On {day}, Kim Roy <kim@planted.test> wrote:",
    phone: "Sent from my iPhone",
    head: ["From", "Sent", "To", "Subject"],
    hello: "Hi Kim,",
    bye: "Kind regards,",
    small_print: "This e-mail is confidential and meant for its addressee alone. If you are not the intended \
                  recipient, please delete it.",
};

const WORDS: &[Words] = &[
    Words {
        language: "de",
        wrote: "Am {day} schrieb Kim Roy <kim@planted.test>:",
        phone: "Von meinem iPhone gesendet",
        head: ["Von", "Gesendet", "An", "Betreff"],
        hello: "Hallo Frau Roy,",
        bye: "Mit freundlichen Grüßen",
        small_print: "Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Adressat sind, vernichten Sie diese Mail.",
    },
    Words {
        language: "fr",
        wrote: "Le {day}, Kim Roy <kim@planted.test> a écrit :",
        phone: "Envoyé de mon iPhone",
        head: ["De", "Envoyé", "À", "Objet"],
        hello: "Bonjour,",
        bye: "Cordialement,",
        small_print: "Ce message est confidentiel et destiné à son seul destinataire.",
    },
    Words {
        language: "es",
        wrote: "El {day}, Kim Roy (<kim@planted.test>) escribió:",
        phone: "Enviado desde mi iPhone",
        head: ["De", "Enviado", "Para", "Asunto"],
        hello: "Hola Kim:",
        bye: "Un saludo,",
        small_print: "Este mensaje es confidencial y va dirigido solo a su destinatario.",
    },
    Words {
        language: "it",
        wrote: "Il giorno {day} Kim Roy <kim@planted.test> ha scritto:",
        phone: "Inviato da iPhone",
        head: ["Da", "Inviato", "A", "Oggetto"],
        hello: "Buongiorno,",
        bye: "Cordiali saluti,",
        small_print: "Questo messaggio è riservato al solo destinatario.",
    },
    Words {
        language: "nl",
        wrote: "Op {day} schreef Kim Roy <kim@planted.test>:",
        phone: "Verstuurd vanaf mijn iPhone",
        head: ["Van", "Verzonden", "Aan", "Onderwerp"],
        hello: "Beste Kim,",
        bye: "Met vriendelijke groet,",
        small_print: "Dit bericht is vertrouwelijk en alleen bestemd voor de geadresseerde.",
    },
    Words {
        language: "pl",
        wrote: "{day} Kim Roy <kim@planted.test> napisał(a):",
        phone: "Wysłane z iPhone'a",
        head: ["Od", "Wysłano", "Do", "Temat"],
        hello: "Dzień dobry,",
        bye: "Pozdrawiam",
        small_print: "Ta wiadomość jest poufna i przeznaczona wyłącznie dla adresata.",
    },
    Words {
        language: "pt",
        wrote: "Kim Roy <kim@planted.test> escreveu ({day}):",
        phone: "Enviado do meu iPhone",
        head: ["De", "Enviado", "Para", "Assunto"],
        hello: "Olá Kim,",
        bye: "Cumprimentos,",
        small_print: "Esta mensagem é confidencial e destina-se apenas ao destinatário.",
    },
    Words {
        language: "sv",
        wrote: "{day} skrev Kim Roy <kim@planted.test>:",
        phone: "Skickat från min iPhone",
        head: ["Från", "Skickat", "Till", "Ämne"],
        hello: "Hej Kim,",
        bye: "Med vänlig hälsning",
        small_print: "Detta meddelande är konfidentiellt och endast avsett för mottagaren.",
    },
    Words {
        language: "da",
        wrote: "Den {day} skrev Kim Roy <kim@planted.test>:",
        phone: "Sendt fra min iPhone",
        head: ["Fra", "Sendt", "Til", "Emne"],
        hello: "Hej Kim",
        bye: "Med venlig hilsen",
        small_print: "Denne mail er fortrolig og kun til modtageren.",
    },
    Words {
        language: "tr",
        wrote: "Kim Roy <kim@planted.test>, {day} tarihinde şunu yazdı:",
        phone: "iPhone'umdan gönderildi",
        head: ["Kimden", "Gönderildi", "Kime", "Konu"],
        hello: "Merhaba Kim,",
        bye: "Saygılarımla,",
        small_print: "Bu e-posta gizlidir ve yalnızca alıcısı içindir.",
    },
];

const BEFORE: &str = "Hello,\nplanners of your size lose a day a week to paper.\nIs that worth a look?";
const SIGNATURE: &str = "R. Tamm\n+44 1632 960 018\nwww.tamm.test";

/// An answer as its program sends it: bare, above the mail that it answers, from a phone, with a signature, as a letter, or
/// several of these at once.
pub(super) fn as_sent(place: usize, number: u64, sent: Timestamp) -> String {
    let Some((_, language, text)) = answers().nth(place) else { return String::new() };
    let text = text.replace("\\n", "\n");
    let Words { wrote, phone, head, hello, bye, small_print, .. } =
        WORDS.iter().find(|words| words.language == language).unwrap_or(&ENGLISH);
    let day = sent.strftime("%Y-%m-%d %H:%M").to_string();
    let wrote = wrote.replace("{day}", &day);
    let quote = BEFORE.replace('\n', "\n> ");
    let [from, on, to, about] = head;
    let header = format!(
        "{from}: Kim Roy <kim@planted.test>\n{on}: {day}\n{to}: R. Tamm <r@tamm.test>\n{about}: Your plans\n\n{BEFORE}"
    );
    match number % 9 {
        0 => text,
        1 => format!("{text}\n\n{wrote}\n> {quote}"),
        2 => format!("{text}\n\n{phone}"),
        3 => format!("{text}\n-- \n{SIGNATURE}"),
        4 => format!(
            "{text}\n\n________________________________\n{from}: Kim Roy <kim@planted.test>\n\n{BEFORE}"
        ),
        5 => format!("{hello}\n\n{text}\n\n{bye}\n{SIGNATURE}"),
        6 => format!("{text}\n\n{bye}\nR. Tamm\n\n{small_print}\n\n{header}"),
        7 => format!("{text}\r\n\r\n{phone}\r\n\r\n{wrote}\r\n\r\n> {quote}"),
        _ => format!("{hello}\n{text}\n\n{SIGNATURE}\n\n{header}"),
    }
}
