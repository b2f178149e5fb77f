//! Words that features look for, in the languages that most outreach is written in.

/// Words, each as it stands, without what is no part of one.
pub(super) fn of(text: &str) -> impl Iterator<Item = &str> {
    let is_edge = |c: char| !c.is_alphanumeric();
    text.split_whitespace().map(move |word| word.trim_matches(is_edge)).filter(|word| !word.is_empty())
}

/// Whether a subject begins as that of an answer or a forwarded mail does.
pub(super) fn is_answer(subject: &str) -> bool {
    let head = subject.split(':').next().unwrap_or_default().trim().to_lowercase();
    head.len() < subject.trim().len()
        && ["re", "aw", "sv", "antw", "rép", "rv", "rif", "odp", "vs", "ynt", "fw", "fwd", "wg", "tr", "vb"]
            .contains(&head.as_str())
}

/// A language, its words for the reader, and its words for the writer.
type Persons = (&'static str, &'static [&'static str], &'static [&'static str]);

const PERSONS: &[Persons] = &[
    (
        "en",
        &["you", "your", "yours", "you're", "you've", "you'll", "you'd", "yourself"],
        &[
            "i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "we", "we're", "we've", "we'll", "us",
            "our", "ours",
        ],
    ),
    (
        "de",
        &[
            "sie", "ihr", "ihre", "ihrem", "ihren", "ihrer", "ihnen", "du", "dein", "deine", "dir", "dich",
            "euch",
        ],
        &["ich", "mein", "meine", "mir", "mich", "wir", "uns", "unser", "unsere", "unserem", "unseren"],
    ),
    (
        "fr",
        &["vous", "votre", "vos", "tu", "ton", "ta", "tes"],
        &["je", "j'ai", "mon", "ma", "mes", "nous", "notre", "nos", "moi"],
    ),
    (
        "es",
        &["usted", "ustedes", "tú", "tu", "tus", "su", "sus", "te", "vosotros"],
        &["yo", "mi", "mis", "me", "nosotros", "nuestro", "nuestra", "nos"],
    ),
    (
        "it",
        &["lei", "suo", "sua", "voi", "vostro", "vostra", "tu", "tuo", "tua", "vi", "ti"],
        &["io", "mio", "mia", "noi", "nostro", "nostra", "mi", "ci"],
    ),
    (
        "nl",
        &["u", "uw", "je", "jij", "jouw", "jullie", "jou"],
        &["ik", "mijn", "mij", "me", "wij", "we", "ons", "onze"],
    ),
    (
        "pt",
        &["você", "vocês", "seu", "sua", "tu", "teu", "tua", "vos"],
        &["eu", "meu", "minha", "nós", "nosso", "nossa", "me"],
    ),
];

/// Words for the reader among words for reader and writer; none in a language whose words are not known, or without any.
pub(super) fn you_ratio(text: &str, language: Option<&str>) -> Option<f64> {
    let (_, you, i) = PERSONS.iter().find(|(code, ..)| Some(*code) == language)?;
    let lower = text.to_lowercase().replace('’', "'");
    let count = |list: &[&str]| super::size(of(&lower).filter(|word| list.contains(word)).count());
    let (you, i) = (count(you), count(i));
    (you + i > 0).then(|| crate::stats::real(you) / crate::stats::real(you + i))
}

/// What filters and readers take for advertising; the list stands in docs/lessons.md too.
const SPAM_WORDS: &[&str] = &[
    "100%",
    "act now",
    "amazing",
    "apply now",
    "as seen on",
    "bargain",
    "best price",
    "bonus",
    "buy now",
    "call now",
    "cash",
    "cheap",
    "click here",
    "click below",
    "congratulations",
    "credit card",
    "deal",
    "discount",
    "don't delete",
    "double your",
    "earn",
    "exclusive deal",
    "expires",
    "extra income",
    "fantastic",
    "free",
    "get started now",
    "giveaway",
    "guarantee",
    "guaranteed",
    "hurry",
    "increase sales",
    "incredible",
    "instant",
    "investment",
    "limited time",
    "lowest price",
    "make money",
    "miracle",
    "money back",
    "no catch",
    "no cost",
    "no obligation",
    "no risk",
    "no strings",
    "offer expires",
    "once in a lifetime",
    "only today",
    "opportunity",
    "order now",
    "prize",
    "profit",
    "promise",
    "risk-free",
    "sale",
    "satisfaction",
    "save big",
    "special promotion",
    "this isn't spam",
    "unlimited",
    "urgent",
    "while supplies last",
    "winner",
    "gratis",
    "garantiert",
    "rabatt",
    "jetzt kaufen",
    "kostenlos",
    "gratuit",
    "promotion",
    "offre spéciale",
    "oferta",
    "descuento",
    "sconto",
    "korting",
    "desconto",
];

/// How often they stand in a text, as words of their own.
pub(super) fn spam_words(text: &str) -> i64 {
    let lower = text.to_lowercase().replace('’', "'");
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let standing = |word: &str| {
        let found = lower.match_indices(word).filter(|(at, found)| {
            !is_part(lower[..*at].chars().next_back()) && !is_part(lower[at + found.len()..].chars().next())
        });
        super::size(found.count())
    };
    SPAM_WORDS.iter().map(|word| standing(word)).sum()
}
