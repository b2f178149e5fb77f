//! How a mail opens, and what it asks for.

use super::reading::sentences;
use super::template::Plain;
use super::words;

/// How the first sentence after the greeting begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Opening {
    FollowUp,
    Pleasantry,
    Introduction,
    Compliment,
    Observation,
    Problem,
    Question,
    Other,
}

/// The first kind one of whose phrases stands in the sentence.
const OPENINGS: &[(Opening, &[&str])] = &[
    (
        Opening::FollowUp,
        &[
            "following up",
            "follow up",
            "circling back",
            "bumping",
            "my last email",
            "previous email",
            "checking in",
            "any thoughts",
            "get a chance",
            "nachfassen",
            "meine letzte",
            "je reviens vers",
            "je me permets de revenir",
            "retomo",
            "hago seguimiento",
            "volevo riprendere",
        ],
    ),
    (
        Opening::Pleasantry,
        &[
            "hope this finds you",
            "hope you're",
            "hope you are",
            "hope all is well",
            "hope your week",
            "how are you",
            "ich hoffe, es geht",
            "j'espère que vous",
            "espero que",
            "spero che",
        ],
    ),
    (
        Opening::Introduction,
        &[
            "my name is",
            "i'm reaching out",
            "i am reaching out",
            "i work",
            "i run",
            "i lead",
            "we help",
            "we are a",
            "we're a",
            "i'm with",
            "i am with",
            "i'm from",
            "mein name ist",
            "ich bin",
            "wir helfen",
            "wir sind",
            "je m'appelle",
            "je suis",
            "nous aidons",
            "me llamo",
            "soy ",
            "ayudamos",
            "mi chiamo",
            "aiutiamo",
            "mijn naam is",
            "ik ben",
            "wij helpen",
            "meu nome é",
            "ajudamos",
        ],
    ),
    (
        Opening::Compliment,
        &[
            "congrat",
            "loved",
            "love what",
            "love how",
            "impressed",
            "great work",
            "great job",
            "big fan",
            "enjoyed",
            "kudos",
            "glückwunsch",
            "beeindruckt",
            "félicitations",
            "impressionné",
            "felicidades",
            "enhorabuena",
            "complimenti",
            "gefeliciteerd",
            "parabéns",
        ],
    ),
    (
        Opening::Observation,
        &[
            "i saw",
            "saw that",
            "saw your",
            "noticed",
            "came across",
            "i read",
            "just read",
            "looks like",
            "i see that",
            "was looking at",
            "hiring",
            "raised",
            "habe gesehen",
            "aufgefallen",
            "bin auf",
            "j'ai vu",
            "j'ai remarqué",
            "he visto",
            "vi que",
            "ho visto",
            "ho notato",
            "zag dat",
            "viel me op",
            "reparei",
        ],
    ),
    (
        Opening::Problem,
        &[
            "struggl",
            "tired of",
            "challeng",
            "problem",
            "pain",
            "frustrat",
            "hard to",
            "difficult",
            "wasting",
            "most teams",
            "many teams",
            "most companies",
            "schwierig",
            "herausforder",
            "difficile",
            "défi",
            "difícil",
            "reto",
            "sfida",
            "lastig",
            "uitdaging",
            "desafio",
        ],
    ),
];

impl Opening {
    pub(super) fn of(text: &str) -> Option<Self> {
        let sentence = sentences(text).find(|one| words::of(one).count() >= 3)?;
        let lower = sentence.to_lowercase().replace('’', "'");
        let found = OPENINGS.iter().find(|(_, phrases)| phrases.iter().any(|phrase| lower.contains(phrase)));
        Some(match found {
            Some((opening, _)) => *opening,
            None if sentence.ends_with('?') => Self::Question,
            None => Self::Other,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FollowUp => "follow_up",
            Self::Pleasantry => "pleasantry",
            Self::Introduction => "introduction",
            Self::Compliment => "compliment",
            Self::Observation => "observation",
            Self::Problem => "problem",
            Self::Question => "question",
            Self::Other => "other",
        }
    }
}

/// What a mail asks its reader to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// `calendar_link`, `specific_time`, `resource`, `interest_question` or `none`: the first of these that any sentence
    /// is.
    pub kind: &'static str,
    /// Where it begins, from 0.0 to 1.0 of the text.
    pub position: Option<f64>,
    /// Sentences that ask for something.
    pub asks: i64,
}

const CALENDARS: &[&str] = &[
    "calendly",
    "cal.com",
    "savvycal",
    "meetings.hubspot",
    "chilipiper",
    "tidycal",
    "youcanbook",
    "calendar link",
    "my calendar",
    "bookings",
    "zcal.co",
    "kalender",
    "mon agenda",
    "mi agenda",
];
const TIMES: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "tomorrow",
    "next week",
    "this week",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "morgen",
    "nächste woche",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "demain",
    "semaine prochaine",
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "mañana",
    "próxima semana",
    "lunedì",
    "martedì",
    "mercoledì",
    "giovedì",
    "venerdì",
    "domani",
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "segunda",
    "terça",
    "quarta",
    "quinta",
    "sexta",
    "amanhã",
];
const RESOURCES: &[&str] = &[
    "case study",
    "send you",
    "send over",
    "share a",
    "share the",
    "one-pager",
    "pdf",
    "video",
    "guide",
    "whitepaper",
    "report",
    "checklist",
    "demo video",
    "fallstudie",
    "zusenden",
    "schicken",
    "étude de cas",
    "envoyer",
    "caso de éxito",
    "enviar",
    "inviarle",
    "sturen",
];
const DEMANDS: &[&str] = &[
    "let me know",
    "book a",
    "schedule",
    "reply",
    "click",
    "sign up",
    "grab a",
    "pick a time",
    "get in touch",
    "call me",
    "geben sie mir bescheid",
    "melden sie sich",
    "antworten sie",
    "dites-moi",
    "réservez",
    "répondez",
    "dígame",
    "avísame",
    "responda",
    "reserve",
    "mi faccia sapere",
    "laat me weten",
    "avise",
];

impl Ask {
    pub(super) fn find(body: &Plain) -> Self {
        let text = &body.text;
        let has = |sentence: &str, list: &[&str]| list.iter().any(|phrase| sentence.contains(phrase));
        let mut best: Option<(usize, &'static str, usize)> = None;
        let mut asks = 0;
        for sentence in sentences(text) {
            let lower = sentence.to_lowercase().replace('’', "'");
            let is_question = sentence.ends_with(['?', '？', '؟']);
            let is_calendar = has(&lower, CALENDARS);
            let is_ask = is_question || is_calendar || has(&lower, DEMANDS);
            if !is_ask {
                continue;
            }
            asks += 1;
            let (rank, kind) = if is_calendar {
                (0, "calendar_link")
            } else if has(&lower, TIMES) {
                (1, "specific_time")
            } else if has(&lower, RESOURCES) {
                (2, "resource")
            } else {
                (3, "interest_question")
            };
            // Of two of a kind the last: it is the one that a reader is left with.
            if best.is_none_or(|(known, ..)| rank <= known) {
                let at = sentence.as_ptr() as usize - text.as_ptr() as usize;
                best = Some((rank, kind, at));
            }
        }
        if best.is_none()
            && body.tokens.iter().any(|name| name.contains("calendar") || name.contains("meeting"))
        {
            return Self { kind: "calendar_link", position: None, asks: 1 };
        }
        let position = best.map(|(_, _, at)| super::real(at) / super::real(text.len()));
        Self { kind: best.map_or("none", |(_, kind, _)| kind), position, asks }
    }
}
