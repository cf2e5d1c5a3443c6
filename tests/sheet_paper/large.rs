//! Large print: a page before the others.

use airlock::exchange::code::Code;
use airlock::report::columns;
use airlock::report::sheet::facts::Contents;
use airlock::report::sheet::{Language, Page, Sheet};

use crate::facts::{self, BUNDLE, statement};

const LANGUAGES: [Language; 2] = [Language::Bilingual, Language::English];

fn large(change: impl FnOnce(&mut airlock::exchange::statement::Lines)) -> Sheet {
    let print = airlock::report::sheet::print::Print { large: true, ..facts::print() };
    Sheet::new(facts::changed(change), Contents::Bundle(facts::bundle().into()), print).unwrap()
}

fn fits(page: &Page) {
    assert!(2 * page.large.len() + page.lines.len() <= 66, "{page:?}");
    for line in &page.large {
        assert!(columns::width(line) <= 40 && !line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn the_page_in_large_print_holds_what_the_code_covers_and_all_its_rows() {
    for language in LANGUAGES {
        let pages = large(|_| {}).pages(language);
        fits(&pages[0]);
        let text = pages[0].large.join("\n");
        for value in ["20250722-7Q2K-9M4F-B", "cluster:prod-bj1", "ca:root-ca-01", "42", "2025-07-29T03:00:00Z"] {
            assert!(text.contains(value), "{value}");
        }
        for row in Code::of(&statement(BUNDLE)).sheet_rows() {
            assert!(text.contains(&row.replacen(' ', "  ", 1)), "{row}");
        }
        assert!(text.contains("9aa04fbe56e1fcd9c986c05020c67d18") && text.contains("copy 1/2"));
        assert_eq!(pages[0].lines.len(), 2, "a blank and the footer");
        assert!(pages[0].lines[1].ends_with("page 1 of 3"));
        // The others are as they are without it, but for their number.
        let small = Sheet::new(statement(BUNDLE), Contents::Bundle(facts::bundle().into()), facts::print()).unwrap();
        for (page, small) in pages[1..].iter().zip(small.pages(language)) {
            let lines = page.lines.len() - 1;
            assert_eq!(page.lines[..lines], small.lines[..lines]);
        }
    }
}

#[test]
fn the_longest_parties_find_room() {
    let sheet = large(|lines| {
        lines.from = format!("cluster:{}", "a".repeat(63)).parse().unwrap();
        lines.to = format!("ca:{}", "b".repeat(63)).parse().unwrap();
        lines.items = 42;
    });
    for language in LANGUAGES {
        let page = sheet.pages(language).swap_remove(0);
        fits(&page);
        let text: String = page.large.iter().filter_map(|line| line.split_whitespace().last()).collect();
        assert!(text.contains(&"a".repeat(63)) && text.contains(&"b".repeat(63)), "{text}");
        assert!(page.large.last().unwrap().contains("P  "));
    }
}
