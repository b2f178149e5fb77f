//! The day on which somebody who is away says that they are back.

use jiff::ToSpan;
use jiff::civil::Date;

/// Months by the beginnings of their names, in the languages that absence notes come in.
const MONTHS: [&[&str]; 12] = [
    &["jan", "gen", "ene", "ocak", "янв", "stycz", "led"],
    &["feb", "fév", "fev", "şub", "фев", "lut", "únor", "helmi"],
    &["mar", "mär", "maa", "mrt", "мар", "břez"],
    &["apr", "avr", "abr", "nis", "апр", "kwi", "dub", "huhti"],
    &["may", "mai", "maj", "mag", "mei", "may", "мая", "maja", "květ", "touko"],
    &["jun", "juin", "giu", "haz", "июн", "czerw", "kesä"],
    &["jul", "juil", "lug", "tem", "июл", "lip", "heinä"],
    &["aug", "août", "aout", "ago", "ağu", "авг", "sierp", "srp", "elo"],
    &["sep", "set", "eyl", "сен", "wrze", "zář", "syys"],
    &["oct", "okt", "out", "ott", "eki", "окт", "paźd", "říj", "loka"],
    &["nov", "kas", "ноя", "listop", "marras"],
    &["dec", "déc", "dez", "dic", "ara", "дек", "grud", "prosin", "joulu"],
];

/// Words that stand before the day of the return; others stand before the day of leaving.
const UNTIL: &[&str] = &[
    "until",
    "till",
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
    "tillbaka den",
    "indtil",
    "tilbage den",
    "til",
    "do dnia",
    "do",
    "saakka",
    "до",
    "back",
    "ad",
];

/// The last day that follows such a word; its year is the next in which it can be.
pub(super) fn return_date(text: &str, received_on: Option<Date>) -> Option<Date> {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', ';', '!', '*'])).collect();
    let mut found = None;
    for at in 0..words.len() {
        let is_announced = UNTIL.iter().any(|phrase| {
            let length = phrase.split(' ').count();
            at >= length && words[at - length..at].join(" ") == *phrase
        }) || at >= 2 && weekday_between(&words, at);
        if is_announced && let Some(date) = date_at(&words[at..], received_on) {
            found = Some(date);
        }
    }
    found
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
    let parts: Vec<&str> = first.split(['.', '/', '-']).filter(|part| !part.is_empty()).collect();
    let number = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<i16>().ok();
    if parts.len() >= 2 && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit())) {
        let (day, month) = (number(parts[0])?, number(parts[1])?);
        // 3/14 can only be March.
        let (day, month) = if month > 12 { (month, day) } else { (day, month) };
        let year = parts
            .get(2)
            .and_then(|year| number(year))
            .map(|year| if year < 100 { year + 2000 } else { year });
        return place(year, month, day, received_on);
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

fn month_of(word: &str) -> Option<i16> {
    let at = MONTHS.iter().position(|names| names.iter().any(|name| word.starts_with(name)))?;
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
