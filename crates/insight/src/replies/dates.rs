//! The day on which somebody who is away says that they are back.

use jiff::ToSpan;
use jiff::civil::Date;

/// Months by the beginnings of their names, in the languages that absence notes come in; the longest that fits is meant.
const MONTHS: [&str; 12] = [
    "jan gen ene ocak янв stycz led tammi ian січ",
    "feb fév fev şub фев lut únor helmi лют",
    "mar mär maa mrt мар břez már берез",
    "apr avr abr nis апр kwi dub huhti ápr квіт",
    "may mai maj mag mei мая květ touko máj трав",
    "jun juin giu haz июн czerw červn kesä jún iun черв",
    "jul juil lug tem июл lip červenc heinä júl iul лип",
    "aug août aout ago agu ağu авг sierp srp elo серп",
    "sep set eyl сен wrze zář syys szept верес",
    "oct okt out ott eki окт paźd říj loka жовт",
    "nov kas ноя listop marras noi листоп",
    "dec déc dez des dic ara дек grud prosin joulu груд",
];

/// Words that stand before the day of the return; others stand before the day of leaving.
const UNTIL: &[&str] = &[
    "until",
    "till",
    "til",
    "to",
    "through",
    "back on",
    "back in the office on",
    "return on",
    "returning on",
    "returning",
    "back from",
    "bis",
    "ab dem",
    "ab",
    "wieder am",
    "zurück am",
    "jusqu'au",
    "jusqu'à",
    "retour le",
    "hasta el",
    "hasta",
    "vuelvo el",
    "volveré el",
    "fino al",
    "rientro il",
    "tot en met",
    "tot",
    "terug op",
    "até",
    "retorno em",
    "till den",
    "t.o.m",
    "tillbaka den",
    "åter den",
    "indtil",
    "til og med",
    "tilbage den",
    "tilbake den",
    "do dnia",
    "do",
    "wracam",
    "до",
    "back",
    "au",
    "al",
    "a",
    "regreso el",
    "torno il",
    "t/m",
    "până pe",
    "până la",
    "sampai",
    "hingga",
];

/// Words that stand behind the day of the return.
const AS_LATE_AS: &[&str] = &["saakka", "asti", "kadar"];

/// The last day that is said to be that of the return; its year is the next in which it can be.
pub(super) fn return_date(text: &str, received_on: Option<Date>) -> Option<Date> {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(['(', ')', ',', ';', '!', '*', ':']).trim_end_matches('.'))
        .collect();
    let mut found = None;
    for at in 0..words.len() {
        let follows = UNTIL.iter().any(|phrase| {
            let length = phrase.split(' ').count();
            at >= length && words[at - length..at].iter().copied().eq(phrase.split(' '))
        });
        let ahead =
            || words[at..].iter().take(4).any(|word| AS_LATE_AS.contains(word) || word.ends_with("-ig"));
        let is_announced = follows || at >= 2 && weekday_between(&words, at) || ahead();
        if is_announced && let Some(date) = date_at(&words[at..], received_on) {
            found = Some(date);
        }
    }
    found.or_else(|| unspaced_date(text, received_on))
}

/// "11月9日", "11월 9일": the last one. A Monday has the same letter, and no number before it.
fn unspaced_date(text: &str, received_on: Option<Date>) -> Option<Date> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    text.rmatch_indices(['月', '월']).find_map(|(at, _)| {
        let (before, after) = (&text[..at], text[at..].trim_start_matches(['月', '월', ' ']));
        let month = &before[before.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
        place(None, month.parse().ok()?, after[..digits(after)].parse().ok()?, received_on)
    })
}

/// "until Monday, 14 March": a word stands between.
fn weekday_between(words: &[&str], at: usize) -> bool {
    let is_name = words[at - 1].chars().all(char::is_alphabetic);
    is_name && UNTIL.contains(&words[at - 2])
}

fn date_at(words: &[&str], received_on: Option<Date>) -> Option<Date> {
    let first = words.first()?.trim_end_matches('.');
    if let Ok(date) = first.parse::<Date>() {
        return Some(date);
    }
    let number = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<i16>().ok();
    let parts: Vec<&str> = first.split(['.', '/', '-']).filter(|part| !part.is_empty()).collect();
    if parts.len() >= 2 && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit())) {
        return date_of(
            &parts.iter().filter_map(|part| number(part)).collect::<Vec<_>>(),
            first,
            received_on,
        );
    }
    let year_at = |at: usize| words.get(at).and_then(|word| number(word)).filter(|year| *year > 2000);
    let month = |at: usize| words.get(at).and_then(|word| month_of(word));
    if let Some(day) = number(first).filter(|day| (1..=31).contains(day)) {
        let skip = usize::from(words.get(1).is_some_and(|word| ["de", "of", "den", "di"].contains(word)));
        return place(year_at(2 + skip), month(1 + skip)?, day, received_on);
    }
    let day = words.get(1).and_then(|word| number(word)).filter(|day| (1..=31).contains(day))?;
    place(year_at(2), month(0)?, day, received_on)
}

/// Of 11/9 it is the one that comes sooner: in half of the world the month stands first.
fn date_of(numbers: &[i16], written: &str, received_on: Option<Date>) -> Option<Date> {
    let full = |year: i16| if year < 100 { year + 2000 } else { year };
    match *numbers {
        [year, month, day] if year > 31 => place(Some(year), month, day, received_on),
        [day, month, ref rest @ ..] => {
            let year = rest.first().map(|year| full(*year));
            let day_first = place(year, month, day, received_on);
            let month_first = place(year, day, month, received_on).filter(|_| written.contains('/'));
            let is_ahead = |date: &Date| received_on.is_none_or(|came| *date >= came);
            let ahead = [day_first, month_first].into_iter().flatten().filter(is_ahead).min();
            ahead.or(day_first).or(month_first)
        }
        _ => None,
    }
}

fn month_of(word: &str) -> Option<i16> {
    let longest = |names: &str| names.split(' ').filter(|name| word.starts_with(name)).map(str::len).max();
    let (_, at) = (0..MONTHS.len()).filter_map(|at| Some((longest(MONTHS[at])?, at))).max()?;
    i16::try_from(at + 1).ok()
}

fn place(year: Option<i16>, month: i16, day: i16, received_on: Option<Date>) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    if let Some(year) = year {
        return Date::new(year, month, day).ok();
    }
    let received_on = received_on?;
    let this = Date::new(received_on.year(), month, day).ok()?;
    // A day that is long over is meant of the coming year.
    if this < received_on.saturating_sub(60.days()) {
        return Date::new(received_on.year() + 1, month, day).ok();
    }
    Some(this)
}
