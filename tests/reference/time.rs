//! Dates and timestamps as nanoseconds since 1970, read and written without any library.

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// The first instant at which something written `until TEXT` is over.
///
/// "A date (`2026-12-31`) lasts through that day in UTC; a timestamp (`2026-12-31T18:00:00Z`,
/// offsets and fractions allowed) up to and not including that instant."
pub fn end_of(until: &str) -> i128 {
    if until.contains('T') { instant(until) } else { day(until) + DAY }
}

/// The instant of a timestamp such as `2026-12-31T18:00:00.25+02:00`.
pub fn instant(text: &str) -> i128 {
    let (date, clock) = text.split_once('T').expect("a timestamp has a `T`");
    let cut = clock.find(['Z', '+', '-']).expect("a timestamp has an offset");
    let (clock, offset) = clock.split_at(cut);
    day(date) + time_of_day(clock) - offset_of(offset)
}

/// The timestamp of an instant, as it is read on a clock `offset` minutes ahead of UTC.
pub fn written(instant: i128, offset: i128) -> String {
    let local = instant + offset * 60 * SECOND;
    let (days, rest) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let (year, month, date) = date_of(days);
    let (seconds, fraction) = (rest / SECOND, rest % SECOND);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match fraction {
        0 => String::new(),
        f => format!(".{f:09}").trim_end_matches('0').to_string(),
    };
    let zone = match offset {
        0 => "Z".to_string(),
        o => format!("{}{:02}:{:02}", if o < 0 { '-' } else { '+' }, o.abs() / 60, o.abs() % 60),
    };
    format!("{year:04}-{month:02}-{date:02}T{clock}{fraction}{zone}")
}

fn day(date: &str) -> i128 {
    let numbers: Vec<i128> = date.split('-').map(number).collect();
    let [year, month, date] = numbers[..] else { panic!("`{date}` is no date") };
    let whole_years: i128 = (1970..year).map(days_in_year).sum();
    let whole_months: i128 = (1..month).map(|m| days_in_month(year, m)).sum();
    (whole_years + whole_months + date - 1) * DAY
}

fn date_of(mut days: i128) -> (i128, i128, i128) {
    let (mut year, mut month) = (1970, 1);
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    while days >= days_in_month(year, month) {
        days -= days_in_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

fn days_in_year(year: i128) -> i128 {
    if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 366 } else { 365 }
}

fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        2 => days_in_year(year) - 337,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn time_of_day(clock: &str) -> i128 {
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let seconds = clock.split(':').map(number).fold(0, |sum, n| sum * 60 + n);
    seconds * SECOND + number(&format!("{fraction:0<9}"))
}

fn offset_of(zone: &str) -> i128 {
    let Some((hours, minutes)) = zone[1..].split_once(':') else { return 0 };
    let size = (number(hours) * 60 + number(minutes)) * 60 * SECOND;
    if zone.starts_with('-') { -size } else { size }
}

fn number(digits: &str) -> i128 {
    digits.parse().unwrap_or_else(|_| panic!("`{digits}` is no number"))
}

#[test]
fn instants_are_read_and_written() {
    assert_eq!(instant("1970-01-01T00:00:00Z"), 0);
    assert_eq!(instant("2026-12-31T18:00:00Z"), 1_798_740_000 * SECOND);
    assert_eq!(instant("2026-12-31T18:00:00.5+02:00"), 1_798_732_800 * SECOND + SECOND / 2);
    assert_eq!(end_of("2024-02-29"), instant("2024-03-01T00:00:00Z"));
    for text in ["2024-02-29T23:59:59.25-05:30", "2026-07-01T00:00:00Z", "2027-01-01T13:59:00.000000001+14:00"] {
        let offset = offset_of(&text[text.rfind(['+', '-', 'Z']).unwrap_or(0)..]) / 60 / SECOND;
        assert_eq!(written(instant(text), offset), text);
    }
}
