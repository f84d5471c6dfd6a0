//! Dates and times as people write them elsewhere, as the language writes them.

use crate::instant::Instant;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What a text may mean as a date or a time, each way that it can be read, the day before the month first. Empty for what is no date.
pub fn readings(text: &str) -> Vec<String> {
    let text = text.trim().trim_matches('"');
    if text.len() > 40 {
        return Vec::new();
    }
    let (date, time) = split(text);
    let Some(time) = time.map_or(Some(String::new()), clock) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for (year, month, day) in dates(date) {
        let text = format!("{year:04}-{month:02}-{day:02}{time}");
        if Instant::until(&text).is_some() && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// What to type for a date that is none here.
pub fn help(text: &str) -> String {
    match &readings(text)[..] {
        [one] => format!("type `{one}`"),
        [one, other] => format!("type `{one}` or `{other}`, whichever is meant"),
        _ => "type a date as `2026-12-31`, or a time as `2026-12-31T18:00:00Z`".into(),
    }
}

/// The date, and the time behind it.
fn split(text: &str) -> (&str, Option<&str>) {
    let Some(colon) = text.find(':') else { return (text, None) };
    let start = text[..colon].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let date = text[..start].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, 'T' | 't' | ',' | '_'));
    (date, Some(&text[start..]))
}

/// `T18:00:00Z` for `18:00`; without a zone it is read in UTC.
fn clock(text: &str) -> Option<String> {
    let text = text.trim();
    let (time, zone) = match text.find(['Z', 'z', '+', '-', ' ']) {
        Some(at) => (&text[..at], text[at..].trim()),
        None => (text, ""),
    };
    let zone = match zone {
        "" | "z" | "Z" | "UTC" | "utc" | "GMT" => "Z",
        zone if zone.starts_with(['+', '-']) => zone,
        _ => return None,
    };
    let mut parts = time.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next().unwrap_or("00"));
    let fits = parts.next().is_none() && hour.len() <= 2 && minute.len() == 2;
    let numbers = [hour, minute].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    (fits && numbers).then(|| format!("T{hour:0>2}:{minute}:{second}{zone}"))
}

/// Years, months and days that a text may mean.
fn dates(text: &str) -> Vec<(u32, u32, u32)> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let spaced = if digits { format!("{} {} {}", &text[..4], &text[4..6], &text[6..]) } else { text.to_owned() };
    let parts: Vec<&str> = spaced.split(|c: char| c.is_whitespace() || matches!(c, '/' | '.' | '-' | ',')).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let [one, two, three] = parts[..] else { return Vec::new() };
    let month = |part: &str| {
        let lower = part.to_lowercase();
        let place = MONTHS.iter().position(|name| lower.len() >= 3 && lower.starts_with(name));
        place.filter(|_| lower.len() <= 9 && lower.bytes().all(|b| b.is_ascii_alphabetic())).map(|n| n as u32 + 1)
    };
    let number = |part: &str| {
        let part = ["st", "nd", "rd", "th"].iter().find_map(|end| part.strip_suffix(end)).unwrap_or(part);
        part.parse::<u32>().ok().filter(|_| part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let year = |part: &str| number(part).filter(|_| part.len() == 4);
    if let (Some(day), Some(month), Some(year)) = (number(one), month(two), year(three)) {
        return vec![(year, month, day)];
    }
    if let (Some(month), Some(day), Some(year)) = (month(one), number(two), year(three)) {
        return vec![(year, month, day)];
    }
    let (Some(a), Some(b), Some(c)) = (number(one), number(two), number(three)) else { return Vec::new() };
    match (year(one), year(three)) {
        (Some(_), _) => vec![(a, b, c)],
        (None, Some(_)) => vec![(c, b, a), (c, a, b)],
        _ => Vec::new(),
    }
}
