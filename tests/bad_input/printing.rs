//! A sheet that is printed again: where, on what, and what the log says of it.

use std::fs;
use std::path::Path;

use crate::host::{Host, file, mode, option};

/// The package of `trace` lies on `medium`; its sheet was printed then, and twice before media failed.
pub(crate) fn again(host: &Host, trace: &str, medium: &Path) {
    let line = format!("sheet print {trace}");
    let paper = host.path("paper-again");
    fs::create_dir(&paper).unwrap();
    // It travelled on this medium, whether that is named or not.
    let on_it = option("--sheet", &medium.join("sheet.pdf"));
    host.refuses(9, "SHEET_ON_MEDIUM", &line, &on_it);
    host.refuses(9, "SHEET_ON_MEDIUM", &line, &[on_it, option("--media", medium)].concat());
    let moved = host.path("moved");
    fs::rename(medium, &moved).unwrap();
    fs::create_dir(moved.join("deeper")).unwrap();
    host.refuses(9, "SHEET_ON_MEDIUM", &line, &option("--sheet", &moved.join("deeper/sheet.txt")));

    host.runs(&line, &option("--sheet", &paper.join("sheet.txt"))).ok();
    let text = fs::read_to_string(paper.join("sheet.txt")).unwrap();
    assert!(text.contains("sheet S-000001  copy 2/2\n REPRINT 3 (print 4 of this sheet)"), "{text}");
    printers(host, &line);
    host.runs(&line, &[&option("--sheet", &paper.join("page.svg"))[..], &["--large".to_owned()]].concat()).ok();
    assert!(paper.join("page-01.svg").exists() && paper.join("page-06.svg").exists());
    let last = host.last();
    assert!(last.contains(r#""event":"SHEET_PRINTED""#) && last.contains(r#""copy":8"#), "{last}");
    compared(host, &file(&moved, ".txt"), &paper.join("sheet.txt"));
}

fn printers(host: &Host, line: &str) {
    let on = |printer: &str| ["--printer", printer].map(str::to_owned);
    host.refuses(9, "PRINTER_ABSENT", line, &on("/dev/nowhere"));
    host.refuses(2, "PRINTER_NOT_ONE", line, &on("/"));
    host.refuses(2, "SHEET_FORM", line, &[&on("/dev/full")[..], &["--as".to_owned(), "pdf".to_owned()]].concat());
    // Out of paper: it counts as printed, and the next one says so.
    host.refuses(9, "PRINTER_PAPER", line, &on("/dev/full"));
    assert!(host.log().contains(r#""output":"/dev/full""#));
    // A print service that keeps what it gets, and one that refuses.
    let (bin, spool) = (host.path("bin"), host.path("spool"));
    fs::create_dir(&bin).unwrap();
    let lp = bin.join("lp");
    let service = |does: &str| {
        fs::write(&lp, format!("#!/bin/sh\n{does}\n")).unwrap();
        mode(&lp, 0o755);
    };
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    service(&format!("echo \"$@\" > {0}.said; exec cat > {0}", spool.display()));
    host.runs_with(&[("PATH", &path)], line, &on("lp:ceremony")).ok();
    assert!(fs::read(&spool).unwrap().starts_with(b"%PDF-1.7"));
    assert_eq!(fs::read_to_string(host.path("spool.said")).unwrap(), "-d ceremony -s\n");
    service("cat > /dev/null; echo 'lp: no such queue' >&2; exit 1");
    let ran = host.runs_with(&[("PATH", &path)], line, &on("lp:ceremony"));
    host.was_refused(&ran, 9, "PRINTER_QUEUE", "sheet print");
    assert!(ran.said.contains("lp: no such queue"), "{}", ran.said);
}

/// On another workstation, which has no config.
fn compared(host: &Host, statement: &Path, sheet: &Path) {
    let other = host.elsewhere("another-workstation");
    let statement = statement.to_str().unwrap();
    let check = |more: &str| format!("sheet check {statement} {more}");
    let shown = other.runs(&check(""), &[]).ok().said;
    let typed = other.typed(sheet, &[], &check("--rows"), &[]).ok().said;
    assert!(!typed.contains(shown.lines().last().unwrap()), "what is typed is compared and not shown");
    let wrong = host.path("wrong.txt");
    let text = fs::read_to_string(sheet).unwrap();
    let row = text.lines().find(|line| line.starts_with("      A  ")).unwrap()[6..16].to_owned();
    fs::write(&wrong, text.replace(&row, &format!("A  {}", another(&row[3..])))).unwrap();
    let ran = other.typed(&wrong, &[], &check("--rows"), &[]);
    assert_eq!((ran.status, ran.said.contains("SHEET_DIFFERS")), (5, true), "{}", ran.said);

    let digest = airlock::wire::digest::Digest::of(&fs::read(statement).unwrap()).to_string().to_uppercase();
    let trace = Path::new(statement).file_name().unwrap().to_str().unwrap()[..20].to_owned();
    let scan = |line: &str| other.reads(line, &check("--scan"));
    scan(&format!("AIRLOCK1:P:{trace}:{digest}\n")).ok();
    for (line, status, code) in [
        (format!("AIRLOCK1:P:{trace}:{}", digest.replace(&digest[..1], "X")), 2, "SCAN_FORM"),
        (format!("AIRLOCK1:B:{trace}:{digest}\r\n"), 5, "SCAN_OTHER"),
        (format!("AIRLOCK1:P:{trace}:{}", "0".repeat(64)), 5, "SCAN_MISMATCH"),
    ] {
        let ran = scan(&line);
        assert_eq!((ran.status, ran.said.contains(code)), (status, true), "{code}: {}", ran.said);
    }
}

/// Other digits of row A of a package whose check digit fits.
fn another(digits: &str) -> String {
    const KIND: &str = "201";
    let table = [
        "0317598642",
        "7092154863",
        "4206871359",
        "1750983426",
        "6123045978",
        "3674209581",
        "5869720134",
        "8945362017",
        "9438617205",
        "2581436790",
    ];
    let value = if digits.starts_with("000 01") { "00002" } else { "00001" };
    let check = format!("{KIND}{value}")
        .bytes()
        .fold(0, |interim: usize, digit| usize::from(table[interim].as_bytes()[usize::from(digit - b'0')] - b'0'));
    format!("000 0{}{check}", &value[4..])
}
